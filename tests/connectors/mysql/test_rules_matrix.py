"""Accounts can do only what was declared, by a table: what was granted, what it means, what must never pass."""

from __future__ import annotations

from typing import Any

import pytest

from ztassess.connectors.mysql.snapshot import Restriction, Setting
from ztassess.domain.findings import Severity, Unavailable

CHECK = "grants_match_matrix"
ORDERS = {"grant_matrix": "app: shop.orders=SELECT"}
GONE = Unavailable("missing_scope", "GRANT SELECT ON mysql.db", "Column or table grant missing: mysql.db.")


def world(make: Any, **parts: Any) -> dict[str, Any]:
    """One account ``app@10.%`` with a right to read orders, and what is given."""
    return {
        "users": (make.account("app@10.%"), make.account("root@localhost", "SELECT, SUPER")),
        "table_grants": (make.on_table("app@10.%", "shop.orders", "SELECT"),),
        **parts,
    }


CASES: dict[str, tuple[dict[str, str], Any, str]] = {
    "within": (ORDERS, lambda m: {}, "pass"),
    "column within": (
        ORDERS,
        lambda m: {"column_grants": (m.on_column("app@10.%", "shop.orders", "id", "SELECT"),)},
        "pass",
    ),
    "column outside": (
        ORDERS,
        lambda m: {"column_grants": (m.on_column("app@10.%", "shop.orders", "id", "UPDATE"),)},
        "fail",
    ),
    "another table": (ORDERS, lambda m: {"table_grants": (m.on_table("app@10.%", "shop.users", "SELECT"),)}, "fail"),
    "whole schema": (ORDERS, lambda m: {"schema_grants": (m.on_schema("app@10.%", "shop", "SELECT"),)}, "fail"),
    "whole schema declared": (
        {"grant_matrix": "app: shop.*=SELECT"},
        lambda m: {"schema_grants": (m.on_schema("app@10.%", "shop", "SELECT"),)},
        "pass",
    ),
    "global": (ORDERS, lambda m: {"users": (m.account("app@10.%", "SELECT"),)}, "fail"),
    "global declared": (
        {"grant_matrix": "app: *=SELECT"},
        lambda m: {"users": (m.account("app@10.%", "SELECT"),)},
        "pass",
    ),
    "a right on the server only": (ORDERS, lambda m: {"users": (m.account("app@10.%", "PROCESS"),)}, "pass"),
    "may pass on its rights": (
        {"grant_matrix": "app: *=ALL"},
        lambda m: {"table_grants": (m.on_table("app@10.%", "shop.orders", "GRANT OPTION"),)},
        "fail",
    ),
    "through a role": (
        ORDERS,
        lambda m: {
            "users": (m.account("app@10.%"), m.account("role:w")),
            "roles": (m.member("app@10.%", "role:w"),),
            "schema_grants": (m.on_schema("role:w", "shop", "UPDATE"),),
        },
        "fail",
    ),
    "through a role of a role": (
        ORDERS,
        lambda m: {
            "users": (m.account("app@10.%"), m.account("role:r"), m.account("role:w")),
            "roles": (m.member("app@10.%", "role:r"), m.member("role:r", "role:w")),
            "schema_grants": (m.on_schema("role:w", "shop", "UPDATE"),),
        },
        "fail",
    ),
    "roles in a circle": (
        ORDERS,
        lambda m: {
            "users": (m.account("app@10.%"), m.account("role:r"), m.account("role:w")),
            "roles": (m.member("app@10.%", "role:r"), m.member("role:r", "role:w"), m.member("role:w", "role:r")),
        },
        "pass",
    ),
    "a role of somebody else": (
        ORDERS,
        lambda m: {
            "users": (m.account("app@10.%"), m.account("role:w"), m.account("root@localhost")),
            "roles": (m.member("root@localhost", "role:w"),),
            "schema_grants": (m.on_schema("role:w", "shop", "UPDATE"),),
        },
        "pass",
    ),
    "same name at a host that overlaps": (
        {"grant_matrix": '"app@10.%": shop.orders=SELECT\napp@%: shop.*=WRITE'},
        lambda m: {
            "users": (m.account("app@10.%"), m.account("app@%")),
            "schema_grants": (m.on_schema("app@%", "shop", "UPDATE"),),
        },
        "fail",
    ),
    "same name at a host that does not": (
        {"grant_matrix": '"app@10.%": shop.orders=SELECT\n"app@192.168.%": shop.*=WRITE'},
        lambda m: {
            "users": (m.account("app@10.%"), m.account("app@192.168.%")),
            "schema_grants": (m.on_schema("app@192.168.%", "shop", "UPDATE"),),
        },
        "pass",
    ),
    "two accounts, one declared": (
        {"grant_matrix": '"app@10.%": shop.orders=SELECT'},
        lambda m: {
            "users": (m.account("app@10.%"), m.account("app@192.168.%")),
            "table_grants": (m.on_table("app@192.168.%", "shop.orders", "SELECT"),),
        },
        "not_checked",
    ),
    "blank user": (ORDERS, lambda m: {"schema_grants": (m.on_schema("@%", "shop", "UPDATE"),)}, "fail"),
    "blank user on tables applies to nobody else": (
        ORDERS,
        lambda m: {"table_grants": (m.on_table("@%", "shop.users", "UPDATE"),)},
        "pass",
    ),
    "everybody": (
        ORDERS,
        lambda m: {
            "users": (m.account("app@10.%"), m.account("role:PUBLIC")),
            "schema_grants": (m.on_schema("role:PUBLIC", "shop", "UPDATE"),),
        },
        "fail",
    ),
    "pattern that meets another schema": (
        {"grant_matrix": "app: shop.*=SELECT"},
        lambda m: {"schema_grants": (m.on_schema("app@10.%", "shop%", "SELECT"),)},
        "fail",
    ),
    "pattern whose schemas are all declared": (
        {"grant_matrix": "app: shop.*=SELECT, shop_eu.*=SELECT"},
        lambda m: {"schema_grants": (m.on_schema("app@10.%", "shop%", "SELECT"),)},
        "pass",
    ),
    "escaped pattern": (
        {"grant_matrix": "app: shop.orders=SELECT, shop_eu.*=SELECT"},
        lambda m: {"schema_grants": (m.on_schema("app@10.%", r"shop\_eu", "SELECT"),)},
        "pass",
    ),
    "pattern without schemas": (
        {"grant_matrix": "app: shop.*=SELECT, shop_eu.*=SELECT"},
        lambda m: {
            "schema_grants": (m.on_schema("app@10.%", "shop%", "SELECT"),),
            "schemas": Unavailable("missing_scope", "GRANT SHOW DATABASES ON *.*"),
        },
        "not_checked",
    ),
    "no matrix": ({}, lambda m: {}, "not_checked"),
    "declared but absent": (
        {"grant_matrix": "app: shop.orders=SELECT\nbilling: shop.users=SELECT"},
        lambda m: {},
        "not_checked",
    ),
    "somebody undeclared holds rights": (
        ORDERS,
        lambda m: {
            "users": (m.account("app@10.%"), m.account("etl@10.%")),
            "schema_grants": (m.on_schema("etl@10.%", "shop", "SELECT"),),
        },
        "not_checked",
    ),
    "no accounts": (ORDERS, lambda m: {"users": GONE}, "not_checked"),
    "no schema grants": (ORDERS, lambda m: {"schema_grants": GONE}, "not_checked"),
    "no table grants": (ORDERS, lambda m: {"table_grants": GONE}, "not_checked"),
    "no column grants": (ORDERS, lambda m: {"column_grants": GONE}, "not_checked"),
    "no roles": (ORDERS, lambda m: {"roles": GONE}, "not_checked"),
    "a fail found without roles stays": (
        ORDERS,
        lambda m: {"roles": GONE, "schema_grants": (m.on_schema("app@10.%", "shop", "UPDATE"),)},
        "fail",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_outcome_follows_what_was_granted(name: str, make: Any, say: Any) -> None:
    declared, parts, expected = CASES[name]
    found = say.judge(CHECK, make.picture(declared, **world(make, **parts(make))))
    assert say.outcome(found) == expected, found


def test_a_schema_grant_is_told_as_such(make: Any, say: Any) -> None:
    parts = world(make, schema_grants=(make.on_schema("app@10.%", "shop", "SELECT,UPDATE"),))
    found = say.judge(CHECK, make.picture(ORDERS, **parts))
    (fail,) = say.failing(found).values()
    assert fail.verdict.resource == "shop.*/app@10.%/write"
    assert fail.verdict.near_miss == "app@10.% may select all of shop through a schema grant."
    assert "granted to app@10.%" in fail.verdict.reason
    assert fail.verdict.level == 0  # it was declared to read only
    assert fail.verdict.evidence[0].source == "mysql.db"
    assert fail.severity is Severity.CRITICAL


def test_a_reader_that_reads_too_much_keeps_level_one(make: Any, say: Any) -> None:
    found = say.judge(
        CHECK, make.picture(ORDERS, **world(make, table_grants=(make.on_table("app", "shop.users", "SELECT"),)))
    )
    (fail,) = say.failing(found).values()
    assert fail.verdict.level == 1
    assert "the matrix gives it nothing there" in fail.verdict.reason


def test_rights_that_neither_show_nor_change_rows_weigh_less(make: Any, say: Any) -> None:
    parts = world(make, schema_grants=(make.on_schema("app@10.%", "shop", "LOCK TABLES,CREATE TEMPORARY TABLES"),))
    (fail,) = say.failing(say.judge(CHECK, make.picture(ORDERS, **parts))).values()
    assert fail.severity is Severity.LOW


def test_very_many_places_are_told_once(make: Any, say: Any) -> None:
    grants = tuple(make.on_table("app@10.%", f"shop.t{number}", "UPDATE") for number in range(150))
    (fail,) = say.failing(say.judge(CHECK, make.picture(ORDERS, **world(make, table_grants=grants)))).values()
    assert fail.verdict.resource == "*/app@10.%/*/write"
    assert "150 tables" in fail.verdict.reason


def test_a_pass_names_its_denominators_and_who_was_left_out(make: Any, say: Any) -> None:
    declared = {"grant_matrix": "app: shop.orders=SELECT+INSERT"}
    (found,) = say.judge(CHECK, make.picture(declared, **world(make)))
    assert "1 account of 1 declared line" in found.verdict.reason
    assert "root@localhost" in found.verdict.reason
    assert "Declared but not granted: app@10.% INSERT on shop.orders." in found.verdict.reason
    assert "PROXY" in found.verdict.reason


REVOKED = (Restriction("billing", frozenset({"SELECT"})), Restriction("mysql", frozenset({"SELECT"})))
ON, OFF = Setting("partial_revokes", "ON"), Setting("partial_revokes", "OFF")
SHOPS = {"grant_matrix": "app: shop.*=SELECT, shop_eu.*=SELECT"}
UNSEEN = Unavailable("missing_scope", "GRANT SELECT ON ztassess.account_state", "Optional view missing.")


@pytest.mark.parametrize(
    ("restrictions", "variables", "states", "expected"),
    [
        (REVOKED, (ON,), True, "pass"),  # what is left are the declared schemas
        (REVOKED[:1], (ON,), True, "fail"),  # it still reads mysql, hashes and all
        ((), (ON,), True, "fail"),
        ((), (OFF,), False, "fail"),
        ((), (ON,), False, "not_checked"),
        ((), Unavailable("upstream_error"), False, "not_checked"),
        ((), (), False, "fail"),  # a version without the variable
    ],
)
def test_partial_revokes_cut_a_global_right(
    restrictions: Any, variables: Any, states: bool, expected: str, make: Any, say: Any
) -> None:
    snapshot = make.picture(
        SHOPS,
        version="8.0.36",
        users=(make.account("app@10.%", "SELECT"),),
        settings=variables,
        states=(make.state("app@10.%", restrictions=restrictions),) if states else UNSEEN,
    )
    assert say.outcome(say.judge(CHECK, snapshot)) == expected


def test_mandatory_roles_count_for_everybody(make: Any, say: Any) -> None:
    snapshot = make.picture(
        ORDERS,
        version="8.0.36",
        users=(make.account("app@10.%"), make.account("w@%", locked=True)),
        schema_grants=(make.on_schema("w@%", "shop", "UPDATE"),),
        settings=(Setting("mandatory_roles", "`w`@`%`, other"),),
    )
    (fail,) = say.failing(say.judge(CHECK, snapshot)).values()
    assert "through role w@%" in fail.verdict.reason


@pytest.mark.parametrize("version", ["8.0.36", "10.11.6-MariaDB"])
def test_unread_settings_may_hide_a_role_that_everybody_has_on_mysql_only(version: str, make: Any, say: Any) -> None:
    snapshot = make.picture(
        ORDERS,
        version=version,
        users=(make.account("app@10.%"), make.account("w@%", locked=True)),
        schema_grants=(make.on_schema("w@%", "shop", "UPDATE"),),
        settings=Unavailable("upstream_error"),
    )
    found = say.judge(CHECK, snapshot)
    assert say.outcome(found) == ("pass" if "MariaDB" in version else "not_checked"), found
    assert say.outcome(say.judge("no_global_rights", snapshot)) == ("pass" if "MariaDB" in version else "not_checked")
