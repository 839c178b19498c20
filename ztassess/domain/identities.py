"""Owns who stands behind the accounts of several systems: one identity for each person and each service.

Two accounts are one person's where they carry the same address, where an identity provider gives one account both
addresses, or where somebody declared a name of one of them as another name of the person. Nothing else joins: equal
user names do not, because ``admin`` in two systems is two people as often as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind


@dataclass(frozen=True, slots=True)
class System:
    """What one connection told last about accounts.

    Attributes:
        id: of the connection.
        name: of the connection, as people know it.
        taken_at: the clock of its reading, timezone-aware UTC.
        authority: it is an identity provider: each of its accounts is one person of the company.
    """

    id: str
    name: str
    taken_at: datetime
    accounts: Part[Account]
    authority: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One account with the system that told it. ``number`` counts accounts of one system with the same id, from 0."""

    system: System
    account: Account
    number: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or service with all its accounts.

    Attributes:
        title: its address, or the name of its one account.
        kind: a person as soon as an address or a declared name says whose the accounts are.
        addresses: by which its accounts were joined, in lower case; empty for an account that stands alone.
        several: the people between whom an account could not be decided; it stands alone then.
    """

    title: str
    kind: AccountKind
    addresses: tuple[str, ...]
    accounts: tuple[Told, ...]
    several: tuple[str, ...] = ()


class Aliases:
    """Declared other names of people. A name that was declared for several people names none of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._whose: dict[str, set[str]] = defaultdict(set)
        for name, address in pairs:
            self._whose[name.casefold()].add(address.casefold())

    def whose(self, name: str) -> frozenset[str]:
        """The people for whom this name was declared, by their final address."""
        targets = self._whose.get(name.casefold())
        return frozenset(self.final(address) for address in targets) if targets else frozenset()

    def final(self, address: str) -> str:
        """The address that an address stands for; itself if nobody declared it, or declared it for several people."""
        seen: list[str] = []
        while address not in seen:
            seen.append(address)
            targets = self._whose.get(address, set())
            if len(targets) != 1:
                return address
            address = next(iter(targets))
        return min(seen[seen.index(address) :])  # declared in a circle: any of them, always the same

    def names_of(self, name: str) -> frozenset[str]:
        """A declared name with everything declared as the same person's, as a list of leavers needs it."""
        own = name.casefold()
        known = self._whose.get(own, set())
        same = {other for other, targets in self._whose.items() if own in targets}
        return frozenset({own, *same, *known})


def told(systems: Sequence[System]) -> Iterator[Told]:
    """Every account of every system that could be read, by id inside a system."""
    for system in systems:
        if isinstance(system.accounts, Unavailable):
            continue
        numbers: dict[str, int] = defaultdict(int)
        for account in sorted(system.accounts, key=lambda each: (each.id, each.name, each.kind)):
            yield Told(system, account, numbers[account.id])
            numbers[account.id] += 1


def join(systems: Sequence[System], aliases: Aliases) -> tuple[Identity, ...]:
    """Every account once, under the identity that it belongs to.

    An account that several people could own (it carries addresses of two people, or its name was declared for two)
    belongs to none of them and stands alone.
    """
    accounts = list(told(systems))
    ambiguous = _ambiguous(accounts)
    people = _People(accounts, aliases, ambiguous)
    groups: dict[tuple[str, str], list[Told]] = defaultdict(list)
    alone: list[Identity] = []
    for each in accounts:
        roots, several = people.behind(each)
        if several:
            alone.append(_single(each, several))
        elif roots:
            groups["person", roots].append(each)
        elif each.account.kind is AccountKind.SERVICE and len(each.account.emails) == 1:
            groups["service", each.account.emails[0].casefold()].append(each)
        else:
            alone.append(_single(each))
    joined = [_joined(kind, root, found, people) for (kind, root), found in groups.items()]
    return (*joined, *alone)


def _single(each: Told, several: frozenset[str] = frozenset()) -> Identity:
    account = each.account
    return Identity(account.name or account.id, account.kind, (), (each,), tuple(sorted(several)))


def _joined(kind: str, root: str, accounts: list[Told], people: _People) -> Identity:
    if kind == "service":
        return Identity(accounts[0].account.name or root, AccountKind.SERVICE, (root,), tuple(accounts))
    addresses = people.addresses(root)
    first = next((each for each in accounts if each.system.authority and each.account.emails), None)
    title = first.account.emails[0].casefold() if first else addresses[0]
    return Identity(title, AccountKind.PERSON, addresses, tuple(accounts))


def _ambiguous(accounts: list[Told]) -> frozenset[str]:
    """Addresses that two accounts of one identity provider carry: a mailbox of several people, it names nobody."""
    holders: dict[tuple[str, str], int] = defaultdict(int)
    for each in accounts:
        if each.system.authority and each.account.kind is not AccountKind.SERVICE:
            for address in {address.casefold() for address in each.account.emails}:
                holders[each.system.id, address] += 1
    return frozenset(address for (_, address), count in holders.items() if count > 1)


class _People:
    """Addresses in classes, one class for each person. Only identity providers and declared names make one class of
    two addresses, and never where that would make one person of two accounts of an identity provider."""

    def __init__(self, accounts: list[Told], aliases: Aliases, ambiguous: frozenset[str]) -> None:
        self._aliases, self._ambiguous = aliases, ambiguous
        self._parent: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        # class -> identity provider -> its accounts in the class
        self._holders: dict[str, dict[str, set[int]]] = {}
        self._carriers: dict[str, int] = defaultdict(int)
        for number, each in enumerate(accounts):
            if each.account.kind is not AccountKind.SERVICE:
                self._enter(number, each)
        for each in accounts:
            if each.system.authority and each.account.kind is not AccountKind.SERVICE:
                self._merge({self._root(address) for address in self._carried(each.account)})

    def _enter(self, number: int, each: Told) -> None:
        for address in self._carried(each.account):
            root = self._root(address)
            self._carriers[root] += 1
            if each.system.authority:
                self._holders[root].setdefault(each.system.id, set()).add(number)

    def _carried(self, account: Account) -> frozenset[str]:
        own = {address.casefold() for address in account.emails} - self._ambiguous
        # An address declared for several people is theirs all; who carries it is decided in `behind`.
        return frozenset(self._aliases.final(address) for address in own if len(self._aliases.whose(address)) <= 1)

    def _root(self, address: str) -> str:
        if address not in self._parent:
            self._parent[address], self._members[address], self._holders[address] = address, {address}, {}
        while self._parent[address] != address:
            self._parent[address] = address = self._parent[self._parent[address]]
        return address

    def _merge(self, roots: set[str]) -> None:
        if len(roots) < 2 or self._would_mix(roots):  # noqa: PLR2004  one class needs no merging
            return
        first, *others = sorted(roots)
        for other in others:
            self._parent[other] = first
            self._members[first] |= self._members.pop(other)
            self._carriers[first] += self._carriers.pop(other, 0)
            for system, numbers in self._holders.pop(other).items():
                self._holders[first].setdefault(system, set()).update(numbers)

    def _would_mix(self, roots: set[str]) -> bool:
        """True if one identity provider tells different accounts in these classes."""
        systems: set[str] = set().union(*(self._holders[root] for root in roots))
        for system in systems:
            held = [self._holders[root].get(system, set()) for root in roots]
            if len(set().union(*held)) > max(len(each) for each in held):
                return True
        return False

    def addresses(self, root: str) -> tuple[str, ...]:
        """All addresses of a class."""
        return tuple(sorted(self._members[root]))

    def behind(self, each: Told) -> tuple[str, frozenset[str]]:
        """The class of the person behind an account (empty if nobody is known), and the people if several could be."""
        account = each.account
        names = {account.id.casefold(), account.name.casefold(), *(email.casefold() for email in account.emails)}
        named = {self._root(address) for name in names for address in self._aliases.whose(name)}
        carried: set[str] = set()
        if account.kind is not AccountKind.SERVICE:
            carried = {self._root(address) for address in self._carried(account)}
        return self._decide(named, carried)

    def _decide(self, named: set[str], carried: set[str]) -> tuple[str, frozenset[str]]:
        roots = named | carried
        if len(roots) > 1:
            # Addresses that nobody else has, such as a private one, do not speak against the one that is known.
            known = {root for root in roots if self._holders[root] or root in named}
            roots = known or {root for root in carried if self._carriers[root] > 1} or {min(carried)}
        if len(roots) > 1:
            return "", frozenset(roots)
        return next(iter(roots), ""), frozenset()


def leaver_names(leavers: Iterable[str], aliases: Aliases) -> frozenset[str]:
    """Every name by which the people who left may be found."""
    return frozenset(name for leaver in leavers for name in aliases.names_of(leaver))


def own_names(account: Account, aliases: Aliases) -> frozenset[str]:
    """Every name of an account by which it can be found: its id, name and addresses, and whose they were declared."""
    own = {each.casefold() for each in (account.id, account.name, *account.emails) if each}
    return frozenset(own | {address for name in own for address in aliases.whose(name)})
