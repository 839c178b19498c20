"""Logs, apps, access levels and devices by tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.google_workspace.factory import (
    ADMINS,
    BINDING,
    GONE,
    LEVEL,
    PEOPLE,
    SALES,
    but,
    declared,
    device,
    event,
    findings_of,
    folded,
    on,
    policy,
    told,
    user,
)
from ztassess.connectors.google_workspace import settings as s
from ztassess.connectors.google_workspace.snapshot import AccessLevel
from ztassess.domain.findings import Unavailable

GITHUB, ZENDESK = event(5, app="GitHub"), event(4, name="authorize", app="Zendesk Support")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"saml_logins": (event(31, app="GitHub"),)}, "fail"),
        ({"saml_logins": ()}, "fail"),
        ({"saml_logins": (), "token_grants": ()}, "not_checked"),
        ({"inputs": declared(tools=("Notes",))}, "fail"),  # no core tool: all of them count
        ({"inputs": declared(tools=("Notes",)), "saml_logins": (event(1, app="Notes"),)}, "pass"),
        ({"inputs": declared(tools=("Gmail",))}, "pass"),
        ({"inputs": declared(tools=("acme.zendesk.com",))}, "pass"),
        ({"inputs": declared(tools=None)}, "not_checked"),
        ({"inputs": declared(tools=())}, "not_applicable"),
        ({"saml_logins": GONE}, "not_checked"),
        ({"saml_logins": Unavailable("partial_data", read=(GITHUB,)), "token_grants": (ZENDESK,)}, "not_checked"),
        ({"saml_logins": Unavailable("partial_data", read=()), "token_grants": (ZENDESK,)}, "not_checked"),
    ],
)
def test_saml_apps_used(changed, outcome):
    assert folded("saml_apps_used", **changed)[0] == outcome


def test_tool_used_long_ago_is_a_near_miss():
    said = told("saml_apps_used", saml_logins=(event(31, app="GitHub"),))
    assert "GitHub was last used through Google on 2026-10-23." in said
    assert "1 of 3 tools show one" in said


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"logins": ()}, "fail"),  # people signed in, and the log does not know
        ({"logins": (event(31),)}, "fail"),
        ({"logins": (), "users": GONE}, "not_checked"),
        ({"admin_events": ()}, "not_checked"),
        ({"logins": GONE}, "not_checked"),
        ({"admin_events": GONE}, "not_checked"),
        ({"logins": Unavailable("partial_data", read=(event(1),))}, "not_checked"),
    ],
)
def test_audit_logs_readable(changed, outcome):
    assert folded("audit_logs_readable", **changed)[0] == outcome


def test_logs_never_prove_an_export():
    (found,) = findings_of("audit_logs_readable")
    assert found.verdict.near_miss == "Logs exist; an export outside the admins' reach is not shown."


UNAPPROVED = event(3, name="authorize", app="Grabber", client="grab.apps", scopes=("https://a/auth/drive",))
SIGN_IN = event(3, name="authorize", app="Shop", client="shop.apps", scopes=("openid", "email"))
USERINFO = event(3, name="authorize", app="Shop", client="shop.apps", scopes=("https://a/auth/userinfo.profile",))
NO_SCOPES = event(3, name="authorize", app="Odd", client="odd.apps")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"token_grants": ()}, "pass"),
        ({"token_grants": (SIGN_IN, USERINFO)}, "pass"),
        ({"token_grants": (UNAPPROVED,)}, "fail"),
        ({"token_grants": (NO_SCOPES,)}, "fail"),
        ({"token_grants": (UNAPPROVED,), "inputs": declared(approved_apps=("grabber",))}, "pass"),
        ({"inputs": declared(approved_apps=None)}, "not_checked"),
        ({"inputs": declared(approved_apps=None), "token_grants": (SIGN_IN,)}, "pass"),
        ({"policies": but(policy(s.APPS, accessLevel="ALLOW_SIGN_IN_SCOPES_ONLY"))}, "fail"),
        ({"policies": but(policy(s.APPS, accessLevel="UNSPECIFIED_UBER_BLOCK"))}, "not_checked"),
        ({"policies": but(policy(s.APPS, SALES, 2, accessLevel="ALLOW_ALL_SCOPES"))}, "fail"),
        ({"policies": but(without=s.APPS)}, "not_checked"),
        ({"policies": but(policy(s.MARKETPLACE, accessLevel="ALLOW_ALL"))}, "fail"),
        ({"policies": but(policy(s.MARKETPLACE, accessLevel="ALLOW_NONE"))}, "pass"),
        ({"policies": but(without=s.MARKETPLACE)}, "not_checked"),
        ({"policies": ()}, "not_checked"),
        ({"policies": GONE}, "not_checked"),
        ({"token_grants": GONE}, "not_checked"),
        ({"token_grants": Unavailable("partial_data", read=(UNAPPROVED,))}, "fail"),
        ({"users": (), "token_grants": ()}, "not_applicable"),
    ],
)
def test_third_party_apps_restricted(changed, outcome):
    assert folded("third_party_apps_restricted", **changed)[0] == outcome


def test_earlier_grant_is_a_near_miss_with_app_and_person():
    said = told("third_party_apps_restricted", token_grants=(UNAPPROVED,))
    assert "1 person gave Grabber access in 90 days, and it is not approved: p1@x.io." in said
    assert "New apps are blocked; 1 earlier grant is still used." in said


def _toggle(value: str, days_ago: float = 3) -> object:
    return event(days_ago, "root", "TOGGLE_CAA_ENABLEMENT", value=value)


ASSIGNED = event(2, "root", "CHANGE_CAA_APP_ASSIGNMENTS", value="[managed]")
UNBOUND = {"access_bindings": (), "access_levels": (LEVEL,)}
NO_ORGANIZATION = {
    "access_bindings": Unavailable("not_configured"),
    "access_levels": Unavailable("not_configured"),
}


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        (UNBOUND, "not_checked"),
        ({"access_bindings": (replace(BINDING, levels=(), on_trial=(LEVEL.name,)),)}, "not_checked"),
        ({"access_bindings": (replace(BINDING, levels=()),)}, "not_checked"),  # session length alone
        ({"access_levels": (AccessLevel(LEVEL.name, "empty", ()),)}, "not_checked"),  # it asks for nothing
        ({"access_levels": GONE}, "not_checked"),
        ({**NO_ORGANIZATION, "access_changes": (_toggle("ENABLED"),)}, "pass"),
        ({**NO_ORGANIZATION, "access_changes": (_toggle("DISABLED"),)}, "fail"),
        ({**NO_ORGANIZATION, "access_changes": (_toggle("ENABLED", 9), _toggle("DISABLED", 2))}, "fail"),
        ({**NO_ORGANIZATION, "access_changes": (_toggle("DISABLED", 9), _toggle("ENABLED", 2))}, "pass"),
        ({**NO_ORGANIZATION, "access_changes": (_toggle("SOMETHING"),)}, "not_checked"),
        ({**NO_ORGANIZATION, "access_changes": ()}, "not_checked"),
        ({**NO_ORGANIZATION, "access_changes": GONE}, "not_checked"),
        (
            {**NO_ORGANIZATION, "access_changes": Unavailable("partial_data", read=(_toggle("ENABLED"),))},
            "not_checked",
        ),
        ({**UNBOUND, "access_changes": (_toggle("ENABLED"),)}, "not_checked"),
        ({**UNBOUND, "access_changes": (_toggle("ENABLED"), ASSIGNED)}, "pass"),
        ({**UNBOUND, "access_changes": (_toggle("ENABLED"),), "access_denials": (event(1),)}, "pass"),
        ({"access_bindings": (), "access_levels": (), "access_changes": (_toggle("ENABLED"),)}, "fail"),
    ],
)
def test_context_aware_access_on(changed, outcome):
    assert folded("context_aware_access_on", **changed)[0] == outcome


def test_levels_bound_to_nothing_are_a_near_miss():
    assert "Access levels exist, no group is bound to them." in told("context_aware_access_on", **UNBOUND)


STALE = (on("root", "d0"), on("anna-admin", "d0"), on("anna", "d1"), on("p1", "d2", 31))


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"device_users": STALE}, "fail"),
        ({"device_users": (*STALE[:3], on("p1", "d2", None))}, "fail"),
        ({"device_users": STALE, "mobile_users": (on("p1", "m1"),)}, "pass"),
        ({"device_users": STALE, "chrome_users": (on("p1", "c1"),)}, "pass"),
        ({"device_users": STALE, "mobile_users": GONE}, "not_checked"),
        ({"device_users": GONE}, "not_checked"),
        ({"mobile_users": GONE, "chrome_users": GONE}, "pass"),  # nobody is missing, so they could add nothing
        ({"device_users": ()}, "fail"),
        ({"users": (*ADMINS, *PEOPLE, user("p9", suspended=True))}, "pass"),
        ({"users": GONE}, "not_checked"),
        ({"users": ()}, "not_applicable"),
    ],
)
def test_devices_known(changed, outcome):
    assert folded("devices_known", **changed)[0] == outcome


def test_people_without_device_are_named_and_counted():
    said = told("devices_known", device_users=STALE)
    assert "1 person without a known device." in said
    assert "p1@x.io has no device that reported in 30 days, as 1 of 3 people." in said


OLD = event(31).at


@pytest.mark.parametrize(
    ("devices", "outcome"),
    [
        ((device("d1"),), "pass"),
        ((device("d1", encryption="NOT_ENCRYPTED"),), "fail"),
        ((device("d1", encryption="UNSUPPORTED_BY_DEVICE"),), "fail"),
        ((device("d1", encryption="ENCRYPTION_STATE_UNSPECIFIED"),), "not_checked"),
        ((device("d1", encryption=""),), "not_checked"),
        ((device("d1", management="PENDING"),), "fail"),
        ((device("d1", management="UNPROVISIONED"),), "fail"),
        ((device("d1", management="SOMETHING_NEW"),), "fail"),
        ((device("d1", management=""),), "not_checked"),
        ((device("d1", compromised="COMPROMISED"),), "fail"),
        ((device("d1", compromised="COMPROMISED_STATE_UNSPECIFIED"),), "pass"),
        ((device("d1", last_sync=OLD),), "fail"),
        ((device("d1", last_sync=None),), "not_checked"),
        ((device("d1"), device("d2", management="WIPED", encryption="")), "pass"),
        ((device("d1", management="BLOCKED"),), "not_applicable"),
        ((), "not_applicable"),
        (GONE, "not_checked"),
        (Unavailable("partial_data", read=(device("d1", encryption="NOT_ENCRYPTED"),)), "fail"),
        (Unavailable("partial_data", read=(device("d1"),)), "not_checked"),
    ],
)
def test_devices_healthy(devices, outcome):
    assert folded("devices_healthy", devices=devices)[0] == outcome


def test_unhealthy_device_is_named_by_its_person_and_silent_ones_are_counted():
    said = told("devices_healthy", devices=(device("d1", encryption="NOT_ENCRYPTED"), device("d2", encryption="")))
    assert "The macOS device of anna@x.io: encryptionState is NOT_ENCRYPTED; 1 of 2 devices in use." in said
    assert "1 device does not report encryption." in said
