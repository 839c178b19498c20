"""Answers that Auth0 should never give, one part at a time: each with its reason, none of them ending in a pass."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.connectors.auth0.conftest import MakeContext, no_secret
from tests.connectors.auth0.fake import TOKEN_PATH, Tenant, refusal
from tests.connectors.auth0.tenant import client, user
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.auth0 import CONNECTOR
from ztassess.connectors.auth0.collect import collect
from ztassess.connectors.auth0.preflight import preflight
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

SOON = str(int(time.time()) + 20)
PATHS = {"clients": "clients", "factors": "guardian/factors", "policies": "guardian/policies",
         "sessions": "tenants/settings"}  # fmt: skip
ANYWHERE = [
    ("401", refusal(401, "Unauthorized", "Invalid token"), None),
    ("403 scope", refusal(403, "Forbidden", "x", "insufficient_scope"), "missing_scope"),
    ("403 other", refusal(403, "Forbidden", "x", "operation_not_supported"), "forbidden_role"),
    ("404", refusal(404, "Not Found", "x"), "unsupported"),
    ("400", refusal(400, "Bad Request", "x", "invalid_query_string"), "upstream_error"),
    ("429 with reset", Answer({"errorCode": "too_many_requests"}, 429, {"x-ratelimit-reset": SOON}), "rate_limited"),
    ("429 with Retry-After", Answer(None, 429, {"retry-after": "1"}), "rate_limited"),
    ("429 bare", Answer(None, 429), "rate_limited"),
    ("500", refusal(500, "Internal Server Error", "x"), "upstream_error"),
    ("503", Answer(None, 503), "rate_limited"),
    ("redirect", Answer(None, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    ("truncated JSON", Answer(raw=b'[{"name": "otp", "ena'), "upstream_error"),
    ("HTML with 200", Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("number", Answer(7), "upstream_error"),
    ("list of numbers", Answer([1, 2]), "upstream_error"),
]  # fmt: skip
PAGE = {"start": 0, "limit": 100}
ONE = [
    ("list for an object", "clients", Answer([client("a")]), "upstream_error"),
    ("no total", "clients", Answer({**PAGE, "clients": [client("a")]}), "upstream_error"),
    ("no rows", "clients", Answer({**PAGE, "total": 0}), "upstream_error"),
    ("total above items", "clients", Answer({**PAGE, "total": 3, "clients": [client("a")]}), "partial_data"),
    (
        "wrong type",
        "clients",
        Answer({**PAGE, "total": 1, "clients": [client("a", app_type=7)]}),
        "upstream_error",
    ),
    ("no id", "clients", Answer({**PAGE, "total": 1, "clients": [client("a", client_id=None)]}), "upstream_error"),
    ("error with 200", "clients", Answer({"statusCode": 500, "error": "x"}), "upstream_error"),
    ("empty list", "factors", Answer([]), "partial_data"),
    ("missing field", "factors", Answer([{"name": "otp"}]), "upstream_error"),
    ("object for a list", "factors", Answer({"factors": []}), "upstream_error"),
    ("object for a list", "policies", Answer({"policies": []}), "upstream_error"),
    ("null in it", "policies", Answer([None]), "upstream_error"),
    ("text for hours", "sessions", Answer({"session_lifetime": "12"}), "upstream_error"),
    ("yes for hours", "sessions", Answer({"session_lifetime": True}), "upstream_error"),
]
CASES = [(f"{part}: {name}", part, answer, reason) for name, answer, reason in ANYWHERE for part in PATHS]
CASES += [(f"{part}: {name}", part, answer, reason) for name, part, answer, reason in ONE]


@pytest.mark.parametrize(("part", "answer", "reason"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_hostile_part(tenant: Tenant, context: MakeContext, part: str, answer: Answer, reason: str | None) -> None:
    tenant.fault(f"/api/v2/{PATHS[part]}", answer)
    made = context(secret=True)
    if reason is None:
        with pytest.raises(AuthFailed):
            collect(made)
        return
    snapshot = collect(made)
    found = getattr(snapshot, part)
    assert isinstance(found, Unavailable)
    assert found.reason == reason
    assert isinstance(snapshot.users, tuple), "one part's trouble is not another's"
    outcomes = {each.check: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert {outcomes[check.id] for check in CONNECTOR.checks if part in check.parts} == {Outcome.NOT_CHECKED}
    no_secret(snapshot, outcomes)


def test_settings_that_say_nothing_are_not_checked(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault("/api/v2/tenants/settings", Answer({}))
    found = {each.check: each.outcome for each in judge(CONNECTOR, collect(context())).results}
    assert found["auth0.session_limits"] is Outcome.NOT_CHECKED


def test_last_page_that_breaks_off_can_fail_but_not_pass(tenant: Tenant, context: MakeContext) -> None:
    tenant.data["clients"] += [client(f"x{number}", "authorization_code") for number in range(150)]
    tenant.fault("/api/v2/clients", Answer(raw=b"[{"), after=1)
    snapshot = collect(context())
    assert isinstance(snapshot.clients, Unavailable)
    assert len(snapshot.clients.read) == 100
    found = {each.check: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert found["auth0.machine_clients_use_keys"] is Outcome.NOT_CHECKED


def test_endless_total_ends_with_the_budget(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault("/api/v2/clients", Answer({**PAGE, "total": 10**9, "clients": [client("a")]}))
    clients = collect(replace(context(), budget=Budget(pages=50))).clients
    assert isinstance(clients, Unavailable)
    assert clients.reason == "partial_data"
    assert len(tenant.asked("/api/v2/clients")) == 1


def test_huge_body_ends_with_the_budget_and_proves_nothing(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault("/api/v2/clients", Answer(raw=b'{"clients": "' + b"x" * (3 << 20) + b'"}'))
    snapshot = collect(replace(context(), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(snapshot.clients, Unavailable)
    assert snapshot.clients.reason == "partial_data"


def test_quota_nearly_used_up_is_left_to_the_customer(tenant: Tenant, context: MakeContext) -> None:
    tenant.data["users"] = [user(f"x{number}") for number in range(900)]
    drained = {"x-ratelimit-limit": "50", "x-ratelimit-remaining": "2", "x-ratelimit-reset": SOON}
    tenant.fault("/api/v2/users", change=lambda answer: Answer(answer.value, headers=drained))
    users = collect(context()).users
    assert isinstance(users, Unavailable)
    assert users.reason == "rate_limited"
    assert len(tenant.asked("/api/v2/users")) < 9


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"token_type": "Bearer"}),
        Answer({"access_token": "t", "token_type": "mac"}),
        Answer({"access_token": "t\n", "token_type": "Bearer"}),
        Answer([]),
        Answer(raw=b"<html>", kind="text/html"),
        Answer({"error": "server_error"}, 500),
        Answer({"error": "access_denied", "error_description": CANARY}, 403),
        Answer(None, 404),
    ],
)
def test_hostile_token_endpoint_ends_the_reading(tenant: Tenant, context: MakeContext, answer: Answer) -> None:
    tenant.fault(TOKEN_PATH, answer)
    with pytest.raises(ConnectorError) as problem:
        collect(context())
    assert len(tenant.asked(TOKEN_PATH)) <= 3
    no_secret(problem.value.sentence)
    with pytest.raises(ConnectorError):
        preflight(context())
