"""Databases and buckets: private, encrypted, closed to plain connections and to passwords."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import ACCOUNT, REFUSED, REGION, allow, gap, result, role, snapshot, user, verdicts
from ztassess.connectors.aws.rules_stores import checks
from ztassess.connectors.aws.snapshot import (
    DatabaseCluster,
    DatabaseInstance,
    Parameter,
    ParameterGroup,
    ParameterGroupUse,
    PublicAccessBlock,
    RedshiftCluster,
)
from ztassess.domain.findings import Outcome, Severity

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
PRIVATE = "aws.databases_private_and_encrypted"
BUCKETS = "aws.buckets_block_public_access"
TRANSPORT = "aws.database_transport_encrypted"
IAM = "aws.database_iam_authentication"

ORDERS = DatabaseInstance(
    region=REGION,
    id="orders",
    arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
    engine="postgres",
    publicly_accessible=False,
    encrypted=True,
    iam_authentication=True,
    parameter_groups=(ParameterGroupUse("pg", "in-sync"),),
    resource_id="db-ORDERS",
)
CLUSTER = DatabaseCluster(
    region=REGION,
    id="ledger",
    arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:ledger",
    engine="aurora-mysql",
    publicly_accessible=None,
    encrypted=True,
    iam_authentication=True,
    parameter_group="my",
    parameter_status="in-sync",
    members=("ledger-1",),
    resource_id="cluster-LEDGER",
)
MEMBER = replace(ORDERS, id="ledger-1", arn="arn:member", engine="aurora-mysql", cluster_id="ledger")
WAREHOUSE = RedshiftCluster(REGION, "facts", publicly_accessible=False, encrypted=True)
DB, CLUSTERS, RED = "database_instances", "database_clusters", "redshift_clusters"


@pytest.mark.parametrize(
    ("name", "parts", "outcome", "level", "severity"),
    [
        ("private and encrypted", {DB: (ORDERS,)}, PASS, None, None),
        ("none", {}, NOT_APPLICABLE, None, None),
        ("public", {DB: (replace(ORDERS, publicly_accessible=True),)}, FAIL, 0, None),
        (
            "public, encryption not said",
            {DB: (replace(ORDERS, publicly_accessible=True, encrypted=None),)},
            FAIL,
            0,
            None,
        ),
        ("not encrypted", {DB: (replace(ORDERS, encrypted=False),)}, FAIL, 1, Severity.HIGH),
        ("publicity not said", {DB: (replace(ORDERS, publicly_accessible=None),)}, NOT_CHECKED, None, None),
        ("encryption not said", {DB: (replace(ORDERS, encrypted=None),)}, NOT_CHECKED, None, None),
        ("cluster by its instances", {CLUSTERS: (CLUSTER,), DB: (MEMBER,)}, PASS, None, None),
        ("cluster without instances", {CLUSTERS: (CLUSTER,)}, NOT_CHECKED, None, None),
        ("cluster not encrypted", {CLUSTERS: (replace(CLUSTER, encrypted=False),), DB: (MEMBER,)}, FAIL, 1, None),
        ("warehouse", {RED: (WAREHOUSE,)}, PASS, None, None),
        ("public warehouse", {RED: (replace(WAREHOUSE, publicly_accessible=True),)}, FAIL, 0, None),
        ("warehouse not said", {RED: (replace(WAREHOUSE, encrypted=None),)}, NOT_CHECKED, None, None),
        ("warehouses refused", {DB: (ORDERS,), RED: REFUSED}, NOT_CHECKED, None, None),
        ("instances refused", {DB: REFUSED}, NOT_CHECKED, None, None),
        ("a region refused", {DB: (ORDERS,), "gaps": (gap(DB),)}, NOT_CHECKED, None, None),
    ],
)
def test_databases_are_private_and_encrypted(name, parts, outcome, level, severity):
    (found,) = verdicts(checks, PRIVATE, snapshot(**parts))
    assert (found.outcome, found.level) == (outcome, level), name
    if severity:
        assert found.severity is severity


def test_one_public_database_fails_beside_refused_clusters():
    taken = snapshot(**{DB: (replace(ORDERS, publicly_accessible=True),), CLUSTERS: REFUSED})
    assert result(checks, PRIVATE, taken).outcome is FAIL


def test_private_but_unencrypted_database_is_a_near_miss():
    (found,) = verdicts(checks, PRIVATE, snapshot(database_instances=(replace(ORDERS, encrypted=False),)))
    assert found.near_miss == "orders is private but not encrypted; that needs a restore."


ALL_ON = PublicAccessBlock(True, True, True, True, True)


@pytest.mark.parametrize(
    ("name", "part", "outcome", "near_miss"),
    [
        ("all four", (ALL_ON,), PASS, ""),
        ("three", (replace(ALL_ON, block_public_policy=False),), FAIL, "Three of four settings."),
        ("one", (PublicAccessBlock(present=True, block_public_acls=True),), FAIL, "One of four settings."),
        ("none configured", (PublicAccessBlock(present=False),), FAIL, ""),
        ("none configured, whatever it says", (replace(ALL_ON, present=False),), FAIL, ""),
        ("refused", REFUSED, NOT_CHECKED, ""),
        ("no answer", (), NOT_CHECKED, ""),
    ],
)
def test_account_blocks_public_buckets(name, part, outcome, near_miss):
    (found,) = verdicts(checks, BUCKETS, snapshot(public_access_block=part))
    assert (found.outcome, found.near_miss) == (outcome, near_miss), name
    assert found.level == (1 if outcome is FAIL else None)


def parameters(name: str, value: str | None, group: str = "pg", *, of_cluster: bool = False) -> ParameterGroup:
    return ParameterGroup(REGION, group, of_cluster, (Parameter(name, value),))


SSL = parameters("rds.force_ssl", "1")
SECURE = parameters("require_secure_transport", "ON", "my", of_cluster=True)
MYSQL = replace(ORDERS, engine="mysql")
PENDING = replace(ORDERS, parameter_groups=(ParameterGroupUse("pg", "pending-reboot"),))
PG = "parameter_groups"


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("forced", {DB: (ORDERS,), PG: (SSL,)}, PASS),
        ("not forced", {DB: (ORDERS,), PG: (parameters("rds.force_ssl", "0"),)}, FAIL),
        (
            "parameter absent",
            {DB: (ORDERS,), PG: (ParameterGroup(REGION, "pg", of_cluster=False, parameters=()),)},
            FAIL,
        ),
        ("left to the engine", {DB: (ORDERS,), PG: (parameters("rds.force_ssl", None),)}, NOT_CHECKED),
        ("pending reboot", {DB: (PENDING,), PG: (SSL,)}, FAIL),
        ("forced on MySQL", {DB: (MYSQL,), PG: (parameters("require_secure_transport", "ON"),)}, PASS),
        ("forced on MySQL by number", {DB: (MYSQL,), PG: (parameters("require_secure_transport", "1"),)}, PASS),
        ("off on MySQL", {DB: (MYSQL,), PG: (parameters("require_secure_transport", "OFF"),)}, FAIL),
        ("PostgreSQL's parameter on MySQL", {DB: (MYSQL,), PG: (SSL,)}, FAIL),
        ("cluster", {CLUSTERS: (CLUSTER,), DB: (MEMBER,), PG: (SECURE,)}, PASS),
        ("cluster pending", {CLUSTERS: (replace(CLUSTER, parameter_status="pending-reboot"),), PG: (SECURE,)}, FAIL),
        ("group not among those read", {DB: (ORDERS,), PG: ()}, NOT_CHECKED),
        (
            "group refused",
            {DB: (ORDERS,), PG: (ParameterGroup(REGION, "pg", of_cluster=False, parameters=REFUSED),)},
            NOT_CHECKED,
        ),
        ("group of another region", {DB: (ORDERS,), PG: (replace(SSL, region="us-east-1"),)}, NOT_CHECKED),
        ("groups refused", {DB: (ORDERS,), PG: REFUSED}, NOT_CHECKED),
        ("group not said", {DB: (replace(ORDERS, parameter_groups=()),), PG: (SSL,)}, NOT_CHECKED),
        ("engine we do not judge", {DB: (replace(ORDERS, engine="oracle-ee"),), PG: (SSL,)}, NOT_CHECKED),
        ("one of two", {DB: (ORDERS, replace(MYSQL, arn="arn:2")), PG: (SSL,)}, FAIL),
        ("none", {}, NOT_APPLICABLE),
        ("none, groups refused", {PG: REFUSED}, NOT_APPLICABLE),
        ("instances refused", {DB: REFUSED}, NOT_CHECKED),
        ("a region refused", {DB: (ORDERS,), PG: (SSL,), "gaps": (gap(DB),)}, NOT_CHECKED),
    ],
)
def test_databases_refuse_plain_connections(name, parts, outcome):
    assert result(checks, TRANSPORT, snapshot(**parts)).outcome is outcome, name


def test_setting_that_waits_for_a_reboot_is_a_near_miss():
    (found,) = verdicts(checks, TRANSPORT, snapshot(database_instances=(PENDING,), parameter_groups=(SSL,)))
    assert found.near_miss == "Set, waiting for a reboot."


def connect(name: str, resource: str, action: str = "rds-db:connect"):
    return role(name, allow(action, resource))


APP = connect("app", f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-ORDERS/app")
REPORTS = connect("reports", f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-ORDERS/reports")
CONFIRMED = {"databases_without_passwords": ("orders",)}


@pytest.mark.parametrize(
    ("name", "inputs", "parts", "outcome"),
    [
        ("named users, confirmed", CONFIRMED, {DB: (ORDERS,), "roles": (APP, REPORTS)}, PASS),
        ("named users, passwords unknown", {}, {DB: (ORDERS,), "roles": (APP,)}, NOT_CHECKED),
        ("flag alone", CONFIRMED, {DB: (ORDERS,)}, FAIL),
        ("flag off", CONFIRMED, {DB: (replace(ORDERS, iam_authentication=False),), "roles": (APP,)}, FAIL),
        ("flag not said", CONFIRMED, {DB: (replace(ORDERS, iam_authentication=None),), "roles": (APP,)}, NOT_CHECKED),
        (
            "any user",
            CONFIRMED,
            {DB: (ORDERS,), "roles": (APP, connect("wide", "arn:aws:rds-db:*:*:dbuser:*/*"))},
            FAIL,
        ),
        ("any user by a star", CONFIRMED, {DB: (ORDERS,), "roles": (APP, connect("wide", "*"))}, FAIL),
        ("any user, any case", CONFIRMED, {DB: (ORDERS,), "roles": (APP, connect("wide", "*", "RDS-DB:*"))}, FAIL),
        (
            "any user of this database",
            CONFIRMED,
            {DB: (ORDERS,), "roles": (connect("wide", f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-ORDERS/*"),)},
            FAIL,
        ),
        (
            "an administrator is judged elsewhere",
            CONFIRMED,
            {DB: (ORDERS,), "roles": (APP, role("admin", allow("*")))},
            PASS,
        ),
        (
            "two roles, one user",
            CONFIRMED,
            {DB: (ORDERS,), "roles": (APP, connect("copy", APP.inline[0].document.statements[0].resources[0]))},
            FAIL,
        ),
        (
            "a right on another database",
            CONFIRMED,
            {DB: (ORDERS,), "roles": (connect("x", f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-OTHER/app"),)},
            FAIL,
        ),
        (
            "any user of another database",
            CONFIRMED,
            {DB: (ORDERS,), "roles": (APP, connect("x", f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-OTHER/*"))},
            PASS,
        ),
        (
            "a user's right counts too",
            CONFIRMED,
            {DB: (ORDERS,), "users": (user("eve", allow("rds-db:connect", "*")),), "roles": (APP,)},
            FAIL,
        ),
        ("engine without tokens", CONFIRMED, {DB: (replace(ORDERS, engine="oracle-ee"),)}, NOT_APPLICABLE),
        ("none", {}, {}, NOT_APPLICABLE),
        ("roles refused", CONFIRMED, {DB: (ORDERS,), "roles": REFUSED}, NOT_CHECKED),
        (
            "flag off, roles refused",
            CONFIRMED,
            {DB: (replace(ORDERS, iam_authentication=False),), "roles": REFUSED},
            FAIL,
        ),
        ("instances refused", CONFIRMED, {DB: REFUSED}, NOT_CHECKED),
    ],
)
def test_databases_take_tokens_of_named_users(name, inputs, parts, outcome):
    assert result(checks, IAM, snapshot(inputs=inputs, **parts)).outcome is outcome, name


def test_exception_for_one_holder_leaves_the_others():
    roles = (connect("wide", "*"), connect("broad", "*"))
    (found,) = verdicts(checks, IAM, snapshot(inputs=CONFIRMED, database_instances=(ORDERS,), roles=roles))
    assert [line.object for line in found.evidence] == ["wide", "broad"]


def test_flag_alone_is_a_near_miss():
    (found,) = verdicts(checks, IAM, snapshot(database_instances=(ORDERS,)))
    assert found.near_miss == "Enabled; passwords keep working."
