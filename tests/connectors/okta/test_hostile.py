"""Answers that Okta should never give, one part at a time: each with its reason, none of them ending in a pass."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.connectors.okta.conftest import MakeContext, no_secret
from tests.connectors.okta.fake import Org, refusal
from tests.connectors.okta.org import user
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.netguard import Budget
from ztassess.connectors.okta import CONNECTOR
from ztassess.connectors.okta.collect import collect
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

SOON = str(int(time.time()) + 20)
NEXT = '<{}>; rel="next"'
USERS = (
    "okta.users_enrolled_in_factor",
    "okta.account_inventory",
    "okta.headcount_covered",
    "okta.leavers_disabled",
)
HUGE = b'[{"id": "' + b"x" * (3 << 20) + b'"}]'
LACKING = {"www-authenticate": 'Bearer error="insufficient_scope"'}
USER = {"id": "00u1", "status": "ACTIVE", "profile": {"login": "a"}}
HOSTILE = [
    ("401", Answer({"errorCode": "E0000011"}, 401), None),
    ("403 scope", Answer(None, 403, LACKING, raw=b""), "missing_scope"),
    ("403 role", refusal("E0000006", 403), "forbidden_role"),
    ("403 plan", refusal("E0000015", 403), "missing_license"),
    ("404", refusal("E0000007", 404), "unsupported"),
    ("400", refusal("E0000001", 400), "upstream_error"),
    ("429 with Retry-After", Answer({"errorCode": "E0000047"}, 429, {"retry-after": "1"}), "rate_limited"),
    ("429 with reset", Answer({"errorCode": "E0000047"}, 429, {"x-rate-limit-reset": SOON}), "rate_limited"),
    ("429 bare", Answer({"errorCode": "E0000047"}, 429), "rate_limited"),
    ("429 with garbage", Answer({"errorCode": "E0000047"}, 429, {"retry-after": "soon"}), "rate_limited"),
    ("500", Answer({"errorCode": "E0000009"}, 500), "upstream_error"),
    ("503", Answer(None, 503), "rate_limited"),
    ("redirect", Answer(None, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    ("truncated JSON", Answer(raw=b'[{"id": "00u1", "sta'), "upstream_error"),
    ("HTML with 200", Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("object for a list", Answer({"users": []}), "upstream_error"),
    ("list of numbers", Answer([1, 2]), "upstream_error"),
    ("wrong type", Answer([{**USER, "id": 7}]), "upstream_error"),
    ("missing field", Answer([{"id": "00u1", "profile": {"login": "a"}}]), "upstream_error"),
    ("null everywhere", Answer([{"id": None, "status": None, "profile": None}]), "upstream_error"),
    ("no moment", Answer([{**USER, "lastLogin": "soon"}]), "upstream_error"),
    ("NaN", Answer(raw=b'[{"id": NaN}]'), "upstream_error"),
    ("page elsewhere", Answer([], headers={"link": NEXT.format("https://evil.example/api/v1/users")}), "partial_data"),
    ("page over http", Answer([], headers={"link": NEXT.format("http://localhost/api/v1/users")}), "partial_data"),
    ("circle", Answer([], headers={"link": NEXT.format("/api/v1/users?after=0")}), "partial_data"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), [pytest.param(*case[1:], id=case[0]) for case in HOSTILE])
def test_hostile_list_of_users(org: Org, context: MakeContext, answer: Answer, reason: str | None) -> None:
    org.fault("/api/v1/users", answer)
    made = context(static=True)
    if reason is None:
        with pytest.raises(AuthFailed):
            collect(made)
        return
    snapshot = collect(made)
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == reason
    assert isinstance(snapshot.apps, tuple), "one part's trouble is not another's"
    found = {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}
    assert {found[check] for check in USERS} == {Outcome.NOT_CHECKED}
    no_secret(snapshot, found)


def test_huge_body_ends_with_the_budget_and_proves_nothing(org: Org, context: MakeContext) -> None:
    org.fault("/api/v1/users", Answer(raw=HUGE))
    snapshot = collect(replace(context(static=True), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == "partial_data"
    found = {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}
    assert {found[check] for check in USERS} == {Outcome.NOT_CHECKED}


def test_endless_pages_end_with_the_budget(org: Org, context: MakeContext) -> None:
    org.data["logs"] = []
    count = iter(range(10_000))

    def more(answer: Answer) -> Answer:
        return Answer([], headers={"link": NEXT.format(f"/api/v1/logs?until=x&after={next(count)}")})

    org.fault("/api/v1/logs", change=more)
    snapshot = collect(replace(context(static=True), budget=Budget(pages=60)))
    assert isinstance(snapshot.resets, Unavailable)
    assert snapshot.resets.reason == "partial_data"


def test_last_page_that_breaks_off_can_fail_but_not_pass(org: Org, context: MakeContext) -> None:
    org.fault("/api/v1/apps", Answer(raw=b"[{"), after=1)
    snapshot = collect(context(static=True))
    assert isinstance(snapshot.apps, Unavailable)
    assert len(snapshot.apps.read) == 2
    found = {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}
    assert found["okta.mfa_required_every_app"] is Outcome.NOT_CHECKED
    assert found["okta.tools_on_sso"] is Outcome.NOT_CHECKED


def test_object_deleted_between_list_and_question_is_a_hole(org: Org, context: MakeContext) -> None:
    org.fault("/api/v1/users/00u3/factors", refusal("E0000007", 404))
    snapshot = collect(context(static=True))
    assert isinstance(snapshot.factors, Unavailable)
    assert len(snapshot.factors.read) == 2


def test_rules_of_one_policy_that_are_refused_are_a_hole(org: Org, context: MakeContext) -> None:
    org.fault("/api/v1/policies/pol1/rules", refusal("E0000006", 403))
    snapshot = collect(context(static=True))
    assert isinstance(snapshot.access_rules, Unavailable)
    assert isinstance(snapshot.session_rules, tuple)
    found = {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}
    assert found["okta.mfa_required_every_app"] is Outcome.NOT_CHECKED


def test_quota_nearly_used_up_is_left_to_the_customer(org: Org, context: MakeContext) -> None:
    headers = {"x-rate-limit-limit": "600", "x-rate-limit-remaining": "10", "x-rate-limit-reset": SOON}

    def drained(answer: Answer) -> Answer:
        return Answer(answer.value, headers=headers)

    org.data["users"] += [user(f"00x{number}", f"x{number}@acme.example") for number in range(30)]
    org.data["factors"] |= {f"00x{number}": org.data["factors"]["00u1"] for number in range(30)}
    org.size = 200
    org.fault("/api/v1/users/00u2/factors", change=drained)
    snapshot = collect(context(static=True))
    assert isinstance(snapshot.apps, tuple)
    assert isinstance(snapshot.factors, Unavailable)
    assert snapshot.factors.reason == "rate_limited"
    found = {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}
    assert found["okta.users_enrolled_in_factor"] is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"access_token": "t"}),
        Answer({"access_token": "t", "token_type": "mac"}),
        Answer({"access_token": "t\n", "token_type": "Bearer"}),
        Answer([]),
        Answer(raw=b"<html>", kind="text/html"),
        Answer({"error": "server_error"}, 500),
        Answer({"error": "unauthorized_client"}, 400),
        Answer({"error": "use_dpop_nonce"}, 400, {"dpop-nonce": CANARY}),
    ],
)
def test_hostile_token_endpoint_ends_the_reading(org: Org, context: MakeContext, answer: Answer) -> None:
    org.fault("/oauth2/v1/token", answer)
    with pytest.raises(ConnectorError) as problem:
        collect(context())
    assert len(org.asked("/oauth2/v1/token")) <= 3
    no_secret(problem.value.sentence)
