"""Owns joining accounts of several systems: the same person by address or declared alias, under any name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind, SharedView

FRESH: Final = timedelta(days=7)
"""A reading older than this no longer proves that someone is gone."""


@dataclass(frozen=True, slots=True)
class Names:
    """Declared aliases: other names of people, in lower case, and whom they name."""

    aliases: Mapping[str, str] = field(default_factory=dict)

    def of(self, account: Account) -> frozenset[str]:
        """Every name of an account by which it can be joined: addresses, its own names, and what they stand for."""
        own = {each.casefold() for each in (account.id, account.name, *account.emails) if each}
        return frozenset(own | {self.aliases[name] for name in own if name in self.aliases})

    def known_by(self, text: str) -> frozenset[str]:
        """The names of a person who was declared by one line."""
        name = text.casefold()
        same = {alias for alias, address in self.aliases.items() if address == name}
        return frozenset({name, *same} | ({self.aliases[name]} if name in self.aliases else set()))


def names_of(aliases: Iterable[tuple[str, str]]) -> Names:
    """Names from the declared pairs."""
    return Names({alias.casefold(): address.casefold() for alias, address in aliases})


def told_accounts(view: SharedView) -> tuple[Account, ...]:
    """The accounts of a view that are there to judge, whole list or not."""
    part = view.share.accounts
    return part.read if isinstance(part, Unavailable) else part


def tells_accounts(view: SharedView) -> bool:
    """True if the system tells accounts at all, readable or not this time."""
    part = view.share.accounts
    return not (isinstance(part, Unavailable) and part.reason == "unsupported")


def is_stale(view: SharedView, now: datetime) -> bool:
    """True if the view is too old to prove that someone is gone."""
    return now - view.taken_at > FRESH


def is_person(account: Account) -> bool:
    """True for accounts of people, and for those of unknown kind that carry an address."""
    return account.kind is AccountKind.PERSON or (account.kind is AccountKind.UNKNOWN and bool(account.emails))
