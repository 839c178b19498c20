"""Owns joining accounts of several systems: the same person by address or declared alias, under any name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ztassess.connectors.judging import NamedAccounts, count
from ztassess.connectors.judging import names as listing
from ztassess.domain.findings import Unavailable, Verdict, not_checked
from ztassess.domain.roster import Account, AccountKind, Leaver, SharedView

FRESH: Final = timedelta(days=7)
"""A reading older than this no longer proves that someone is gone."""

DECLARE: Final = "Declare whose they are under Other names of people."

EVERYWHERE: Final = frozenset(
    {"admin", "administrator", "root", "superuser", "sysadmin", "system", "operator", "default", "owner"}
    | {"test", "demo", "guest", "user", "support", "info", "service", "postgres", "mysql"}
)
"""Names that many systems have an account of: two of the same name are not the same person."""

_ADDRESS: Final = re.compile(r"[^@]@[^@]+\.[^@.]+$")
"""An address, unlike ``somebody@github``, which names a way to sign in."""


def key_of(text: str) -> str:
    """The one form in which names are compared: trimmed, upper and lower case alike, accents composed."""
    if text.isascii():
        return text.lower().strip()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold()).strip()


@dataclass(frozen=True, slots=True)
class Names:
    """Declared aliases: other names of people, and whom they name. Built by `names_of`.

    Attributes:
        aliases: whom a name stands for; two people may have the same name, each in another system.
    """

    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, account: Account) -> frozenset[str]:
        """The names by which an account is joined with one of another system: its addresses, its name, its people.

        Its identifier is not among them, for ``17`` in one system is somebody else in another; a declared alias of it
        counts. Nor is a name that every system has an account of.
        """
        own = {key_of(each) for each in (account.name, *account.emails)} - EVERYWHERE
        return self._known((own | self._people(key_of(account.id), key_of(account.name))) - {""})

    def listed(self, account: Account) -> frozenset[str]:
        """Every name by which an account is found on a list that a person wrote, its identifier included."""
        own = {key_of(each) for each in (account.id, account.name, *account.emails)}
        return self._known(own - {""})

    def known_by(self, text: str) -> frozenset[str]:
        """The names of a person who was declared by one line; none if the line is empty."""
        return self._known({key_of(text)} - {""})

    def _known(self, names: set[str]) -> frozenset[str]:
        return frozenset(names | self._people(*names))

    def _people(self, *names: str) -> set[str]:
        """Whom these names stand for, through aliases of aliases."""
        found: set[str] = set()
        open_ = list(names)
        while open_:
            more = self.aliases.get(open_.pop(), frozenset()) - found
            found |= more
            open_ += more
        return found


def names_of(aliases: Iterable[tuple[str, str]]) -> Names:
    """Names from the declared pairs."""
    found: dict[str, set[str]] = {}
    for alias, address in aliases:
        if key_of(alias) and key_of(address):
            found.setdefault(key_of(alias), set()).add(key_of(address))
    return Names({alias: frozenset(addresses) for alias, addresses in found.items()})


def told_accounts(view: SharedView) -> tuple[Account, ...]:
    """The accounts of a view that are there to judge, whole list or not."""
    part = view.share.accounts
    return part.read if isinstance(part, Unavailable) else part


def tells_accounts(view: SharedView) -> bool:
    """True if the system tells accounts at all, readable or not this time."""
    part = view.share.accounts
    return not (isinstance(part, Unavailable) and part.reason == "unsupported")


def identity_providers(views: Iterable[SharedView]) -> list[SharedView]:
    """The views of the systems that know who works here."""
    return [view for view in views if view.share.authority and tells_accounts(view)]


def is_stale(view: SharedView, now: datetime) -> bool:
    """True if the view is too old to prove that someone is gone."""
    return now - view.taken_at > FRESH


def is_person(account: Account) -> bool:
    """True for accounts of people, and for those of unknown kind that carry an address."""
    return account.kind is AccountKind.PERSON or (account.kind is AccountKind.UNKNOWN and bool(account.emails))


def known_to(providers: Iterable[SharedView], names: Names) -> frozenset[str]:
    """Every name of the people whom the identity providers know, inactive ones too."""
    told = (account for view in providers for account in told_accounts(view) if is_person(account))
    return frozenset[str]().union(*map(names.of, told))


def unmatched(accounts: Iterable[Account], names: Names, known: frozenset[str]) -> list[Account]:
    """Accounts of people that may be active and cannot be told apart: no address, and no name that says whose it is.

    Nobody can be looked for among them, so they rule out that somebody has no account.
    """
    return [
        each
        for each in accounts
        if each.active is not False
        and is_person(each)
        and not any(_ADDRESS.search(name) for name in names.listed(each))
        and names.listed(each).isdisjoint(known)
    ]


def of_nobody(view: SharedView, names: Names, known: frozenset[str], break_glass: Iterable[str]) -> list[Verdict]:
    """Not checked where a system has accounts that may be anybody's (see `unmatched`), with what to do; else nothing.

    Parameters:
        break_glass: declared emergency accounts; nobody's, so nobody is missed among them.
    """
    accounts, emergency = told_accounts(view), NamedAccounts.of(break_glass)
    found = [each.name for each in unmatched(accounts, names, known) if not emergency.matches(each.id, each.name)]
    if not found:
        return []
    of = (
        f"{len(found)} of {count(len(accounts), 'account')} in {view.connection} {'has' if len(found) == 1 else 'have'}"
    )
    reason = f"{of} no address, so whose they are is not known: {listing(found)}."
    return [not_checked(view.connection, "partial_data", reason, seen=len(accounts), near_miss=DECLARE)]


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """A person whose every account in the identity providers is inactive.

    Attributes:
        name: as the identity provider says it.
        names: by which accounts of other systems are joined.
        where: name of the connection.
    """

    name: str
    names: frozenset[str]
    where: str


def switched_off(providers: Sequence[SharedView], names: Names) -> tuple[SwitchedOff, ...]:
    """The people who are inactive wherever an identity provider knows them.

    Somebody who has an active account under any of the same names, or one of which nobody knows, still works here.
    """
    active: set[str] = set()
    inactive: list[SwitchedOff] = []
    for view in providers:
        for account in told_accounts(view):
            if not is_person(account):
                continue
            known = names.of(account)
            if account.active is False:
                inactive.append(SwitchedOff(account.name, known, view.connection))
            else:
                active |= known
    return tuple(each for each in inactive if not each.names & active)


def people_who_left(declared: Iterable[str] | None, listed: Iterable[Leaver]) -> tuple[Leaver, ...]:
    """Each leaver once: those of the uploaded lists, and the declared lines that name nobody of them.

    Parameters:
        declared: addresses and user names; an uploaded list stands among them line by line.
    """
    left: dict[str, Leaver] = {}
    for leaver in listed:
        left.setdefault(key_of(leaver.email), leaver)
    told = {key_of(alias) for leaver in left.values() for alias in leaver.aliases}
    for line in declared or ():
        name = key_of(line)
        if name and name not in told:
            left.setdefault(name, Leaver(name))
    return tuple(left.values())
