"""Owns what the table editor and the preview of a paste show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator

from ztassess.domain.inventory_paste import ChangeKind, Plan
from ztassess.domain.inventory_tables import KIND_TITLES, SHAPES, Column, Table
from ztassess.domain.landscape import EntryKind
from ztassess.inventory.selectors import inventory_contents, row_values, table_rows
from ztassess.inventory.services.editing import RowEdit
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

PER_PAGE = 50
NEW_ROWS = 3
SHOWN_CHANGES = 200
WORDS = {
    "personal": "Personal or payment",
    "yes": "Yes",
    "no": "No",
    **{each.value: KIND_TITLES[each] for each in EntryKind},
}


def editor_context(
    request: OrgRequest,
    table: Table,
    *,
    edits: Sequence[RowEdit] = (),
    refused: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """One page of a table with empty rows at its end; after a refusal with what was entered and why it was refused."""
    shape, text = SHAPES[table], request.GET.get("q", "").strip()
    page = Paginator(table_rows(table, text), PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    stored = [
        {"place": place, "id": row.id, "version": row.version, "values": row_values(row), "source": row.source}
        for place, row in enumerate(rows)
    ]
    sources = {row.id: row.source for row in rows}
    start = len(stored)
    blank = [{"place": start + at, "id": "", "version": 0, "values": ()} for at in range(NEW_ROWS)]
    lines = [*stored, *blank]
    if edits:
        # What was sent stands as it was sent, so that nobody types it twice.
        lines = [_sent(edit, shape.columns, sources) for edit in edits]
        first = max(edit.place for edit in edits) + 1
        lines += [{"place": first, "id": "", "version": 0, "values": ()}]
    said = refused or {}
    contents = inventory_contents()
    return {
        "table": table.value,
        "shape": shape,
        "columns": [_column(column) for column in shape.columns],
        "lines": [line | {"cells": _cells(shape.columns, line), "why": said.get(line["place"], "")} for line in lines],
        "page": page,
        "q": text,
        "total": len(contents.of(table)),
        "names": {kind: contents.names(kind).values() for kind in {each.names for each in shape.columns} if kind},
        "tables": [
            {
                "title": SHAPES[each].title,
                "count": len(contents.of(each)),
                "url": org_url(request, "inventory_table", table=each.value),
                "current": each is table,
            }
            for each in Table
        ],
    }


def _sent(edit: RowEdit, columns: Sequence[Column], sources: Mapping[Any, str]) -> dict[str, Any]:
    return {
        "place": edit.place,
        "id": edit.id or "",
        "version": edit.version,
        "values": tuple(edit.cells.get(at, "") for at in range(len(columns))),
        "source": sources.get(edit.id, ""),
        "remove": edit.remove,
    }


def _column(column: Column) -> dict[str, Any]:
    return {"title": column.title, "optional": column.default is not None}


def _cells(columns: Sequence[Column], line: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = line["values"] or ("",) * len(columns)
    return [
        {
            "name": f"row-{line['place']}-{at}",
            "title": column.title,
            "value": value,
            "choices": _choices(column),
            "list": f"names-{column.names}" if column.names else "",
        }
        for at, (column, value) in enumerate(zip(columns, values, strict=True))
    ]


def _choices(column: Column) -> list[tuple[str, str]]:
    stored = dict.fromkeys(column.words.values())
    choices = [(value, WORDS.get(value, value.capitalize())) for value in stored]
    if not choices:
        return []
    empty = {None: "Choose", "": "As it has"}.get(column.default)
    return [("", empty), *choices] if empty else choices


def columns_of(table: Table) -> list[dict[str, str]]:
    """Each column of a pasted table with what its cells may hold, in words."""
    listed = {"service": "a listed service", "store": "a listed store", "holder": "a listed service or entry point"}
    found = []
    for column in SHAPES[table].columns:
        stored = list(dict.fromkeys(column.words.values()))
        what = f"{', '.join(stored[:-1])} or {stored[-1]}" if stored else listed.get(column.names, "its name")
        empty = {None: "", "": "; may be empty"}.get(column.default, f"; empty means {column.default}")
        found.append({"title": column.title, "words": what + empty})
    return found


def preview_of(plan: Plan) -> dict[str, Any]:
    """A plan as the page shows it: problems alone, or the changes with their numbers."""
    kinds = (ChangeKind.ADDED, ChangeKind.CHANGED, ChangeKind.REMOVED)
    real = plan.real
    return {
        "problems": [str(problem) for problem in plan.problems],
        "more_problems": plan.problem_count - len(plan.problems),
        "counts": [(kind.value.capitalize(), plan.counted(kind)) for kind in (*kinds, ChangeKind.SAME)],
        "rows": [
            {"kind": change.kind.value, "values": change.after or change.before, "before": _differences(change)}
            for change in real[:SHOWN_CHANGES]
        ],
        "more": max(0, len(real) - SHOWN_CHANGES),
        "fallout": [
            f"{count} {SHAPES[table].noun if count == 1 else SHAPES[table].nouns}" for table, count in plan.fallout
        ],
        "digest": plan.digest,
        "empty": not real,
    }


def _differences(change: Any) -> str:
    if change.kind is not ChangeKind.CHANGED:
        return ""
    return ", ".join(old or "none" for old, new in zip(change.before, change.after, strict=True) if old != new)
