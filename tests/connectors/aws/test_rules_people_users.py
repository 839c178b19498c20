"""IAM users: passwords, administrators' second factor, owners, leavers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.aws.factory import (
    ACCOUNT,
    NOW,
    REFUSED,
    ago,
    allow,
    result,
    role,
    snapshot,
    text_of,
    user,
    verdicts,
)
from ztassess.connectors.aws.rules_people_users import checks
from ztassess.connectors.aws.snapshot import (
    AccessKey,
    AttachedPolicy,
    CredentialRow,
    Group,
    IdentityCenter,
    IdentityProvider,
    PasswordPolicy,
)
from ztassess.domain.findings import Outcome

ADMINISTRATOR = AttachedPolicy("AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess")
CENTER = (IdentityCenter("arn:aws:sso:::instance/ssoins-1", "eu-west-1"),)
SAML = (IdentityProvider("arn:aws:iam::1:saml-provider/okta", "saml"),)


def row(
    name: str, *, password: bool | None = False, mfa: bool | None = False, active: tuple[int, ...] = ()
) -> CredentialRow:
    keys = tuple(AccessKey(slot, slot in active, ago(10), None) for slot in (1, 2))
    return CredentialRow(name, f"arn:aws:iam::{ACCOUNT}:user/{name}", password, None, "N/A", mfa, keys)


def taken(*rows: CredentialRow, made: float = 0.1, **parts: Any) -> Any:
    return snapshot(credential_report=rows, report_at=ago(made), **parts)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (taken(row("ann"), identity_centers=CENTER), Outcome.PASS),
        (taken(row("ann"), saml_providers=SAML), Outcome.PASS),
        (taken(identity_centers=CENTER), Outcome.PASS),
        (taken(row("ann", password=True), identity_centers=CENTER), Outcome.FAIL),
        (taken(row("fire", password=True), identity_centers=CENTER, inputs={"break_glass": ("fire",)}), Outcome.PASS),
        (taken(row("ann"), identity_centers=CENTER, made=2), Outcome.NOT_CHECKED),
        (taken(row("ann", password=None), identity_centers=CENTER), Outcome.NOT_CHECKED),
        (taken(row("ann"), identity_centers=REFUSED), Outcome.NOT_CHECKED),
        (taken(row("ann"), identity_centers=REFUSED, saml_providers=SAML), Outcome.PASS),
        (taken(row("ann")), Outcome.NOT_APPLICABLE),
        (snapshot(credential_report=REFUSED), Outcome.NOT_CHECKED),
    ],
)
def test_no_console_passwords(given: Any, outcome: Outcome) -> None:
    assert result(checks, "aws.no_console_passwords", given).outcome is outcome


def test_each_password_is_named_beside_identity_center() -> None:
    rows = (row("ann", password=True), row("bob", password=True), row("robot"))
    policy = (PasswordPolicy(present=False),)
    found = verdicts(checks, "aws.no_console_passwords", taken(*rows, identity_centers=CENTER, password_policy=policy))
    assert [each.resource.rpartition("/")[2] for each in found] == ["ann", "bob"]
    assert found[0].near_miss == "2 IAM users beside Identity Center."
    assert "PasswordPolicy" in text_of(found)


BOSS = user("boss", attached=(ADMINISTRATOR,))
CLERK = user("clerk", allow("s3:GetObject", "arn:aws:s3:::reports/*"))


@pytest.mark.parametrize(
    ("rows", "users", "outcome"),
    [
        ((row("boss", password=True, mfa=True),), (BOSS,), Outcome.PASS),
        ((row("boss", password=True, mfa=False),), (BOSS,), Outcome.FAIL),
        ((row("boss", password=True, mfa=None),), (BOSS,), Outcome.NOT_CHECKED),
        ((row("boss", password=False),), (BOSS,), Outcome.NOT_APPLICABLE),
        ((row("clerk", password=True),), (CLERK,), Outcome.NOT_APPLICABLE),
        ((row("ghost", password=True),), (BOSS,), Outcome.NOT_CHECKED),
        ((row("boss", password=True),), (user("boss", allow("IAM:*")),), Outcome.FAIL),
    ],
)
def test_admins_use_mfa(rows: Any, users: Any, outcome: Outcome) -> None:
    assert result(checks, "aws.admins_use_mfa", taken(*rows, users=users)).outcome is outcome


def test_administrator_by_group_needs_mfa() -> None:
    group = Group("arn:aws:iam::1:group/admins", "admins", attached=(ADMINISTRATOR,))
    given = taken(row("boss", password=True), users=(user("boss", groups=("admins",)),), groups=(group,))
    assert result(checks, "aws.admins_use_mfa", given).outcome is Outcome.FAIL


def test_unread_policy_of_a_user_is_not_taken_for_harmless() -> None:
    unread = AttachedPolicy("mystery", f"arn:aws:iam::{ACCOUNT}:policy/mystery")
    given = taken(row("boss", password=True), users=(user("boss", attached=(unread,)),))
    assert result(checks, "aws.admins_use_mfa", given).outcome is Outcome.NOT_CHECKED


def test_key_beside_mfa_is_named() -> None:
    given = taken(row("boss", password=True, mfa=True, active=(1,)), users=(BOSS,))
    assert "access key that skips it" in verdicts(checks, "aws.admins_use_mfa", given)[0].near_miss


@pytest.mark.parametrize("part", ["users", "groups", "policies"])
def test_administrators_cannot_be_judged_without(part: str) -> None:
    given = taken(row("boss", password=True), **{part: REFUSED})
    assert result(checks, "aws.admins_use_mfa", given).outcome is Outcome.NOT_CHECKED


OWNED = {"owner": "platform"}
SERVICE_LINKED = role("AWSServiceRoleForSupport", path="/aws-service-role/support.amazonaws.com/")


@pytest.mark.parametrize(
    ("parts", "owned", "outcome"),
    [
        ({"roles": tuple(role(f"r{n}", tags=OWNED) for n in range(20))}, None, Outcome.PASS),
        ({"roles": (role("app"),)}, ("app",), Outcome.PASS),
        ({"roles": (role("app"), role("lost"))}, ("app",), Outcome.FAIL),
        ({"roles": (role("app"),)}, None, Outcome.NOT_CHECKED),
        ({"roles": (role("app", tags={"owner": " "}),)}, None, Outcome.NOT_CHECKED),
        ({"roles": (SERVICE_LINKED,)}, None, Outcome.NOT_APPLICABLE),
        ({"roles": REFUSED}, ("app",), Outcome.NOT_CHECKED),
        ({"users": REFUSED}, ("app",), Outcome.NOT_CHECKED),
    ],
)
def test_accounts_listed(parts: dict[str, Any], owned: Any, outcome: Outcome) -> None:
    assert result(checks, "aws.accounts_listed", snapshot(inputs={"owned": owned}, **parts)).outcome is outcome


def test_less_than_one_in_twenty_without_owner_passes_and_is_named() -> None:
    roles = (*(role(f"r{n}", tags=OWNED) for n in range(24)), role("stray"))
    found = verdicts(checks, "aws.accounts_listed", snapshot(roles=roles))
    assert found[0].outcome is Outcome.PASS
    assert "stray" in found[0].reason


@pytest.mark.parametrize(
    ("rows", "leavers", "outcome"),
    [
        ((row("ann", password=True),), ("bob@acme.example",), Outcome.PASS),
        ((row("ann", password=True),), ("Ann@acme.example",), Outcome.FAIL),
        ((row("ann", active=(2,)),), ("ann",), Outcome.FAIL),
        ((row("ann"),), ("ann",), Outcome.PASS),
        ((row("ann", password=None),), ("ann",), Outcome.NOT_CHECKED),
        ((row("ann"),), None, Outcome.NOT_CHECKED),
        ((row("ann"),), (), Outcome.NOT_APPLICABLE),
    ],
)
def test_leavers_removed(rows: Any, leavers: Any, outcome: Outcome) -> None:
    assert result(checks, "aws.leavers_removed", taken(*rows, inputs={"leavers": leavers})).outcome is outcome


def test_leavers_cannot_pass_on_an_old_report() -> None:
    given = taken(row("ann"), made=3, inputs={"leavers": ("ann",)})
    assert verdicts(checks, "aws.leavers_removed", given)[0].reason_code == "stale"


def test_leavers_key_that_outlived_the_password_is_named() -> None:
    given = taken(row("ann", active=(1,)), inputs={"leavers": ("ann@acme.example",)})
    assert verdicts(checks, "aws.leavers_removed", given)[0].near_miss == "ann: password off, key still active."


def test_leavers_need_a_report() -> None:
    given = snapshot(credential_report=REFUSED, report_at=NOW, inputs={"leavers": ("ann",)})
    assert result(checks, "aws.leavers_removed", given).outcome is Outcome.NOT_CHECKED
