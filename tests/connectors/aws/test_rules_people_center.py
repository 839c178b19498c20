"""Identity Center: groups, session lengths, permanent administrators, access to production data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.aws.factory import (
    ACCOUNT,
    REFUSED,
    allow,
    document,
    gap,
    managed,
    result,
    role,
    snapshot,
    verdicts,
)
from ztassess.connectors.aws.rules_people_center import checks
from ztassess.connectors.aws.snapshot import (
    Assignment,
    AttachedPolicy,
    DatabaseInstance,
    IdentityCenter,
    Inputs,
    PermissionSet,
)
from ztassess.domain.findings import Outcome

CENTER = (IdentityCenter("arn:aws:sso:::instance/ssoins-1", "eu-west-1"),)
HOUR = 3600


def aws_policy(name: str) -> AttachedPolicy:
    return AttachedPolicy(name, f"arn:aws:iam::aws:policy/{name}")


ADMIN = aws_policy("AdministratorAccess")
READ_ONLY = aws_policy("ReadOnlyAccess")
SECURITY_AUDIT = aws_policy("SecurityAudit")
AUDIT_DOCUMENT = managed("SecurityAudit", allow("ec2:Describe*"), account="aws")


def permission_set(name: str, *policies: AttachedPolicy, hours: float = 1, statements: Any = ()) -> PermissionSet:
    inline = document(*statements) if statements else None
    return PermissionSet(f"arn:aws:sso:::permissionSet/ssoins-1/{name}", name, int(hours * HOUR), policies, inline)


def assigned(name: str, kind: str = "GROUP", to: str = "g-1") -> Assignment:
    return Assignment(f"arn:aws:sso:::permissionSet/ssoins-1/{name}", ACCOUNT, kind, to)


def center(*sets: PermissionSet, to: Any = (), **parts: Any) -> Any:
    given = {"policies": (AUDIT_DOCUMENT,)} | parts
    return snapshot(identity_centers=CENTER, permission_sets=sets, assignments=to, **given)


EVERY_CHECK = (
    "aws.access_by_group",
    "aws.permission_set_sessions_short",
    "aws.no_permanent_admin_assignment",
    "aws.prod_data_access_named",
)
DECLARED = {"environment": "production", "data_stores": ("orders",)}


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_account_without_identity_center_is_not_judged(check: str) -> None:
    assert result(checks, check, snapshot(inputs=DECLARED)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_refused_identity_center_is_not_checked(check: str) -> None:
    given = snapshot(identity_centers=REFUSED, permission_sets=REFUSED, assignments=REFUSED, inputs=DECLARED)
    assert result(checks, check, given).outcome is Outcome.NOT_CHECKED


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_refused_list_of_sets_is_not_checked(check: str) -> None:
    given = snapshot(identity_centers=CENTER, permission_sets=REFUSED, assignments=REFUSED, inputs=DECLARED)
    assert result(checks, check, given).outcome is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    ("to", "outcome"),
    [
        ((assigned("dev"),), Outcome.PASS),
        ((*(assigned("dev", to=f"g-{n}") for n in range(19)), assigned("dev", "USER")), Outcome.PASS),
        ((assigned("dev"), assigned("dev", "USER", "u-1")), Outcome.FAIL),
        ((), Outcome.NOT_APPLICABLE),
    ],
)
def test_access_by_group(to: Any, outcome: Outcome) -> None:
    assert result(checks, "aws.access_by_group", center(permission_set("dev"), to=to)).outcome is outcome


def test_direct_assignments_are_counted() -> None:
    found = verdicts(checks, "aws.access_by_group", center(permission_set("dev"), to=(assigned("dev", "USER"),)))
    assert found[0].near_miss == "1 direct assignment."


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (permission_set("dev", SECURITY_AUDIT, hours=12), Outcome.PASS),
        (permission_set("dev", SECURITY_AUDIT, hours=12.5), Outcome.FAIL),
        (permission_set("admin", ADMIN, hours=8), Outcome.PASS),
        (permission_set("admin", ADMIN, hours=9), Outcome.FAIL),
        (permission_set("admin", hours=9, statements=(allow("*:*"),)), Outcome.FAIL),
        (permission_set("mystery", aws_policy("Unread"), hours=9), Outcome.NOT_CHECKED),
        (permission_set("mystery", aws_policy("Unread"), hours=8), Outcome.PASS),
    ],
)
def test_permission_set_sessions_short(one: PermissionSet, outcome: Outcome) -> None:
    assert result(checks, "aws.permission_set_sessions_short", center(one)).outcome is outcome


def test_set_without_sets_is_not_applicable() -> None:
    assert result(checks, "aws.permission_set_sessions_short", center()).outcome is Outcome.NOT_APPLICABLE


RESERVED = role(
    "AWSReservedSSO_custom_0123456789abcdef",
    allow("*"),
    path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
)


@pytest.mark.parametrize(
    ("given", "inputs", "outcome"),
    [
        (center(permission_set("admin", ADMIN)), {}, Outcome.PASS),
        (center(permission_set("admin", ADMIN), to=(assigned("admin"),)), {}, Outcome.FAIL),
        (
            center(permission_set("fire", ADMIN), to=(assigned("fire"),)),
            {"break_glass": ("fire",)},
            Outcome.NOT_APPLICABLE,
        ),
        (
            center(permission_set("admin", ADMIN), to=(assigned("admin"),)),
            {"requested_permission_sets": ("admin",)},
            Outcome.NOT_CHECKED,
        ),
        (center(permission_set("dev", SECURITY_AUDIT), to=(assigned("dev"),)), {}, Outcome.PASS),
        (center(permission_set("x", aws_policy("Unread")), to=(assigned("x"),)), {}, Outcome.NOT_CHECKED),
        (center(permission_set("custom"), to=(assigned("custom"),), roles=(RESERVED,)), {}, Outcome.FAIL),
        # Its customer managed policies are on the role that nobody saw.
        (center(permission_set("custom"), to=(assigned("custom"),), roles=REFUSED), {}, Outcome.NOT_CHECKED),
        (center(permission_set("custom"), to=(assigned("custom"),), policies=REFUSED), {}, Outcome.NOT_CHECKED),
        (center(permission_set("admin", ADMIN), to=(assigned("admin"),), roles=REFUSED), {}, Outcome.FAIL),
        (
            center(permission_set("admin", ADMIN), to=(assigned("admin"),)),
            {"environment": "other"},
            Outcome.NOT_APPLICABLE,
        ),
        (center(permission_set("admin", ADMIN), to=(assigned("admin"),)), {"environment": ""}, Outcome.NOT_CHECKED),
    ],
)
def test_no_permanent_admin_assignment(given: Any, inputs: dict[str, Any], outcome: Outcome) -> None:
    taken = replace(given, inputs=Inputs(**({"environment": "production"} | inputs)))
    assert result(checks, "aws.no_permanent_admin_assignment", taken).outcome is outcome


def test_group_with_permanent_administration_is_named() -> None:
    given = center(
        permission_set("admin", ADMIN), to=(assigned("admin", to="g-9"),), inputs={"environment": "production"}
    )
    assert "group g-9" in verdicts(checks, "aws.no_permanent_admin_assignment", given)[0].near_miss


ORDERS = allow("s3:GetObject", "arn:aws:s3:::orders/*")
TABLE = allow(["dynamodb:Query"], f"arn:aws:dynamodb:*:{ACCOUNT}:table/orders")
CONNECT = allow("rds-db:connect", f"arn:aws:rds-db:eu-west-1:{ACCOUNT}:dbuser:db-ABC/reader")
DATABASE = DatabaseInstance("eu-west-1", "orders", "arn:db", "postgres", None, None, None, resource_id="db-ABC")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (center(permission_set("dev", SECURITY_AUDIT), to=(assigned("dev"),)), Outcome.PASS),
        (center(permission_set("dev", statements=(ORDERS,)), to=(assigned("dev"),)), Outcome.FAIL),
        (center(permission_set("dev", statements=(TABLE,)), to=(assigned("dev"),)), Outcome.FAIL),
        (
            center(permission_set("dev", statements=(CONNECT,)), to=(assigned("dev"),), database_instances=(DATABASE,)),
            Outcome.FAIL,
        ),
        (
            center(permission_set("dev", statements=(CONNECT,)), to=(assigned("dev"),), database_instances=REFUSED),
            Outcome.NOT_CHECKED,
        ),
        (
            replace(
                center(permission_set("dev", statements=(CONNECT,)), to=(assigned("dev"),)),
                regions=snapshot(gaps=(gap("database_instances"),)).regions,
            ),
            Outcome.NOT_CHECKED,
        ),
        (
            center(permission_set("dev", SECURITY_AUDIT), to=(assigned("dev"),), database_instances=REFUSED),
            Outcome.PASS,
        ),
        (center(permission_set("dev", READ_ONLY), to=(assigned("dev"),)), Outcome.FAIL),
        (center(permission_set("admin", ADMIN), to=(assigned("admin"),)), Outcome.FAIL),
        (center(permission_set("dev", statements=(ORDERS,))), Outcome.PASS),
        (center(permission_set("asked", hours=4, statements=(ORDERS,)), to=(assigned("asked"),)), Outcome.PASS),
        (center(permission_set("asked", hours=10, statements=(ORDERS,)), to=(assigned("asked"),)), Outcome.FAIL),
        (center(permission_set("x", aws_policy("Unread")), to=(assigned("x"),)), Outcome.NOT_CHECKED),
        (center(), Outcome.NOT_APPLICABLE),
    ],
)
def test_prod_data_access_named(given: Any, outcome: Outcome) -> None:
    taken = replace(given, inputs=Inputs(data_stores=("orders",), requested_permission_sets=("asked",)))
    assert result(checks, "aws.prod_data_access_named", taken).outcome is outcome


def test_undeclared_stores_are_not_checked() -> None:
    given = center(permission_set("dev", statements=(ORDERS,)), to=(assigned("dev"),))
    assert result(checks, "aws.prod_data_access_named", given).outcome is Outcome.NOT_CHECKED


def test_read_only_access_is_named_as_reading_objects() -> None:
    given = center(permission_set("dev", READ_ONLY), to=(assigned("dev"),), inputs=DECLARED)
    found = verdicts(checks, "aws.prod_data_access_named", given)
    assert found[0].near_miss == "ReadOnlyAccess also reads every bucket object."
