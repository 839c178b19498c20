"""Review: analyzers run and are quiet, unused roles go, environments are separate accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import (
    ACCOUNT,
    NOW,
    REFUSED,
    REGION,
    ago,
    gap,
    result,
    role,
    snapshot,
    trusting,
    verdicts,
)
from ztassess.connectors.aws.environments import labels_in
from ztassess.connectors.aws.rules_workloads import checks
from ztassess.connectors.aws.snapshot import (
    Analyzer,
    AnalyzerFinding,
    Function,
    OrganizationAccount,
    RoleUse,
    ServiceUse,
)
from ztassess.domain.findings import Outcome

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
ANALYZER = "aws.analyzer_findings_closed"
UNUSED = "aws.unused_roles_removed"
ENVIRONMENTS = "aws.accounts_by_environment"

OUTSIDE = Analyzer(REGION, "arn:a/out", "out", "ACCOUNT", active=True, findings=())
IDLE = Analyzer(REGION, "arn:a/idle", "idle", "ACCOUNT_UNUSED_ACCESS", active=True, findings=())


def finding(days: float, *, active: bool = True) -> AnalyzerFinding:
    return AnalyzerFinding("f-1", active, ago(days), "arn:aws:s3:::reports", "ExternalAccess")


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("both, quiet", {"analyzers": (OUTSIDE, IDLE)}, PASS),
        (
            "both, of the organization",
            {"analyzers": (replace(OUTSIDE, kind="ORGANIZATION"), replace(IDLE, kind="ORGANIZATION_UNUSED_ACCESS"))},
            PASS,
        ),
        ("a new finding", {"analyzers": (replace(OUTSIDE, findings=(finding(29),)), IDLE)}, PASS),
        ("an old finding", {"analyzers": (replace(OUTSIDE, findings=(finding(31),)), IDLE)}, FAIL),
        ("an old finding of unused access", {"analyzers": (OUTSIDE, replace(IDLE, findings=(finding(31),)))}, FAIL),
        (
            "an old finding, archived",
            {"analyzers": (replace(OUTSIDE, findings=(finding(31, active=False),)), IDLE)},
            PASS,
        ),
        ("no analyzer, so no finding", {"analyzers": ()}, FAIL),
        ("external access only", {"analyzers": (OUTSIDE,)}, FAIL),
        ("unused access only", {"analyzers": (IDLE,)}, FAIL),
        (
            "internal access is not external",
            {"analyzers": (replace(OUTSIDE, kind="ACCOUNT_INTERNAL_ACCESS"), IDLE)},
            FAIL,
        ),
        ("not active", {"analyzers": (replace(OUTSIDE, active=False), IDLE)}, FAIL),
        ("findings refused", {"analyzers": (replace(OUTSIDE, findings=REFUSED), IDLE)}, NOT_CHECKED),
        (
            "findings refused, one old",
            {"analyzers": (replace(OUTSIDE, findings=REFUSED), replace(IDLE, findings=(finding(31),)))},
            FAIL,
        ),
        ("refused", {"analyzers": REFUSED}, NOT_CHECKED),
        ("refused in a region", {"analyzers": (OUTSIDE, IDLE), "gaps": (gap("analyzers"),)}, NOT_CHECKED),
        ("none seen, refused in a region", {"analyzers": (), "gaps": (gap("analyzers"),)}, NOT_CHECKED),
    ],
)
def test_analyzer_runs_and_is_quiet(name, parts, outcome):
    assert result(checks, ANALYZER, snapshot(**parts)).outcome is outcome, name


def test_external_access_alone_is_a_near_miss():
    (found,) = verdicts(checks, ANALYZER, snapshot(analyzers=(OUTSIDE,)))
    assert found.near_miss == "External-access analyzer only."
    (found,) = verdicts(checks, ANALYZER, snapshot(analyzers=(replace(OUTSIDE, active=False),)))
    assert found.near_miss == "Analyzer out exists but is not active."


@pytest.mark.parametrize(
    ("name", "roles", "outcome"),
    [
        ("used today", (role("x"),), PASS),
        ("used 89 days ago", (role("x", last_used=ago(89)),), PASS),
        ("used 91 days ago", (role("x", last_used=ago(91)),), FAIL),
        ("never used", (role("x", last_used=None),), FAIL),
        ("never used, but new", (role("x", last_used=None, created=ago(89)),), PASS),
        ("service-linked", (role("x", last_used=None, path="/aws-service-role/a.amazonaws.com/"),), NOT_APPLICABLE),
        ("none", (), NOT_APPLICABLE),
        ("refused", REFUSED, NOT_CHECKED),
    ],
)
def test_unused_roles_are_removed(name, roles, outcome):
    assert result(checks, UNUSED, snapshot(roles=roles)).outcome is outcome, name


def test_never_used_roles_are_counted_and_emergency_roles_left_out():
    roles = (role("a", last_used=None), role("b", last_used=None), role("sealed", last_used=None), role("c"))
    found = verdicts(checks, UNUSED, snapshot(inputs={"break_glass": ("sealed",)}, roles=roles))
    assert {each.resource.rpartition("/")[2] for each in found} == {"a", "b"}
    assert {each.seen for each in found} == {3}
    assert found[0].near_miss == "2 roles were never used; some may be for emergencies: tag them."


def test_services_a_broad_role_does_not_use_are_a_note():
    uses = (RoleUse(role("x").arn, (ServiceUse("s3", NOW), ServiceUse("ec2", None), ServiceUse("sqs", ago(120)))),)
    (found,) = verdicts(checks, UNUSED, snapshot(roles=(role("x"),), role_uses=uses))
    assert found.outcome is PASS
    assert found.reason.endswith("Granted but not used for 90 days: x (2 services).")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("orders-prod", {"production"}),
        ("Production", {"production"}),
        ("non-prod", {"other"}),
        ("NonProduction", {"other"}),
        ("pre-prod", {"other"}),
        ("shop_staging", {"other"}),
        ("dev and prod", {"other", "production"}),
        ("product-catalog", set()),
        ("latest", set()),
        ("archive", set()),
    ],
)
def test_names_speak_of_environments_by_whole_words(text, labels):
    assert labels_in(text) == labels


def account(number: str, name: str, status: str = "ACTIVE") -> OrganizationAccount:
    return OrganizationAccount(number, name, status)


PRODUCTION, STAGING = account(ACCOUNT, "shop-prod"), account("3" * 12, "shop-staging")


def function(name: str) -> Function:
    return Function(REGION, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}", name, "arn:role")


BOTH = (function("orders-prod"), function("orders-dev"))


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("two accounts", {"organization_accounts": (PRODUCTION, STAGING)}, PASS),
        (
            "two accounts, one more",
            {"organization_accounts": (PRODUCTION, STAGING, account("4" * 12, "archive"))},
            PASS,
        ),
        ("two in one name", {"organization_accounts": (PRODUCTION, STAGING, account("4" * 12, "dev and prod"))}, FAIL),
        (
            "labels declared",
            {
                "organization_accounts": (account(ACCOUNT, "a"), account("3" * 12, "b")),
                "inputs": {"environment": "production", "account_environments": (("3" * 12, "other"),)},
            },
            PASS,
        ),
        ("single account with both", {"organization_accounts": (account(ACCOUNT, "acme"),), "functions": BOTH}, FAIL),
        ("no organization, both", {"organization_accounts": (), "functions": BOTH}, FAIL),
        (
            "single account with both by tags",
            {
                "organization_accounts": (),
                "roles": (role("a", tags={"Environment": "prod"}), role("b", tags={"env": "staging"})),
            },
            FAIL,
        ),
        ("single account, nothing says", {"organization_accounts": (account(ACCOUNT, "acme"),)}, NOT_CHECKED),
        (
            "the other one is suspended",
            {"organization_accounts": (PRODUCTION, replace(STAGING, status="SUSPENDED"))},
            NOT_CHECKED,
        ),
        ("production only", {"organization_accounts": (PRODUCTION, account("3" * 12, "b-prod"))}, NOT_CHECKED),
        ("refused", {"organization_accounts": REFUSED}, NOT_CHECKED),
    ],
)
def test_environments_are_separate_accounts(name, parts, outcome):
    assert result(checks, ENVIRONMENTS, snapshot(**parts)).outcome is outcome, name


def test_role_that_crosses_is_a_near_miss():
    crossing = role("deploy", trust=trusting({"AWS": f"arn:aws:iam::{STAGING.id}:root"}))
    (found,) = verdicts(checks, ENVIRONMENTS, snapshot(organization_accounts=(PRODUCTION, STAGING), roles=(crossing,)))
    assert (found.outcome, found.near_miss) == (PASS, "Separate accounts; role deploy crosses.")
