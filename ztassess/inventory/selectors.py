"""Owns reading the inventory: its rows as plain values, the graph, and the blast radius at three moments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from ztassess.domain.assessment import Assessment
from ztassess.domain.blast_radius import MEASURE_CONTROLS, BlastRadius, Measure, blast_radius, measures_in_place
from ztassess.domain.findings import Unavailable
from ztassess.domain.inventory_tables import Contents, Table, Values, landscape_of
from ztassess.domain.landscape import Landscape
from ztassess.inventory.models import DataStore, EntryPoint, InventoryRow, Permission, Service, ServiceCall

MODELS: dict[Table, type[InventoryRow]] = {
    Table.SERVICES: Service,
    Table.STORES: DataStore,
    Table.CALLS: ServiceCall,
    Table.ENTRIES: EntryPoint,
    Table.PERMISSIONS: Permission,
}
_JOINED: dict[Table, tuple[str, ...]] = {
    Table.CALLS: ("caller", "callee"),
    Table.ENTRIES: ("service",),
    Table.PERMISSIONS: ("service", "entry", "store"),
}


_NAMES: dict[Table, tuple[str, ...]] = {
    Table.SERVICES: ("name",),
    Table.STORES: ("name", "sensitivity"),
    Table.CALLS: ("caller__name", "callee__name"),
    Table.ENTRIES: ("name", "service__name"),
    Table.PERMISSIONS: ("service__name", "entry__name", "store__name"),
}


def table_rows(table: Table, text: str = "") -> Any:
    """The rows of one table of the active organization, with the rows they name, in their order.

    Parameters:
        text: only rows with a name that holds this.
    """
    manager: Any = MODELS[table].objects
    rows = manager.select_related(*_JOINED[table]) if table in _JOINED else manager.all()
    if not text:
        return rows
    return rows.filter(reduce(or_, (Q(**{f"{name}__icontains": text}) for name in _NAMES[table])))


def row_values(row: Any) -> Values:
    """A row as plain words, in the order of its table's columns."""
    match row:
        case Service():
            return (row.name,)
        case DataStore():
            return (row.name, row.sensitivity)
        case ServiceCall():
            return (row.caller.name, row.callee.name)
        case EntryPoint():
            service = row.service.name if row.service else ""
            return (row.name, row.kind, service, "yes" if row.on_network else "no")
        case Permission():
            holder = row.service or row.entry
            return (holder.name if holder else "", row.store.name, row.has, row.needs)
    raise TypeError(f"{row!r} is no row of the inventory")


_WORDS: dict[Table, tuple[str, ...]] = {
    Table.SERVICES: ("name",),
    Table.STORES: ("name", "sensitivity"),
    Table.CALLS: ("caller__name", "callee__name"),
    Table.ENTRIES: ("name", "kind", "service__name", "on_network"),
    Table.PERMISSIONS: ("service__name", "store__name", "has", "needs", "entry__name"),
}


def inventory_contents() -> Contents:
    """The whole inventory of the active organization: one query a table, whatever its size."""
    contents = Contents({})
    for table, names in _WORDS.items():
        manager: Any = MODELS[table].objects
        rows = manager.values_list(*names)
        if table is Table.ENTRIES:
            rows = ((name, kind, service or "", "yes" if inside else "no") for name, kind, service, inside in rows)
        elif table is Table.PERMISSIONS:
            rows = ((service or entry, store, has, needs) for service, store, has, needs, entry in rows)
        contents = contents.put(table, rows)
    return contents


def inventory_landscape() -> Landscape:
    """The active organization's inventory as a graph."""
    return landscape_of(inventory_contents())


@dataclass(frozen=True, slots=True)
class RadiusMoments:
    """The blast radius of one company at three moments.

    Attributes:
        before: nothing done.
        now: with what is proven today (`measures_in_place`).
        planned: with the plan of the 80/20 done too.
        in_place: the measures of ``now``.
    """

    before: BlastRadius
    now: BlastRadius
    planned: BlastRadius
    in_place: frozenset[Measure]


def radius_moments(assessment: Assessment) -> RadiusMoments | Unavailable:
    """The blast radius before, now and after the plan: what a dashboard shows. Five queries.

    Parameters:
        assessment: the judgment of the active organization.

    Returns:
        Unavailable where the inventory is too empty to compute anything; its detail says what is missing.
    """
    landscape = inventory_landscape()
    in_place = measures_in_place(assessment)
    planned = in_place | measures_of_plan(assessment)
    found = [blast_radius(landscape, measures) for measures in (frozenset[Measure](), in_place, planned)]
    before, now, after = found
    if isinstance(before, Unavailable) or isinstance(now, Unavailable) or isinstance(after, Unavailable):
        return next(each for each in found if isinstance(each, Unavailable))
    return RadiusMoments(before, now, after, in_place)


def measures_of_plan(assessment: Assessment) -> frozenset[Measure]:
    """The measures whose controls are all part of the 80/20, as far as they apply: what the two-week plan brings."""
    by_id = {each.id: each for each in assessment.controls}
    found = set()
    for measure, names in MEASURE_CONTROLS.items():
        applying = [by_id[name] for name in names if name in by_id and by_id[name].applies]
        if applying and all(each.control.in_80_20 for each in applying):
            found.add(measure)
    return frozenset(found)
