"""The grant matrix against a real server: what the founder must see, and the ways a right can hide."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.postgres

TABLES = ("CREATE TABLE orders (id int, total int)", "CREATE TABLE users (id int, email text)")
MATRIX = "reporting: public.orders=SELECT"


def excess(lab: Any, say: SimpleNamespace, *statements: str, roles: tuple[str, ...] = (), matrix: str = MATRIX) -> Any:
    """Failing findings by resource (database name cut off), of one database with orders and users."""
    with lab.database(*TABLES, *statements, roles=("reporting LOGIN", *roles)) as name:
        found = lab.findings("grants_match_matrix", grant_matrix=matrix, databases=name)
    return {resource.removeprefix(f"{name}/"): finding for resource, finding in say.failing(found).items()}


def test_founder_sees_exactly_the_two_grants_that_are_too_many(lab: Any, say: SimpleNamespace) -> None:
    grants = (
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON orders TO reporting",
        "GRANT SELECT ON users TO reporting",
    )
    found = excess(lab, say, *grants)
    assert set(found) == {"reporting/public.orders/write", "reporting/public.users/read"}
    write = found["reporting/public.orders/write"].verdict
    assert [line.field for line in write.evidence] == ["INSERT", "UPDATE", "DELETE", "TRUNCATE"]
    assert {line.source for line in write.evidence} == {"Q7 effective privileges"}
    assert "reporting may write public.orders" in write.reason
    assert "INSERT, UPDATE, DELETE, TRUNCATE" in write.reason
    assert "SELECT only" in write.reason
    read = found["reporting/public.users/read"].verdict
    assert "reporting may read public.users" in read.reason
    assert read.seen == write.seen == 2


def test_update_of_one_column_is_named(lab: Any, say: SimpleNamespace) -> None:
    found = excess(lab, say, "GRANT SELECT ON orders TO reporting", "GRANT UPDATE (total) ON orders TO reporting")
    assert set(found) == {"reporting/public.orders/write"}
    verdict = found["reporting/public.orders/write"].verdict
    assert verdict.near_miss == "reporting may update column total of public.orders."
    assert "total" in verdict.evidence[0].observed


def test_rights_reached_by_set_role_count(lab: Any, say: SimpleNamespace) -> None:
    grants = ("GRANT DELETE ON users TO writers", "GRANT writers TO reporting")
    found = excess(lab, say, "ALTER ROLE reporting NOINHERIT", *grants, roles=("writers",))
    assert set(found) == {"reporting/public.users/write"}
    assert "through writers (SET ROLE)" in found["reporting/public.users/write"].verdict.reason


def test_rights_two_memberships_away_count(lab: Any, say: SimpleNamespace) -> None:
    grants = ("GRANT SELECT ON users TO far", "GRANT far TO near", "GRANT near TO reporting")
    found = excess(lab, say, *grants, roles=("near", "far"))
    assert "through far (inherited)" in found["reporting/public.users/read"].verdict.reason


def test_rights_of_public_count(lab: Any, say: SimpleNamespace) -> None:
    found = excess(lab, say, "GRANT SELECT ON users TO PUBLIC")
    assert "through PUBLIC" in found["reporting/public.users/read"].verdict.reason


def test_an_owner_that_took_its_own_rights_away_still_has_them(lab: Any, say: SimpleNamespace) -> None:
    found = excess(lab, say, "ALTER TABLE users OWNER TO reporting", "REVOKE ALL ON users FROM reporting")
    assert set(found) == {"reporting/public.users/read", "reporting/public.users/write"}
    assert "as reporting owns it" in found["reporting/public.users/read"].verdict.reason


def test_a_superuser_behind_set_role_is_told_once(lab: Any, say: SimpleNamespace) -> None:
    found = excess(lab, say, "GRANT boss TO reporting", roles=("boss SUPERUSER",))
    assert set(found) == {"*/reporting/*/all"}
    assert "boss" in found["*/reporting/*/all"].verdict.reason


def test_pg_read_all_data_is_told_once_and_may_be_declared(lab: Any, say: SimpleNamespace) -> None:
    found = excess(lab, say, "GRANT pg_read_all_data TO reporting")
    assert set(found) == {"*/reporting/*/read"}
    assert excess(lab, say, "GRANT pg_read_all_data TO reporting", matrix="reporting: pg_read_all_data") == {}


def test_pg_read_all_data_without_inherit_counts(lab: Any, say: SimpleNamespace) -> None:
    found = excess(lab, say, "ALTER ROLE reporting NOINHERIT", "GRANT pg_read_all_data TO reporting")
    assert set(found) == {"*/reporting/*/read"}


def test_a_view_swept_in_by_a_wildcard_shows_what_it_reads(lab: Any, say: SimpleNamespace) -> None:
    statements = (
        "CREATE SCHEMA reports",
        "CREATE VIEW reports.inner_one AS SELECT * FROM users",
        "CREATE VIEW reports.emails AS SELECT email FROM reports.inner_one",
        "GRANT SELECT ON reports.emails TO reporting",
    )
    found = excess(lab, say, *statements, matrix="reporting: reports.*=SELECT")
    assert set(found) == {"reporting/reports.emails/read"}
    assert "public.users" in found["reporting/reports.emails/read"].verdict.reason
    assert excess(lab, say, *statements, matrix="reporting: reports.emails=SELECT") == {}
    invoker = (*statements, "ALTER VIEW reports.emails SET (security_invoker = on)")
    assert excess(lab, say, *invoker, matrix="reporting: reports.*=SELECT") == {}


def test_a_partition_is_covered_by_its_table(lab: Any, say: SimpleNamespace) -> None:
    statements = (
        "CREATE TABLE events (day date) PARTITION BY RANGE (day)",
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "GRANT SELECT ON events, events_2026 TO reporting",
    )
    assert excess(lab, say, *statements, matrix="reporting: public.events=SELECT") == {}
    assert set(excess(lab, say, *statements)) == {"reporting/public.events/read", "reporting/public.events_2026/read"}


def test_the_same_table_in_another_database_is_another_table(lab: Any, say: SimpleNamespace) -> None:
    with (
        lab.database(*TABLES, "GRANT SELECT ON orders TO reporting", roles=("reporting LOGIN",)) as shop,
        lab.database(*TABLES, "GRANT SELECT ON orders TO reporting") as other,
    ):
        matrix = f"reporting: {shop}/public.orders=SELECT"
        found = say.failing(lab.findings("grants_match_matrix", grant_matrix=matrix))
        assert set(found) == {f"{other}/reporting/public.orders/read"}
        with lab.server.admin(other) as admin:  # DROP OWNED only reaches one database
            admin.execute("REVOKE ALL ON orders FROM reporting")


def test_clean_server_passes_only_if_every_database_was_read(lab: Any, say: SimpleNamespace) -> None:
    with lab.database(*TABLES, "GRANT SELECT ON orders TO reporting", roles=("reporting LOGIN",)) as name:
        everything = lab.findings("grants_match_matrix", grant_matrix=MATRIX)
        assert say.outcome(everything) == "pass", everything
        assert everything[0].verdict.level == 2
        partly = lab.findings("grants_match_matrix", grant_matrix=MATRIX, databases=name)
        assert say.outcome(partly) == "not_checked"
        assert partly[0].verdict.reason_code == "partial_data"


def test_roles_nobody_declared_keep_the_matrix_from_passing(lab: Any, say: SimpleNamespace) -> None:
    with lab.database(*TABLES, "GRANT SELECT ON users TO stray", roles=("reporting LOGIN", "stray LOGIN")):
        found = lab.findings("grants_match_matrix", grant_matrix=MATRIX)
        assert say.outcome(found) == "not_checked"
        assert "stray" in found[0].verdict.reason
        admins = lab.findings("grants_match_matrix", grant_matrix=MATRIX, administrators="postgres, stray")
        assert say.outcome(admins) == "pass"


def test_row_security_on_sensitive_tables_reaches_level_three(lab: Any, say: SimpleNamespace) -> None:
    grant = "GRANT SELECT ON orders TO reporting"
    with lab.database(*TABLES, grant, "ALTER TABLE orders ENABLE ROW LEVEL SECURITY", roles=("reporting LOGIN",)):
        found = lab.findings("grants_match_matrix", grant_matrix=MATRIX, sensitive_schemas="public.orders")
        assert (say.outcome(found), found[0].verdict.level) == ("pass", 3)
        plain = lab.findings("grants_match_matrix", grant_matrix=MATRIX, sensitive_schemas="public")
        assert (say.outcome(plain), plain[0].verdict.level) == ("pass", 3)  # users is not touched, orders is limited
    with lab.database(*TABLES, grant, roles=("reporting LOGIN",)):
        whole = lab.findings("grants_match_matrix", grant_matrix=MATRIX, sensitive_schemas="public.orders")
        assert (say.outcome(whole), whole[0].verdict.level) == ("pass", 2)
        assert "reporting on public.orders" in whole[0].verdict.reason


def test_without_a_matrix_nothing_is_judged(lab: Any, say: SimpleNamespace) -> None:
    with lab.database(*TABLES) as name:
        found = lab.findings("grants_match_matrix", databases=name)
    assert say.outcome(found) == "not_checked"
    assert found[0].verdict.reason_code == "input_missing"
