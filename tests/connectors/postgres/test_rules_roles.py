"""Checks of roles, over tables of (snapshot part -> outcome)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ztassess.connectors.postgres.snapshot import Activity
from ztassess.domain.findings import Unavailable

DENIED = Unavailable("partial_data", detail="A query was stopped.")
READS = {"grant_matrix": "reporting: public.orders=SELECT"}


@pytest.mark.parametrize(
    ("attributes", "edges", "outcome"),
    [
        ({}, [], "pass"),
        ({"superuser": True}, [], "fail"),
        ({"bypass_rls": True}, [], "fail"),
        ({"create_role": True}, [], "fail"),
        ({"replication": True}, [], "fail"),
        ({"create_db": True}, [], "pass"),
        ({"superuser": True, "can_login": False}, [], "pass"),
        ({}, [("reporting", "boss", {})], "fail"),
        ({"inherit": False}, [("reporting", "boss", {"inherit": False})], "fail"),
        ({}, [("reporting", "mid", {}), ("mid", "boss", {})], "fail"),
        ({}, [("reporting", "boss", {"become": False})], "pass"),  # attributes are not inherited
        ({}, [("reporting", "boss", {"become": False, "inherit": False, "admin": True})], "fail"),
    ],
)
def test_no_superuser_logins(
    make: SimpleNamespace, say: SimpleNamespace, attributes: dict[str, bool], edges: list[Any], outcome: str
) -> None:
    snapshot = make.picture(
        READS,
        roles=(
            make.role("reporting", **attributes),
            make.role("other"),
            make.role("mid", can_login=False),
            make.role("boss", superuser=True, can_login=False),
            make.role("postgres", superuser=True),
        ),
        memberships=tuple(make.member(who, of, **how) for who, of, how in edges),
    )
    found = say.judge("no_superuser_logins", snapshot)
    assert say.outcome(found) == outcome
    if outcome == "fail" and not edges:
        assert found[0].verdict.reason.startswith("reporting is ")
    if edges and outcome == "fail":
        assert found[0].verdict.near_miss == "reporting can SET ROLE to boss."


def test_a_service_is_no_administrator_whatever_was_declared(make: SimpleNamespace, say: SimpleNamespace) -> None:
    declared = {"grant_matrix": "postgres: *=ALL", "administrators": "postgres"}
    snapshot = make.picture(declared, roles=(make.role("postgres", superuser=True),))
    assert set(say.failing(say.judge("no_superuser_logins", snapshot))) == {"*/postgres"}


@pytest.mark.parametrize(
    ("application", "outcome"),
    [("gunicorn", "not_checked"), ("psql", "pass"), ("pgAdmin 4 - DB:shop", "pass"), ("", "pass")],
)
def test_an_administrator_used_by_a_program_is_no_pass(
    make: SimpleNamespace, say: SimpleNamespace, application: str, outcome: str
) -> None:
    snapshot = make.picture(
        READS,
        roles=(make.role("postgres", superuser=True), make.role("reporting")),
        activity=(Activity("postgres", application, None, 3),),
    )
    assert say.outcome(say.judge("no_superuser_logins", snapshot)) == outcome


def test_an_owner_role_or_a_role_that_is_gone_may_be_used_by_programs(
    make: SimpleNamespace, say: SimpleNamespace
) -> None:
    declared = {**READS, "administrators": "migrations, gone"}
    sessions = (Activity("migrations", "flyway", None, 1), Activity("gone", "flyway", None, 1))
    roles = (make.role("migrations"), make.role("reporting"))
    assert (
        say.outcome(say.judge("no_superuser_logins", make.picture(declared, roles=roles, activity=sessions))) == "pass"
    )


@pytest.mark.parametrize("rule", ["no_superuser_logins", "no_broad_builtin_roles"])
def test_unread_roles_or_memberships_are_no_pass(make: SimpleNamespace, say: SimpleNamespace, rule: str) -> None:
    for part in ("roles", "memberships"):
        snapshot = make.picture(**{"roles": (make.role("reporting"),), part: DENIED})
        assert say.outcome(say.judge(rule, snapshot)) == "not_checked"


@pytest.mark.parametrize("rule", ["no_superuser_logins", "no_broad_builtin_roles"])
def test_administrators_only_is_not_applicable(make: SimpleNamespace, say: SimpleNamespace, rule: str) -> None:
    assert (
        say.outcome(say.judge(rule, make.picture(roles=(make.role("postgres", superuser=True),)))) == "not_applicable"
    )


def test_the_vendors_own_superuser_is_left_out_on_the_vendors_service_only(
    make: SimpleNamespace, say: SimpleNamespace
) -> None:
    rdsadmin, app = make.role("rdsadmin", superuser=True), make.role("app")
    marker = make.role("rds_superuser", can_login=False)
    assert say.outcome(say.judge("no_superuser_logins", make.picture(roles=(rdsadmin, app, marker)))) == "pass"
    assert say.outcome(say.judge("no_superuser_logins", make.picture(roles=(rdsadmin, app)))) == "fail"


@pytest.mark.parametrize(
    ("declared", "edges", "resources"),
    [
        (READS, [], set()),
        (READS, [("reporting", "pg_read_all_data")], {"*/reporting/pg_read_all_data"}),
        (READS, [("reporting", "mid"), ("mid", "pg_write_all_data")], {"*/reporting/pg_write_all_data"}),
        (READS, [("reporting", "pg_monitor")], set()),
        (READS, [("reporting", "pg_execute_server_program")], {"*/reporting/pg_execute_server_program"}),
        ({"grant_matrix": "reporting: pg_read_all_data"}, [("reporting", "pg_read_all_data")], set()),
        (
            {"grant_matrix": "reporting: pg_read_all_data"},
            [("reporting", "pg_write_all_data")],
            {"*/reporting/pg_write_all_data"},
        ),
    ],
)
def test_no_broad_builtin_roles(
    make: SimpleNamespace, say: SimpleNamespace, declared: dict[str, str], edges: list[Any], resources: set[str]
) -> None:
    snapshot = make.picture(
        declared,
        roles=(make.role("reporting"), make.role("mid", can_login=False)),
        memberships=tuple(make.member(who, of) for who, of in edges),
    )
    found = say.judge("no_broad_builtin_roles", snapshot)
    assert set(say.failing(found)) == resources
    assert say.outcome(found) == ("fail" if resources else "pass")


def use(*programs: str, role: str = "reporting") -> tuple[Activity, ...]:
    return tuple(Activity(role, program, None, 1) for program in programs)


@pytest.mark.parametrize(
    ("parts", "declared", "outcome", "said"),
    [
        ({"activity": use("reports")}, READS, "pass", "1 of 1"),
        ({"activity": use("reports", "billing")}, READS, "fail", "2 programs"),
        ({"activity": use("PgBouncer")}, READS, "not_checked", "pooler"),
        ({"activity": use("")}, READS, "not_checked", "application name"),
        ({"activity": use("reports", role="other")}, READS, "not_checked", "was not connected"),
        ({"activity": DENIED}, READS, "not_checked", "was stopped"),
        ({"activity": use("reports")}, {}, "not_checked", "No grant matrix"),
        ({"activity": use("reports"), "relations": DENIED}, READS, "not_checked", "was stopped"),
        ({"activity": use("reports")}, {**READS, "administrators": "reporting"}, "fail", "administrator"),
        ({"activity": use("reports")}, {"grant_matrix": "reporting:\ngone:"}, "not_checked", "no role of this server"),
    ],
)
def test_one_role_per_service(
    make: SimpleNamespace,
    say: SimpleNamespace,
    parts: dict[str, Any],
    declared: dict[str, str],
    outcome: str,
    said: str,
) -> None:
    found = say.judge("one_role_per_service", make.picture(declared, **{"roles": (make.role("reporting"),), **parts}))
    assert say.outcome(found) == outcome
    assert any(said in finding.verdict.reason for finding in found)


def test_a_service_owns_nothing_logs_in_and_is_nobody_else(make: SimpleNamespace, say: SimpleNamespace) -> None:
    snapshot = make.picture(
        {"grant_matrix": "reporting:\nbilling:\nbatch:"},
        roles=(make.role("reporting"), make.role("billing"), make.role("batch", can_login=False)),
        memberships=(make.member("reporting", "billing"),),
        relations=(make.table("orders", owner="billing"), make.table("users", owner="billing")),
        activity=use("reports"),
    )
    found = say.failing(say.judge("one_role_per_service", snapshot))
    assert set(found) == {"*/reporting/member of", "*/billing/owner", "*/batch/rolcanlogin"}
    assert found["*/billing/owner"].verdict.near_miss == "billing owns 2 tables: an owner can grant itself anything."
