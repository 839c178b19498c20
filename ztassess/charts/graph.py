"""Owns the drawing of who reaches what: ways in at the left, services in the middle, stores at the right.

Plain numbers for a template that writes the SVG; no color and no style, classes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 780
ROW = 40
BOX = 28
HEAD = 26
COLUMNS = {"entry": (0, 200), "service": (300, 170), "store": (600, 180)}
LETTER = 6.9
"""Mean width of a letter at the drawing's size, to cut names that would leave their box."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Something to draw. ``kind`` is entry, service or store; ``note`` is shown when pointed at."""

    id: str
    kind: str
    note: str = ""
    closed: bool = False
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two spots by kind and id. ``kind`` is a class: read, write, call, in."""

    source: tuple[str, str]
    target: tuple[str, str]
    kind: str
    worst: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A spot with its place."""

    x: int
    y: int
    width: int
    height: int
    text_x: int
    text_y: int
    label: str
    full: str
    classes: str


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as an SVG path."""

    d: str
    classes: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything the template writes. ``frame`` is the flat network around all services, if there is one."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    heads: tuple[tuple[int, str], ...]
    frame: tuple[int, int, int, int] | None


def draw(spots: Sequence[Spot], links: Sequence[Link], *, flat: bool) -> Drawing:
    """Lay out a graph in three columns.

    Parameters:
        flat: the services stand in one flat network, drawn as a frame; an edge to ``("service", "")`` ends there.
    """
    columns = {kind: [spot for spot in spots if spot.kind == kind] for kind in COLUMNS}
    tallest = max((len(column) for column in columns.values()), default=1) or 1
    height = HEAD + ROW * tallest + 12
    places: dict[tuple[str, str], Box] = {}
    for kind, column in columns.items():
        top = HEAD + (ROW * tallest - ROW * len(column)) // 2 + 6
        for row, spot in enumerate(column):
            places[kind, spot.id] = _box(spot, top + row * ROW)
    frame = _frame(places) if flat and columns["service"] else None
    lines = [line for link in links if (line := _line(link, places, frame)) is not None]
    heads = (("entry", "Ways in"), ("service", "Services"), ("store", "Stores"))
    return Drawing(
        width=WIDTH,
        height=height,
        boxes=tuple(places.values()),
        # The worst path is drawn last, over the others.
        lines=tuple(sorted(lines, key=lambda line: "worst" in line.classes)),
        heads=tuple((COLUMNS[kind][0], title) for kind, title in heads if columns[kind]),
        frame=frame,
    )


def _box(spot: Spot, y: int) -> Box:
    x, width = COLUMNS[spot.kind]
    room = int((width - 20) / LETTER)
    label = spot.id if len(spot.id) <= room else spot.id[: room - 1] + "\u2026"
    classes = " ".join(["box", spot.kind, *(["closed"] if spot.closed else []), *(["heavy"] if spot.heavy else [])])
    full = f"{spot.id}, {spot.note}" if spot.note else spot.id
    return Box(x, y, width, BOX, x + 10, y + BOX // 2 + 4, label, full, classes)


def _frame(places: dict[tuple[str, str], Box]) -> tuple[int, int, int, int]:
    inside = [box for (kind, _), box in places.items() if kind == "service"]
    x, width = COLUMNS["service"]
    top, bottom = min(box.y for box in inside), max(box.y + box.height for box in inside)
    return (x - 12, top - 8, width + 24, bottom - top + 16)


def _line(link: Link, places: dict[tuple[str, str], Box], frame: tuple[int, int, int, int] | None) -> Line | None:
    source, target = places.get(link.source), places.get(link.target)
    classes = " ".join(["edge", link.kind, *(["worst"] if link.worst else [])])
    if source is None:
        return None
    x1, y1 = source.x + source.width, source.y + source.height // 2
    if link.target == ("service", "") and frame is not None:
        x2, y2 = frame[0], min(max(y1, frame[1] + 10), frame[1] + frame[3] - 10)
        return Line(_curve(x1, y1, x2, y2), classes)
    if target is None:
        return None
    y2 = target.y + target.height // 2
    if link.source[0] == link.target[0]:
        # Between two services: out at the left and back in, wider the further they are apart.
        out = source.x - 14 - min(70, abs(y2 - y1) // 4)
        return Line(f"M{source.x} {y1}C{out} {y1} {out} {y2} {target.x} {y2}", classes)
    return Line(_curve(x1, y1, target.x, y2), classes)


def _curve(x1: int, y1: int, x2: int, y2: int) -> str:
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
