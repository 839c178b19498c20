"""Owns which part of a graph is drawn, its edges as a table, and what it says in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ztassess.charts.figure import Cell
from ztassess.charts.graph import Drawing, Link, Spot, draw
from ztassess.domain.blast_radius import CLOSED_BY, BlastRadius, Measure, Path
from ztassess.domain.landscape import EntryKind, Landscape, Sensitivity
from ztassess.domain.reach import Terrain, terrain

MOST_DRAWN = 24
MOST_ROWS = 200
COLUMNS = ("From", "To", "What")


@dataclass(frozen=True, slots=True)
class GraphFigure:
    """The drawing, the first rows of its table, and its words. ``rows_in_all`` stand in the CSV."""

    drawing: Drawing
    title: str
    subtitle: str
    words: str
    rows: tuple[tuple[Cell, ...], ...]
    rows_in_all: int


def graph_rows(landscape: Landscape, measures: Collection[Measure]) -> list[tuple[Cell, ...]]:
    """Every edge that is left with these measures: who may do what with which store, who may address whom."""
    ground = _ground(landscape, measures)
    rows: list[tuple[Cell, ...]] = [
        (holder, store, f"may {right.value}")
        for holder, held in ground.held.items()
        for store, right in held
        if not _is_closed(landscape, holder, measures)
    ]
    if not ground.flat:
        rows += [(call.caller, call.callee, "calls") for call in landscape.calls]
    for entry in landscape.entries:
        if CLOSED_BY.get(entry.kind) in measures:
            continue
        if entry.kind is EntryKind.KEY:
            rows.append((entry.id, entry.service, "carries its rights"))
        elif entry.on_network and ground.people_inside:
            rows.append((entry.id, "every service", "can address"))
    if ground.flat and len(landscape.services) > 1:
        rows.append(("every service", "every other service", "can address"))
    return rows


def graph_figure(landscape: Landscape, shown: BlastRadius, measures: Collection[Measure]) -> GraphFigure:
    """The graph with these measures in place; of a large one, the part with the worst paths."""
    ground = _ground(landscape, measures)
    services, stores, entries = _chosen(landscape, shown)
    worst = shown.worst.worst
    spots = [
        *(Spot(each, "entry", *_entry_note(landscape, each, measures)) for each in entries),
        *(Spot(each, "service", heavy=each == shown.worst.id) for each in services),
        *(
            Spot(store.id, "store", store.sensitivity.value, heavy=store.sensitivity is Sensitivity.PERSONAL)
            for store in landscape.stores
            if store.id in stores
        ),
    ]
    rows = graph_rows(landscape, measures)
    drawn = len(services), len(landscape.services)
    partly = drawn[0] < drawn[1] or len(stores) < len(landscape.stores)
    subtitle = "Solid lines write, dashed ones read; heavy stores hold personal or payment data. "
    subtitle += "The frame is one flat network. " if ground.flat else "Curves at the left are allowed calls. "
    if partly:
        subtitle += f"Drawn are {drawn[0]} of {drawn[1]} services, those on the worst paths; the CSV has everything."
    title = f"Worst path: {worst.words}" if worst else "Nothing sensitive is in reach"
    words = f"{len(landscape.services)} services, {len(landscape.stores)} stores, {len(rows)} edges. {title}."
    links = _links(landscape, ground, set(services), set(entries), worst, measures)
    return GraphFigure(
        drawing=draw(spots, links, flat=ground.flat),
        title=title,
        subtitle=subtitle.strip(),
        words=words,
        rows=tuple(rows[:MOST_ROWS]),
        rows_in_all=len(rows),
    )


def _ground(landscape: Landscape, measures: Collection[Measure]) -> Terrain:
    return terrain(
        landscape,
        least_privilege=Measure.LEAST_PRIVILEGE in measures,
        proxy=Measure.PROXY in measures,
        mesh=Measure.MESH in measures,
    )


def _chosen(landscape: Landscape, shown: BlastRadius) -> tuple[list[str], set[str], list[str]]:
    """Services, stores and entry points to draw, in the listed order: those of the worst paths come first."""
    ordered: dict[str, None] = {}
    stores: dict[str, None] = {}
    for each in shown.entries:
        if each.kind is EntryKind.SERVICE:
            ordered[each.id] = None
        if each.worst:
            ordered |= dict.fromkeys(each.worst.steps)
            stores[each.worst.store] = None
    stores |= dict.fromkeys(store.id for store in sorted(landscape.stores, key=lambda store: -store.sensitivity.weight))
    chosen = set(list(dict.fromkeys([*ordered, *landscape.services]))[:MOST_DRAWN])
    services = [each for each in landscape.services if each in chosen]
    people = [each.id for each in shown.entries if each.kind is not EntryKind.SERVICE][:MOST_DRAWN]
    return services, set(list(stores)[:MOST_DRAWN]), [e.id for e in landscape.entries if e.id in set(people)]


def _entry_note(landscape: Landscape, name: str, measures: Collection[Measure]) -> tuple[str, bool]:
    closed = _is_closed(landscape, name, measures)
    return ("closed" if closed else "", closed)


def _is_closed(landscape: Landscape, holder: str, measures: Collection[Measure]) -> bool:
    return any(each.id == holder and CLOSED_BY.get(each.kind) in measures for each in landscape.entries)


def _links(
    landscape: Landscape,
    ground: Terrain,
    services: set[str],
    entries: set[str],
    worst: Path | None,
    measures: Collection[Measure],
) -> list[Link]:
    ends = (worst.steps[-1], worst.store) if worst else ("", "")
    links = []
    for holder in (*sorted(services), *sorted(entries)):
        kind = "service" if holder in services else "entry"
        if kind == "entry" and _is_closed(landscape, holder, measures):
            continue
        for store, right in ground.held.get(holder, ()):
            links.append(Link((kind, holder), ("store", store), right.value, worst=(holder, store) == ends))
    if not ground.flat:
        steps = set(zip(worst.steps, worst.steps[1:], strict=False)) if worst else set()
        links += [
            Link(("service", each.caller), ("service", each.callee), "call", worst=(each.caller, each.callee) in steps)
            for each in landscape.calls
        ]
    return links + _ways_in(landscape, ground, entries, measures, worst)


def _ways_in(
    landscape: Landscape, ground: Terrain, entries: set[str], measures: Collection[Measure], worst: Path | None
) -> list[Link]:
    links = []
    start = worst.steps[0] if worst else ""
    for each in landscape.entries:
        if each.id not in entries or CLOSED_BY.get(each.kind) in measures:
            continue
        if each.kind is EntryKind.KEY:
            links.append(Link(("entry", each.id), ("service", each.service), "in", worst=each.id == start))
        elif each.on_network and ground.people_inside:
            further = bool(worst and each.id == start and len(worst.steps) > 1)
            links.append(Link(("entry", each.id), ("service", ""), "in", worst=further))
    return links
