"""Owns what one reading of GitHub tells the other systems: its people and its apps."""

from __future__ import annotations

from ztassess.connectors.github.people import addresses_of, whole_members
from ztassess.connectors.github.snapshot import GitHubSnapshot, Person
from ztassess.connectors.judging import rows_read, unread
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def share_of(snapshot: GitHubSnapshot) -> Share:
    """Members, outside collaborators and installed apps. GitHub tells no last use of people.

    Without the whole list of people nothing is told of accounts; apps are added as far as they could be read.
    """
    return Share(accounts=_accounts(snapshot))


def _accounts(snapshot: GitHubSnapshot) -> Part[Account]:
    members = whole_members(snapshot)
    missing = unread(members, snapshot.outside_collaborators)
    if missing is not None:
        return Unavailable(missing.reason, missing.missing_scope, missing.detail)
    people = {each.login: each for each in (*rows_read(members), *rows_read(snapshot.outside_collaborators))}
    apps = (
        Account(
            f"app:{each.id}", each.slug, AccountKind.SERVICE, active=not each.suspended, admin=_administers(each.writes)
        )
        for each in rows_read(snapshot.installations)
    )
    addresses = addresses_of(snapshot)
    return (*(_person(each, snapshot, addresses) for each in people.values()), *apps)


def _administers(writes: tuple[str, ...]) -> bool:
    return "organization_administration" in writes or "administration" in writes


def _person(person: Person, snapshot: GitHubSnapshot, addresses: dict[str, frozenset[str]]) -> Account:
    login = person.login.casefold()
    linked, owners = snapshot.linked_identities, snapshot.owners
    through = any(each.login.casefold() == login for each in rows_read(linked))
    admin = any(each.login == person.login for each in rows_read(owners))
    return Account(
        str(person.id),
        person.login,
        AccountKind.PERSON,
        tuple(sorted(addresses.get(login, ()))),
        active=True,
        admin=None if isinstance(owners, Unavailable) and not admin else admin,
        second_factor=_second_factor(person, snapshot),
        through_idp=None if isinstance(linked, Unavailable) and not through else through,
    )


def _second_factor(person: Person, snapshot: GitHubSnapshot) -> bool | None:
    settings, lacking = rows_read(snapshot.settings), snapshot.without_two_factor
    if settings and settings[0].two_factor_required:
        return True
    if any(each.login == person.login for each in rows_read(lacking)):
        return False
    return None if isinstance(lacking, Unavailable) else True
