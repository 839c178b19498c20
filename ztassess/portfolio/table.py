"""Owns the filtered table of clients: filters whose state is the address, order, pages, the rows of its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ztassess.catalog import load_catalog
from ztassess.charts.figure import Cell
from ztassess.domain.attention import Need, order_of
from ztassess.domain.controls import Stage
from ztassess.portfolio.selectors import Client

PER_PAGE = 50
NEEDS_ME, NAMES = "needs", "name"
ANY = "any"
NOT_JUDGED = "not judged yet"
NO_STAGE = "not applicable"


def stages() -> tuple[Stage, ...]:
    """The stages that stand as columns, in the order of the path; tracks belong to a client's own pages."""
    return tuple(stage for stage in load_catalog().stages if not stage.is_track)


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the clients is shown. Empty means everything; a value that nobody knows counts as empty.

    Attributes:
        need: ``any``, or one of `Need`.
        stage, below: clients whose stage (or 80/20, where ``stage`` is empty) is proven below so many percent.
        sort: ``needs``, ``name``, ``proven``, ``claimed``, ``progress``, ``meeting``, or the id of a stage.
    """

    text: str = ""
    group: str = ""
    need: str = ""
    stage: str = ""
    below: str = ""
    sort: str = ""

    def fits(self, client: Client) -> bool:
        """True if a client belongs into the table."""
        if self.text and self.text not in f"{client.name}\n{client.label or ''}".casefold():
            return False
        if self.group and client.label != self.group:
            return False
        if self.need == ANY and not client.reasons:
            return False
        if self.need not in ("", ANY) and all(reason.need != self.need for reason in client.reasons):
            return False
        return not self.below or self._is_below(client, int(self.below))

    def _is_below(self, client: Client, limit: int) -> bool:
        """Unknown is not below: a client that was not judged yet, or a stage that does not apply, is left out."""
        if not self.stage:
            return client.proven is not None and client.proven < limit
        cell = client.cells.get(self.stage)
        return cell is not None and cell.proven < limit

    def query(self, **changes: str) -> str:
        """The filters as the end of an address, with some of them changed."""
        changed = replace(self, **changes)
        pairs = [(PARAMETERS[each.name], getattr(changed, each.name)) for each in fields(self)]
        return "?" + urlencode([(name, value) for name, value in pairs if value])

    @property
    def looks_closely(self) -> bool:
        """True if the numbers of the stages, or the last progress, decide who is shown or in which order."""
        return bool(self.below and self.stage) or self.sort not in ("", NAMES, "proven", "claimed", "meeting")

    @property
    def is_all(self) -> bool:
        """True if no client is left out."""
        return not any((self.text, self.group, self.need, self.below))


_PERCENT = re.compile(r"[0-9]{1,3}")
PARAMETERS = {"text": "q", "group": "group", "need": "is", "stage": "stage", "below": "below", "sort": "sort"}
SORTS = (NEEDS_ME, NAMES, "proven", "claimed", "progress", "meeting")


def filters_from(asked: dict[str, str]) -> Filters:
    """Filters from an address."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = asked.get(name, "")
        return value if value in known else ""

    stage_ids = [stage.id for stage in stages()]
    below = asked.get("below", "")
    return Filters(
        text=_plain(asked.get("q", "")).casefold()[:80],
        group=_plain(asked.get("group", ""))[:40],
        need=one_of("is", (ANY, *Need)),
        stage=one_of("stage", stage_ids),
        below=str(int(below)) if _PERCENT.fullmatch(below) and 0 < int(below) <= 100 else "",  # noqa: PLR2004  percent
        sort=one_of("sort", (*SORTS[1:], *stage_ids)),
    )


def filters_from_query(query: str) -> Filters:
    """Filters from the end of an address, as `Filters.query` writes it."""
    return filters_from(dict(parse_qsl(query.removeprefix("?")[:2000])))


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


Order = Callable[[Client], Any]


def in_order(clients: Iterable[Client], sort: str) -> list[Client]:
    """Clients sorted; whatever is equal or unknown stands in the order of "needs me"."""
    ordered = sorted(clients, key=lambda client: order_of(client, client.reasons))
    if sort in ("", NEEDS_ME):
        return ordered
    if sort == NAMES:
        return sorted(ordered, key=lambda client: client.name.casefold())
    if sort in ("proven", "claimed"):
        return sorted(ordered, key=lambda client: _unknown_last(getattr(client, sort)))
    if sort == "progress":
        return sorted(ordered, key=lambda client: _unknown_last(client.progress_on))
    if sort == "meeting":
        return sorted(ordered, key=lambda client: _unknown_last(client.meeting_at))
    return sorted(ordered, key=lambda client: _unknown_last(_proven_in(client, sort)))


def _unknown_last(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)


def _proven_in(client: Client, stage: str) -> int | None:
    cell = client.cells.get(stage)
    return cell.proven if cell else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: Sequence[Any]
    number: int
    pages: int

    @property
    def previous(self) -> int:
        """The page before; 0 where this is the first."""
        return self.number - 1

    @property
    def next(self) -> int:
        """The page after; 0 where this is the last."""
        return self.number + 1 if self.number < self.pages else 0


def page_of(rows: Sequence[Any], asked: str, size: int = PER_PAGE) -> Page:
    """The page that was asked for; one that is not there becomes the nearest."""
    pages = max(1, -(-len(rows) // size))
    wanted = int(asked[:6]) if asked.isascii() and asked.isdecimal() else 1
    number = min(max(1, wanted), pages)
    return Page(rows[(number - 1) * size : number * size], number, pages)


def file_columns() -> tuple[str, ...]:
    """The heads of the table's files."""
    numbers = [f"{stage.title} {what} %" for stage in stages() for what in ("proven", "claimed")]
    return (
        *("Client", "Group", "Your role", "Your access ends", "Needs me", "80/20 proven %", "80/20 claimed %"),
        *numbers,
        *("Contradicted", "Worst contradiction", "What was seen", "Proof grew last", "Connections broken"),
        *(
            "Next exception ends",
            "80 % reached",
            "80 % without proof since",
            "80 % forecast",
            "Next meeting",
            "Catalog",
            "Method",
        ),
    )


def file_rows(clients: Iterable[Client]) -> list[tuple[Cell, ...]]:
    """One row a client, in the order they come."""
    return [_file_row(client) for client in clients]


def _file_row(client: Client) -> tuple[Cell, ...]:
    cells = client.cells
    judged = client.proven is not None
    numbers: list[Cell] = []
    for stage in stages():
        cell = cells.get(stage.id)
        missing = NO_STAGE if judged else NOT_JUDGED
        numbers += [cell.proven, cell.claimed] if cell else [missing, missing]
    return (
        *(client.name, client.label or "", client.role, _moment(client.access_ends)),
        "; ".join(reason.words for reason in client.reasons),
        *((client.proven, client.claimed) if judged else (NOT_JUDGED, NOT_JUDGED)),
        *numbers,
        *(client.contradicted, title_of(client.worst_control), client.worst_words, _day(client.progress_on)),
        *(client.broken_names, _day(client.exception_ends), _day(client.reached_on)),
        *(f"{_day(client.remade_on)}, by {client.remade_by}" if client.remade_on else "", _day(client.lands_on)),
        *(_moment(client.meeting_at), client.catalog_version, client.method_version),
    )


def title_of(control: str) -> str:
    """A control's title; its id where the catalog does not know it any more."""
    try:
        return load_catalog().control(control).title if control else ""
    except KeyError:
        return control


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else ""
