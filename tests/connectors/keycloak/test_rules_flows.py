"""The checks of flows by tables: what was seen, what it means, what must never pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.keycloak.factory import (
    FAIL,
    NO_ROLE,
    PASS,
    SKIP,
    good,
    result,
    said,
    steps,
    verdicts,
    with_clients,
    with_flow,
    with_realm,
)
from tests.connectors.keycloak.realm import (
    ALTERNATIVE,
    REQUIRED,
    STRONG,
    broker,
    browser,
    client,
    optional,
    step,
    user,
)
from ztassess.connectors.api import Row
from ztassess.connectors.contract import Declared
from ztassess.connectors.keycloak import parsing
from ztassess.connectors.keycloak.snapshot import Action, Broker, Credentials, KeycloakSnapshot
from ztassess.domain.findings import Outcome, Unavailable

MFA, RESISTANT = "second_factor_required", "phishing_resistant_flow"
OTP = step(1, REQUIRED, "auth-otp-form", "OTP Form")
KEYS = step(2, ALTERNATIVE, "webauthn-authenticator", "WebAuthn Authenticator")
TOTP_FOR_ALL = (Action("CONFIGURE_TOTP", "CONFIGURE_TOTP", True, True),)
BY_KEY = Action("webauthn-register", "webauthn-register", True, True)
OVERRIDE = client("strict", authenticationFlowBindingOverrides={"browser": "f-strict"})


def holding(*kinds: str, **parts: Any) -> KeycloakSnapshot:
    """As a new realm asks, OTP for new users, with these kinds held by everybody who is enabled."""
    held = tuple(Credentials(each.id, ("password", *kinds)) for each in good().users if each.enabled)
    return with_flow(optional(), **{"credentials": held, "actions": TOTP_FOR_ALL, **parts})


def with_broker(**more: Any) -> KeycloakSnapshot:
    return replace(good(), brokers=(parsing.broker_of(Row("B", broker("partner", **more))),))


def overridden(executions: list[dict[str, Any]], **more: Any) -> KeycloakSnapshot:
    both = (*steps("browser", STRONG), *steps("strict", executions))
    return with_clients({**OVERRIDE, **more}, executions=both)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_flow(browser(OTP)), PASS),
        (with_flow(browser()), FAIL),
        (with_flow(browser(step(1, REQUIRED, "acme-sms"))), SKIP),
        # Offered, not demanded.
        (with_flow(optional()), FAIL),
        (holding("otp"), PASS),
        (holding("otp", actions=(replace(TOTP_FOR_ALL[0], default=False),)), FAIL),
        (holding("otp", actions=(replace(TOTP_FOR_ALL[0], enabled=False),)), FAIL),
        (holding("otp", actions=(BY_KEY,)), FAIL),
        (holding("otp", actions=NO_ROLE), SKIP),
        (holding(), FAIL),
        (holding("webauthn"), FAIL),  # the flow asks for OTP only, and leaves them out
        (holding("otp", credentials=Unavailable("partial_data", read=(Credentials("u-anna", ("otp",)),))), SKIP),
        (holding("otp", credentials=Unavailable("partial_data", read=(Credentials("u-anna", ()),))), FAIL),
        (holding("otp", users=Unavailable("missing_scope", "view-users")), SKIP),
        (holding("otp", users=()), SKIP),
        (holding("otp", credentials=()), SKIP),
        # A client's own flow counts as much as the realm's.
        (overridden(STRONG), PASS),
        (overridden(browser()), FAIL),
        (overridden(browser(), enabled=False), PASS),
        (with_clients({**OVERRIDE, "authenticationFlowBindingOverrides": {"browser": "gone"}}), SKIP),
        (with_clients({**OVERRIDE, "authenticationFlowBindingOverrides": {"direct_grant": "f-x"}}), PASS),
        # People who come in from elsewhere.
        (with_broker(), SKIP),
        (with_broker(enabled=False), PASS),
        (with_broker(linkOnly=True), PASS),
        (with_broker(types=["CLIENT_ASSERTION"]), PASS),
        (with_broker(types=["USER_AUTHENTICATION"]), SKIP),
        (with_broker(postBrokerLoginFlowAlias="after login"), PASS),
        (with_broker(postBrokerLoginFlowAlias="unknown"), SKIP),
        # What was not read.
        (with_realm(browser_flow=""), SKIP),
        (replace(good(), realm=NO_ROLE), SKIP),
        (replace(good(), clients=NO_ROLE), SKIP),
        (replace(good(), flows=NO_ROLE), SKIP),
        (replace(good(), executions=NO_ROLE), SKIP),
        (replace(good(), brokers=NO_ROLE), SKIP),
        (replace(good(), executions=()), SKIP),
        (replace(good(), executions=Unavailable("rate_limited", read=steps("browser", browser()))), FAIL),
    ],
)
def test_second_factor_required(snapshot: KeycloakSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, MFA).outcome is outcome


def test_offer_names_who_never_configured_it() -> None:
    snapshot = holding(
        credentials=(Credentials("u-anna", ("otp",)), Credentials("u-ben", ()), Credentials("u-cleo", ()))
    )
    (verdict,) = verdicts(snapshot, MFA)
    assert verdict.near_miss == "Optional: 2 users never configured it."
    assert "2 of 3 enabled users hold none that it asks for: ben@acme.example, cleo@acme.example." in verdict.reason
    assert verdict.resource == "browser"
    assert verdict.evidence[0].observed == "auth-otp-form REQUIRED"


def test_one_time_password_of_the_listing_counts() -> None:
    listed = tuple(parsing.user_of(Row("U", user(name, totp=True))) for name in ("anna", "ben"))
    assert result(holding("otp", users=listed, credentials=()), MFA).outcome is PASS


def test_break_glass_accounts_are_left_out_by_name() -> None:
    held = (Credentials("u-anna", ("otp",)), Credentials("u-ben", ("otp",)), Credentials("u-cleo", ()))
    snapshot = holding("otp", credentials=held, declared=Declared(break_glass=("Cleo@acme.example",)))
    assert result(snapshot, MFA).outcome is PASS
    assert "1 account is left out, declared as break-glass: cleo@acme.example." in said(snapshot, MFA)


def test_failing_override_names_its_client() -> None:
    found = [each for each in verdicts(overridden(browser()), MFA) if each.outcome is FAIL]
    assert [each.resource for each in found] == ["strict"]
    assert "The flow 'strict', used by strict, one of 2 flows, does not require a second factor" in found[0].reason


def test_built_in_flow_with_passkeys_is_still_an_offer() -> None:
    condition = step(2, REQUIRED, "conditional-credential", "Condition - credential", "cfg")
    flow = optional(condition, step(2, ALTERNATIVE, "auth-otp-form", "OTP Form"))
    assert result(with_flow(flow, ("webauthn-passwordless",)), MFA).outcome is FAIL
    assert result(with_flow(flow, None), MFA).outcome is FAIL


def test_broker_is_named_as_what_cannot_be_seen() -> None:
    snapshot = replace(good(), brokers=(Broker("partner", "saml", True, True, ""),))
    assert "People also come in from partner (saml)." in said(snapshot, MFA)


KEYS_FOR_ALL = {"actions": (BY_KEY,)}


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_flow(browser(OTP)), FAIL),
        (with_flow(browser(step(1, REQUIRED, name="2FA"), KEYS, step(2, ALTERNATIVE, "auth-otp-form"))), FAIL),
        (with_flow(browser(step(1, REQUIRED, name="2FA"), KEYS, step(2, "DISABLED", "auth-otp-form"))), PASS),
        (with_flow(browser(step(1, REQUIRED, name="2FA"), KEYS,
                           step(2, ALTERNATIVE, "auth-recovery-authn-code-form"))), FAIL),
        (with_flow(browser()), FAIL),
        (with_flow(optional()), FAIL),
        # WebAuthn only, but only for those who have it.
        (with_flow(optional(KEYS), actions=()), FAIL),
        (with_flow(optional(KEYS), **KEYS_FOR_ALL), PASS),
        (with_flow(optional(KEYS), **KEYS_FOR_ALL, credentials=(Credentials("u-anna", ()),)), FAIL),
        (with_flow(optional(KEYS), **KEYS_FOR_ALL, credentials=()), SKIP),
        (with_flow(browser(step(1, REQUIRED, "acme-sms"))), SKIP),
        (with_flow([step(0, ALTERNATIVE, "webauthn-authenticator-passwordless")]), PASS),
        (replace(with_realm(passkey_verification="preferred"),
                 executions=steps("browser", [step(0, ALTERNATIVE, "webauthn-authenticator-passwordless")])), SKIP),
        (overridden(browser(OTP)), FAIL),
        (with_broker(), SKIP),
        (with_broker(postBrokerLoginFlowAlias="after login"), PASS),
        (replace(with_broker(postBrokerLoginFlowAlias="after login"),
                 executions=(*steps("browser", STRONG),
                             *steps("after login", [step(0, REQUIRED, "auth-otp-form")]))), SKIP),
        (replace(good(), executions=NO_ROLE), SKIP),
        (replace(good(), clients=NO_ROLE), SKIP),
        (with_realm(browser_flow=""), SKIP),
    ],
)  # fmt: skip
def test_phishing_resistant_flow(snapshot: KeycloakSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, RESISTANT).outcome is outcome


def test_otp_beside_webauthn_is_a_near_miss() -> None:
    flow = browser(step(1, REQUIRED, name="2FA"), KEYS, step(2, ALTERNATIVE, "auth-otp-form", "OTP Form"))
    (verdict,) = verdicts(with_flow(flow), RESISTANT)
    assert verdict.near_miss == "OTP is an alternative."
    assert "takes factors that can be phished: OTP Form." in verdict.reason
