"""The checks of apps, administrators and static tokens, by tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.connectors.okta.factory import declared, good, result, said, verdicts
from tests.connectors.okta.org import app, service_app
from tests.connectors.okta.test_rules_sign_on import apps
from tests.fakes.vendor import NOW
from ztassess.connectors.okta.snapshot import AdminRole, ApiToken, Assignments, OktaSnapshot, SignedIn
from ztassess.connectors.okta.snapshot_policies import Network
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
UNREAD = Unavailable("missing_scope", "okta.apps.read")


def mode(label: str, word: str) -> OktaSnapshot:
    found = tuple(replace(each, sign_on_mode=word) if each.label == label else each for each in good().apps)
    return replace(good(), apps=found)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        *((mode("Payroll", word), FAIL) for word in ("BOOKMARK", "AUTO_LOGIN", "BROWSER_PLUGIN", "BASIC_AUTH")),
        (mode("Payroll", "SECURE_PASSWORD_STORE"), FAIL),
        (mode("Wiki", "OPENID_CONNECT"), PASS),
        (mode("Wiki", "WS_FEDERATION"), PASS),
        (mode("Wiki", "BOOKMARK"), FAIL),  # 2 of 3
        (declared(tools=("GitHub", "Payroll", "Wiki", "github.acme.example", "payroll.acme.example", "Fax")), PASS),
        (declared(tools=("GitHub", "Fax")), FAIL),
        (declared(sensitive_tools=("Fax",)), FAIL),
        (declared(tools=None), SKIP),
        (declared(sensitive_tools=None), SKIP),
        (replace(good(), apps=UNREAD), SKIP),
        (replace(good(), apps=Unavailable("partial_data", read=good().apps)), SKIP),
    ],
)
def test_tools_on_sso(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "tools_on_sso").outcome is outcome


def test_bookmark_is_a_near_miss_and_own_passwords_need_attestation() -> None:
    assert "Payroll is only a bookmark or password vault entry." in said(mode("Payroll", "BOOKMARK"), "tools_on_sso")
    assert "password sign-in is off cannot be seen from Okta; attest that." in said(good(), "tools_on_sso")


@pytest.mark.parametrize(
    ("assignments", "outcome"),
    [
        ((Assignments("a", "A", 0, 9),), PASS),
        ((Assignments("a", "A", 1, 19),), PASS),
        ((Assignments("a", "A", 1, 18),), FAIL),
        ((Assignments("a", "A", 0, 9, unknown=1),), SKIP),
        ((Assignments("a", "A", 0, 0),), NONE),
        ((), NONE),
        (Unavailable("partial_data", read=(Assignments("a", "A", 0, 9),)), SKIP),
    ],
)
def test_access_by_group(assignments, outcome: Outcome) -> None:
    assert result(replace(good(), assignments=assignments), "app_access_by_group").outcome is outcome


def test_personal_assignments_are_counted_and_the_worst_apps_named() -> None:
    words = said(
        replace(good(), assignments=(Assignments("a", "A", 1, 0), Assignments("b", "B", 7, 2))), "app_access_by_group"
    )
    assert "8 of 10 assignments are personal." in words
    assert "most in: B (7), A (1)." in words


def service(method: str) -> OktaSnapshot:
    return replace(good(), apps=apps(service_app("s", "Robot", method)))


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        *((service(method), FAIL) for method in ("client_secret_basic", "client_secret_post", "client_secret_jwt")),
        (service("none"), FAIL),
        (service(""), SKIP),
        (replace(good(), apps=apps(app("a", "x", "People"))), NONE),
        (replace(good(), apps=UNREAD), SKIP),
    ],
)
def test_service_apps(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "service_apps_use_keys").outcome is outcome


def test_key_beside_a_secret_is_a_near_miss() -> None:
    words = said(service("client_secret_basic"), "service_apps_use_keys")
    assert "Robot has a key registered but still accepts its secret." in words


def admins(direct: int, grouped: int = 0, status: str = "ACTIVE") -> OktaSnapshot:
    roles = [AdminRole(f"00d{number}", "SUPER_ADMIN", status) for number in range(direct)]
    roles += [AdminRole(f"00g{number}", "SUPER_ADMIN", status, "Platform") for number in range(grouped)]
    return replace(good(), roles=tuple(roles))


HIDDEN = Unavailable("forbidden_role", "okta.roles.read")


@pytest.mark.parametrize(
    ("snapshot", "outcome", "level"),
    [
        (admins(2), PASS, None),
        (admins(1, 3), PASS, None),
        (admins(1), FAIL, None),
        (admins(1, 4), FAIL, 1),
        (admins(8), FAIL, 1),
        (admins(4, 5), FAIL, None),
        (admins(0), SKIP, None),
        (admins(2, status="INACTIVE"), SKIP, None),
        (replace(good(), roles=HIDDEN), SKIP, None),
        (replace(good(), roles=replace(HIDDEN, read=admins(3).roles)), SKIP, None),
        (replace(good(), roles=replace(HIDDEN, read=admins(9).roles)), FAIL, None),
        (replace(good(), roles=replace(HIDDEN, read=admins(6).roles)), FAIL, None),
    ],
)
def test_super_admins(snapshot: OktaSnapshot, outcome: Outcome, level: int | None) -> None:
    found = result(snapshot, "super_admin_count")
    assert (found.outcome, found.level) == (outcome, level)


def test_super_admins_through_a_group_are_told_apart() -> None:
    words = said(admins(2, 7), "super_admin_count")
    assert "2 direct super administrators, 7 more through group 'Platform'." in words


def test_break_glass_account_among_super_admins_is_counted_and_named() -> None:
    words = said(declared(break_glass=("anna@acme.example",)), "super_admin_count")
    assert "2 super administrators" in words
    assert "Counted with them, declared as break-glass: anna@acme.example." in words


def token(user: str = "00u2", days: int | None = 10, network: Network | None = None, **more: object) -> OktaSnapshot:
    created = None if days is None else NOW - timedelta(days=days)
    zone = Network("ZONE", ("nzo1",)) if network is None else network
    made = ApiToken("00T1", "ci-sync", user, "P30D", zone, created, NOW + timedelta(days=30))
    return replace(good(), tokens=(made,), **more)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (token(), PASS),
        (token("00u1"), FAIL),
        (token("00u3"), FAIL),
        (token(""), SKIP),
        (token(roles=HIDDEN), SKIP),
        (token("00u1", roles=replace(HIDDEN, read=good().roles)), FAIL),
        (replace(good(), tokens=()), NONE),
        (replace(good(), tokens=(), roles=HIDDEN), NONE),
        (replace(good(), tokens=Unavailable("missing_scope")), SKIP),
    ],
)
def test_token_of_a_super_admin(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "api_token_not_super_admin").outcome is outcome


def test_token_of_a_super_admin_through_a_group_names_the_group() -> None:
    words = said(token("00u3"), "api_token_not_super_admin")
    assert "ci-sync belongs to cleo@acme.example, super administrator through group Platform." in words


@pytest.mark.parametrize(
    ("snapshot", "age", "bound"),
    [
        (token(), PASS, PASS),
        (token(days=90), PASS, PASS),
        # In use, it never ends: neither its window nor its expiry of idleness counts.
        (token(days=91), FAIL, PASS),
        (token(days=None), SKIP, PASS),
        (token(network=Network("ANYWHERE")), PASS, FAIL),
        (token(network=Network("ZONE", (), ("nzo1",))), PASS, FAIL),
        (token(network=Network()), PASS, SKIP),
        (replace(good(), tokens=()), NONE, NONE),
        (replace(good(), tokens=(), signed_in=SignedIn("ssws", "anna@acme.example")), SKIP, SKIP),
        (replace(good(), tokens=Unavailable("missing_scope")), SKIP, SKIP),
        (replace(good(), tokens=Unavailable("partial_data", read=token(days=91).tokens)), FAIL, SKIP),
    ],
)
def test_tokens(snapshot: OktaSnapshot, age: Outcome, bound: Outcome) -> None:
    assert result(snapshot, "api_tokens_rotated").outcome is age
    assert result(snapshot, "api_tokens_network_bound").outcome is bound


def test_expiry_of_idleness_is_a_near_miss() -> None:
    found = verdicts(token(days=400), "api_tokens_rotated")
    assert found[0].near_miss == "ci-sync expires only when idle for 30 days; it has lived 400 days."
    assert "ci-sync can be used from anywhere." in said(token(network=Network("ANYWHERE")), "api_tokens_network_bound")
