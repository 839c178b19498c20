"""The checks of a tenant by tables: what was seen, what it means, what must never pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.auth0.factory import (
    FAIL,
    NO_SCOPE,
    NONE,
    PASS,
    SKIP,
    changed,
    good,
    result,
    rows,
    said,
    verdicts,
)
from tests.connectors.auth0.tenant import BY_KEY, FACTORS, api, client, factors, machine
from ztassess.connectors.auth0 import parsing
from ztassess.connectors.auth0.snapshot import Auth0Snapshot, Sessions
from ztassess.domain.findings import Outcome, Unavailable

MFA, RESISTANT = "mfa_all_applications", "phishing_resistant_factors_only"
TOKENS, SESSIONS, MACHINES = "access_token_lifetime", "session_limits", "machine_clients_use_keys"
ON_RISK = ("confidence-score",)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (changed(factors=factors("otp")), PASS),
        (changed(policies=("all-applications", "confidence-score")), PASS),
        (changed(policies=ON_RISK), FAIL),
        (changed(policies=()), SKIP),  # an Action may demand it
        (changed(policies=("on-tuesdays",)), SKIP),
        (changed(policies=NO_SCOPE), SKIP),
        (changed(factors=NO_SCOPE), SKIP),
        (changed(policies=ON_RISK, factors=NO_SCOPE), FAIL),
        # A policy can ask for nothing if nothing is on.
        (changed(factors=factors()), FAIL),
        (changed(factors=factors("recovery-code")), FAIL),
    ],
)
def test_second_factor_everywhere(snapshot: Auth0Snapshot, outcome: Outcome) -> None:
    assert result(snapshot, MFA).outcome is outcome


def test_adaptive_is_a_near_miss_and_an_action_cannot_be_seen() -> None:
    (verdict,) = verdicts(changed(policies=ON_RISK), MFA)
    assert verdict.near_miss == "Adaptive MFA asks only on risk."
    assert verdict.evidence[0].observed == "confidence-score"
    (verdict,) = verdicts(changed(policies=()), MFA)
    assert "an Action may demand it" in verdict.reason


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (changed(factors=factors("webauthn-roaming")), PASS),
        (changed(factors=factors("webauthn-roaming", "recovery-code")), PASS),
        *((changed(factors=factors("webauthn-roaming", name)), FAIL) for name in FACTORS[:5]),
        (changed(factors=factors("otp")), FAIL),
        (changed(factors=[*factors("webauthn-roaming"), {"name": "carrier-pigeon", "enabled": True}]), FAIL),
        (changed(factors=factors()), FAIL),
        (changed(factors=NO_SCOPE), SKIP),
        # Enabled is not asked for.
        (changed(policies=()), SKIP),
        (changed(policies=ON_RISK), FAIL),
        (changed(policies=NO_SCOPE), SKIP),
    ],
)
def test_phishing_resistant(snapshot: Auth0Snapshot, outcome: Outcome) -> None:
    assert result(snapshot, RESISTANT).outcome is outcome


def test_factor_beside_webauthn_is_named() -> None:
    (verdict,) = verdicts(changed(factors=factors("webauthn-roaming", "sms", "otp")), RESISTANT)
    assert verdict.near_miss == "WebAuthn is offered beside sms, otp."
    assert "2 of 8 factors that are enabled can be phished: sms, otp." in verdict.reason
    assert "Recovery codes are on" in said(changed(factors=factors("webauthn-roaming", "recovery-code")), RESISTANT)


OWN = api("Management", 86400, 7200, identifier="https://acme.eu.auth0.com/api/v2/", is_system=None)
FIXED = {"rotation_type": "non-rotating", "expiration_type": "non-expiring"}


def cut(part: str, parse: Any, *read: dict[str, Any]) -> Auth0Snapshot:
    """The list broke off after these."""
    return changed(**{part: Unavailable("partial_data", read=rows(list(read), parse))})


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (changed(apis=[api("A", 900, 900)]), PASS),
        (changed(apis=[api("A", 901, 900)]), FAIL),
        (changed(apis=[api("A", 86400, 7200)]), FAIL),
        (changed(apis=[api("A", 0, 0)]), FAIL),
        (changed(apis=[api("A", 600, None)]), PASS),  # never above the other
        (changed(apis=[api("A", None, 600)]), SKIP),
        (changed(apis=[api("A", None, 7200)]), FAIL),
        (changed(apis=[api("A"), OWN]), PASS),
        (changed(apis=[OWN]), NONE),
        (changed(apis=[]), NONE),
        (changed(apis=NO_SCOPE), SKIP),
        (changed(clients=NO_SCOPE), SKIP),
        (changed(clients=[client("a", refresh_token=FIXED)]), FAIL),
        (changed(clients=[client("a", refresh_token=None)]), SKIP),
        (changed(clients=[client("a", "authorization_code", refresh_token=FIXED)]), PASS),
        (changed(apis=[], clients=[client("a", refresh_token=FIXED)]), NONE),
        (cut("apis", parsing.api_of, api("A", 3600)), FAIL),
        (cut("apis", parsing.api_of, api("A")), SKIP),
        (cut("apis", parsing.api_of), SKIP),
        (cut("clients", parsing.client_of, client("a", refresh_token=FIXED)), FAIL),
        (cut("clients", parsing.client_of, client("a")), SKIP),
    ],
)
def test_access_tokens(snapshot: Auth0Snapshot, outcome: Outcome) -> None:
    assert result(snapshot, TOKENS).outcome is outcome


def test_long_lived_api_is_named_with_seconds_and_rotation() -> None:
    snapshot = changed(apis=[api("Orders", 86400, 7200), OWN], clients=[client("a", refresh_token=FIXED)])
    first, second = verdicts(snapshot, TOKENS)
    assert first.near_miss == "Orders: 86400 s; refresh tokens do not rotate."
    assert (first.resource, second.resource) == ("https://orders.acme.example", "id_a")
    assert verdicts(changed(apis=[api("Orders", 86400)]), TOKENS)[0].near_miss == "Orders: 86400 s."
    assert "Left out, as Auth0's own: Management." in said(changed(apis=[api("A"), OWN]), TOKENS)


def sessions(lifetime: float | None, idle: float | None) -> Auth0Snapshot:
    return changed(sessions=(Sessions(lifetime, idle),))


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (sessions(0.5, 0.25), PASS),
        (sessions(24, 2), PASS),
        (sessions(24.5, 2), FAIL),
        (sessions(12, 2.5), FAIL),
        (sessions(168, 72), FAIL),
        (sessions(0, 2), FAIL),
        (sessions(None, 2), SKIP),
        (sessions(12, None), SKIP),
        (sessions(None, None), SKIP),
        (sessions(168, None), FAIL),
        (changed(sessions=NO_SCOPE), SKIP),
        (changed(sessions=()), NONE),
    ],
)
def test_sessions(snapshot: Auth0Snapshot, outcome: Outcome) -> None:
    assert result(snapshot, SESSIONS).outcome is outcome


def test_default_is_a_near_miss_and_a_long_day_is_noted() -> None:
    (verdict,) = verdicts(sessions(168, 72), SESSIONS)
    assert verdict.near_miss == "Default of 168 h."
    assert "More than 12 h is long" in said(sessions(24, 2), SESSIONS)
    assert "More than 12 h" not in said(good(), SESSIONS)


def by_secret(how: str | None) -> list[dict[str, Any]]:
    return [machine("job", token_endpoint_auth_method=how, client_authentication_methods=None)]


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (changed(clients=[machine("a", client_authentication_methods={"tls_client_auth": {"credentials": []}})]), PASS),
        (changed(clients=by_secret("client_secret_post")), FAIL),
        (changed(clients=by_secret("client_secret_basic")), FAIL),
        # A key beside a secret that is still taken.
        (changed(clients=[machine("a", token_endpoint_auth_method="client_secret_post",
                                  client_authentication_methods=BY_KEY)]), FAIL),
        (changed(clients=by_secret("none")), SKIP),
        (changed(clients=by_secret(None)), SKIP),
        (changed(clients=[machine("a", client_authentication_methods={"new_way": {}})]), SKIP),
        (changed(clients=[client("web")]), NONE),
        (changed(clients=[client("web", grant_types=None)]), SKIP),
        (changed(clients=[]), NONE),
        (changed(clients=NO_SCOPE), SKIP),
        (cut("clients", parsing.client_of, *by_secret("client_secret_post")), FAIL),
        (cut("clients", parsing.client_of, machine("a")), SKIP),
    ],
)  # fmt: skip
def test_machine_clients(snapshot: Auth0Snapshot, outcome: Outcome) -> None:
    assert result(snapshot, MACHINES).outcome is outcome


def test_secret_is_a_near_miss_of_the_plan_and_our_own_is_named() -> None:
    own = machine("assess", client_id="assess", token_endpoint_auth_method="client_secret_post",
                  client_authentication_methods=None)  # fmt: skip
    (verdict,) = verdicts(changed(clients=[own]), MACHINES)
    assert verdict.near_miss == "Secret authentication is free of charge, keys need a higher plan."
    assert "assess (this assessment uses it), one of 1 machine client," in verdict.reason
    assert replace(verdict, reason="").evidence[0].observed == "client_secret_post"
