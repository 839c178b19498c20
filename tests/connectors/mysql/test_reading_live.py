"""One reading of a real server: every part, the read-only proof, and grants that the server itself confirms."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.mysql import CONNECTOR, queries
from ztassess.connectors.mysql.access import access_of
from ztassess.connectors.mysql.grants import MARIADB_VIEW
from ztassess.connectors.mysql.snapshot import AccountId, TableId
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

pytestmark = pytest.mark.xdist_group("mariadb")
SHOP = (
    "CREATE DATABASE shop",
    "CREATE TABLE shop.orders (id int, total int)",
    "CREATE TABLE shop.users (id int, mail text)",
    "CREATE DATABASE shop_eu",
    "CREATE TABLE shop_eu.orders (id int)",
)
MATRIX = "reporting: shop.orders=SELECT, shop.users=SELECT"


def test_every_part_is_read_with_the_grant_we_show(lab: Any) -> None:
    world = (
        *SHOP,
        "CREATE USER reporting@'10.%' IDENTIFIED BY 'x' REQUIRE X509",
        "GRANT SELECT ON shop.* TO reporting@'10.%'",
        "GRANT UPDATE ON shop.orders TO reporting@'10.%'",
        "GRANT INSERT (total) ON shop.orders TO reporting@'10.%'",
        "CREATE ROLE readers",
        "GRANT SELECT ON shop_eu.* TO readers",
        "GRANT readers TO reporting@'10.%'",
        "CREATE USER gone@'%' IDENTIFIED BY 'x' ACCOUNT LOCK",
        "CREATE USER empty@'%'",
        "GRANT SET USER ON *.* TO gone@'%'",
    )
    with lab.world(*world):
        snapshot = lab.read()
    assert snapshot.mariadb
    assert snapshot.reader == "zt_auditor@%"
    for part in ("users", "schema_grants", "table_grants", "column_grants", "roles", "states", "settings", "schemas"):
        assert not isinstance(getattr(snapshot, part), Unavailable), part
    assert snapshot.dynamic == ()
    assert isinstance(snapshot.tables, Unavailable)
    users = {str(each.id): each for each in snapshot.users}
    assert users["reporting@10.%"].tls == "X509"
    assert users["readers"].role
    assert users["gone@%"].locked is None  # not in mysql.user of MariaDB
    states = {str(each.id): each for each in snapshot.states}
    assert states["gone@%"].locked
    assert states["gone@%"].rights == {"SET USER"}
    assert states["empty@%"].passwordless
    assert not states["reporting@10.%"].passwordless
    assert {"shop", "shop_eu"} <= set(snapshot.schemas)
    assert {each.name: each.value for each in snapshot.settings} == {"require_secure_transport": "0", "have_ssl": "YES"}
    held = list(access_of(snapshot).held(AccountId("reporting", "10.%")))
    assert {(str(each.place), each.column, tuple(sorted(each.rights)), each.how) for each in held} == {
        ("shop.*", "", ("SELECT",), "granted to reporting@10.%"),
        ("shop.orders", "", ("UPDATE",), "granted to reporting@10.%"),
        ("shop.orders", "total", ("INSERT",), "granted to reporting@10.%"),
        ("shop_eu.*", "", ("SELECT",), "through role readers"),
    }


PROOFS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "schema": (("GRANT SELECT, UPDATE ON shop.* TO app@'%'",), "UPDATE shop.users SET id = 1", "users"),
    "table": (("GRANT UPDATE, SELECT ON shop.users TO app@'%'",), "UPDATE shop.users SET id = 1", "users"),
    "column": (("GRANT UPDATE (id) ON shop.users TO app@'%'",), "UPDATE shop.users SET id = 1", "users"),
    "global": (("GRANT UPDATE ON *.* TO app@'%'",), "UPDATE shop.users SET id = 1", "users"),
    "role after SET ROLE": (
        ("CREATE ROLE w", "GRANT UPDATE ON shop.* TO w", "GRANT w TO app@'%'"),
        "SET ROLE w; UPDATE shop.users SET id = 1",
        "users",
    ),
    "role of a role": (
        ("CREATE ROLE w", "CREATE ROLE r", "GRANT UPDATE ON shop.* TO w", "GRANT w TO r", "GRANT r TO app@'%'"),
        "SET ROLE r; UPDATE shop.users SET id = 1",
        "users",
    ),
    "everybody": (("GRANT UPDATE ON shop.* TO PUBLIC",), "UPDATE shop.users SET id = 1", "users"),
    "blank user": (
        ("INSERT INTO mysql.db (Host, Db, User, Update_priv) VALUES ('%', 'shop', '', 'Y')", "FLUSH PRIVILEGES"),
        "UPDATE shop.users SET id = 1",
        "users",
    ),
    "pattern": (("GRANT UPDATE ON `sh%`.* TO app@'%'",), "UPDATE shop_eu.orders SET id = 1", "orders"),
    "unescaped underscore": (("GRANT UPDATE ON `shop_eu`.* TO app@'%'",), "UPDATE shop_eu.orders SET id = 1", "orders"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_right_that_the_server_lets_through_is_found(name: str, lab: Any, say: Any) -> None:
    """The oracle is the server: the statement works, so the check must fail on it."""
    grants, statement, table = PROOFS[name]
    with lab.world(*SHOP, "CREATE USER app@'%' IDENTIFIED BY 'x'", *grants):
        connection = pymysql.connect(host="127.0.0.1", port=lab.server.port, user="app", password="x", autocommit=True)
        try:
            with connection.cursor() as cursor:
                for part in statement.split("; "):
                    cursor.execute(part)  # the server lets it through
        finally:
            connection.close()
        found = lab.findings("grants_match_matrix", grant_matrix="app: shop.orders=SELECT")
    fails = say.failing(found)
    assert any("write" in resource for resource in fails), found
    assert any(
        table in f.verdict.reason or ".*" in f.verdict.reason or "server" in f.verdict.reason for f in fails.values()
    )


def test_rights_of_the_same_name_at_another_host_count_for_its_clients(lab: Any, say: Any) -> None:
    """The server matches rows of mysql.db by the client's host: app@localhost may use what app@'%' was given."""
    world = (
        *SHOP,
        "CREATE USER app@'127.0.0.1' IDENTIFIED BY 'x'",
        "CREATE USER app@'%' IDENTIFIED BY 'y'",
        "GRANT UPDATE ON shop.* TO app@'%'",
    )
    with lab.world(*world):
        connection = pymysql.connect(host="127.0.0.1", port=lab.server.port, user="app", password="x", autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT CURRENT_USER()")
            assert cursor.fetchone() == ("app@127.0.0.1",)
            cursor.execute("UPDATE shop.users SET id = 1")
        connection.close()
        found = lab.findings("grants_match_matrix", grant_matrix='"app@127.0.0.1": shop.users=SELECT')
    (fail,) = say.failing(found).values()
    assert "app@127.0.0.1" in fail.verdict.resource
    assert "granted to app@%, whose hosts overlap" in fail.verdict.reason


def test_a_role_of_the_same_name_gives_an_account_nothing(lab: Any, say: Any) -> None:
    world = (*SHOP, "CREATE ROLE app", "CREATE USER app@'%' IDENTIFIED BY 'x'", "GRANT UPDATE ON shop.* TO app")
    with lab.world(*world):
        connection = pymysql.connect(host="127.0.0.1", port=lab.server.port, user="app", password="x")
        with connection.cursor() as cursor, pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute("UPDATE shop.users SET id = 1")
        connection.close()
        found = lab.findings("grants_match_matrix", grant_matrix='"app@%": shop.orders=SELECT')
    assert not say.failing(found)


def test_grants_within_the_matrix_pass(lab: Any, say: Any) -> None:
    world = (
        *SHOP,
        "CREATE USER reporting@'10.%' IDENTIFIED BY 'x'",
        "GRANT SELECT ON shop.orders TO reporting@'10.%'",
        "GRANT SELECT (id) ON shop.users TO reporting@'10.%'",
    )
    with lab.world(*world):
        found = lab.findings("grants_match_matrix", grant_matrix=MATRIX)
    assert say.outcome(found) == "pass", found
    assert "root@localhost" in found[0].verdict.reason  # who was left out is named


SOURCES = {
    "db": "schema_grants",
    "tables_priv": "table_grants",
    "columns_priv": "column_grants",
    "roles_mapping": "roles",
}


@pytest.mark.parametrize("table", SOURCES)
def test_a_missing_source_never_passes(table: str, lab: Any) -> None:
    revoke, back = (
        f"REVOKE SELECT ON mysql.{table} FROM zt_auditor@'%'",  # noqa: S608  our own words
        f"GRANT SELECT ON mysql.{table} TO zt_auditor@'%'",
    )
    world = (*SHOP, "CREATE USER reporting@'10.%' IDENTIFIED BY 'x'")
    with lab.world(*world), lab.without(revoke, back):
        snapshot = lab.read(grant_matrix=MATRIX, services="reporting=reporting")
        preflight = CONNECTOR.preflight(lab.context())
    part = getattr(snapshot, SOURCES[table])
    assert isinstance(part, Unavailable)
    assert part.reason == "missing_scope"
    assert part.missing_scope == f"GRANT SELECT ON mysql.{table}"
    outcomes = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert outcomes["mysql.grants_match_matrix"] == "not_checked"
    assert outcomes["mysql.grants_exported"] == "not_checked"
    (row,) = [row for row in preflight.rows if row.part == SOURCES[table]]
    assert not row.allowed
    assert row.missing_scope == part.missing_scope


def test_a_missing_column_of_accounts_is_told_and_nothing_passes(lab: Any) -> None:
    revoke, back = (
        "REVOKE SELECT (File_priv) ON mysql.user FROM zt_auditor@'%'",
        "GRANT SELECT (File_priv) ON mysql.user TO zt_auditor@'%'",
    )
    with lab.without(revoke, back):
        snapshot = lab.read(grant_matrix=MATRIX)
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == "missing_scope"
    results = judge(CONNECTOR, snapshot).results
    assert {result.outcome.value for result in results} <= {"not_checked"}


def test_without_show_databases_patterns_are_not_followed(lab: Any, say: Any) -> None:
    world = (*SHOP, "CREATE USER app@'10.%' IDENTIFIED BY 'x'", "GRANT SELECT ON `shop%`.* TO app@'10.%'")
    revoke, back = "REVOKE SHOW DATABASES ON *.* FROM zt_auditor@'%'", "GRANT SHOW DATABASES ON *.* TO zt_auditor@'%'"
    with lab.world(*world):
        matrix = "app: shop.*=SELECT, shop_eu.*=SELECT"
        assert say.outcome(lab.findings("grants_match_matrix", grant_matrix=matrix)) == "pass"
        with lab.without(revoke, back):
            found = lab.findings("grants_match_matrix", grant_matrix=matrix)
    assert say.outcome(found) == "not_checked"
    assert found[0].verdict.missing_scope == "GRANT SHOW DATABASES ON *.*"


def test_without_the_view_locks_and_hidden_rights_are_not_checked(lab: Any, say: Any) -> None:
    world = ("CREATE USER app@'%' IDENTIFIED BY 'x'",)
    revoke = "REVOKE SELECT ON ztassess.account_state FROM zt_auditor@'%'"
    back = "GRANT SELECT ON ztassess.account_state TO zt_auditor@'%'"
    with lab.world(*world), lab.without(revoke, back):
        snapshot = lab.read()
    assert isinstance(snapshot.states, Unavailable)
    for check in ("no_global_rights", "hosts_restricted", "no_anonymous_or_passwordless"):
        assert say.outcome(say.judge(check, snapshot)) == "not_checked", check


OVERS = {
    "SELECT ON mysql.*": "password hashes",
    "SELECT ON mysql.user": "password hashes",
    "SELECT (authentication_string) ON mysql.user": "password hashes",
    "SELECT (Password) ON mysql.user": "SELECT on mysql.user (Password)",
    "SELECT ON mysql.global_priv": "password hashes",
    "SELECT ON shop.*": "SELECT on shop.*",
    "SELECT ON shop.orders": "SELECT on shop.orders",
    "SELECT (id) ON shop.orders": "SELECT on shop.orders (id)",
    "UPDATE (id) ON shop.orders": "UPDATE on shop.orders (id)",
    "INSERT ON mysql.db": "INSERT on mysql.db",
    "PROCESS ON *.*": "PROCESS on *.*",
    "SET USER ON *.*": "SET USER on *.*",
    "EXECUTE ON shop.*": "EXECUTE on shop.*",
}


@pytest.mark.parametrize("right", OVERS)
def test_any_right_beyond_the_grant_stops_the_reading(right: str, lab: Any) -> None:
    grant, revoke = f"GRANT {right} TO zt_auditor@'%'", [f"REVOKE {right} FROM zt_auditor@'%'"]
    if right == "SELECT ON mysql.user":  # revoking it takes the grants on columns along
        revoke += [f"GRANT SELECT ({', '.join(queries.MARIADB_USER_COLUMNS)}) ON mysql.user TO zt_auditor@'%'"]
    with lab.world(*SHOP), lab.without(grant, *revoke):
        context = lab.context()
        with pytest.raises(OverPrivileged) as refused:
            CONNECTOR.collect(context)
        preflight = CONNECTOR.preflight(lab.context())
    assert OVERS[right] in refused.value.sentence
    assert preflight.refused == refused.value.sentence
    assert preflight.rows == ()
    assert isinstance(lab.read().users, tuple)  # the grant itself is whole again


def test_a_role_of_ours_stops_the_reading_and_one_of_everybody_does_not(lab: Any) -> None:
    world = (*SHOP, "CREATE ROLE w", "GRANT UPDATE ON shop.* TO w", "GRANT w TO zt_auditor@'%'")
    with lab.world(*world), pytest.raises(OverPrivileged, match="membership in role w"):
        lab.read()
    with lab.world(*SHOP, "GRANT SELECT ON shop.* TO PUBLIC"):
        lab.read()


def test_hashes_that_everybody_can_read_stop_the_reading_too(lab: Any) -> None:
    """No grant of ours says it; only asking the server for the hash shows it."""
    with lab.world("GRANT SELECT ON mysql.* TO PUBLIC"), pytest.raises(OverPrivileged) as refused:
        lab.read()
    assert refused.value.sentence.startswith("zt_auditor@% can read password hashes. ")


def test_grant_option_stops_the_reading(lab: Any) -> None:
    with (
        lab.without(
            "GRANT USAGE ON *.* TO zt_auditor@'%' WITH GRANT OPTION", "REVOKE GRANT OPTION ON *.* FROM zt_auditor@'%'"
        ),
        pytest.raises(OverPrivileged, match="GRANT OPTION"),
    ):
        lab.read()


def test_administrators_credential_is_refused(lab: Any) -> None:
    with lab.world(
        "CREATE USER boss@'%' IDENTIFIED BY 'canary-boss'", "GRANT ALL ON *.* TO boss@'%' WITH GRANT OPTION"
    ):
        preflight = CONNECTOR.preflight(lab.context(user="boss", password="canary-boss"))
    assert "can read password hashes" in preflight.refused
    assert "canary" not in preflight.refused


def test_preflight_says_who_we_are_and_what_we_may(lab: Any) -> None:
    preflight = CONNECTOR.preflight(lab.context())
    assert preflight.identity == "zt_auditor@% on MariaDB 10.11.19" or preflight.identity.startswith(
        "zt_auditor@% on MariaDB"
    )
    assert [row.part for row in preflight.rows if not row.allowed] == []
    assert len(preflight.rows) == 9
    assert preflight.warnings == ()


def test_no_hash_is_in_what_was_read(lab: Any) -> None:
    hashed = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
    with lab.world(f"CREATE USER app@'%' IDENTIFIED VIA mysql_native_password USING '{hashed}'"):
        snapshot = lab.read()
        text = repr(snapshot) + repr(judge(CONNECTOR, snapshot))
    assert "app" in text
    assert hashed not in text
    assert "canary" not in text


def test_alternatives_of_an_account_are_as_strong_as_the_weakest(lab: Any, say: Any) -> None:
    """MariaDB shows one method in mysql.user; the others, and their empty password, only in the view."""
    weak = "CREATE USER app@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING ''"
    with lab.world(weak):
        snapshot = lab.read()
        found = say.judge("no_anonymous_or_passwordless", snapshot)
    state = {str(each.id): each for each in snapshot.states}["app@localhost"]
    assert state.passwordless
    assert state.plugins == ("unix_socket",)
    assert set(say.failing(found)) == {"*/app@localhost"}


def test_the_view_we_show_is_the_view_we_read(lab: Any) -> None:
    columns = queries.STATES.removeprefix("SELECT ").partition(" FROM ")[0].split(", ")
    with lab.server.admin() as cursor:
        cursor.execute("SHOW COLUMNS FROM ztassess.account_state")
        assert [row[0] for row in cursor.fetchall()] == columns
    assert "ztassess.account_state" in MARIADB_VIEW


def test_progress_names_each_part_and_its_size(lab: Any) -> None:
    seen: dict[str, int] = {}
    context = lab.context()
    object.__setattr__(context, "progress", lambda part, number: seen.update({part: number}))
    snapshot = CONNECTOR.collect(context)
    assert seen["users"] == len(snapshot.users)  # type: ignore[attr-defined]
    assert set(seen) == {
        "users", "schema_grants", "table_grants", "column_grants", "roles", "dynamic", "states", "settings", "schemas",
    }  # fmt: skip


def test_a_forced_secure_transport_passes_and_an_offer_does_not(lab: Any, say: Any) -> None:
    with lab.world("CREATE USER app@'10.%' IDENTIFIED BY 'x'"):
        found = lab.findings("tls_required")
        (fail,) = say.failing(found).values()
        assert fail.verdict.near_miss == "TLS is offered, not required for 1 account."
        lab.server.run("SET GLOBAL require_secure_transport = ON")
        assert say.outcome(lab.findings("tls_required")) == "pass"


def test_a_table_with_a_strange_name_is_kept_as_it_is(lab: Any) -> None:
    strange = "a.b`c\"d'e ü"
    world = (
        f"CREATE DATABASE `{strange.replace('`', '``')}`",
        f"CREATE TABLE `{strange.replace('`', '``')}`.`{strange.replace('`', '``')}` (id int)",
        "CREATE USER app@'%' IDENTIFIED BY 'x'",
        f"GRANT SELECT ON `{strange.replace('`', '``')}`.`{strange.replace('`', '``')}` TO app@'%'",
    )
    with lab.world(*world):
        snapshot = lab.read()
    assert TableId(strange, strange) in [each.table for each in snapshot.table_grants]
