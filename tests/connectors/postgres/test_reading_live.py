"""Reading a real server: all grants seen by a role that may only connect; the read-only proof; queries counted."""

from __future__ import annotations

import sys
from typing import Any

import psycopg
import pytest

from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.postgres import CONNECTOR, form
from ztassess.connectors.postgres.snapshot import RelationId
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Unavailable

pytestmark = pytest.mark.postgres

SHOP = (
    "CREATE TABLE orders (id int, total int, secret_token text DEFAULT 'row-canary')",
    "CREATE TABLE users (id int, email text)",
    "CREATE SEQUENCE numbers",
    "INSERT INTO orders VALUES (1, 2)",
    "GRANT SELECT ON orders TO readers",
    "GRANT UPDATE (total) ON orders TO reporting",
    "GRANT readers TO reporting",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO readers",
    "CREATE VIEW emails AS SELECT email FROM users",
    "CREATE FUNCTION close_account() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT'",
)
ROLES = ("readers", "reporting LOGIN")


def test_a_role_that_may_only_connect_sees_every_grant(lab: Any) -> None:
    with lab.database(*SHOP, roles=ROLES) as name:
        with psycopg.connect(lab.server.dsn(name, user="zt_auditor", password="canary-7f3a-only-read")) as plain:
            shown = plain.execute(
                "SELECT count(*) FROM information_schema.role_table_grants WHERE table_schema = 'public'"
            )
            assert shown.fetchone() == (0,)  # the tempting view shows nothing, and would pass
        snapshot = lab.read(databases=name)
    orders = RelationId(name, "public", "orders")
    granted = {
        acl.grantee: acl.privileges
        for relation in snapshot.relations
        if relation.id == orders
        for acl in relation.grants
    }
    assert granted["readers"] == ("SELECT",)
    assert "INSERT" in granted["postgres"]
    assert [(g.column, g.grantee, g.privilege) for g in snapshot.column_grants] == [("total", "reporting", "UPDATE")]
    assert [(e.verbs, e.column_verbs) for e in snapshot.effective if (e.role, e.relation) == ("reporting", orders)] == [
        (frozenset({"SELECT"}), frozenset({"SELECT", "UPDATE"}))
    ]
    assert {(m.member, m.role) for m in snapshot.memberships} >= {("reporting", "readers")}
    assert [(d.grantee, d.privilege) for d in snapshot.default_privileges if d.grantee != "postgres"] == [
        ("readers", "SELECT")
    ]
    assert {relation.kind for relation in snapshot.relations} == {"r", "S", "v"}
    assert [(v.view.name, v.source.name) for v in snapshot.view_sources] == [("emails", "users")]
    assert [(str(f), f.owner, f.callers) for f in snapshot.definer_functions] == [
        ("public.close_account()", "postgres", ("PUBLIC", "postgres"))
    ]


def test_without_the_optional_grant_authentication_is_unavailable_not_empty(lab: Any) -> None:
    with lab.database(fresh=True) as name:
        snapshot = lab.read(databases=name)
        assert isinstance(snapshot.hba, Unavailable)
        assert (snapshot.hba.reason, "pg_hba_file_rules" in snapshot.hba.missing_scope) == ("missing_scope", True)
        with lab.server.admin(name) as admin:
            for line in form.GRANTS[1].text.splitlines():
                if line.startswith("GRANT"):
                    admin.execute(line)
        read = lab.read(databases=name)
        assert not isinstance(read.hba, Unavailable)
        assert {line.method for line in read.hba} == {"scram-sha-256"}
        assert read.hba[1].netmask == "255.255.255.255"


def test_hba_secrets_never_enter_the_snapshot(lab: Any) -> None:
    lines = 'host all all 10.0.0.0/8 ldap ldapserver=ldap.example.com ldapprefix="cn=" ldapsuffix=",dc=x"\n'
    radius = 'hostssl all all 10.0.0.0/8 radius radiusservers="10.0.0.5" radiussecrets="hba-canary-9d"\n'
    with lab.database(fresh=True) as name, lab.hba(lines + radius):
        with lab.server.admin(name) as admin:
            admin.execute("GRANT SELECT ON pg_hba_file_rules TO zt_auditor")
            admin.execute("GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO zt_auditor")
            assert "hba-canary" in str(admin.execute("SELECT options FROM pg_hba_file_rules").fetchall())
        snapshot = lab.read(databases=name)
    assert [line.method for line in snapshot.hba] == ["ldap", "radius"]
    assert "hba-canary" not in repr(snapshot)


def test_no_row_no_password_no_source_text_in_snapshot_or_findings(lab: Any) -> None:
    with lab.database(*SHOP, roles=ROLES) as name:
        snapshot = lab.read(databases=name, grant_matrix="reporting: public.orders=SELECT")
    text = repr(snapshot) + repr(evaluate(CONNECTOR.checks, snapshot))
    assert "row-canary" not in text
    assert "canary-7f3a" not in text


def test_queries_do_not_grow_with_roles_or_tables(lab: Any) -> None:
    def requests(*statements: str) -> int:
        with lab.database(*statements) as name:
            context = lab.context(databases=name)
            CONNECTOR.collect(context)
            return int(context.budget.requests)

    many = tuple(f"CREATE TABLE t{number} (id int)" for number in range(40))
    assert (
        requests() == requests(*many) == 16
    )  # one connection, two about ourselves, six of the server, seven of the database


def test_each_database_is_read_over_its_own_connection(lab: Any) -> None:
    with lab.database("CREATE TABLE a (id int)") as one, lab.database("CREATE TABLE b (id int)") as two:
        snapshot = lab.read()
        named = lab.read(databases=f"{one}, {two}")
    assert {each.name for each in snapshot.databases} >= {"postgres", one, two}
    assert snapshot.gaps.entries == ()
    assert {relation.id.database for relation in named.relations} == {one, two}
    assert {gap.database for gap in named.gaps.entries} >= {"postgres"}


def test_a_database_we_may_not_enter_is_a_gap_not_an_end(lab: Any) -> None:
    with lab.database("CREATE TABLE a (id int)") as open_one, lab.database(fresh=True) as closed:
        with lab.server.admin() as admin:
            admin.execute(f"REVOKE CONNECT ON DATABASE {closed} FROM PUBLIC")
        snapshot = lab.read()
        preflight = CONNECTOR.preflight(lab.context())
    gaps = {gap.database: gap.why for gap in snapshot.gaps.entries}
    assert gaps[closed].missing_scope == f"CONNECT on database {closed}"
    assert "GRANT CONNECT" in gaps[closed].detail
    assert open_one in {each.name for each in snapshot.databases}
    refused = [row for row in preflight.rows if not row.allowed and row.part == "databases"]
    assert [row.missing_scope for row in refused] == [f"CONNECT on database {closed}"]


@pytest.mark.parametrize(
    ("grant", "revoke", "named"),
    [
        ("GRANT SELECT ON orders TO zt_auditor", "REVOKE ALL ON orders FROM zt_auditor", "SELECT on public.orders"),
        (
            "GRANT UPDATE (total) ON orders TO zt_auditor",
            "REVOKE UPDATE (total) ON orders FROM zt_auditor",
            "UPDATE on",
        ),
        ("GRANT readers TO zt_auditor", "REVOKE readers FROM zt_auditor", "SELECT on public."),
        ("GRANT pg_read_all_data TO zt_auditor", "REVOKE pg_read_all_data FROM zt_auditor", "pg_read_all_data"),
        ("ALTER ROLE zt_auditor SUPERUSER", "ALTER ROLE zt_auditor NOSUPERUSER", "SUPERUSER"),
        ("ALTER ROLE zt_auditor CREATEROLE", "ALTER ROLE zt_auditor NOCREATEROLE", "CREATEROLE"),
        ("ALTER ROLE zt_auditor BYPASSRLS", "ALTER ROLE zt_auditor NOBYPASSRLS", "BYPASSRLS"),
    ],
)
def test_a_role_that_can_do_more_is_refused_before_other_queries(lab: Any, grant: str, revoke: str, named: str) -> None:
    with lab.database(*SHOP, roles=ROLES) as name, lab.server.admin(name) as admin:
        admin.execute(grant)
        try:
            context = lab.context(databases=name)
            with pytest.raises(OverPrivileged) as refused:
                CONNECTOR.collect(context)
            preflight = CONNECTOR.preflight(lab.context(databases=name))
        finally:
            admin.execute(revoke)
    assert named in refused.value.sentence
    assert "Use the script's role" in refused.value.sentence
    assert preflight.refused == refused.value.sentence
    assert context.budget.requests <= 3  # the connection and two questions about ourselves


def test_over_privilege_without_inherit_is_found(lab: Any) -> None:
    with lab.database(*SHOP, roles=ROLES) as name, lab.server.admin(name) as admin:
        admin.execute("ALTER ROLE zt_auditor NOINHERIT")
        admin.execute("GRANT readers TO zt_auditor")
        try:
            assert "SELECT on public." in CONNECTOR.preflight(lab.context(databases=name)).refused
        finally:
            admin.execute("REVOKE readers FROM zt_auditor")
            admin.execute("ALTER ROLE zt_auditor INHERIT")


def test_what_public_may_do_is_a_finding_not_our_over_privilege(lab: Any) -> None:
    with lab.database(*SHOP, "GRANT SELECT ON users TO PUBLIC", roles=ROLES) as name:
        assert CONNECTOR.preflight(lab.context(databases=name)).refused == ""
        assert next(f.verdict.outcome.value for f in lab.findings("no_public_grants", databases=name)) == "fail"


def test_over_privilege_in_the_second_database_stops_too(lab: Any) -> None:
    with lab.database() as one, lab.database("CREATE TABLE b (id int)", "GRANT SELECT ON b TO zt_auditor") as two:
        with pytest.raises(OverPrivileged, match="on public"):
            lab.read(databases=f"{one}, {two}")
        assert "public.b" in CONNECTOR.preflight(lab.context(databases=f"{one}, {two}")).refused


def test_preflight_says_who_we_are_and_what_we_may_not_read(lab: Any) -> None:
    with lab.database() as name:
        preflight = CONNECTOR.preflight(lab.context(databases=name))
        parts = {part.name for part in parts_of(lab.read(databases=name))}
    assert preflight.identity.startswith("zt_auditor on PostgreSQL ")
    allowed = {row.part: row.allowed for row in preflight.rows}
    assert allowed == {part: part != "hba" for part in allowed}
    assert set(allowed) == parts
    assert "VALID UNTIL" in preflight.warnings[0]


def test_the_minimal_grant_runs_as_shown_and_is_enough(lab: Any) -> None:
    text = form.GRANTS[0].text.replace("zt_auditor", "zt_copied").replace("CHANGE-ME", "copied-canary")
    with lab.database(*SHOP, roles=ROLES) as name:
        try:
            with lab.server.admin(name) as admin:
                admin.execute(text.replace("DATABASE shop", f"DATABASE {name}"))
            context = lab.context(databases=name, user="zt_copied", password="copied-canary")
            snapshot = CONNECTOR.collect(context)
            assert CONNECTOR.preflight(context).warnings == ()
            own = psycopg.connect(lab.server.dsn(name, user="zt_copied", password="copied-canary"))
            with own, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                own.execute("CREATE TABLE mine (id int)")
        finally:
            with lab.server.admin(name) as admin:
                admin.execute("DROP OWNED BY zt_copied")
                admin.execute("DROP ROLE zt_copied")
    assert any(relation.id.name == "orders" for relation in snapshot.relations)


def test_above_the_limit_only_declared_roles_are_read(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    collecting = sys.modules["ztassess.connectors.postgres.collect"]
    monkeypatch.setattr(collecting, "MOST_PAIRS", 6)
    with lab.database(*SHOP, roles=(*ROLES, "other LOGIN")) as name:
        snapshot = lab.read(databases=name, grant_matrix="reporting: public.orders=SELECT")
        assert {each.role for each in snapshot.effective} == {"reporting", "readers"}
        assert [(gap.part, gap.why.reason) for gap in snapshot.gaps.entries if gap.database == name] == [
            ("undeclared", "partial_data")
        ]
        monkeypatch.setattr(collecting, "MOST_PAIRS", 1)
        nothing = lab.read(databases=name, grant_matrix="reporting: public.orders=SELECT")
    assert isinstance(nothing.effective, Unavailable)
    assert nothing.databases[0].pairs_read == 0
