"""A server tells its accounts, whose they are as declared, and which of them can log in."""

from __future__ import annotations

from types import SimpleNamespace

from ztassess.connectors.mysql.sharing import shares
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind

DECLARED = {"human_roles": "anna=Anna@Example.com", "grant_matrix": "app: shop.orders=SELECT"}


def test_accounts_are_told_by_what_was_declared(make: SimpleNamespace) -> None:
    users = (
        make.account("anna"),
        make.account("ben@example.com@%"),
        make.account("app"),
        make.account("root", "SUPER"),
        make.account("old", locked=True),
        make.account("role:readers"),
        make.account("zt_auditor"),
        make.account("mariadb.sys@localhost", locked=True),
    )
    accounts = shares(make.picture(DECLARED, users=users)).accounts
    assert not isinstance(accounts, Unavailable)
    assert [(each.name, each.kind, each.emails, each.active, each.admin) for each in accounts] == [
        ("anna@%", AccountKind.PERSON, ("anna@example.com",), True, False),
        ("ben@example.com@%", AccountKind.PERSON, ("ben@example.com",), True, False),
        ("app@%", AccountKind.SERVICE, (), True, False),
        ("root@%", AccountKind.UNKNOWN, (), True, True),
        ("old@%", AccountKind.UNKNOWN, (), False, False),
    ]


def test_accounts_that_could_not_be_read_are_told_so(make: SimpleNamespace) -> None:
    blind = Unavailable("missing_scope", "SELECT ON mysql.user")
    assert shares(make.picture({}, users=blind)).accounts == blind


def test_rights_are_told_by_schema_with_what_is_declared_and_not_of_people(make: SimpleNamespace) -> None:
    picture = make.picture(
        DECLARED,
        users=(make.account("anna"), make.account("app"), make.account("other"), make.account("root", "SELECT,DROP")),
        schema_grants=(
            make.on_schema("app", "shop", "SELECT,INSERT"),
            make.on_schema("anna", "shop", "SELECT"),
            make.on_schema("other", "shop%", "SELECT"),
            make.on_schema("other", "mysql", "SELECT"),
        ),
        column_grants=(make.on_column("other", "billing.cards", "number", "UPDATE"),),
    )
    grants = shares(picture).grants
    assert not isinstance(grants, Unavailable)
    assert sorted((each.account, each.store, each.has, each.needs, each.service) for each in grants) == [
        ("app@%", "shop", "write", "read", "app"),
        ("other@%", "billing", "write", "", ""),
        ("other@%", "shop", "read", "", ""),
        ("other@%", "shop_eu", "read", "", ""),
        ("root@%", "billing", "write", "", ""),
        ("root@%", "shop", "write", "", ""),
        ("root@%", "shop_eu", "write", "", ""),
    ]


def test_rights_that_could_not_be_read_are_no_empty_list(make: SimpleNamespace) -> None:
    blind = Unavailable("missing_scope", "SELECT ON mysql.db")
    assert shares(make.picture({}, users=(make.account("app"),), schema_grants=blind)).grants == blind
