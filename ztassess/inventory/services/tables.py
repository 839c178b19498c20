"""Owns writing the five tables: a paste, an import, an edit. All of it or nothing, with one audit line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.services import audit_record
from ztassess.domain.inventory_paste import Change, ChangeKind, Plan, plan_paste, plan_rows
from ztassess.domain.inventory_tables import SHAPES, Contents, Table, Values, read_row
from ztassess.inventory.errors import InventoryChanged, InventoryRefused
from ztassess.inventory.models import DataStore, EntryPoint, InventoryRow, InventoryState, Service
from ztassess.inventory.selectors import MODELS, inventory_contents, row_values, table_rows
from ztassess.organizations.models import Organization

BATCH = 500
PASTED = "pasted"
STALE_PREVIEW = (
    "The inventory changed since this preview was made. Nothing was written; look at the new preview and confirm again."
)


def paste_apply(
    *, organization: Organization, table: Table, text: str, replace: bool, digest: str, actor: User
) -> Plan:
    """Write what a preview showed.

    Parameters:
        digest: of the previewed plan.

    Raises:
        InventoryRefused: a line is wrong by now.
        InventoryChanged: it would do something else by now.
    """
    with transaction.atomic():
        state = inventory_lock(organization)
        plan = plan_paste(table, text, inventory_contents(), replace=replace)
        if plan.problems:
            raise InventoryRefused(plan.problems)
        if plan.digest != digest:
            raise InventoryChanged(STALE_PREVIEW)
        plan_write(state, plan, actor=actor, source=PASTED, how="by paste")
    return plan


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table to add or change, as typed; the later tables may name rows of the earlier ones."""

    table: Table
    rows: Sequence[Mapping[int, str]]


def import_apply(*, organization: Organization, tables: Iterable[Rows], source: str, actor: User) -> list[Plan]:
    """Write what a person chose of what a connection found.

    Raises:
        InventoryRefused: too many rows.
        RowWrong: a row cannot stand; nothing was written.
    """
    plans = []
    with transaction.atomic():
        state = inventory_lock(organization)
        contents = inventory_contents()
        for each in tables:
            size = SHAPES[each.table].key
            wanted: dict[Values, Values] = {}
            for cells in each.rows:
                values = read_row(each.table, cells, contents)
                wanted[values[:size]] = values
            plan = plan_rows(each.table, wanted, contents)
            if plan.problems:
                raise InventoryRefused(plan.problems)
            plan_write(state, plan, actor=actor, source=source, how=f"from {source}")
            contents = contents.put(each.table, ({**contents.of(each.table), **wanted}).values())
            plans.append(plan)
    return plans


def inventory_lock(organization: Organization) -> InventoryState:
    """The state row, locked: writers of one organization's inventory stand in line. Needs a transaction."""
    InventoryState.objects.get_or_create(organization=organization)
    found = InventoryState.objects.select_for_update().get(organization=organization)
    assert isinstance(found, InventoryState)  # noqa: S101  for the type checker: the manager is untyped
    return found


def plan_write(state: InventoryState, plan: Plan, *, actor: User, source: str, how: str) -> None:
    """Write a plan without problems, and its audit line. A plan that changes nothing leaves no trace.

    The caller holds `inventory_lock`.
    """
    if not plan.real:
        return
    organization = state.organization
    by_key = {}
    if any(change.kind is not ChangeKind.ADDED for change in plan.real):
        by_key = {row_values(row)[: SHAPES[plan.table].key]: row for row in table_rows(plan.table)}
    ids = names_to_ids(plan.table)
    _add(organization, plan, ids, source)
    _change(plan, by_key, ids, source)
    rows_remove(plan.table, [by_key[each.key].id for each in plan.real if each.kind is ChangeKind.REMOVED])
    changes_record(state, plan.table, plan.real, actor=actor, how=how)


def _add(organization: Organization, plan: Plan, ids: Mapping[str, UUID], source: str) -> None:
    model: Any = MODELS[plan.table]
    fresh = [
        model(organization=organization, source=source[:140], **row_fields(plan.table, change.after, ids))
        for change in plan.real
        if change.kind is ChangeKind.ADDED and change.after is not None
    ]
    model.objects.bulk_create(fresh, batch_size=BATCH)


def _change(plan: Plan, by_key: Mapping[Values, InventoryRow], ids: Mapping[str, UUID], source: str) -> None:
    model: Any = MODELS[plan.table]
    changed, names = [], {"version", "source"}
    for change in plan.real:
        if change.kind is ChangeKind.CHANGED and change.after is not None:
            row, fields = by_key[change.key], row_fields(plan.table, change.after, ids)
            row_set(row, fields, source)
            changed.append(row)
            names |= {name.removesuffix("_id") for name in fields}
    if changed:
        model.objects.bulk_update(changed, sorted(names), batch_size=BATCH)


def row_set(row: InventoryRow, fields: Mapping[str, Any], source: str) -> None:
    """Give a row other values, a new version and its source; the caller saves it."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1
    row.source = source[:140]


def row_change(row: InventoryRow, fields: Mapping[str, Any], source: str) -> None:
    """Change one row that nobody else can change meanwhile."""
    row_set(row, fields, source)
    row.save(update_fields=[*fields, "version", "source"])


def rows_remove(table: Table, ids: Sequence[UUID]) -> None:
    """Remove rows, and with a name whatever names it."""
    model: Any = MODELS[table]
    for start in range(0, len(ids), BATCH):
        model.objects.filter(id__in=ids[start : start + BATCH]).delete()


def names_to_ids(table: Table) -> dict[str, UUID]:
    """Ids by what a row of this table may name: ``service:web``, ``store:users``, ``entry:laptop``."""
    found: dict[str, UUID] = {}
    wanted: dict[str, Any] = {}
    if table in (Table.CALLS, Table.ENTRIES, Table.PERMISSIONS):
        wanted["service"] = Service
    if table is Table.PERMISSIONS:
        wanted |= {"store": DataStore, "entry": EntryPoint}
    for kind, model in wanted.items():
        found |= {f"{kind}:{name}": id_ for name, id_ in model.objects.values_list("name", "id")}
    return found


def row_fields(table: Table, values: Values, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """The fields of a row from plain words."""
    match table:
        case Table.SERVICES:
            return {"name": values[0]}
        case Table.STORES:
            return {"name": values[0], "sensitivity": values[1]}
        case Table.CALLS:
            return {"caller_id": ids[f"service:{values[0]}"], "callee_id": ids[f"service:{values[1]}"]}
        case Table.ENTRIES:
            name, kind, service, inside = values
            key = ids[f"service:{service}"] if service else None
            return {"name": name, "kind": kind, "service_id": key, "on_network": inside == "yes"}
        case Table.PERMISSIONS:
            holder, store, has, needs = values
            service_id = ids.get(f"service:{holder}")
            entry_id = None if service_id else ids[f"entry:{holder}"]
            return {
                "service_id": service_id,
                "entry_id": entry_id,
                "store_id": ids[f"store:{store}"],
                "has": has,
                "needs": needs,
            }


def changes_record(state: InventoryState, table: Table, changes: Sequence[Change], *, actor: User, how: str) -> None:
    """Count the state up and write the audit line of these changes."""
    state.version += 1
    state.changed_by, state.changed_at = actor, timezone.now()
    state.save(update_fields=["version", "changed_by", "changed_at"])
    kinds = (ChangeKind.ADDED, ChangeKind.CHANGED, ChangeKind.REMOVED)
    counted = [(kind.value, sum(each.kind is kind for each in changes)) for kind in kinds]
    what = ", ".join(f"{count} {word}" for word, count in counted if count)
    audit_record(
        organization=state.organization,
        actor=actor,
        action="inventory.save",
        object=f"inventory:{table.value}",
        summary=f"{actor} changed {SHAPES[table].nouns} {how}: {what}",
        before=[each.before for each in changes if each.before is not None],
        after=[each.after for each in changes if each.after is not None],
    )


def contents_without(contents: Contents, table: Table, gone: Iterable[Values]) -> Contents:
    """The inventory without these rows of one table."""
    left = set(gone)
    return contents.put(table, (row for key, row in contents.of(table).items() if key not in left))
