"""Answers that no vendor should give: each has its outcome, and none ends in a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.cloudflare.account import ACCOUNT, app
from tests.connectors.cloudflare.factory import base
from tests.connectors.cloudflare.fake import ANY_LIST, Cloudflare, context, ok
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.api import read_parts
from ztassess.connectors.cloudflare import CONNECTOR
from ztassess.connectors.cloudflare.collect import readers, said_plainly
from ztassess.connectors.cloudflare.envelope import open_session
from ztassess.connectors.cloudflare.snapshot import CloudflareSnapshot
from ztassess.connectors.errors import BudgetExceeded
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

ERROR: dict[str, Any] = {
    "success": False,
    "errors": [{"code": 10000, "message": f"Authentication error {CANARY}"}],
    "result": None,
}
ON_APPS = {check.id for check in CONNECTOR.checks if "apps" in check.parts}
GOOD = app("admin", "admin.example.com")


def info(total, size=100):
    return {"page": 1, "per_page": size, "count": 1, "total_count": total}


def envelope(result, **more):
    return {"success": True, "errors": [], "messages": [], "result": result, **more}


def judged(fake: Cloudflare) -> CloudflareSnapshot:
    """The compliant account, its apps as the fake sends them now."""
    found = context(fake)
    with open_session(found) as session:
        every = readers(session, ACCOUNT, base().declared)
        parts = read_parts(found, session, {name: every[name] for name in ("apps", "account")})
    return replace(base(), apps=said_plainly(parts)["apps"])


HOSTILE = [
    ("401 for one list", Answer(ERROR, 401), "missing_scope"),
    ("403", Answer(ERROR, 403), "missing_scope"),
    ("403 without a body", Answer(raw=b"", status=403), "missing_scope"),
    ("404", Answer({"success": False, "errors": []}, 404), "unsupported"),
    ("429 with Retry-After", Answer({}, 429, {"retry-after": "300"}), "rate_limited"),
    ("429 with garbage", Answer({}, 429, {"retry-after": "soon"}), "rate_limited"),
    ("429 with nothing", Answer({}, 429), "rate_limited"),
    ("500", Answer({"success": False}, 500), "upstream_error"),
    ("302", Answer({}, 302, {"location": "https://169.254.169.254/"}), "upstream_error"),
    ("200 carrying an error we know", Answer(ERROR), "missing_scope"),
    (
        "200 carrying an error we do not know",
        Answer({**ERROR, "errors": [{"code": 1, "message": CANARY}]}),
        "upstream_error",
    ),
    ("200 without success", Answer({"result": [GOOD], "result_info": info(1)}), "upstream_error"),
    ("success as a word", Answer({"success": "true", "result": [GOOD], "result_info": info(1)}), "upstream_error"),
    ("sign-in page", Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("cut off", Answer(raw=b'{"success": true, "result": [{"id": "a'), "upstream_error"),
    ("list outermost", Answer([GOOD]), "upstream_error"),
    ("object where a list is", Answer(envelope(GOOD, result_info=info(1))), "upstream_error"),
    ("null where a list is", Answer(envelope(None)), "upstream_error"),
    ("null, though rows are stated", Answer(envelope(None, result_info=info(3))), "upstream_error"),
    ("a row that is a number", Answer(envelope([1], result_info=info(1))), "upstream_error"),
    ("a missing field", Answer(envelope([{"name": "x"}], result_info=info(1))), "upstream_error"),
    ("a wrong type", Answer(envelope([{**GOOD, "allowed_idps": "all"}], result_info=info(1))), "upstream_error"),
    ("a number as text", Answer(envelope([{**GOOD, "session_duration": 24}], result_info=info(1))), "upstream_error"),
    (
        "a selector without a kind",
        Answer(envelope([{**GOOD, "policies": [{"id": "p", "include": [{}]}]}], result_info=info(1))),
        "upstream_error",
    ),
    (
        "two kinds in one selector",
        Answer(
            envelope(
                [{**GOOD, "policies": [{"id": "p", "include": [{"email": {}, "everyone": {}}]}]}], result_info=info(1)
            )
        ),
        "upstream_error",
    ),
    ("total greater than the rows", Answer(envelope([GOOD], result_info=info(3))), "partial_data"),
    ("the same page for ever", Answer(envelope([GOOD], result_info=info(500, 1))), "partial_data"),
    ("a total of a thousand million", Answer(envelope([GOOD], result_info=info(10**9, 1))), "partial_data"),
    ("pages of zero rows", Answer(envelope([GOOD], result_info=info(2, 0))), "partial_data"),
    (
        "not a number",
        Answer(raw=b'{"success": true, "result": [], "result_info": {"total_count": NaN}}'),
        "upstream_error",
    ),
    ("deep", Answer(raw=b'{"success": true, "result": ' + b"[" * 20000 + b"]" * 20000 + b"}"), "upstream_error"),
    ("invalid UTF-8", Answer(raw=b'{"success": true, "result": ["\xff"]}'), "upstream_error"),
]


@pytest.mark.parametrize(("name", "answer", "reason"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_hostile_answer(fake: Cloudflare, name: str, answer: Answer, reason: str):
    fake.fault(ANY_LIST, answer)
    found = judged(fake)
    assert isinstance(found.apps, Unavailable), name
    assert found.apps.reason == reason
    results = judge(CONNECTOR, found)
    assert not [r.check for r in results.results if r.check in ON_APPS and r.outcome is Outcome.PASS]
    assert not [r.check for r in results.results if r.outcome is Outcome.ERROR]
    assert CANARY not in repr(found) + repr(results)


def test_a_huge_body_ends_with_the_budget(fake: Cloudflare):
    fake.fault(ANY_LIST, Answer(raw=b'{"success": true, "result": ["' + b"x" * (2 << 20) + b'"]}'))
    found = replace(context(fake), budget=Budget(seconds=30, wire_bytes=1 << 20, decoded_bytes=1 << 20))
    with open_session(found) as session, pytest.raises(BudgetExceeded, match="more than 1 MiB"):
        read_parts(found, session, {"apps": readers(session, ACCOUNT, base().declared)["apps"]})


def test_an_empty_list_of_apps_is_no_pass(fake: Cloudflare):
    fake.fault(ANY_LIST, ok([], info(0)))
    outcomes = {r.check: r.outcome for r in judge(CONNECTOR, judged(fake)).results}
    assert not [check for check in ON_APPS - KNOWN_WITHOUT if outcomes[check] is Outcome.PASS]


# Names in DNS can all be declared, and hosts can all be closed by default, without any app.
KNOWN_WITHOUT = {"cloudflare.dns_hosts_known", "cloudflare.declared_hosts_behind_access"}


def test_a_list_without_a_total_is_read_to_a_short_page(fake: Cloudflare):
    fake.fault(ANY_LIST, change=lambda good: replace(good, value={**good.value, "result_info": None}))
    found = judged(fake)
    assert len(found.apps) == 3
