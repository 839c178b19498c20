"""The one POST to an address that a customer chose: what may be asked for, and that nothing else is sent."""

from __future__ import annotations

import pytest

from tests.fakes.vendor import Answer, Request, Vendor, local_guard
from ztassess.connectors.errors import Blocked, BudgetExceeded
from ztassess.connectors.netguard import Guard, http_client, post_webhook, webhook_url
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.webhook import KEPT_BYTES


@pytest.fixture
def vendor():
    made = Vendor()

    @made.route("POST", "/.*")
    def take(request: Request) -> Answer:
        return Answer(raw=b"x" * 100_000 if "long" in request.path else b"ok", kind="text/plain")

    with made:
        yield made


@pytest.mark.parametrize(
    "text",
    [
        *("https://example.com/", "https://example.com:8443/hook?token=1", "https://EXAMPLE.com"),
        "https://93.184.216.34/",
    ],
)
def test_public_https_is_accepted(text):
    assert webhook_url(Guard(), text).scheme == "https"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://example.com/", "scheme"),
        ("https://example.com:22/", "port"),
        ("https://localhost/", "name"),
        ("https://10.0.0.1/", "address"),
        ("https://[fd00::1]/", "address"),
        ("https://user@example.com/", "text"),
        ("https://1.2.3/", "text"),
    ],
)
def test_everything_else_is_blocked_before_a_look_up(text, reason):
    asked = []
    guard = Guard(resolver=lambda name, seconds: asked.append(name) or ())
    for question in (lambda: webhook_url(guard, text), lambda: post_webhook(guard, text, b"{}", {})):
        with pytest.raises(Blocked) as refused:
            question()
        assert refused.value.reason.startswith(reason)
    assert asked == []


def test_name_that_leads_inside_is_blocked_after_the_look_up(vendor):
    port = vendor.base.rpartition(":")[2]
    inside = Guard(resolver=lambda name, seconds: ("127.0.0.1",))
    with pytest.raises(Blocked, match="Could not reach"):
        post_webhook(inside, "https://example.com/hook", b"{}", {})
    mixed = Guard(resolver=lambda name, seconds: ("93.184.216.34", "127.0.0.1"))
    with pytest.raises(Blocked):
        post_webhook(mixed, f"https://example.com:{8443}/{port}", b"{}", {})
    assert vendor.requests == []


def test_answer_is_cut_and_redirects_are_answers(vendor):
    long = post_webhook(local_guard(), f"{vendor.base}/long", b"{}", {"x-name": "v"})
    assert (long.status, len(long.body), long.truncated) == (200, KEPT_BYTES, True)
    vendor.fault("/from", Answer(None, 307, {"location": f"{vendor.base}/to"}))
    assert post_webhook(local_guard(), f"{vendor.base}/from?a=b", b"{}", {}).status == 307
    assert [(request.method, request.path) for request in vendor.requests] == [("POST", "/long"), ("POST", "/from")]
    assert vendor.requests[0].body == b"{}"


def test_client_without_listed_paths_still_cannot_post(vendor):
    with http_client(local_guard(), Budget()) as client, pytest.raises(Blocked):
        client.post(f"{vendor.base}/long", b"{}", content_type="application/json", max_body=10)
    spent = Budget(requests=0)
    with http_client(local_guard(), spent, posts=("/x",)) as client, pytest.raises(BudgetExceeded):
        client.post(f"{vendor.base}/x", b"{}", content_type="application/json")
    assert vendor.requests == []
