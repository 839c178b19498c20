"""What users and roles may do, judged by the union of everything they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import (
    ACCOUNT,
    REFUSED,
    allow,
    attached,
    document,
    inline,
    managed,
    result,
    role,
    snapshot,
    text_of,
    trusting,
    user,
    verdicts,
)
from ztassess.connectors.aws.policies import escalations
from ztassess.connectors.aws.rules_workloads import checks
from ztassess.connectors.aws.snapshot import AttachedPolicy, Group, OrganizationAccount, ServiceControlPolicy
from ztassess.domain.findings import Outcome

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
ADMIN = "aws.no_admin_roles"
ESCALATION = "aws.no_privilege_escalation"
EXPORTED = "aws.grants_exported"

READER = role("reader", allow("s3:GetObject", "arn:aws:s3:::reports/*"))
AWS_ADMIN = AttachedPolicy("AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess")
AWS_IAM = AttachedPolicy("IAMFullAccess", "arn:aws:iam::aws:policy/IAMFullAccess")
OWN_ADMIN = AttachedPolicy("AdministratorAccess", f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess")
SSO = "/aws-reserved/sso.amazonaws.com/"
LETTERS = ["a*", "b*", "c*", "d*", "e*", "f*", "g*", "h*", "i*", "j*", "k*", "l*", "m*"]
REST = ["n*", "o*", "p*", "q*", "r*", "s*", "t*", "u*", "v*", "w*", "x*", "y*", "z*"]


@pytest.mark.parametrize(
    ("name", "roles", "outcome", "level"),
    [
        ("a reader", (READER,), PASS, None),
        ("everything", (role("x", allow("*")),), FAIL, 0),
        ("everything, written twice", (role("x", allow("*:*")),), FAIL, 0),
        ("everything in a list", (role("x", allow(["s3:GetObject", "*"], ["arn:aws:s3:::a", "*"])),), FAIL, 0),
        ("everything on every ARN", (role("x", allow("*", "arn:aws:*")),), FAIL, 0),
        (
            "everything, under a condition",
            (role("x", allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),),
            FAIL,
            0,
        ),
        ("all of IAM", (role("x", allow("iam:*")),), FAIL, 0),
        ("all of IAM in capitals", (role("x", allow("IAM:*")),), FAIL, 0),
        ("all of IAM by its ARN", (role("x", allow("iam:*", "arn:aws:iam::*:*")),), FAIL, 0),
        (
            "all of IAM in two policies",
            (
                role(
                    "x",
                    inline=(
                        inline(allow(["iam:A*", "iam:C*", "iam:D*"])),
                        inline(allow(["iam:P*", "iam:S*", "iam:U*"]), name="2"),
                    ),
                ),
            ),
            FAIL,
            0,
        ),
        (
            "the alphabet in two policies",
            (role("x", inline=(inline(allow(LETTERS)), inline(allow(REST), name="2"))),),
            FAIL,
            0,
        ),
        ("all but one service", (role("x", {"NotAction": "iam:*", "Resource": "*"}),), FAIL, None),
        ("all but one resource", (role("x", {"Action": "s3:*", "NotResource": "arn:aws:s3:::safe/*"}),), FAIL, None),
        ("a service", (role("x", allow("s3:*")),), PASS, None),
        ("everything on one bucket", (role("x", allow("*", "arn:aws:s3:::reports/*")),), PASS, None),
        ("denying everything", (role("x", {"Effect": "Deny", "Action": "*", "Resource": "*"}),), PASS, None),
        ("denying by NotAction", (role("x", {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),), PASS, None),
        ("AWS's administrator policy, not read", (role("x", attached=(AWS_ADMIN,)),), FAIL, 0),
        ("AWS's IAM policy, not read", (role("x", attached=(AWS_IAM,)),), FAIL, 0),
        ("a policy that was not read", (role("x", attached=(OWN_ADMIN,)),), NOT_CHECKED, None),
        ("not read, beside everything", (role("x", allow("*"), attached=(OWN_ADMIN,)),), FAIL, 0),
        ("service-linked", (role("x", allow("*"), path="/aws-service-role/a.amazonaws.com/"),), NOT_APPLICABLE, None),
        ("of Identity Center", (role("AWSReservedSSO_Admin_1", allow("*"), path=SSO),), NOT_APPLICABLE, None),
        ("only named like Identity Center", (role("AWSReservedSSO_Admin_1", allow("*")),), FAIL, 0),
        ("behind a boundary", (role("x", allow("*"), boundary="arn:aws:iam::aws:policy/ReadOnlyAccess"),), FAIL, 0),
    ],
)
def test_no_role_is_administrator(name, roles, outcome, level):
    (found,) = verdicts(checks, ADMIN, snapshot(roles=roles))
    assert (found.outcome, found.level) == (outcome, level), name


def test_rights_of_managed_policies_and_groups_count():
    whole = managed("whole", allow("*"))
    by_role = snapshot(roles=(role("x", attached=(attached(whole),)),), policies=(whole,))
    assert result(checks, ADMIN, by_role).outcome is FAIL
    admins = Group(f"arn:aws:iam::{ACCOUNT}:group/admins", "admins", attached=(attached(whole),))
    by_group = snapshot(users=(user("eve", groups=("admins",)),), groups=(admins,), policies=(whole,))
    (found,) = verdicts(checks, ADMIN, by_group)
    assert (found.outcome, found.resource) == (FAIL, f"arn:aws:iam::{ACCOUNT}:user/eve")


def test_administrators_are_named_with_what_may_narrow_them():
    bounded = role("bounded", allow("*"), boundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
    (found,) = verdicts(checks, ADMIN, snapshot(roles=(bounded,)))
    assert "may narrow it" in found.reason
    guard = ServiceControlPolicy("p-1", "guard", document(allow("*")), targets=None)
    (found,) = verdicts(checks, ADMIN, snapshot(roles=(role("x", allow("*")),), service_control_policies=(guard,)))
    assert "may narrow it" in found.reason
    (found,) = verdicts(checks, ADMIN, snapshot(roles=(role("x", allow("*")),)))
    assert "may narrow it" not in found.reason


def test_declared_emergency_identity_is_left_out_and_named():
    taken = snapshot(inputs={"break_glass": ("sealed",)}, users=(user("sealed", allow("*")),), roles=(READER,))
    (found,) = verdicts(checks, ADMIN, taken)
    assert (found.outcome, found.seen) == (PASS, 1)
    assert "sealed for emergencies" in found.reason


def test_service_wildcard_is_a_near_miss():
    (found,) = verdicts(checks, ADMIN, snapshot(roles=(role("x", allow("s3:*")),)))
    assert found.near_miss == "s3:* on all resources."


@pytest.mark.parametrize("check_id", [ADMIN, ESCALATION, EXPORTED])
@pytest.mark.parametrize("part", ["users", "groups", "roles", "policies"])
def test_nothing_is_said_while_a_part_is_refused(check_id, part):
    taken = snapshot(**{"roles": (role("x", allow("*")),), part: REFUSED})
    (found,) = verdicts(checks, check_id, taken)
    assert (found.outcome, found.reason_code) == (NOT_CHECKED, "missing_scope")


@pytest.mark.parametrize("check_id", [ADMIN, ESCALATION, EXPORTED])
def test_empty_account_is_not_applicable(check_id):
    assert result(checks, check_id, snapshot()).outcome is NOT_APPLICABLE


PASSING = allow("iam:PassRole")
MAKING = allow(["lambda:CreateFunction", "lambda:InvokeFunction"])


@pytest.mark.parametrize(
    ("name", "roles", "outcome"),
    [
        ("a reader", (READER,), PASS),
        ("one dangerous right", (role("x", allow("iam:CreateAccessKey")),), FAIL),
        ("one dangerous right in any case", (role("x", allow("IAM:createaccesskey")),), FAIL),
        ("one dangerous right by pattern", (role("x", allow("iam:*AccessKey*")),), FAIL),
        ("two rights together", (role("x", PASSING, MAKING),), FAIL),
        ("two rights in two policies", (role("x", inline=(inline(PASSING), inline(MAKING, name="2"))),), FAIL),
        ("half of them", (role("x", PASSING),), PASS),
        ("the other half", (role("x", MAKING),), PASS),
        ("on one user only", (role("x", allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/robot")),), PASS),
        ("on every user by pattern", (role("x", allow("iam:CreateAccessKey", "arn:aws:iam::*:user/*")),), FAIL),
        (
            "denied in another policy",
            (
                role(
                    "x",
                    inline=(
                        inline(allow("iam:CreateAccessKey")),
                        inline({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}, name="2"),
                    ),
                ),
            ),
            PASS,
        ),
        (
            "denied under a condition",
            (
                role(
                    "x",
                    allow("iam:CreateAccessKey"),
                    {
                        "Effect": "Deny",
                        "Action": "iam:*",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
                    },
                ),
            ),
            FAIL,
        ),
        (
            "denied on one user",
            (
                role(
                    "x",
                    allow("iam:CreateAccessKey"),
                    {"Effect": "Deny", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT}:user/a"},
                ),
            ),
            FAIL,
        ),
        ("everything", (role("x", allow("*")),), FAIL),
        ("all but S3", (role("x", {"NotAction": "s3:*", "Resource": "*"}),), FAIL),
        ("a policy that was not read", (role("x", attached=(OWN_ADMIN,)),), NOT_CHECKED),
        ("service-linked", (role("x", allow("*"), path="/aws-service-role/a.amazonaws.com/"),), NOT_APPLICABLE),
    ],
)
def test_no_role_raises_its_own_rights(name, roles, outcome):
    assert result(checks, ESCALATION, snapshot(roles=roles)).outcome is outcome, name


def test_halves_held_by_a_user_and_its_group_reach_further_together():
    makers = Group(f"arn:aws:iam::{ACCOUNT}:group/makers", "makers", inline=(inline(MAKING),))
    taken = snapshot(users=(user("eve", PASSING, groups=("makers",)),), groups=(makers,))
    assert result(checks, ESCALATION, taken).outcome is FAIL
    assert result(checks, ESCALATION, replace(taken, groups=(replace(makers, inline=()),))).outcome is PASS


def test_rights_that_reach_a_role_together_are_a_near_miss():
    boss = role("boss", allow("*"), trust=trusting({"Service": "lambda.amazonaws.com"}))
    found = verdicts(checks, ESCALATION, snapshot(roles=(role("maker", PASSING, MAKING), boss)))
    maker = next(each for each in found if each.resource.endswith("maker"))
    assert maker.near_miss.startswith("iam:PassRole and lambda:CreateFunction")
    assert maker.near_miss.endswith("together reach boss.")


def test_document_beyond_all_limits_is_not_judged():
    huge = role("x", allow([f"s3:Get{number}*" for number in range(6000)]))
    (found,) = verdicts(checks, ESCALATION, snapshot(roles=(huge,)))
    assert (found.outcome, found.reason_code, found.resource) == (NOT_CHECKED, "partial_data", huge.arn)


def test_grants_are_exported_only_with_every_policy():
    (found,) = verdicts(checks, EXPORTED, snapshot(roles=(READER,), users=(user("eve"),)))
    assert (found.outcome, found.seen) == (PASS, 2)
    assert result(checks, EXPORTED, snapshot(roles=(role("x", attached=(OWN_ADMIN,)),))).outcome is NOT_CHECKED


def test_accounts_that_are_not_connected_are_a_near_miss():
    accounts = tuple(OrganizationAccount(number, number, "ACTIVE") for number in (ACCOUNT, "2" * 12, "3" * 12))
    (found,) = verdicts(checks, EXPORTED, snapshot(roles=(READER,), organization_accounts=accounts))
    assert found.near_miss == "2 accounts of the organization are not connected here."


def test_equal_documents_are_judged_once(monkeypatch):
    """500 roles that share their policies cost as much as the few distinct unions."""
    asked = []
    monkeypatch.setattr(
        "ztassess.connectors.aws.rules_workloads_rights.escalations",
        lambda documents: asked.append(documents) or escalations(documents),
    )
    roles = tuple(role(f"r{number}", allow(f"s3:Get{number % 3}*", "arn:aws:s3:::a/*")) for number in range(500))
    assert result(checks, ESCALATION, snapshot(roles=roles)).outcome is PASS
    assert len(asked) == 3


def test_broad_grant_is_shown_as_written():
    (found,) = verdicts(checks, ADMIN, snapshot(roles=(role("x", allow("*")),)))
    assert "Action * on *" in text_of([found])
