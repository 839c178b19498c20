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
    csv_url: str = field(default="", compare=False)


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
