"""Owns reading the whole list of users from services that page as they like, and finding out when it is not whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ztassess.connectors.api import fan_out
from ztassess.connectors.errors import BadAnswer, Incomplete, Refused
from ztassess.connectors.scim.client import ACTIVE, Door, Page, get_users, is_beyond
from ztassess.connectors.scim.snapshot import User

MOST_BEYOND: Final = 100
"""Pages after the stated end that are read to find who is active, once the total was wrong."""


@dataclass(slots=True)
class Tally:
    """What came so far, each account once.

    Attributes:
        rows: rows that came, repeated ones included: where the next page begins.
        stated: accounts in all, as the pages say; None before the first.
        shrunk: the total went down between two pages, so a row may have moved past us unseen.
    """

    ids: set[str] = field(default_factory=set)
    rows: int = 0
    stated: int | None = None
    shrunk: bool = False
    active: int = 0
    unclear: int = 0

    def take(self, page: Page) -> Iterator[User]:
        """The accounts of a page that did not come before."""
        if page.users or self.stated is None:  # some services state no rows on an empty page after the last one
            self.shrunk = self.shrunk or page.total < (self.stated or 0)
            self.stated = max(page.total, self.stated or 0)
        self.rows += len(page.users)
        for user in page.users:
            if user.id not in self.ids:
                self.ids.add(user.id)
                self.active += user.active is True
                self.unclear += user.active is None
                yield user

    def conclude(self) -> None:
        """Compare what came with what the service stated.

        Raises:
            Incomplete: fewer, more, or the list changed while it was read.
        """
        came, stated = len(self.ids), self.stated or 0
        if self.shrunk:
            raise Incomplete(f"Accounts were removed while the list was read; {came} came. Read it again.")
        if came < stated:
            raise Incomplete(f"The app sent {came} of {stated} accounts; what is missing was not judged.")
        if came > stated:
            raise Incomplete(f"The app says that it has {stated} accounts and sent {came}; its list cannot be trusted.")


def list_users(door: Door) -> Iterator[User]:
    """Every user, without a filter: a filter would hide accounts of which the app does not say whether they are active.

    The first page shows how many rows the service sends at once, whatever was asked for; the others are asked side by
    side. Another page after the stated end shows whether that was the end.

    Raises:
        Incomplete: the list is not whole, with the rows that came.
        BudgetExceeded: it is longer than one reading may be.
    """
    tally = Tally()
    first = get_users(door, 1)
    yield from tally.take(first)
    step = len(first.users)
    if step:
        yield from _others(door, tally, step)
        yield from _beyond(door, tally)
    tally.conclude()
    _compare_active(door, tally)


def _others(door: Door, tally: Tally, step: int) -> Iterator[User]:
    def ask(start: int) -> Page:
        door.session.context.budget.spend_page()
        return get_users(door, start)

    for page in fan_out(door.session, range(1 + step, (tally.stated or 0) + 1, step), ask):
        if not page.users:
            return
        yield from tally.take(page)


def _beyond(door: Door, tally: Tally) -> Iterator[User]:
    """Rows after the stated end; a service that repeats itself there, or refuses, has no more."""
    for _ in range(MOST_BEYOND):
        before = len(tally.ids)
        door.session.context.budget.spend_page()
        try:
            page = get_users(door, tally.rows + 1)
        except Refused as problem:
            if is_beyond(problem):
                return
            raise
        yield from tally.take(page)
        if len(tally.ids) == before:
            return


def _compare_active(door: Door, tally: Tally) -> None:
    """Ask for the active ones alone, and only count: were some of them not on the list, the list was not whole.

    Raises:
        Incomplete: they were not.
    """
    try:
        total = get_users(door, 1, count=1, only=ACTIVE).total
    except (Refused, BadAnswer):
        return  # it does not filter, as many services do not
    if tally.active + tally.unclear < total < len(tally.ids):
        raise Incomplete(f"The app counts {total} active accounts, but listed only {tally.active}.")


def whole_list(pages: Callable[[], Iterator[Page]]) -> Iterator[User]:
    """The users of saved pages.

    Raises:
        Incomplete: they are not all.
    """
    tally = Tally()
    for page in pages():
        yield from tally.take(page)
    tally.conclude()
