"""People's accounts and what they read: by tables."""

from __future__ import annotations

from typing import Any

import pytest

from ztassess.connectors.mysql.snapshot import Restriction, Setting
from ztassess.domain.findings import Unavailable

GONE = Unavailable("missing_scope", "GRANT SELECT ON mysql.user", "Column or table grant missing.")
UNSEEN = Unavailable("missing_scope", "GRANT SELECT ON ztassess.account_state", "Optional view missing.")
TABLES_UNSEEN = Unavailable("missing_scope", "the export", "Names of tables cannot be seen.")
ANNA = {"human_roles": "anna=anna@example.com"}

OWN: dict[str, tuple[dict[str, str], Any, str]] = {
    "one person": (ANNA, lambda m: {}, "pass"),
    "undeclared": ({}, lambda m: {}, "not_checked"),
    "two people": ({"human_roles": "anna=anna@example.com, anna=ben@example.com"}, lambda m: {}, "fail"),
    "nobody": ({"human_roles": "anna"}, lambda m: {}, "not_checked"),
    "known by name": ({"human_roles": "anna"}, lambda m: {"people": ("anna@example.com",)}, "pass"),
    "absent": ({"human_roles": "anna=anna@example.com, ben=ben@example.com"}, lambda m: {}, "not_checked"),
    "a role is no account": (ANNA, lambda m: {"users": (m.account("role:anna"),)}, "not_checked"),
    "somebody unexplained": (ANNA, lambda m: {"users": (m.account("anna"), m.account("dev"))}, "not_checked"),
    "a service explained": (
        {**ANNA, "services": "checkout=app"},
        lambda m: {"users": (m.account("anna"), m.account("app"))},
        "pass",
    ),
    "unexplained but locked": (ANNA, lambda m: {"users": (m.account("anna"), m.account("dev", locked=True))}, "pass"),
    "unread": (ANNA, lambda m: {"users": GONE}, "not_checked"),
}


@pytest.mark.parametrize("name", OWN)
def test_own_accounts(name: str, make: Any, say: Any) -> None:
    declared, parts, expected = OWN[name]
    snapshot = make.picture(declared, **{"users": (make.account("anna"),), **parts(make)})
    found = say.judge("people_have_own_accounts", snapshot)
    assert say.outcome(found) == expected, found


def test_a_generic_name_is_a_near_miss(make: Any, say: Any) -> None:
    (declared,) = say.judge(
        "people_have_own_accounts", make.picture({"human_roles": "dev"}, users=(make.account("dev"),))
    )
    assert declared.verdict.near_miss == "dev looks generic."
    users = (make.account("anna"), make.account("support@%"))
    (left,) = say.judge("people_have_own_accounts", make.picture(ANNA, users=users))
    assert left.verdict.near_miss == "support@% looks generic."


BILLING = {**ANNA, "sensitive_schemas": "billing"}
CARDS = {**ANNA, "sensitive_schemas": "billing.cards"}
BROWSE: dict[str, tuple[dict[str, str], Any, str]] = {
    "no right": (BILLING, lambda m: {}, "pass"),
    "another schema": (BILLING, lambda m: {"schema_grants": (m.on_schema("anna", "shop", "SELECT"),)}, "pass"),
    "writes only": (BILLING, lambda m: {"schema_grants": (m.on_schema("anna", "billing", "INSERT"),)}, "pass"),
    "schema": (BILLING, lambda m: {"schema_grants": (m.on_schema("anna", "billing", "SELECT"),)}, "fail"),
    "pattern": (BILLING, lambda m: {"schema_grants": (m.on_schema("anna", "bill%", "SELECT"),)}, "fail"),
    "global": (BILLING, lambda m: {"users": (m.account("anna", "SELECT"),)}, "fail"),
    "table of the schema": (BILLING, lambda m: {"table_grants": (m.on_table("anna", "billing.x", "SELECT"),)}, "fail"),
    "column": (BILLING, lambda m: {"column_grants": (m.on_column("anna", "billing.cards", "no", "SELECT"),)}, "fail"),
    "that table": (CARDS, lambda m: {"table_grants": (m.on_table("anna", "billing.cards", "SELECT"),)}, "fail"),
    "another table": (CARDS, lambda m: {"table_grants": (m.on_table("anna", "billing.x", "SELECT"),)}, "pass"),
    "by a role": (
        BILLING,
        lambda m: {
            "users": (m.account("anna"), m.account("role:r")),
            "roles": (m.member("anna", "role:r"),),
            "schema_grants": (m.on_schema("role:r", "billing", "SELECT"),),
        },
        "fail",
    ),
    "locked": (
        BILLING,
        lambda m: {
            "users": (m.account("anna", locked=True),),
            "schema_grants": (m.on_schema("anna", "billing", "SELECT"),),
        },
        "pass",
    ),
    "lock unseen": (
        BILLING,
        lambda m: {
            "users": (m.account("anna", locked=None),),
            "states": UNSEEN,
            "schema_grants": (m.on_schema("anna", "billing", "SELECT"),),
        },
        "not_checked",
    ),
    "nobody declared": ({"sensitive_schemas": "billing"}, lambda m: {}, "not_checked"),
    "nothing sensitive": (ANNA, lambda m: {}, "not_checked"),
    "misspelled schema": ({**ANNA, "sensitive_schemas": "biling"}, lambda m: {}, "not_checked"),
    "misspelled table": ({**ANNA, "sensitive_schemas": "billing.crads"}, lambda m: {}, "not_checked"),
    "tables unseen": (CARDS, lambda m: {"tables": TABLES_UNSEEN}, "not_checked"),
    "schemas unseen": (BILLING, lambda m: {"schemas": GONE}, "not_checked"),
    "absent": ({**BILLING, "human_roles": "ben=ben@example.com"}, lambda m: {}, "not_checked"),
    "unread accounts": (BILLING, lambda m: {"users": GONE}, "not_checked"),
    "unread roles": (BILLING, lambda m: {"roles": GONE}, "not_checked"),
    "a fail stays": (
        BILLING,
        lambda m: {"roles": GONE, "schema_grants": (m.on_schema("anna", "billing", "SELECT"),)},
        "fail",
    ),
}


@pytest.mark.parametrize("name", BROWSE)
def test_browsing(name: str, make: Any, say: Any) -> None:
    declared, parts, expected = BROWSE[name]
    snapshot = make.picture(declared, **{"users": (make.account("anna"),), **parts(make)})
    found = say.judge("people_cannot_browse", snapshot)
    assert say.outcome(found) == expected, found


def test_a_locked_account_is_named_for_the_rights_it_keeps(make: Any, say: Any) -> None:
    users = (make.account("anna", locked=True),)
    grants = (make.on_schema("anna", "billing", "SELECT"),)
    (found,) = say.judge("people_cannot_browse", make.picture(BILLING, users=users, schema_grants=grants))
    assert "Locked now, rights kept: anna@%." in found.verdict.reason


@pytest.mark.parametrize(
    ("restrictions", "states", "expected"),
    [
        ((Restriction("billing", frozenset({"SELECT"})),), True, "pass"),
        ((Restriction("billing", frozenset({"INSERT"})),), True, "fail"),
        ((), False, "not_checked"),
    ],
)
def test_partial_revokes(restrictions: Any, states: bool, expected: str, make: Any, say: Any) -> None:
    snapshot = make.picture(
        BILLING,
        version="8.4.0",
        users=(make.account("anna", "SELECT"),),
        settings=(Setting("partial_revokes", "1"),),
        states=(make.state("anna", restrictions=restrictions),) if states else UNSEEN,
    )
    assert say.outcome(say.judge("people_cannot_browse", snapshot)) == expected
