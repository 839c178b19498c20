"""2-step verification by tables: enforced is not enrolled, 1970 is off, a unit below may undo what the top says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.google_workspace.factory import (
    ADMINS,
    DEEP,
    GONE,
    PEOPLE,
    PROFILE,
    ROOT,
    SALES,
    UNITS,
    assignment,
    but,
    declared,
    findings_of,
    folded,
    policy,
    told,
    user,
)
from tests.fakes.vendor import NOW
from ztassess.connectors.google_workspace import settings as s
from ztassess.connectors.google_workspace.snapshot import Role, RoleAssignment
from ztassess.domain.findings import Unavailable

LICENSED = "entity.licenses.exists(license, license in ['/product/101001/sku/1'])"
OPEN = user("p1", "/sales", enforced=False)
EXPORT = Unavailable("input_missing")


@pytest.mark.parametrize(
    ("changed", "outcome", "level"),
    [
        ({}, "pass", None),
        ({"users": (*ADMINS, user("anna"), OPEN)}, "fail", 1),
        ({"users": (*ADMINS, user("anna"), user("p1", enforced=False, enrolled=False))}, "fail", 0),
        ({"users": (*ADMINS, user("anna", enforced=None))}, "not_checked", None),
        ({"users": (*ADMINS, user("anna"), user("p1", enforced=False, suspended=True))}, "pass", None),
        ({"users": (*ADMINS, user("anna"), user("p1", enforced=False, archived=True))}, "pass", None),
        ({"users": (*ADMINS, user("anna"), user("p1", enforced=False, archived=None))}, "fail", 1),
        ({"users": GONE}, "not_checked", None),
        ({"users": Unavailable("partial_data", read=(OPEN,))}, "fail", 0),
        ({"users": Unavailable("partial_data", read=PEOPLE)}, "not_checked", None),
        ({"users": (user("p1", suspended=True),)}, "not_applicable", None),
        ({"sso_assignments": (assignment(),), "sso_profiles": (PROFILE,)}, "not_checked", None),
        ({"sso_assignments": (assignment(unit=SALES),), "sso_profiles": (PROFILE,)}, "not_checked", None),
        ({"sso_assignments": (assignment(), assignment("SSO_OFF", unit=ROOT))}, "not_checked", None),
        ({"sso_assignments": GONE}, "not_checked", None),
        ({"sso_assignments": EXPORT}, "pass", None),
    ],
)
def test_two_step_enforced_users(changed, outcome, level):
    assert folded("two_step_enforced_users", **changed) == (outcome, level)


def test_enrolled_people_who_may_switch_it_off_are_a_near_miss():
    said = told("two_step_enforced_users", users=(*ADMINS, user("anna"), OPEN))
    assert "1 person is enrolled but not enforced: they can switch it off." in said
    assert "p1@x.io, the only one of 3 people" in said


def test_federated_people_are_judged_there_by_name():
    said = told("two_step_enforced_users", sso_assignments=(assignment(),), sso_profiles=(PROFILE,))
    assert "Judged at acme.okta.com: 3 of 3 people sign in there." in said


def test_unit_below_may_come_back_to_google():
    """The nearest assignment wins: /sales signs in at Google although the root does not."""
    sso = (assignment(), assignment("SSO_OFF", unit=SALES))
    said = told("two_step_enforced_users", sso_assignments=sso, sso_profiles=(PROFILE,))
    assert "2 of 3 people sign in there" in said


def test_unread_units_hide_who_signs_in_elsewhere():
    sso = (assignment("SSO_OFF"), assignment(unit=SALES))
    assert folded("two_step_enforced_users", sso_assignments=sso, sso_profiles=(PROFILE,))[0] == "not_checked"
    unread = Unavailable("missing_scope", "admin.directory.orgunit.readonly")
    parts = {"sso_assignments": sso, "sso_profiles": (PROFILE,), "org_units": unread}
    assert folded("two_step_enforced_users", **parts)[0] == "not_checked"
    assert folded("two_step_enforced_users", org_units=unread)[0] == "pass"


def test_break_glass_accounts_are_left_out_by_name():
    assert "1 account is left out, declared as break-glass: root@x.io." in told("two_step_enforced_users")


def test_more_than_fifty_people_share_one_verdict():
    many = tuple(user(f"u{number}", enforced=False) for number in range(60))
    found = findings_of("two_step_enforced_users", users=many)
    assert len(found) == 51
    assert "10 more" in found[-1].verdict.reason


@pytest.mark.parametrize(
    ("policies", "outcome"),
    [
        (but(), "pass"),
        (but(policy(s.ENFORCEMENT, enforcedFrom="1970-01-01T00:00:00Z")), "fail"),
        (but(policy(s.ENFORCEMENT, enforcedFrom="1970-01-01T00:00:00+00:00")), "fail"),
        (but(policy(s.ENFORCEMENT, enforcedFrom="2027-01-01T00:00:00Z")), "fail"),
        (but(policy(s.ENFORCEMENT, enforcedFrom="soon")), "not_checked"),
        (but(policy(s.ENFORCEMENT, enforcedFrom=True)), "not_checked"),
        (but(policy(s.ENFORCEMENT)), "not_checked"),
        (but(without=s.ENFORCEMENT), "not_checked"),
        (but(policy(s.ENFORCEMENT, SALES, 2, enforcedFrom="1970-01-01T00:00:00Z")), "fail"),
        (but(policy(s.ENFORCEMENT, DEEP, 2, enforcedFrom="1970-01-01T00:00:00Z")), "pass"),  # nobody is in there
        (but(policy(s.ENFORCEMENT, SALES, 0.5, enforcedFrom="1970-01-01T00:00:00Z")), "pass"),  # it does not win
        (but(policy(s.ENFORCEMENT, SALES, None, enforcedFrom="1970-01-01T00:00:00Z")), "not_checked"),
        (but(policy(s.ENFORCEMENT, "03else", 2, enforcedFrom="1970-01-01T00:00:00Z")), "not_checked"),
        (but(policy(s.ENFORCEMENT, order=9, group="g7", enforcedFrom="1970-01-01T00:00:00Z")), "fail"),
        (but(policy(s.ENFORCEMENT, order=0.1, group="g7", enforcedFrom="1970-01-01T00:00:00Z")), "pass"),
        (but(policy(s.ENFORCEMENT, order=9, query=LICENSED, enforcedFrom="1970-01-01T00:00:00Z")), "not_checked"),
        (but(policy(s.ENFORCEMENT, order=9, query=LICENSED, enforcedFrom="2026-01-01T00:00:00Z")), "pass"),
        (
            but(policy(s.ENFORCEMENT, query=LICENSED, enforcedFrom="1970-01-01T00:00:00Z"), without=s.ENFORCEMENT),
            "fail",
        ),
        (
            but(policy(s.ENFORCEMENT, query=LICENSED, enforcedFrom="2026-01-01T00:00:00Z"), without=s.ENFORCEMENT),
            "not_checked",
        ),
        (but(policy(s.GRACE, enrollmentGracePeriod="168h")), "pass"),
        (but(policy(s.GRACE, enrollmentGracePeriod="604801s")), "fail"),
        (but(policy(s.GRACE, enrollmentGracePeriod="a week")), "not_checked"),
        (but(without=s.GRACE), "pass"),
        (but(policy(s.ENROLLMENT, allowEnrollment=False)), "fail"),
        ((), "not_checked"),
        (Unavailable("forbidden_role"), "not_checked"),
        (
            Unavailable("partial_data", read=but(policy(s.ENFORCEMENT, enforcedFrom="1970-01-01T00:00:00Z"))),
            "not_checked",
        ),
    ],
)
def test_two_step_policy_on(policies, outcome):
    assert folded("two_step_policy_on", policies=policies)[0] == outcome


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"org_units": GONE}, "not_checked"),
        ({"users": GONE}, "not_checked"),
        ({"users": (user("p1", suspended=True),)}, "not_applicable"),
        ({"org_units": ()}, "pass"),  # a list without units: the only unit that policies name is the root
        ({"org_units": UNITS[1:]}, "pass"),
    ],
)
def test_two_step_policy_needs_units_and_people(changed, outcome):
    assert folded("two_step_policy_on", **changed)[0] == outcome


def test_policy_on_at_the_top_and_off_below_names_unit_and_people():
    off = but(policy(s.ENFORCEMENT, SALES, 2, enforcedFrom="1970-01-01T00:00:00Z"))
    assert "On at the top, off in unit /sales (1 person)." in told("two_step_policy_on", policies=off)


def test_exception_of_a_group_is_named():
    off = but(policy(s.ENFORCEMENT, order=9, group="g7", enforcedFrom="1970-01-01T00:00:00Z"))
    said = told("two_step_policy_on", policies=off)
    assert "The exception for group g7 does not enforce 2-step verification." in said
    assert said.count("group g7 does not") == 1, "once, however many units it covers"


def test_date_of_today_is_on_and_of_a_second_later_is_not():
    for moment, outcome in ((NOW, "pass"), (NOW + timedelta(seconds=1), "fail")):
        changed = but(policy(s.ENFORCEMENT, enforcedFrom=moment.isoformat()))
        assert folded("two_step_policy_on", policies=changed)[0] == outcome


WEAK_BELOW = but(policy(s.FACTORS, SALES, 2, allowedSignInFactorSet="ALL"))
OPEN_ADMIN = user("anna-admin", super_admin=True, enforced=False)
GROUP_ROLE = (RoleAssignment("2", "group-id", "group"),)


@pytest.mark.parametrize(
    ("changed", "outcome", "level"),
    [
        ({}, "pass", 3),
        ({"policies": WEAK_BELOW}, "pass", 3),  # no administrator is in that unit
        ({"policies": but(policy(s.FACTORS, allowedSignInFactorSet="NO_TELEPHONY"))}, "pass", 2),
        ({"policies": GONE}, "pass", 2),
        ({"policies": ()}, "pass", 2),
        ({"users": (ADMINS[0], OPEN_ADMIN, *PEOPLE)}, "fail", 0),
        ({"users": (*ADMINS, user("p1", delegated_admin=True, enforced=False))}, "fail", 0),
        ({"users": (*ADMINS, user("p1", enforced=False))}, "pass", 3),
        ({"users": (*ADMINS, user("p1", enforced=False)), "role_assignments": GROUP_ROLE}, "not_checked", None),
        ({"role_assignments": GROUP_ROLE}, "pass", 3),
        ({"role_assignments": GROUP_ROLE, "policies": WEAK_BELOW}, "pass", 2),
        (
            {"users": (*ADMINS, user("p1", enforced=False)), "role_assignments": (RoleAssignment("2", "p1", "user"),)},
            "fail",
            0,
        ),
        ({"users": (ADMINS[0], user("anna-admin", super_admin=True, enforced=None))}, "not_checked", None),
        ({"users": (user("p1", super_admin=None, delegated_admin=None),)}, "not_checked", None),
        ({"users": PEOPLE}, "not_applicable", None),
        ({"role_assignments": GONE}, "not_checked", None),
        ({"role_assignments": EXPORT}, "pass", 3),
        ({"role_assignments": EXPORT, "policies": WEAK_BELOW}, "pass", 2),
        ({"users": GONE}, "not_checked", None),
        ({"users": Unavailable("partial_data", read=(OPEN_ADMIN,))}, "fail", 0),
    ],
)
def test_admins_two_step(changed, outcome, level):
    assert folded("admins_two_step", **changed) == (outcome, level)


def test_role_of_a_group_is_named():
    changed = {"users": (*ADMINS, user("p1", enforced=False)), "role_assignments": GROUP_ROLE}
    said = told("admins_two_step", roles=(Role("2", "Help desk", super_admin=False),), **changed)
    assert "Groups hold roles, their members are not read, and not everyone is enforced: Help desk." in said


def test_enrolled_administrator_is_a_near_miss():
    said = told("admins_two_step", users=(ADMINS[0], OPEN_ADMIN))
    assert "anna-admin@x.io is enrolled, not enforced." in said


def test_break_glass_administrator_is_named():
    open_root = user("root", super_admin=True, enforced=False)
    said = told("admins_two_step", users=(open_root, ADMINS[1]))
    assert "left out, declared as break-glass: root@x.io" in said
    assert folded("admins_two_step", users=(open_root, ADMINS[1]), inputs=declared(break_glass=()))[0] == "fail"


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"policies": but(policy(s.FACTORS, allowedSignInFactorSet="PASSKEY_PLUS_SECURITY_CODE"))}, "fail"),
        ({"policies": but(policy(s.FACTORS, allowedSignInFactorSet="PASSKEY_PLUS_IP_BOUND_SECURITY_CODE"))}, "fail"),
        ({"policies": but(policy(s.FACTORS, allowedSignInFactorSet="NO_TELEPHONY"))}, "fail"),
        ({"policies": but(policy(s.FACTORS, allowedSignInFactorSet="SOMETHING_NEW"))}, "fail"),
        ({"policies": but(without=s.FACTORS)}, "fail"),
        ({"policies": WEAK_BELOW}, "fail"),
        ({"policies": ()}, "not_checked"),
        ({"policies": GONE}, "not_checked"),
        ({"users": ()}, "not_applicable"),
    ],
)
def test_security_keys_only(changed: dict[str, Any], outcome):
    assert folded("security_keys_only", **changed)[0] == outcome


def test_codes_beside_keys_are_near_misses():
    for factors, near in (
        ("NO_TELEPHONY", "Telephony is off, but one-time codes still work."),
        ("PASSKEY_PLUS_SECURITY_CODE", "Passkeys are asked for, but security codes also work."),
    ):
        assert near in told("security_keys_only", policies=but(policy(s.FACTORS, allowedSignInFactorSet=factors)))
