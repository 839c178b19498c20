"""Ways in by tables: trusted devices, old protocols, recovery, other identity providers, sessions."""

from __future__ import annotations

import pytest

from tests.connectors.google_workspace.factory import (
    GONE,
    PROFILE,
    SALES,
    assignment,
    but,
    declared,
    event,
    folded,
    policy,
    told,
    user,
)
from ztassess.connectors.google_workspace import settings as s
from ztassess.connectors.google_workspace.snapshot import SsoProfile
from ztassess.domain.findings import Unavailable

OAUTH_ONLY = {"enableImapAccess": True, "imapAccessRestriction.allowedOauthMailClientList": "present"}


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"policies": but(policy(s.TRUSTED_DEVICE, allowTrustingDevice=True))}, "fail"),
        ({"policies": but(policy(s.LESS_SECURE, SALES, 2, allowLessSecureApps=True))}, "fail"),
        ({"policies": but(policy(s.POP, enablePopAccess=True))}, "fail"),
        ({"policies": but(policy(s.IMAP, enableImapAccess=True))}, "fail"),
        ({"policies": but(policy(s.IMAP, **OAUTH_ONLY))}, "pass"),
        ({"policies": but(policy(s.IMAP, enableImapAccess="false"))}, "not_checked"),
        ({"policies": but(without=s.TRUSTED_DEVICE)}, "not_checked"),
        ({"policies": but(without=s.LESS_SECURE)}, "not_checked"),
        ({"policies": but(without=s.POP)}, "not_checked"),
        ({"policies": but(without=s.IMAP)}, "not_checked"),
        ({"policies": but(policy(s.POP, enablePopAccess=True), without=s.IMAP)}, "fail"),
        ({"policies": ()}, "not_checked"),
        ({"policies": GONE}, "not_checked"),
        ({"users": ()}, "not_applicable"),
    ],
)
def test_no_weak_bypass(changed, outcome):
    assert folded("no_weak_bypass", **changed)[0] == outcome


def test_app_passwords_are_always_said_to_be_unseen():
    assert "App passwords are not readable with read-only scopes" in told("no_weak_bypass")
    trusting = but(policy(s.TRUSTED_DEVICE, allowTrustingDevice=True))
    assert "Devices may be trusted: the second factor is skipped there." in told("no_weak_bypass", policies=trusting)


ON = policy(s.SUPER_RECOVERY, enableAccountRecovery=True)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"policies": but(ON)}, "fail"),
        ({"policies": but(policy(s.SUPER_RECOVERY, SALES, 2, enableAccountRecovery=True))}, "pass"),  # holds no admin
        ({"policies": but(policy(s.SUPER_RECOVERY, order=2))}, "pass"),  # merged: the field comes from the next policy
        ({"policies": but(without=s.SUPER_RECOVERY)}, "not_checked"),
        ({"policies": ()}, "not_checked"),
        ({"policies": GONE}, "not_checked"),
        ({"users": (user("p1"),)}, "not_applicable"),
        ({"users": GONE}, "not_checked"),
    ],
)
def test_super_admin_recovery_off(changed, outcome):
    assert folded("super_admin_recovery_off", **changed)[0] == outcome


def test_recovery_off_for_users_alone_is_a_near_miss():
    near = "Off for users, on for super administrators."
    assert near in told("super_admin_recovery_off", policies=but(ON))
    both = but(ON, policy(s.USER_RECOVERY, enableAccountRecovery=True))
    assert near not in told("super_admin_recovery_off", policies=both)


FEDERATED = {"sso_assignments": (assignment(),), "sso_profiles": (PROFILE,)}
OKTA = declared(identity_provider="acme.okta.com")
OIDC = SsoProfile("inboundOidcSsoProfiles/2", "Entra", "https://login.example.net/tenant/v2.0")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        (FEDERATED, "fail"),
        ({**FEDERATED, "inputs": OKTA}, "pass"),
        ({**FEDERATED, "inputs": declared(identity_provider="https://okta.com")}, "pass"),
        ({**FEDERATED, "inputs": declared(identity_provider="notokta.com")}, "fail"),
        ({**FEDERATED, "inputs": declared(identity_provider="kta.com")}, "fail"),
        ({"sso_assignments": (assignment(),), "sso_profiles": GONE, "inputs": OKTA}, "not_checked"),
        ({"sso_assignments": (assignment(),), "sso_profiles": (), "inputs": OKTA}, "not_checked"),
        ({"sso_assignments": (assignment(unit=SALES),), "sso_profiles": (PROFILE,)}, "fail"),
        ({"sso_assignments": (assignment(group="g1"),), "sso_profiles": (PROFILE,)}, "fail"),
        (
            {
                "sso_assignments": (assignment(), assignment("OIDC_SSO", SALES, profile=OIDC.name)),
                "sso_profiles": (PROFILE, OIDC),
                "inputs": OKTA,
            },
            "fail",
        ),
        ({"sso_assignments": (assignment("SSO_OFF"),)}, "pass"),
        ({"sso_assignments": (assignment("DOMAIN_WIDE_SAML_IF_ENABLED"),)}, "not_checked"),
        ({"logins": (event(1, value="saml"),)}, "fail"),
        ({"logins": (event(1, value="saml"),), "inputs": OKTA}, "not_checked"),
        ({**FEDERATED, "inputs": OKTA, "logins": (event(1, value="saml"),)}, "pass"),
        ({"sso_assignments": GONE}, "not_checked"),
        ({"logins": GONE}, "not_checked"),
        ({"logins": Unavailable("partial_data", read=(event(1, value="saml"),))}, "fail"),
        ({"sso_assignments": Unavailable("partial_data", read=(assignment(),)), "sso_profiles": (PROFILE,)}, "fail"),
    ],
)
def test_idp_not_federated(changed, outcome):
    assert folded("idp_not_federated", **changed)[0] == outcome


def test_unit_that_signs_in_elsewhere_is_named():
    said = told("idp_not_federated", sso_assignments=(assignment(unit=SALES),), sso_profiles=(PROFILE,))
    assert "Unit /sales signs in elsewhere." in said
    assert "/sales signs in at acme.okta.com, which is not declared" in said


def _session(length: str, unit: str = "03root", order: float = 1) -> object:
    return but(policy(s.SESSION, unit, order, webSessionDuration=length))


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"policies": _session("700m")}, "pass"),
        ({"policies": _session("43201s")}, "pass"),
        ({"policies": _session("86400s")}, "pass"),
        ({"policies": _session("86401s")}, "fail"),
        ({"policies": _session("1209600s")}, "fail"),
        ({"policies": _session("0s")}, "fail"),
        ({"policies": _session("long")}, "not_checked"),
        ({"policies": _session("1209600s", SALES, 2)}, "fail"),
        ({"policies": but(without=s.SESSION)}, "fail"),
        ({"policies": ()}, "not_checked"),
        ({"policies": GONE}, "not_checked"),
        ({"users": ()}, "not_applicable"),
    ],
)
def test_session_length_limited(changed, outcome):
    assert folded("session_length_limited", **changed)[0] == outcome


def test_session_longer_than_twelve_hours_is_noted_by_unit():
    assert "/sales: 16 h" in told("session_length_limited", policies=_session("57600s", SALES, 2))
    assert "336 h" in told("session_length_limited", policies=_session("1209600s"))
