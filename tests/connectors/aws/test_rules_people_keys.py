"""Static access keys: none exist, and none can be made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.aws.factory import ACCOUNT, REFUSED, ago, document, result, snapshot, verdicts
from ztassess.connectors.aws.rules_people_keys import checks
from ztassess.connectors.aws.snapshot import AccessKey, CredentialRow, OrganizationAccount, ServiceControlPolicy
from ztassess.domain.findings import Outcome, Severity

OFF = AccessKey(2, active=False)


def row(name: str, *ages: float | None, password: bool = False, keys: Any = "given") -> CredentialRow:
    made = [None if age is None else ago(age) for age in ages]
    slots = tuple(AccessKey(n, active=True, last_rotated=each) for n, each in enumerate(made, 1)) or (OFF,)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return CredentialRow(name, arn, password, None, "N/A", None, slots if keys == "given" else keys)


def taken(*rows: CredentialRow, made: float = 0.1, **parts: Any) -> Any:
    return snapshot(credential_report=rows, report_at=ago(made), **parts)


@pytest.mark.parametrize(
    ("given", "outcome", "level"),
    [
        (taken(row("ann"), row("bob")), Outcome.PASS, None),
        (taken(row("ann", 30)), Outcome.FAIL, 1),
        (taken(row("ann", 30), row("bob", 200)), Outcome.FAIL, 0),
        (taken(row("ann", None)), Outcome.FAIL, 0),
        (taken(row("ann"), made=2), Outcome.NOT_CHECKED, None),
        (taken(row("ann", 30), made=2), Outcome.FAIL, 1),
        (taken(row("ann"), row("bob", keys=None)), Outcome.NOT_CHECKED, None),
        (taken(), Outcome.NOT_CHECKED, None),
        (snapshot(credential_report=REFUSED), Outcome.NOT_CHECKED, None),
    ],
)
def test_no_access_keys(given: Any, outcome: Outcome, level: int | None) -> None:
    found = result(checks, "aws.no_access_keys", given)
    assert (found.outcome, found.level) == (outcome, level)


def test_report_of_unknown_age_proves_nothing() -> None:
    given = snapshot(credential_report=(row("ann"),), report_at=None)
    assert verdicts(checks, "aws.no_access_keys", given)[0].reason_code == "stale"


def test_old_keys_are_critical_and_a_persons_key_is_named_so() -> None:
    given = taken(row("ann", 30, password=True), row("robot", 30, 400), inputs={"people": ("ann@acme.example",)})
    person, robot = verdicts(checks, "aws.no_access_keys", given)
    assert (person.severity, robot.severity) == (Severity.HIGH, Severity.CRITICAL)
    assert "the person ann" in person.reason
    assert "2 active keys of the user robot: 30 days old, 400 days old." in robot.reason


def test_young_keys_are_counted_as_level_one() -> None:
    found = verdicts(checks, "aws.no_access_keys", taken(row("ann", 5), row("bob", 10, 20)))
    assert found[0].near_miss == "3 keys, all under 90 days: level 1."


DENY = {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"}
EXEMPT = {**DENY, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/breakglass"}}}
BOUND = {**DENY, "Resource": "arn:aws:iam::*:user/people/*"}
ALL_BUT = {"Effect": "Deny", "NotAction": ["s3:*", "ec2:*"], "Resource": "*"}
ALL_BUT_KEYS = {"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*"}
MEMBERS = (
    OrganizationAccount("999988887777", "root", "ACTIVE", management=True),
    OrganizationAccount(ACCOUNT, "app", "ACTIVE"),
)
CHIEF = (OrganizationAccount(ACCOUNT, "root", "ACTIVE", management=True),)


def policy(statement: dict[str, Any], targets: tuple[str, ...] | None = ("r-1",)) -> tuple[ServiceControlPolicy, ...]:
    return (ServiceControlPolicy("p-1", "no-keys", document(statement), targets),)


def governed(policies: Any, **parts: Any) -> Any:
    given = {"organization_accounts": MEMBERS, "organization_path": ("ou-1", "r-1")} | parts
    return taken(row("ann"), service_control_policies=policies, **given)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (governed(policy(DENY)), Outcome.PASS),
        (governed(policy(DENY, (ACCOUNT,))), Outcome.PASS),
        (governed(policy(ALL_BUT, ("ou-1",))), Outcome.PASS),
        (governed(policy(EXEMPT)), Outcome.FAIL),
        (governed(policy(BOUND)), Outcome.FAIL),
        (governed(policy(ALL_BUT_KEYS)), Outcome.FAIL),
        (governed(policy(DENY, ("ou-other",))), Outcome.FAIL),
        (governed(()), Outcome.FAIL),
        (governed(policy(DENY), organization_accounts=CHIEF), Outcome.FAIL),
        (governed(policy(DENY, None)), Outcome.NOT_CHECKED),
        (governed(policy(DENY), organization_path=REFUSED), Outcome.NOT_CHECKED),
        (governed(policy(DENY, (ACCOUNT,)), organization_path=REFUSED), Outcome.PASS),
        (governed(REFUSED), Outcome.NOT_CHECKED),
        (governed(policy(DENY), organization_accounts=REFUSED), Outcome.NOT_CHECKED),
        (governed((), organization_accounts=()), Outcome.NOT_APPLICABLE),
    ],
)
def test_access_keys_denied_by_policy(given: Any, outcome: Outcome) -> None:
    assert result(checks, "aws.access_keys_denied_by_policy", given).outcome is outcome


def test_policy_is_not_enough_while_keys_exist() -> None:
    parts = {"organization_accounts": MEMBERS, "organization_path": ("r-1",), "service_control_policies": policy(DENY)}
    assert result(checks, "aws.access_keys_denied_by_policy", taken(row("ann", 5), **parts)).outcome is Outcome.FAIL
    old = taken(row("ann"), made=3, **parts)
    assert result(checks, "aws.access_keys_denied_by_policy", old).outcome is Outcome.NOT_CHECKED


def test_exempted_role_is_named() -> None:
    found = verdicts(checks, "aws.access_keys_denied_by_policy", governed(policy(EXEMPT)))
    assert found[0].near_miss == "The SCP no-keys exists but exempts breakglass."
