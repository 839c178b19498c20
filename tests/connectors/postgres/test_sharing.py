"""A server tells its login roles, whose they are as declared, and who is superuser."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from ztassess.connectors.postgres.sharing import shares
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind, DataGrant

DECLARED = {"human_roles": "anna=Anna@Example.com", "grant_matrix": "app: public.orders=SELECT"}


def test_roles_are_told_by_what_was_declared(make: SimpleNamespace) -> None:
    roles = (
        make.role("anna"),
        make.role("ben@example.com"),
        make.role("app"),
        make.role("other", superuser=True),
        make.role("gone", valid_until=make.picture({}).taken_at - timedelta(days=1)),
        make.role("group", can_login=False),
        make.role("zt_auditor"),
    )
    accounts = shares(make.picture(DECLARED, roles=roles)).accounts
    assert not isinstance(accounts, Unavailable)
    assert [(each.name, each.kind, each.emails, each.active, each.admin) for each in accounts] == [
        ("anna", AccountKind.PERSON, ("anna@example.com",), True, False),
        ("ben@example.com", AccountKind.PERSON, ("ben@example.com",), True, False),
        ("app", AccountKind.SERVICE, (), True, False),
        ("other", AccountKind.UNKNOWN, (), True, True),
        ("gone", AccountKind.UNKNOWN, (), False, False),
    ]


def test_roles_that_could_not_be_read_are_told_so(make: SimpleNamespace) -> None:
    blind = Unavailable("partial_data", detail="A query was stopped.")
    assert shares(make.picture({}, roles=blind)).accounts == blind


def test_rights_are_told_by_schema_with_what_is_declared_and_not_of_people(make: SimpleNamespace) -> None:
    picture = make.picture(
        DECLARED,
        roles=(make.role("anna"), make.role("app"), make.role("other"), make.role("root", superuser=True)),
        relations=(make.table("orders"), make.table("audit.log")),
        effective=(
            make.may("app", "orders", "SELECT INSERT"),
            make.may("other", "audit.log", columns="SELECT"),
            make.may("anna", "orders", "SELECT"),
        ),
    )
    assert shares(picture).grants == (
        DataGrant("app", "shop/public", "write", "read", "app"),
        DataGrant("other", "shop/audit", "read"),
        DataGrant("root", "shop/public", "write"),
        DataGrant("root", "shop/audit", "write"),
    )


def test_rights_that_could_not_be_read_are_no_empty_list(make: SimpleNamespace) -> None:
    blind = Unavailable("partial_data", detail="A query was stopped.")
    assert shares(make.picture({}, roles=(make.role("app"),), effective=blind)).grants == blind
