"""Owns what the pages of the portfolio show: numbers, words and links, ready for templates without logic."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.timezone import localdate, localtime

from ztassess.charts.sparkline import Sparkline, sparkline
from ztassess.common.templatetags.times import day, last_day
from ztassess.domain.attention import Need, Reason, count_needs
from ztassess.domain.score_history import Weekly, monday
from ztassess.domain.scoring import is_weighted
from ztassess.portfolio.packing import StageCell, stages_from
from ztassess.portfolio.places import OWN, Place
from ztassess.portfolio.selectors import Client
from ztassess.portfolio.table import ANY, Filters, Page, stages, title_of

REMEMBERED = 4096
"""Rows whose drawing a process keeps."""
# need -> (class of its chip, icon, words of its filter)
NEEDS = {
    Need.CONTRADICTED: ("chip contradicted", "octagon-alert", "Contradicted"),
    Need.STALLED: ("chip stale", "history", "Stalled"),
    Need.BROKEN: ("chip cannot-check", "eye-off", "Broken"),
    Need.EXPIRING: ("chip excepted", "calendar-clock", "Exception ends"),
    Need.MEETING: ("tag", "calendar-check", "Meeting"),
    Need.ACCESS: ("tag", "key-round", "Access ends"),
}
NAV = (
    ("portfolio", ("portfolio", "portfolio_note"), "layout-grid", "Clients"),
    ("portfolio_pivots", ("portfolio_pivots", "portfolio_pivot"), "octagon-alert", "By check"),
    ("portfolio_charts", ("portfolio_charts",), "chart-line", "Charts"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One client as a row: all that the template prints, so that equal rows look alike and are drawn once.

    Attributes:
        url: of the client's overview; note_url: of the person's notes, empty where a visitor looks.
        cells: one for each stage; None where it does not apply, or nothing was judged yet.
        proven, claimed: None where nothing was judged yet; weighted: made with other weights than the catalog's.
        locked_url: where it is said why a client is not shown; empty for who is.
        under: role, end of access and group; meeting: when, or what can be done there.
    """

    name: str
    url: str
    under: str
    first: Reason | None
    others: str
    worst: str
    worst_url: str
    worst_words: str
    cells: tuple[StageCell | None, ...]
    proven: int | None
    claimed: int | None
    weighted: bool
    line: Sparkline
    lands: str
    meeting: str
    note_url: str
    locked_url: str = ""


def rows_of(clients: Iterable[Client], now: datetime, place: Place = OWN) -> list[Row]:
    """Clients as rows. Addresses are put together from one pattern: reversing hundreds of them is slow."""
    home = place.client("overview", "slug")
    control = place.client("control", "slug", control_id="control")
    note = "" if place.is_visit else reverse("portfolio_note", kwargs={"slug": "slug"})
    why = reverse("second_factor_needed", args=["slug"])
    columns = tuple(stage.id for stage in stages())
    today = localdate(now)
    week = monday(today)
    return [
        Row(
            name=client.name,
            url=home.replace("/slug/", f"/{client.key}/"),
            under=_under(client, today),
            first=client.reasons[0] if client.reasons else None,
            others="; ".join(reason.words for reason in client.reasons[1:]),
            worst=title_of(client.worst_control),
            worst_url=control.replace("/slug/", f"/{client.key}/").replace("/control/", f"/{client.worst_control}/"),
            worst_words=client.worst_words,
            cells=cells_of(client.stages, columns),
            proven=client.proven,
            claimed=client.claimed,
            weighted=is_weighted(client.method_version),
            line=_line(client.history, client.history_until, week),
            lands=_lands(client, today),
            meeting=_meeting(client, today, place),
            note_url=note.replace("/slug/", f"/{client.key}/"),
            locked_url=why.replace("/slug/", f"/{client.key}/") if client.is_locked else "",
        )
        for client in clients
    ]


@lru_cache(maxsize=REMEMBERED)
def cells_of(text: str, columns: tuple[str, ...]) -> tuple[StageCell | None, ...]:
    """The cells of a row; remembered, since most clients stand still between two looks."""
    found = stages_from(text)
    return tuple(found.get(stage) for stage in columns)


@lru_cache(maxsize=REMEMBERED)
def _line(text: str, until: date | None, week: date) -> Sparkline:
    return sparkline(Weekly.from_text(text, until).up_to(week).values if until else ())


@lru_cache(maxsize=REMEMBERED)
def _day(moment: date, today: date) -> str:
    """A day as everywhere; ``today`` is there to be remembered by, since "Tomorrow" does not last."""
    return day(moment)


def _lands(client: Client, today: date) -> str:
    """When it would be at 80 %, or since when it is there without having been proven up to it."""
    if client.remade_on is not None:
        return f"80 % by {client.remade_by} since {_day(client.remade_on, today)}"
    if client.lands_on is None:
        return ""
    weights = " by its weights" if is_weighted(client.method_version) else ""
    return f"80 %{weights} {_day(client.lands_on, today)}"


def _under(client: Client, today: date) -> str:
    parts = [client.role.capitalize()]
    if client.access_ends is not None:
        parts[0] += f", until {_day(last_day(client.access_ends), today)}"
    if client.label:
        # Isolated: a group may be written from right to left.
        parts.append(f"\N{FIRST STRONG ISOLATE}{client.label}\N{POP DIRECTIONAL ISOLATE}")
    return " · ".join(parts)


def _meeting(client: Client, today: date, place: Place) -> str:
    if client.met_at is not None:
        met = localdate(client.met_at)
        return f"Was {met:%b} {met.day}"
    if client.meeting_at is None:
        return "" if place.is_visit else "Notes" if client.has_note else "Add"
    at = localtime(client.meeting_at)
    return f"{_day(at.date(), today)}, {at:%H:%M}"


def portfolio_context(
    clients: Sequence[Client],
    fitting: Sequence[Client],
    page: Page,
    filters: Filters,
    now: datetime,
    place: Place = OWN,
) -> dict[str, Any]:
    """The table with its filters and its summary.

    Parameters:
        clients: all; fitting: those that the filters let through, in order; page: those that are shown.
    """
    counts = count_needs(client.reasons for client in clients)
    needing = sum(1 for client in clients if client.reasons)
    return {
        "rows": rows_of(page.rows, now, place),
        "csv_url": place.page("portfolio_csv") + filters.query(),
        "json_url": place.page("portfolio_json") + filters.query(),
        "page": page,
        "filters": filters,
        "query": filters.query(),
        "fitting": len(fitting),
        "total": len(clients),
        "sub": summary(clients, needing),
        "pills": _pills(filters, counts, needing, len(clients)),
        "stages": stages(),
        "stage_titles": tuple(stage.title for stage in stages()),
        "heads": _heads(filters),
        "versions": len({(each.catalog_version, each.method_version) for each in page.rows if each.history}),
        "weighted": any(is_weighted(each.method_version) for each in page.rows),
        "missing": sum(1 for client in clients if client.proven is None and not client.is_locked),
        "locked": locked_first(clients),
        "now": now,
    }


def locked_first(clients: Iterable[Client]) -> dict[str, Any]:
    """How many clients are not shown for lack of a second factor, and where one of them says so; empty if none is."""
    keys = [client.key for client in clients if client.is_locked]
    return locked_note(keys, "portfolio")


def locked_note(keys: Collection[str], then: str) -> dict[str, Any]:
    """The same from slugs, with the page to come back to."""
    if not keys:
        return {}
    address = reverse("second_factor_needed", args=[min(keys)])
    return {"count": len(keys), "url": f"{address}?{urlencode({'next': reverse(then)})}"}


def summary(clients: Sequence[Client], needing: int) -> str:
    """``14 clients · 6 need you · median 56 % proven, up 4 points in 4 weeks (median of 9 clients compared ...)``."""
    parts = ["1 client" if len(clients) == 1 else f"{len(clients)} clients"]
    parts.append("nobody needs you now" if not needing else "1 needs you" if needing == 1 else f"{needing} need you")
    proven = [client.proven for client in clients if client.proven is not None]
    if proven:
        parts.append(f"median {int(median(proven))}\N{NO-BREAK SPACE}% proven{_moved(clients)}")
    return " · ".join(parts)


def _moved(clients: Sequence[Client]) -> str:
    """How the median moved in four weeks, of the clients whose score then was made by the same catalog and method."""
    there = [client for client in clients if client.proven_before is not None]
    if not there:
        return ""
    moved = int(median(each.proven or 0 for each in there)) - int(median(each.proven_before or 0 for each in there))
    of = f" (median of {'1 client' if len(there) == 1 else f'{len(there)} clients'} compared on both days)"
    if not moved:
        return f", as 4 weeks ago{of}"
    points = "point" if abs(moved) == 1 else "points"
    return f", {'up' if moved > 0 else 'down'} {abs(moved)} {points} in 4 weeks{of}"


def _pills(filters: Filters, counts: dict[Need, int], needing: int, total: int) -> list[dict[str, Any]]:
    def pill(need: str, title: str, count: int, icon: str = "") -> dict[str, Any]:
        return {
            "url": filters.query(need=need),
            "title": title,
            "count": count,
            "icon": icon,
            "current": filters.need == need,
        }

    rows = [pill("", "All", total), pill(ANY, "Needs me", needing)]
    for need, (_, icon, title) in NEEDS.items():
        if counts[need] or filters.need == need:
            rows.append(pill(need.value, title, counts[need], icon))
    return rows


def _heads(filters: Filters) -> dict[str, Any]:
    """The heads of the table as links that sort by them."""

    def head(sort: str, title: str) -> dict[str, Any]:
        return {"url": filters.query(sort=sort), "title": title, "current": filters.sort == sort}

    return {
        "name": head("name", "Client"),
        "needs": head("", "Needs me"),
        "stages": [head(stage.id, stage.title) for stage in stages()],
        "proven": head("proven", "80/20"),
        "progress": head("progress", "52 weeks"),
        "meeting": head("meeting", "Next meeting"),
    }


def frame(here: str, place: Place = OWN, total: int | None = None) -> dict[str, Any]:
    """What the frame around each page shows: its navigation, with the number of clients where it is known."""
    return {
        "is_visit": place.is_visit,
        "portfolio_whose": place.whose,
        "portfolio_url": place.page("portfolio"),
        "pivots_url": place.page("portfolio_pivots"),
        "portfolio_nav": [
            {
                "url": place.page(name),
                "icon": icon,
                "title": title,
                "current": here in lights,
                "count": total if name == "portfolio" else None,
            }
            for name, lights, icon, title in NAV
        ],
        "portfolio_line": "" if total is None else "1 client" if total == 1 else f"{total} clients",
    }
