"""Owns what the tenant tells rules that need several systems: its accounts, by whom they are joined."""

from __future__ import annotations

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
    people = tuple(_person(snapshot, user) for user in rows_read(snapshot.users))
    services = _services(snapshot)
    missing = next(
        (part for part in (snapshot.users, snapshot.service_principals) if isinstance(part, Unavailable)), None
    )
    found = (*people, *services)
    return replace(missing, read=found) if missing is not None else found


def _person(snapshot: EntraSnapshot, user: User) -> Account:
    row = next((each for each in rows_read(snapshot.registrations) if each.id == user.id), None)
    used = next((each.succeeded for each in rows_read(snapshot.sign_ins) if each.id == user.id), None)
    return Account(
        id=user.id,
        name=user.upn,
        kind=AccountKind.PERSON,
        emails=_emails(user),
        active=user.enabled,
        admin=_admin(snapshot, user, row.admin if row is not None else None),
        second_factor=row.capable if row is not None else None,
        last_used=used,
    )


def _emails(user: User) -> tuple[str, ...]:
    """Addresses; the sign-in name of a guest is no address anywhere else."""
    found = (user.mail, "" if user.guest else user.upn)
    return tuple(dict.fromkeys(each.lower() for each in found if "@" in each))


def _admin(snapshot: EntraSnapshot, user: User, reported: bool | None) -> bool | None:
    holds = any(
        each.principal == user.id and each.role in PRIVILEGED_ROLES for each in rows_read(snapshot.role_assignments)
    )
    return True if holds else reported


def _services(snapshot: EntraSnapshot) -> tuple[Account, ...]:
    """Apps registered here and managed identities; Microsoft's and vendors' own apps are not this company's."""
    return tuple(
        _service(snapshot, each)
        for each in rows_read(snapshot.service_principals)
        if each.kind == "ManagedIdentity" or (each.home and each.home.casefold() == snapshot.tenant.casefold())
    )


def _service(snapshot: EntraSnapshot, app: ServicePrincipal) -> Account:
    known = labels(snapshot)
    return Account(
        id=app.id,
        name=app.name,
        kind=AccountKind.SERVICE,
        active=app.enabled,
        owner=", ".join(known.get(each, each) for each in app.owners or ()),
    )
