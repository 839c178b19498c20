"""Answers that Keycloak should never give, one part at a time: each with its reason, none of them ending in a pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.keycloak.conftest import MakeContext, no_secret
from tests.connectors.keycloak.fake import Server
from tests.connectors.keycloak.realm import client, settings, user
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.keycloak import CONNECTOR
from ztassess.connectors.keycloak.collect import collect
from ztassess.connectors.keycloak.preflight import preflight
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

CHECKS = {
    "clients": {"second_factor_required", "phishing_resistant_flow", "no_direct_grants", "service_clients_use_keys",
                "access_token_lifetime"},
    "realm": {"second_factor_required", "phishing_resistant_flow", "access_token_lifetime", "session_limits"},
    "executions": {"second_factor_required", "phishing_resistant_flow"},
}  # fmt: skip
PATHS = {"clients": "/clients", "realm": "", "executions": "/authentication/flows/browser/executions"}
ANYWHERE = [
    ("401", Answer({"error": "HTTP 401 Unauthorized"}, 401), None),
    ("403", Answer({"error": "HTTP 403 Forbidden"}, 403), "missing_scope"),
    ("404", Answer({"error": "Could not find resource"}, 404), "unsupported"),
    ("400", Answer({"error": "unknown_error"}, 400), "upstream_error"),
    ("429 with Retry-After", Answer(None, 429, {"retry-after": "1"}), "rate_limited"),
    ("429 bare", Answer(None, 429), "rate_limited"),
    ("429 with garbage", Answer(None, 429, {"retry-after": "soon"}), "rate_limited"),
    ("500", Answer({"error": "unknown_error"}, 500), "upstream_error"),
    ("503", Answer(None, 503), "rate_limited"),
    ("redirect", Answer(None, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    ("truncated JSON", Answer(raw=b'[{"id": "1", "cli'), "upstream_error"),
    ("HTML with 200", Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("text", Answer("no"), "upstream_error"),
    ("NaN", Answer(raw=b'[{"id": NaN}]'), "upstream_error"),
    ("list of numbers", Answer([1, 2]), "upstream_error"),
]  # fmt: skip
ONE = [
    ("object for a list", "clients", Answer({"clients": []}), "upstream_error"),
    ("wrong type", "clients", Answer([client("a", enabled="yes")]), "upstream_error"),
    ("no id", "clients", Answer([client("a", id=None)]), "upstream_error"),
    ("null everywhere", "clients", Answer([{"id": None, "enabled": None}]), "missing_scope"),
    ("none at all", "clients", Answer([]), "missing_scope"),
    ("shortened", "clients", Answer([client("a"), {"id": "1", "clientId": "b"}]), "missing_scope"),
    ("list for an object", "realm", Answer([settings()]), "upstream_error"),
    ("shortened", "realm", Answer({"realm": "acme"}), "missing_scope"),
    ("text for seconds", "realm", Answer({**settings(), "accessTokenLifespan": "soon"}), "upstream_error"),
    ("no level", "executions", Answer([{"requirement": "REQUIRED", "providerId": "auth-otp-form"}]), "upstream_error"),
    ("no tree", "executions", Answer([{"requirement": "REQUIRED", "providerId": "x", "level": 3}]), "upstream_error"),
    ("no requirement", "executions", Answer([{"providerId": "auth-otp-form", "level": 0}]), "upstream_error"),
]
CASES = [(f"{part}: {name}", part, answer, reason) for name, answer, reason in ANYWHERE for part in PATHS]
CASES += [(f"{part}: {name}", part, answer, reason) for name, part, answer, reason in ONE]


@pytest.mark.parametrize(("part", "answer", "reason"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_hostile_part(server: Server, context: MakeContext, part: str, answer: Answer, reason: str | None) -> None:
    server.fault(server.admin(PATHS[part]), answer)
    made = context(secret=True)
    if reason is None:
        with pytest.raises(AuthFailed):
            collect(made)
        return
    snapshot = collect(made)
    found = getattr(snapshot, part)
    assert isinstance(found, Unavailable)
    assert found.reason == reason
    assert isinstance(snapshot.brokers, tuple), "one part's trouble is not another's"
    outcomes = {each.check.removeprefix("keycloak."): each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert {outcomes[check] for check in CHECKS[part]} == {Outcome.NOT_CHECKED}
    no_secret(snapshot, outcomes)


def test_same_page_of_users_for_ever_is_not_complete(server: Server, context: MakeContext) -> None:
    page = [user(f"x{number}") for number in range(100)]
    server.fault(server.admin("/users"), Answer(page))
    users = collect(context(secret=True)).users
    assert isinstance(users, Unavailable)
    assert (users.reason, len(users.read)) == ("partial_data", 100)
    assert len(server.asked(server.admin("/users"))) == 2


def test_pages_without_end_are_ended_by_the_budget(server: Server, context: MakeContext) -> None:
    pages = iter(range(1000))

    def more(answer: Answer) -> Answer:
        page = next(pages)
        return Answer([user(f"x{page}-{number}") for number in range(100)])

    server.fault(server.admin("/users"), change=more)
    users = collect(replace(context(secret=True), budget=Budget(pages=8))).users
    assert isinstance(users, Unavailable)
    assert users.reason == "partial_data"
    assert 800 <= len(users.read) <= 1000


def test_huge_body_ends_with_the_budget_and_proves_nothing(server: Server, context: MakeContext) -> None:
    server.fault(server.admin("/clients"), Answer(raw=b'[{"id": "' + b"x" * (3 << 20) + b'"}]'))
    snapshot = collect(replace(context(secret=True), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(snapshot.clients, Unavailable)
    assert snapshot.clients.reason == "partial_data"


def test_user_deleted_on_the_way_is_a_hole(server: Server, context: MakeContext) -> None:
    server.fault(server.admin("/users/u-cleo/credentials"), Answer({"error": "User not found"}, 404))
    credentials = collect(context(secret=True)).credentials
    assert isinstance(credentials, Unavailable)
    assert len(credentials.read) == 2


def test_date_far_off_is_no_crash(server: Server, context: MakeContext) -> None:
    server.data["users"][0]["createdTimestamp"] = 10**20
    users = collect(context(secret=True)).users
    assert isinstance(users, Unavailable)
    assert users.reason == "upstream_error"


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"token_type": "Bearer"}),
        Answer({"access_token": "t", "token_type": "mac"}),
        Answer({"access_token": "t\n", "token_type": "Bearer"}),
        Answer([]),
        Answer(raw=b"<html>", kind="text/html"),
        Answer({"error": "unknown_error"}, 500),
        Answer({"error": "invalid_grant", "error_description": CANARY}, 400),
        Answer(None, 404),
    ],
)
def test_hostile_token_endpoint_ends_the_reading(server: Server, context: MakeContext, answer: Answer) -> None:
    server.fault(server.token_path, answer)
    with pytest.raises(ConnectorError) as problem:
        collect(context())
    assert len(server.asked(server.token_path)) <= 3
    no_secret(problem.value.sentence)
    with pytest.raises(ConnectorError):
        preflight(context())


@pytest.mark.parametrize(
    "answer",
    [
        Answer([]),
        Answer({"issuer": 7}),
        Answer(raw=b"<html>", kind="text/html"),
        Answer(None, 500),
        Answer(None, 403),
    ],
)
def test_hostile_metadata_ends_the_reading(server: Server, context: MakeContext, answer: Answer) -> None:
    server.fault("/realms/acme/.well-known/openid-configuration", answer)
    with pytest.raises(ConnectorError):
        collect(context())
    assert not server.asked(server.token_path)
