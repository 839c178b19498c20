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
