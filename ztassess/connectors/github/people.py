"""Owns who the accounts of an organization are: members, collaborators, and the addresses that belong to a login."""

from __future__ import annotations

from dataclasses import dataclass

from ztassess.connectors.github.snapshot import GitHubSnapshot, Person
from ztassess.connectors.judging import NamedAccounts, rows_read
from ztassess.domain.findings import Part, Unavailable

NOBODY = Unavailable(
    "partial_data",
    detail="GitHub listed no member at all, although an organization always has one; nothing was judged.",
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts to judge.

    Attributes:
        people: members and outside collaborators, each once, without declared break-glass accounts.
        outside: logins of outside collaborators.
        spared: declared break-glass accounts among them.
        addresses: e-mail addresses by login, both in lower case.
        parts: what all of this stands on.
    """

    people: tuple[Person, ...]
    outside: frozenset[str]
    spared: tuple[Person, ...]
    addresses: dict[str, frozenset[str]]
    parts: tuple[Part[Person], ...]

    @property
    def mapped(self) -> bool:
        """Something says which login belongs to whom."""
        return bool(self.addresses)

    def of(self, person: Person) -> frozenset[str]:
        """The addresses of a person; empty if nobody said."""
        return self.addresses.get(person.login.casefold(), frozenset())


def whole_members(snapshot: GitHubSnapshot) -> Part[Person]:
    """The members; an empty list is no answer."""
    return NOBODY if snapshot.members == () else snapshot.members


def accounts_of(snapshot: GitHubSnapshot) -> Accounts:
    """Members and outside collaborators with what is known of their addresses."""
    parts = (whole_members(snapshot), snapshot.outside_collaborators)
    outside = rows_read(snapshot.outside_collaborators)
    everyone = tuple({each.login.casefold(): each for part in parts for each in rows_read(part)}.values())
    spare = NamedAccounts.of(snapshot.inputs.break_glass)
    addresses = addresses_of(snapshot)

    def is_spared(person: Person) -> bool:
        return spare.matches(person.login, *addresses.get(person.login.casefold(), ()))

    return Accounts(
        tuple(each for each in everyone if not is_spared(each)),
        frozenset(each.login for each in outside),
        tuple(each for each in everyone if is_spared(each)),
        addresses,
        parts,
    )


def addresses_of(snapshot: GitHubSnapshot) -> dict[str, frozenset[str]]:
    """Addresses by login: as declared, and as the identity provider linked them."""
    found: dict[str, set[str]] = {}
    for name, address in snapshot.inputs.aliases:
        found.setdefault(name.casefold(), set()).add(address.casefold())
    for identity in rows_read(snapshot.linked_identities):
        if identity.login and identity.addresses:
            found.setdefault(identity.login.casefold(), set()).update(identity.addresses)
    return {login: frozenset(addresses) for login, addresses in found.items()}
