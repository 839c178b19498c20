"""Owns what a figure is: a drawing, the same numbers as a table, and a conclusion in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | int | float | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the dashboard.

    Attributes:
        id: unique on the page; also the name of its CSV.
        title: the conclusion, one sentence without a final stop.
        subtitle: what is shown, with the unit.
        words: the conclusion with its numbers, for who does not see the drawing.
        data: the Plotly figure as plain dicts (``data``, ``layout``); colors are ``var(--token)``, read in the page.
        columns: heads of the table.
        rows: the numbers of the drawing; the first cell names the row.
        keys: the legend as (class, words).
        links: beside each row the addresses of its cells, empty where a cell leads nowhere; no rows for no links.
        hint: where there is nothing to draw, what will stand here and what starts it; empty where there is a drawing.
        hint_url, hint_button: the one way to start it.
        csv_url: filled in by the page that shows it.
    """

    id: str
    title: str
    subtitle: str
    words: str
    data: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: tuple[Mapping[str, str], ...] = ()
    links: tuple[tuple[str, ...], ...] = ()
    hint: str = ""
    hint_url: str = ""
    hint_button: str = ""
    csv_url: str = field(default="", compare=False)

    @property
    def linked_rows(self) -> list[list[tuple[Cell, str]]]:
        """The rows with the address of each cell, for a table."""
        links = self.links or ((),) * len(self.rows)
        return [
            [(cell, places[at] if at < len(places) else "") for at, cell in enumerate(row)]
            for row, places in zip(self.rows, links, strict=True)
        ]

    @property
    def leads(self) -> bool:
        """True if some part of it leads to a list."""
        return any(url for places in self.links for url in places)


def key(kind: str, title: str) -> Mapping[str, str]:
    """One entry of a legend: the class of its mark and its words."""
    return {"kind": kind, "title": title}


def safe_cell(value: Cell) -> Cell:
    """A text cell that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers."""
    if isinstance(value, str) and value.strip().startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_of(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table as CSV (RFC 4180), formula cells defused."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()
