"""Owns what the tenant tells rules that need several systems: its accounts, by whom they are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ztassess.connectors.entra.snapshot import EntraSnapshot, labels
from ztassess.connectors.entra.snapshot_directory import PRIVILEGED_ROLES, ServicePrincipal, User
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def share_of(snapshot: EntraSnapshot) -> Share:
    """The people and service identities of the tenant. It is an identity provider: its list of people is the list."""
    return Share(accounts=_accounts(snapshot), authority=True)


def _accounts(snapshot: EntraSnapshot) -> Part[Account]:
    people = tuple(map(_People(snapshot).account, rows_read(snapshot.users)))
    services = _services(snapshot)
    missing = next(
        (part for part in (snapshot.users, snapshot.service_principals) if isinstance(part, Unavailable)), None
    )
    found = (*people, *services)
    return replace(missing, read=found) if missing is not None else found


class _People:
    """What other parts say of each user, by id: a tenant may have tens of thousands."""

    def __init__(self, snapshot: EntraSnapshot) -> None:
        self._registered = {each.id: each for each in reversed(rows_read(snapshot.registrations))}
        self._used = {each.id: each.succeeded for each in reversed(rows_read(snapshot.sign_ins))}
        self._privileged = {
            each.principal for each in rows_read(snapshot.role_assignments) if each.role in PRIVILEGED_ROLES
        }

    def account(self, user: User) -> Account:
        row = self._registered.get(user.id)
        return Account(
            id=user.id,
            name=user.upn,
            kind=AccountKind.PERSON,
            emails=_emails(user),
            active=user.enabled,
            admin=True if user.id in self._privileged else row.admin if row is not None else None,
            second_factor=row.capable if row is not None else None,
            last_used=self._used.get(user.id),
        )


def _emails(user: User) -> tuple[str, ...]:
    """Addresses; the sign-in name of a guest is no address anywhere else."""
    found = (user.mail, "" if user.guest else user.upn)
    return tuple(dict.fromkeys(each.lower() for each in found if "@" in each))


def _services(snapshot: EntraSnapshot) -> tuple[Account, ...]:
    """Apps registered here and managed identities; Microsoft's and vendors' own apps are not this company's."""
    known = labels(snapshot)
    return tuple(
        _service(known, each)
        for each in rows_read(snapshot.service_principals)
        if each.kind == "ManagedIdentity" or (each.home and each.home.casefold() == snapshot.tenant.casefold())
    )


def _service(known: Mapping[str, str], app: ServicePrincipal) -> Account:
    return Account(
        id=app.id,
        name=app.name,
        kind=AccountKind.SERVICE,
        active=app.enabled,
        owner=", ".join(known.get(each, each) for each in app.owners or ()),
    )
