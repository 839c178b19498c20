"""Owns the table editor's save: rows changed, renamed, removed and added in one go, each only if nobody else did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from ztassess.accounts.models import User
from ztassess.domain.inventory_paste import Change, ChangeKind, Problem
from ztassess.domain.inventory_tables import SHAPES, Contents, RowWrong, Table, Values, read_row
from ztassess.inventory.errors import InventoryRefused, RowsRefused
from ztassess.inventory.models import InventoryRow
from ztassess.inventory.selectors import MODELS, inventory_contents, row_values, table_rows
from ztassess.inventory.services.tables import (
    changes_record,
    contents_without,
    inventory_lock,
    names_to_ids,
    row_change,
    row_fields,
    rows_remove,
)
from ztassess.organizations.models import Organization

GONE = "Somebody else removed this row meanwhile; leave it out, or add it again below."


@dataclass(frozen=True, slots=True)
class RowEdit:
    """One row of the editor as it was sent.

    Attributes:
        place: in the form, to say where a sentence belongs.
        id: None for a new row.
        version: of the row that the person read.
        cells: as typed, by number of the column.
    """

    place: int
    id: UUID | None
    version: int
    cells: Mapping[int, str]
    remove: bool = False


@dataclass(slots=True)
class _Save:
    """One save in the making."""

    table: Table
    rows: Mapping[UUID, InventoryRow]
    contents: Contents
    refused: dict[int, str] = field(default_factory=dict)
    taken: set[Values] = field(default_factory=set)
    changes: list[tuple[Change, InventoryRow | None]] = field(default_factory=list)


def table_save(*, organization: Organization, table: Table, edits: Sequence[RowEdit], actor: User) -> int:
    """Save what changed of these rows.

    Returns:
        How many rows were added, changed or removed.

    Raises:
        RowsRefused: a row is wrong, or was changed by somebody else since; nothing was written.
        InventoryRefused: the table would get too long.
    """
    with transaction.atomic():
        state = inventory_lock(organization)
        ids = [edit.id for edit in edits if edit.id is not None]
        rows = {row.id: row for row in table_rows(table).filter(id__in=ids)}
        save = _Save(table, rows, inventory_contents())
        _read(save, edits)
        if save.refused:
            raise RowsRefused(save.refused)
        changes = [change for change, _ in save.changes]
        _hold_limit(save)
        if changes:
            _write(organization, save)
            changes_record(state, table, changes, actor=actor, how="in the editor")
    return len(changes)


def _read(save: _Save, edits: Sequence[RowEdit]) -> None:
    size = SHAPES[save.table].key
    edited = [row_values(row)[:size] for row in save.rows.values()]
    # Names of edited rows are free again: two rows may swap theirs.
    save.contents = contents_without(save.contents, save.table, edited)
    save.taken = {tuple(part.casefold() for part in key) for key in save.contents.of(save.table)}
    for edit in edits:
        try:
            change = _change(save, edit)
        except RowWrong as problem:
            save.refused[edit.place] = str(problem)
            continue
        if change is not None:
            save.changes.append((change, save.rows.get(edit.id) if edit.id else None))


def _change(save: _Save, edit: RowEdit) -> Change | None:
    size = SHAPES[save.table].key
    row = None if edit.id is None else save.rows.get(edit.id)
    before = row_values(row) if row is not None else None
    if edit.id is not None and row is None:
        if edit.remove:
            return None
        raise RowWrong(GONE)
    if row is not None and before is not None and row.version != edit.version:
        raise RowWrong(f"Somebody else changed this row meanwhile; it says {', '.join(filter(None, before))} now.")
    if edit.remove:
        return Change(ChangeKind.REMOVED, before[:size], before, None) if before else None
    after = read_row(save.table, edit.cells, save.contents)
    name = tuple(part.casefold() for part in after[:size])
    if name in save.taken:
        raise RowWrong(f"{' to '.join(after[:size])} is listed already; each {SHAPES[save.table].noun} stands once.")
    save.taken.add(name)
    if before == after:
        return None
    kind = ChangeKind.ADDED if before is None else ChangeKind.CHANGED
    return Change(kind, after[:size], before, after)


def _hold_limit(save: _Save) -> None:
    added = sum(change.kind is ChangeKind.ADDED for change, _ in save.changes)
    most = SHAPES[save.table].most
    if added and len(save.taken) > most:
        sentence = f"At most {most:,} {SHAPES[save.table].nouns} are kept; remove some first."
        raise InventoryRefused([Problem(0, sentence)])


def _write(organization: Organization, save: _Save) -> None:
    ids = names_to_ids(save.table)
    model: Any = MODELS[save.table]
    removed = [row.id for change, row in save.changes if row is not None and change.kind is ChangeKind.REMOVED]
    rows_remove(save.table, removed)
    changed = [(change, row) for change, row in save.changes if row is not None and change.after is not None]
    _free_names(save.table, [row for change, row in changed if change.before and change.before[0] != change.key[0]])
    for change, row in changed:
        assert change.after is not None  # noqa: S101  filtered above
        row_change(row, row_fields(save.table, change.after, ids), "")
    model.objects.bulk_create(
        model(organization=organization, **row_fields(save.table, change.after, ids))
        for change, row in save.changes
        if row is None and change.after is not None
    )


def _free_names(table: Table, renamed: Sequence[InventoryRow]) -> None:
    """Names are unique at every moment, so rows that swap theirs first get one that nobody can type."""
    if table not in (Table.SERVICES, Table.STORES, Table.ENTRIES):
        return
    model: Any = MODELS[table]
    for row in renamed:
        model.objects.filter(id=row.id).update(name=f"\x01{row.id}")
