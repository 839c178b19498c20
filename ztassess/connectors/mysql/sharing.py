"""Owns what a MySQL or MariaDB server tells rules over several systems: its accounts."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.mysql.access import Access, access_of
from ztassess.connectors.mysql.judging import can_log_in, humans, named, reserved, services
from ztassess.connectors.mysql.snapshot import Account, MysqlSnapshot
from ztassess.domain import roster
from ztassess.domain.findings import Unavailable

STRONG: Final = frozenset({"SUPER", "CREATE USER"})


def shares(snapshot: MysqlSnapshot) -> roster.Share:
    """Accounts that are no roles, not the product's own and not ours; whose they are comes from what was declared."""
    users = snapshot.users
    if isinstance(users, Unavailable):
        return roster.Share(accounts=users)
    access = access_of(snapshot)
    return roster.Share(
        accounts=tuple(
            _account(snapshot, access, each)
            for each in users
            if not each.role
            and each.id not in access.roles
            and not reserved(access, each)
            and str(each.id) != snapshot.reader
        )
    )


def _account(snapshot: MysqlSnapshot, access: Access, account: Account) -> roster.Account:
    emails = {
        address.lower()
        for declared, addresses in snapshot.declared.humans
        if named((declared,), account.id)
        for address in addresses
    }
    if "@" in account.id.user and not emails:
        emails = {account.id.user.lower()}
    if named(humans(snapshot), account.id) or emails:
        kind = roster.AccountKind.PERSON
    elif named(services(snapshot), account.id):
        kind = roster.AccountKind.SERVICE
    else:
        kind = roster.AccountKind.UNKNOWN
    return roster.Account(
        id=str(account.id),
        name=str(account.id),
        kind=kind,
        emails=tuple(sorted(emails)),
        active=can_log_in(access, account),
        admin=bool(STRONG & access.global_rights(account.id).keys()),
    )
