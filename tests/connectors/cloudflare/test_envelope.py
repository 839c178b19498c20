"""What surrounds a reply: the quota's structured headers, and the vendor's codes in words."""

from __future__ import annotations

import pytest

from tests.connectors.cloudflare.account import ACCOUNT
from ztassess.connectors.cloudflare.envelope import NothingDeployed, NotSetUp, opened, quota, refusal
from ztassess.connectors.errors import AuthFailed, BadAnswer, Forbidden, NotFound
from ztassess.connectors.netguard import Answer


def answer(**headers: str) -> Answer:
    found = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    url = f"https://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/access/apps"
    return Answer(url, 404, found, b"", truncated=False, address="198.51.100.1")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ratelimit": '"default";r=50;t=30', "ratelimit_policy": '"burst";q=100;w=60'}, (50.0, 100.0, 30.0)),
        ({"ratelimit": '"default";r=50'}, (50.0, 1200.0, 300.0)),
        ({"ratelimit": '"default"; r=0; t=7', "ratelimit_policy": "garbage"}, (0.0, 1200.0, 7.0)),
        ({"ratelimit": "50"}, None),
        ({}, None),
    ],
)
def test_quota(headers, expected):
    assert quota(answer(**headers)) == expected


@pytest.mark.parametrize(
    ("code", "message", "kind", "words"),
    [
        (10000, "Authentication error", Forbidden, "lacks the group 'DNS Read'"),
        (9109, "Unauthorized to access requested resource", Forbidden, "lacks the group 'DNS Read'"),
        (7003, "Could not route", NotFound, f"Account id {ACCOUNT} is not visible to this token."),
        (1003, "Invalid or missing zone id", NotFound, f"Account id {ACCOUNT} is not visible to this token."),
        (9999, "access.api.error.not_enabled: Access is not enabled", NotSetUp, "never set up"),
        (10003, "whatever", NothingDeployed, "No ruleset"),
        (20217, "could not find entrypoint ruleset in the phase", NothingDeployed, "No ruleset"),
    ],
)
def test_codes_in_words(code, message, kind, words):
    found = refusal(answer(), {"success": False, "errors": [{"code": code, "message": message}]}, "DNS Read")
    assert type(found) is kind
    assert words in found.sentence
    assert message not in found.sentence


@pytest.mark.parametrize("value", [None, [], {"errors": 1}, {"errors": [1]}, {"errors": [{"code": "10000"}]}])
def test_other_refusals_are_read_generally(value):
    assert refusal(answer(), value, "DNS Read") is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"success": False, "errors": [{"code": 1000, "message": "Invalid API Token"}]}, AuthFailed),
        ({"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}, Forbidden),
        ({"success": False, "errors": []}, BadAnswer),
        ({"success": False}, BadAnswer),
        ({"result": []}, BadAnswer),
        ({"success": 1, "result": []}, BadAnswer),
        ([], BadAnswer),
    ],
)
def test_200_alone_is_no_success(value, kind):
    with pytest.raises(kind):
        opened(value, "DNS Read")
