"""The connection test: whose token, what it may, and why it is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.connectors.cloudflare.account import FULL, READING
from tests.connectors.cloudflare.fake import Cloudflare, context
from tests.fakes.vendor import CANARY, NOW, Answer
from ztassess.connectors.cloudflare.client import TokenFacts, TokenRights
from ztassess.connectors.cloudflare.preflight import UNVERIFIED, judge_rights, preflight
from ztassess.connectors.cloudflare.scopes import OF_PART
from ztassess.connectors.cloudflare.snapshot import CloudflareSnapshot
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, RateLimited


def test_a_good_token_may_see_all_parts_with_small_requests(fake: Cloudflare):
    fake.token.groups = (*READING, "Account API Tokens Read")
    found = preflight(context(fake))
    assert found.refused == ""
    assert "in account Acme" in found.identity
    lists = [
        request for request in fake.requests if "per_page" in request.query and not request.path.endswith("/zones")
    ]
    assert {request.query["per_page"] for request in lists} == {"5"}


def test_rows_are_the_parts_of_the_snapshot(fake: Cloudflare):
    rows = {row.part for row in preflight(context(fake)).rows}
    from tests.connectors.cloudflare.factory import base

    assert rows == {part.name for part in parts_of(base())} == set(OF_PART)
    assert isinstance(base(), CloudflareSnapshot)


def test_a_reading_token_passes_without_a_word(fake: Cloudflare):
    fake.token.groups = (*READING, "Account API Tokens Read")
    found = preflight(context(fake))
    assert (found.refused, found.warnings) == ("", ())
    assert [row.part for row in found.rows if not row.allowed] == ["log_jobs"]


def test_a_token_that_can_change_something_is_refused(fake: Cloudflare):
    fake.token.groups = (*READING, "Account API Tokens Read", "DNS Write")
    assert preflight(context(fake)).refused == "This token can change DNS Write. Create one with Read groups."


SOON = NOW + timedelta(days=30)
GOOD = TokenRights((*READING,), addresses=True)


def judged(rights: TokenRights | None = GOOD, expires: datetime | None = SOON):
    return judge_rights(TokenFacts("t", "active", expires, "/user/tokens/t"), rights, NOW)


@pytest.mark.parametrize(
    "group",
    [
        "DNS Write",
        "Zone WAF Edit",
        "Access: Apps and Policies Revoke",
        "Cache Purge",
        "IP Prefixes: Edit",
        "Logs Write",
    ],
)
def test_groups_that_change_something_are_named(group: str):
    assert judged(TokenRights((*READING, group), addresses=True))[1] == (
        f"This token can change {group}. Create one with Read groups."
    )


@pytest.mark.parametrize(
    ("rights", "expires", "words"),
    [
        (GOOD, None, "never expires"),
        (GOOD, NOW + timedelta(days=91), "at most 90 days are enough"),
        (TokenRights((*READING,), addresses=False), SOON, "from any address"),
        (
            TokenRights((*READING, "Page Shield"), addresses=True),
            SOON,
            f"{UNVERIFIED} Page Shield says nothing about it.",
        ),
        (TokenRights((*READING, ""), addresses=True), SOON, f"{UNVERIFIED} a group without a name says nothing"),
        (TokenRights((), addresses=True), SOON, UNVERIFIED),
        (None, SOON, UNVERIFIED),
    ],
)
def test_what_is_not_refused_is_warned_of(rights, expires, words):
    (warning,), refused = judged(rights, expires)
    assert words in warning
    assert refused == ""


def test_a_good_token_needs_no_word():
    assert judged() == ((), "")


def test_rights_that_cannot_be_read_back_are_said(fake: Cloudflare):
    fake.token.groups = READING
    found = preflight(context(fake))
    assert UNVERIFIED in found.warnings
    assert found.refused == ""


def test_a_persons_token_is_found_too(fake: Cloudflare):
    fake.token.account_owned = False
    assert "a person's" in preflight(context(fake)).identity


@pytest.mark.parametrize("status", ["disabled", "expired"])
def test_a_token_that_is_not_active_is_refused(fake: Cloudflare, status: str):
    fake.token.status = status
    with pytest.raises(AuthFailed, match=status):
        preflight(context(fake))


def test_a_wrong_token_is_refused(fake: Cloudflare):
    fake.token.value = "another-token-of-the-account"
    with pytest.raises(AuthFailed) as problem:
        preflight(context(fake))
    assert CANARY not in problem.value.sentence


def test_missing_groups_and_zones_are_named(fake: Cloudflare):
    fake.token.groups = tuple(group for group in FULL if not group.startswith(("DNS", "Zone WAF")))
    rows = {row.part: row for row in preflight(context(fake, {"zones": "example.com, gone.example"})).rows}
    assert rows["records"].missing_scope == "DNS Read"
    assert rows["entry_points"].missing_scope == "Zone WAF Read"
    assert rows["zones"].detail == "Zone gone.example is not in the token's zone list."
    assert rows["apps"].allowed


def test_an_account_without_zero_trust_is_said(fake: Cloudflare):
    body = {
        "success": False,
        "errors": [{"code": 9999, "message": "access.api.error.not_enabled: Access is not enabled"}],
        "result": None,
    }
    fake.fault(".*/access/.*", Answer(body, 403))
    rows = {row.part: row for row in preflight(context(fake)).rows}
    assert rows["apps"].detail == "Zero Trust was never set up in this account."
    assert rows["tunnels"].allowed


def test_a_blocked_account_says_for_how_long(fake: Cloudflare):
    fake.fault(".*", Answer({"success": False, "errors": []}, 429, {"retry-after": "300"}))
    with pytest.raises(RateLimited, match="dashboard included") as problem:
        preflight(context(fake))
    assert problem.value.retry_after == 300
