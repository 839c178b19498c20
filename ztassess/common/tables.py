"""Owns a table of a page as a file: exactly the rows that the page's filter lets through, as CSV or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from ztassess.charts.figure import Cell, csv_of

FORMAT = "format"
FORMATS = {"csv": "text/csv", "json": "application/json"}


def table_wanted(request: HttpRequest) -> str:
    """``csv`` or ``json`` where the address asks for the table of the page as a file, else empty."""
    wanted = request.GET.get(FORMAT, "")
    return wanted if wanted in FORMATS else ""


def table_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], kind: str = "csv") -> HttpResponse:
    """A table as a download.

    CSV follows RFC 4180, with cells that a spreadsheet would run as a formula defused. JSON is a list of objects with
    the same columns and the values as they are: nothing runs it.

    Parameters:
        name: of the file, without its ending.
        kind: ``csv`` or ``json``; anything else counts as the first.
    """
    kind = kind if kind in FORMATS else "csv"
    listed = [tuple(row) for row in rows]
    if kind == "csv":
        text = csv_of(columns, listed)
    else:
        objects = [dict(zip(columns, row, strict=True)) for row in listed]
        text = json.dumps(objects, ensure_ascii=False, indent=1) + "\n"
    response = HttpResponse(text, content_type=f"{FORMATS[kind]}; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.{kind}")
    response["X-Content-Type-Options"] = "nosniff"
    return response
