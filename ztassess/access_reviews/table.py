"""Owns the filtered table: filters whose state is the address, pages of accounts under their identities, CSV rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import QueryDict

from ztassess.access_reviews.models import DECISIONS
from ztassess.access_reviews.selectors import AccessReading, Entry
from ztassess.access_reviews.selectors_items import OpenItem
from ztassess.charts.figure import Cell
from ztassess.domain.access_decisions import ASKING, Why
from ztassess.domain.access_review import Flag, Row
from ztassess.domain.roster import AccountKind

PER_PAGE = 60
KIND_WORDS = {
    AccountKind.PERSON.value: "People",
    AccountKind.SERVICE.value: "Services",
    AccountKind.UNKNOWN.value: "Kind not told",
}
DECIDED = (("asks", "Needs a decision"), ("none", "Never decided"), *DECISIONS)
NOT_TOLD = "not told"
COLUMNS = (
    *("Identity", "Kind", "Addresses", "Administers systems", "Systems", "System", "Account", "Account id", "Active"),
    *("Through identity provider", "Second factor", "Administrator", "Last used", "Owner", "Flags", "Why flagged"),
    *("Break-glass", "Decision", "Reason", "Decided by", "Decided at", "Carried out by", "Exception until"),
    *("What readings say", "Needs a decision", "Why it needs one", "Read at"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the table is shown. Empty means everything; a value nobody knows counts as empty."""

    text: str = ""
    kind: str = ""
    flag: str = ""
    system: str = ""
    decided: str = ""

    def fits(self, entry: Entry) -> bool:
        """True if an account belongs into the table."""
        line, current = entry.line, entry.current
        return (
            (not self.kind or entry.row.kind.value == self.kind)
            and (not self.flag or (bool(line.flags) if self.flag == "any" else line.has(Flag(self.flag))))
            and (not self.system or line.system.id == self.system)
            and (not self.decided or _decided(self.decided, entry, current.decision.value if current else ""))
            and (not self.text or _mentions(entry, self.text))
        )

    def query(self, **changes: str) -> str:
        """The filters as the end of an address, with some of them changed."""
        changed = replace(self, **changes)
        pairs = [
            ("q", changed.text),
            ("kind", changed.kind),
            ("flag", changed.flag),
            ("system", changed.system),
            ("decided", changed.decided),
        ]
        return "?" + urlencode([(name, value) for name, value in pairs if value])


def _decided(wanted: str, entry: Entry, decision: str) -> bool:
    if wanted == "asks":
        return entry.why in ASKING
    return not decision if wanted == "none" else decision == wanted


def _mentions(entry: Entry, text: str) -> bool:
    account = entry.line.account
    words = (entry.row.title, account.name, account.id, account.owner, *account.emails, *entry.row.addresses)
    return any(text in word.casefold() for word in words)


def filters_from(asked: QueryDict) -> Filters:
    """Filters from an address or a form."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = asked.get(name, "")
        return value if value in known else ""

    return Filters(
        text=asked.get("q", "").strip().casefold()[:200],
        kind=one_of("kind", KIND_WORDS),
        flag=one_of("flag", ("any", *(flag.value for flag in Flag))),
        system=asked.get("system", "")[:40],
        decided=one_of("decided", dict(DECIDED)),
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts of one identity that stand under each other; ``hidden`` others do not fit the filter or this page."""

    row: Row
    entries: tuple[Entry, ...]
    hidden: int


def table_context(reading: AccessReading, entries: Sequence[Entry], filters: Filters, page: str) -> dict[str, Any]:
    """One page of the table with its filters.

    Parameters:
        entries: the accounts in question before the filter: all of them, or those of a campaign.
    """
    fitting = [entry for entry in entries if filters.fits(entry)]
    shown = Paginator(fitting, PER_PAGE).get_page(page)
    flags = Counter(flag for entry in entries for flag, _ in entry.line.flags)
    flagged = sum(1 for entry in entries if entry.line.flags)
    pills: list[dict[str, Any]] = [
        _pill(filters, "", "All", len(entries)),
        _pill(filters, "any", "Any flag", flagged),
        *(_pill(filters, flag.value, flag.word, flags[flag]) for flag in Flag),
    ]
    return {
        "groups": list(_groups(shown.object_list)),
        "page": shown,
        "fitting": len(fitting),
        "total": len(entries),
        "identities": len({id(entry.row) for entry in fitting}),
        "filters": pills,
        "chosen": filters,
        "query": filters.query(),
        "kinds": list(KIND_WORDS.items()),
        "decided_choices": DECIDED,
        "systems": [(system.id, system.name) for system in reading.systems],
    }


def _pill(filters: Filters, flag: str, title: str, count: int) -> dict[str, Any]:
    return {"url": filters.query(flag=flag), "title": title, "current": filters.flag == flag, "count": count}


def _groups(entries: Iterable[Entry]) -> Iterator[Group]:
    for _, found in groupby(entries, key=lambda entry: id(entry.row)):
        together = tuple(found)
        row = together[0].row
        yield Group(row, together, len(row.lines) - len(together))


def told_word(value: bool | None) -> str:
    """Yes, no, or not told: unknown is not no."""
    return NOT_TOLD if value is None else "yes" if value else "no"


ITEM_COLUMNS = (
    *("Identity", "Account", "System", "Decision", "Reason", "Decided by", "Decided at", "Carried out by"),
    *("Overdue", "What readings say", "Why"),
)


def item_row(item: OpenItem) -> tuple[Cell, ...]:
    """A decision that somebody has to carry out, as a row."""
    return (
        *(item.identity, item.account, item.system, item.decision.value, item.reason, item.decided_by),
        *(item.decided_at.isoformat(), item.due_on.isoformat() if item.due_on else ""),
        *("yes" if item.overdue else "no", item.state.value.replace("_", " "), item.why),
    )


def csv_rows(entries: Iterable[Entry]) -> Iterator[tuple[Cell, ...]]:
    """The table as it is filtered, one account a row, in the order of the page."""
    for entry in entries:
        row, line, account, current = entry.row, entry.line, entry.line.account, entry.current
        yield (
            *(row.title, row.kind.value, " ".join(row.addresses), row.admin_in, row.systems),
            *(line.system.name, account.name, account.id, told_word(account.active)),
            *(told_word(account.through_idp), told_word(account.second_factor), told_word(account.admin)),
            account.last_used.isoformat() if account.last_used else NOT_TOLD,
            account.owner or NOT_TOLD,
            ", ".join(flag.word for flag, _ in line.flags),
            " ".join(why for _, why in line.flags),
            "yes" if line.break_glass else "",
            *((current.word, current.reason, current.by, current.at.isoformat()) if current else ("", "", "", "")),
            current.due_on.isoformat() if current and current.due_on else "",
            current.until.isoformat() if current and current.until else "",
            entry.state.value.replace("_", " ") if entry.state else "",
            "yes" if entry.why in ASKING else "no",
            "" if entry.why is Why.UNCHANGED else entry.why_words,
            line.system.taken_at.isoformat(),
        )
