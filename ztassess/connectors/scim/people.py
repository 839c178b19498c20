"""Owns whom to look for in the app: people who left, as declared, and people off in every identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ztassess.connectors.joining import (
    Names,
    identity_providers,
    key_of,
    known_to,
    people_who_left,
    switched_off,
)
from ztassess.connectors.judging import rows_read
from ztassess.connectors.scim.sharing import account_of
from ztassess.connectors.scim.snapshot import ScimSnapshot, User
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Leaver

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody who should have no active account.

    Attributes:
        why: as it stands after the name: ``left``, or ``is switched off in Okta``.
        since: from when on; None if only the fact is known.
    """

    name: str
    names: frozenset[str]
    why: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Everybody to look for, by every name.

    Attributes:
        listed: by the names of a list that a person wrote.
        off: by the names under which an identity provider knows them.
        known: every name of which it is known whose it is.
    """

    people: tuple[Wanted, ...]
    names: Names
    listed: dict[str, Wanted]
    off: dict[str, Wanted]
    known: frozenset[str]

    def find(self, user: User) -> Wanted | None:
        """Whose account this is, if it is of somebody who is looked for."""
        account = account_of(user)
        for names, wanted in ((self.names.listed(account), self.listed), (self.names.of(account), self.off)):
            found = sorted(names & wanted.keys())
            if found:
                return wanted[found[0]]
        return None


def search_of(snapshot: ScimSnapshot) -> Search:
    """Everybody to look for; someone who both left and is switched off is one person."""
    left = tuple(_left(snapshot))
    listed = {name: person for person in reversed(left) for name in person.names}
    providers = identity_providers(snapshot.views)
    gone = [
        Wanted(each.name, each.names, f"is switched off in {each.where}")
        for each in switched_off(providers, snapshot.names)
        if each.names.isdisjoint(listed)
    ]
    off = {name: person for person in reversed(gone) for name in person.names}
    known = known_to(providers, snapshot.names).union(listed, off)
    return Search((*left, *gone), snapshot.names, listed, off, known)


def _left(snapshot: ScimSnapshot) -> Iterator[Wanted]:
    lists = [view.share.leavers for view in snapshot.views if not isinstance(view.share.leavers, Unavailable)]
    for leaver in people_who_left(snapshot.leavers, (each for part in lists for each in rows_read(part))):
        names = frozenset().union(*(snapshot.names.known_by(each) for each in (leaver.email, *leaver.aliases)))
        yield Wanted(key_of(leaver.email), names, "left", _since(leaver))


def _since(leaver: Leaver) -> datetime | None:
    """From when on nobody should use the account: the end of the last day."""
    return None if leaver.left_at is None else leaver.left_at + DAY
