"""Reading a whole realm: by key and by secret, with the old path, and what it may not see."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.connectors.keycloak.conftest import MakeContext, no_secret, read_by
from tests.connectors.keycloak.fake import Server
from tests.connectors.keycloak.realm import broker, client, optional, step, user
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, InputInvalid, OverPrivileged
from ztassess.connectors.keycloak import CONNECTOR
from ztassess.connectors.keycloak import client as client_module
from ztassess.connectors.keycloak.collect import collect
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).parent / "fields.json"


def outcomes(snapshot) -> dict[str, Outcome]:
    return {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}


def everything(server: Server) -> None:
    """Let the realm have one of each thing that can be read."""
    server.data["clients"].append(client("strict", authenticationFlowBindingOverrides={"browser": "f-strict"}))
    server.data["brokers"].append(broker("partner", postBrokerLoginFlowAlias="after login", types=["ANY"]))
    server.data["executions"]["strict"] = optional(
        step(2, "REQUIRED", "conditional-credential", "Condition - credential", "cfg-passkey"),
        step(2, "ALTERNATIVE", "auth-otp-form", "OTP Form"),
    )


@pytest.mark.parametrize("secret", [False, True])
def test_well_kept_realm_passes_every_check(server: Server, context: MakeContext, secret: bool) -> None:
    snapshot = collect(context(secret=secret))
    assert {part.name: part.seen for part in parts_of(snapshot) if isinstance(part.seen, Unavailable)} == {}
    found = outcomes(snapshot)
    assert set(found.values()) == {Outcome.PASS}, found
    assert len(found) == 6
    no_secret(snapshot, judge(CONNECTOR, snapshot))


def test_every_field_read_is_described_by_keycloak(server: Server, context: MakeContext) -> None:
    everything(server)
    with heard_fields() as heard:
        collect(context())
    assert len(heard) > 60
    assert undescribed(heard, FIELDS) == set()


def test_a_field_that_keycloak_does_not_describe_would_be_seen() -> None:
    assert undescribed({("UserRepresentation", "favoriteColor")}, FIELDS) == {"UserRepresentation.favoriteColor"}


def test_every_question_is_one_that_keycloak_describes(server: Server, context: MakeContext) -> None:
    everything(server)
    collect(context())
    asked = [(request.path, set(request.all)) for request in server.requests if request.method == "GET"]
    assert len({path for path, _ in asked}) > 12
    described = {
        re.compile(re.sub(r"[{].*?[}]", "[^/]+", path)): set(names)
        for path, names in json.loads(FIELDS.read_text())["paths"].items()
    }
    unknown = [
        (path, names)
        for path, names in asked
        if not any(known.fullmatch(path) and names <= allowed for known, allowed in described.items())
    ]
    assert unknown == []


def test_old_path_is_found_by_itself() -> None:
    with Server(prefix="/auth") as server:
        assert isinstance(server, Server)
        for base in (server.base, f"{server.base}/auth"):
            snapshot = collect(read_by(server, base=base))
            assert isinstance(snapshot.users, tuple)
        assert server.asked("/auth/admin/realms/acme/users")


def test_path_that_is_no_longer_there_is_left_out(server: Server) -> None:
    assert isinstance(collect(read_by(server, base=f"{server.base}/auth")).clients, tuple)


def test_realm_that_does_not_exist_is_one_sentence(server: Server, context: MakeContext) -> None:
    made = context()
    made.config["realm"] = "other"  # type: ignore[index]  a dict underneath
    with pytest.raises(InputInvalid, match=r"no realm other at https://localhost.*with or without /auth"):
        collect(made)


def test_only_the_token_endpoint_is_posted_to(server: Server, context: MakeContext) -> None:
    collect(context())
    assert {request.path for request in server.requests if request.method != "GET"} == {server.token_path}


def test_assertion_is_never_made_for_another_server(server: Server, context: MakeContext) -> None:
    server.issuer = "https://real.acme.example/realms/acme"
    with pytest.raises(InputInvalid, match=r"calls itself https://real.acme.example/realms/acme"):
        collect(context())
    assert not server.asked(server.token_path)
    # A secret is sent to the entered address alone, whatever the realm calls itself.
    assert isinstance(collect(context(secret=True)).users, tuple)


def test_expired_token_is_renewed_with_a_new_assertion(server: Server, context: MakeContext) -> None:
    server.fault(server.admin("/clients"), Answer({"error": "HTTP 401 Unauthorized"}, 401), times=1)
    assert isinstance(collect(context()).clients, tuple)
    first, second = server.asked(server.token_path)
    assert first.form()["client_assertion"] != second.form()["client_assertion"]


@pytest.mark.parametrize(
    ("secret", "said"),
    [(False, "refused the key of the client assess"), (True, "refused the secret of the client assess")],
)
def test_refused_credential_is_named(server: Server, context: MakeContext, secret: bool, said: str) -> None:
    server.fault(server.token_path, Answer({"error": "invalid_client", "error_description": "x"}, 401))
    with pytest.raises(AuthFailed, match=said):
        collect(context(secret=secret))


def test_client_without_service_account_is_told_what_to_turn_on(server: Server, context: MakeContext) -> None:
    server.service = False
    with pytest.raises(AuthFailed, match="Turn on 'Service accounts roles' for the client assess"):
        collect(context())


@pytest.mark.parametrize(
    ("role", "also", "parts"),
    [
        ("view-realm", (), ("realm", "flows", "actions", "executions")),
        ("view-realm", ("query-clients", "query-users"), ("realm", "executions")),
        ("view-clients", (), ("clients",)),
        ("view-clients", ("query-clients",), ("clients",)),
        ("view-users", (), ("users", "credentials")),
        ("view-identity-providers", (), ("brokers",)),
    ],
)
def test_role_that_is_missing_costs_its_parts_only(
    server: Server, context: MakeContext, role: str, also: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    server.roles -= {role}
    server.roles |= set(also)
    server.roles -= {"query-users"} if role == "view-realm" and not also else set()
    snapshot = collect(context())
    missing = {part.name: part.seen for part in parts_of(snapshot) if isinstance(part.seen, Unavailable)}
    assert set(missing) == set(parts)
    assert {(each.reason, each.missing_scope) for each in missing.values()} == {("missing_scope", role)}
    found = outcomes(snapshot)
    needing = {check.id for check in CONNECTOR.checks if set(parts) & set(check.parts) - {"users", "credentials"}}
    # Limited offline sessions end, whichever client may have them.
    needing -= {"keycloak.session_limits"} if role == "view-clients" else set()
    assert {found[check] for check in needing} <= {Outcome.NOT_CHECKED}


def test_403_says_which_role_is_lacking(server: Server, context: MakeContext) -> None:
    server.roles -= {"view-identity-providers"}
    brokers = collect(context()).brokers
    assert isinstance(brokers, Unavailable)
    assert brokers.detail == "The service account lacks realm-management role view-identity-providers."


def test_empty_list_of_users_without_the_right_is_no_empty_realm(server: Server, context: MakeContext) -> None:
    server.roles -= {"view-users"}
    assert "query-users" in server.roles
    users = collect(context()).users
    assert isinstance(users, Unavailable)
    assert users.missing_scope == "view-users"


def test_empty_list_of_users_with_the_right_is_an_empty_realm(server: Server, context: MakeContext) -> None:
    server.data["users"] = []
    assert collect(context()).users == ()


@pytest.mark.parametrize("role", ["realm-admin", "manage-users", "create-client", "impersonation"])
def test_roles_that_change_something_are_refused_by_name(server: Server, context: MakeContext, role: str) -> None:
    server.roles |= {role}
    with pytest.raises(OverPrivileged, match=role):
        collect(context())


def test_administrator_of_the_master_realm_is_refused() -> None:
    with Server(realm="master") as server:
        assert isinstance(server, Server)
        assert isinstance(collect(read_by(server)).users, tuple)
        server.everywhere = {"admin"}
        with pytest.raises(OverPrivileged, match="admin"):
            collect(read_by(server))
        server.everywhere, server.roles = set(), {"manage-realm"}
        with pytest.raises(OverPrivileged, match="manage-realm"):
            collect(read_by(server))


def test_role_named_admin_of_another_realm_is_the_customers_own(server: Server, context: MakeContext) -> None:
    server.everywhere = {"admin"}
    assert isinstance(collect(context()).users, tuple)


def test_users_are_read_over_all_pages(server: Server, context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module.users, "__defaults__", (3,))
    server.data["users"] += [user(f"x{number}", enabled=False) for number in range(8)]
    snapshot = collect(context())
    assert len(snapshot.users) == 12
    assert [request.query["first"] for request in server.asked(server.admin("/users"))] == ["0", "3", "6", "9", "12"]


def test_credentials_are_asked_of_enabled_users_without_one_time_password(server: Server, context: MakeContext) -> None:
    server.data["users"].append(user("eve", "otp", totp=True))
    collect(context())
    asked = {unquote(request.match[1]) for request in server.asked(server.admin("/users/.*/credentials"))}
    assert asked == {"u-anna", "u-ben", "u-cleo"}


def test_credentials_end_at_the_budget_and_keep_what_was_read(
    server: Server, context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MOST_CREDENTIAL_READS", 2)
    credentials = collect(context()).credentials
    assert isinstance(credentials, Unavailable)
    assert (credentials.reason, len(credentials.read)) == ("partial_data", 2)


def test_condition_whose_config_is_hidden_is_not_known(server: Server, context: MakeContext) -> None:
    everything(server)
    server.fault(server.admin("/authentication/config/.*"), Answer({"error": "x"}, 403))
    steps = collect(context()).executions
    assert {each.passed_by for each in steps if each.provider == "conditional-credential"} == {None}


def test_independent_questions_run_side_by_side(server: Server, context: MakeContext) -> None:
    server.latency = 0.01
    collect(context())
    assert 1 < server.most_at_once <= 4
