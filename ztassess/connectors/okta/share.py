"""Owns what an Okta org tells rules over several systems: the company's accounts, and services with keys or tokens."""

from __future__ import annotations

from dataclasses import replace

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.okta.judging import LIVE
from ztassess.connectors.okta.rules_admins import super_admins
from ztassess.connectors.okta.snapshot import OktaSnapshot, User
from ztassess.connectors.okta.snapshot_policies import ACTIVE
from ztassess.connectors.sharing import part_told
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def shares(snapshot: OktaSnapshot) -> Share:
    """People by their addresses, service apps and static tokens; as a list of the company's people it has authority.

    Okta does not say which hosts it stands before.
    """
    told = _People(snapshot).account
    people: Part[Account] = part_told(snapshot.users, told)
    gone: Part[Account] = part_told(snapshot.deactivated, told)
    if isinstance(people, Unavailable):
        return Share(accounts=replace(people, read=(*people.read, *rows_read(gone))), authority=True)
    if isinstance(gone, Unavailable):
        # Who was deactivated is then not known, so nobody can be said to be gone everywhere.
        detail = f"Deactivated users could not be listed. {gone.detail}".strip()
        return Share(accounts=replace(gone, detail=detail, read=(*people, *gone.read)), authority=True)
    return Share(accounts=(*people, *gone, *_services(snapshot)), authority=True)


class _People:
    """What other parts say of each user, by id: an org may have tens of thousands."""

    def __init__(self, snapshot: OktaSnapshot) -> None:
        self._admins = {*super_admins(snapshot), *(role.user_id for role in rows_read(snapshot.roles))}
        self._unread = unread(snapshot.roles) is not None
        self._factors = {each.user_id: each.factors for each in rows_read(snapshot.factors)}

    def account(self, user: User) -> Account:
        addresses = tuple(dict.fromkeys(name for name in (user.email, user.login) if "@" in name))
        return Account(
            id=user.id,
            name=user.login,
            kind=AccountKind.PERSON,
            emails=addresses,
            active=user.status in LIVE,
            admin=True if user.id in self._admins else None if self._unread else False,
            second_factor=self._second_factor(user.id),
            through_idp=True,
            last_used=user.last_login,
        )

    def _second_factor(self, user_id: str) -> bool | None:
        factors = self._factors.get(user_id)
        if factors is None:
            return None
        return any(kind != "question" and status == ACTIVE for kind, status in factors)


def _services(snapshot: OktaSnapshot) -> tuple[Account, ...]:
    apps = (
        Account(id=app.id, name=app.label, kind=AccountKind.SERVICE, active=app.active)
        for app in rows_read(snapshot.apps)
        if app.service_only
    )
    owners = {user.id: user.login for user in rows_read(snapshot.users)}
    tokens = (
        Account(
            id=token.id,
            name=token.name,
            kind=AccountKind.SERVICE,
            active=True,
            created=token.created,
            owner=owners.get(token.user_id, token.user_id),
        )
        for token in rows_read(snapshot.tokens)
    )
    return (*apps, *tokens)
