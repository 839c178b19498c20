"""Owns the laws of a catalog that a schema cannot say: ids resolve, the order is possible, the 80/20 is whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ztassess.catalog.building import Index
from ztassess.catalog.reading import Place
from ztassess.domain.controls import GATE_CONTROLS, TARGET_LEVEL, Catalog, Condition, Control
from ztassess.domain.facts import FACT_NAMES

DERIVED_FACTS = ("cloud", "mesh_verdict")
KNOWN_FACTS = frozenset((*FACT_NAMES, *DERIVED_FACTS))
OPERATORS = frozenset(("==", "!=", ">=", "<=", ">", "<", "in", "contains"))
ROOTS = ("identity.inventory", "perimeter.waf")
# The two-week plan is laid out for exactly this set (five people, 35 % of their hours).
PLAN_CONTROLS, PLAN_HOURS = 26, 141
POINTS = 100
ANYONE = "Any"
WITNESSES = frozenset(("probe", "person"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken law.

    Attributes:
        text: rest of a sentence that starts with the control's id, or a whole sentence about the index.
        control: position of the control in the catalog, None for the index.
        place: where inside the control (or inside the index file), for the line.
    """

    text: str
    control: int | None = None
    place: Place = ()


def broken_laws(catalog: Catalog, index: Index) -> list[Problem]:
    """Every law this catalog breaks, the catalog-wide ones first."""
    problems = [
        *_stages(catalog),
        *_facts(index),
        *_gates(catalog),
        *_plan(catalog),
        *_roots(catalog),
        *_cycle(catalog),
    ]
    ids = Counter(control.id for control in catalog.controls)
    eighty_twenty = {control.id for control in catalog.controls if control.in_80_20}
    for position, control in enumerate(catalog.controls):
        found = [
            *_identity(control, ids),
            *_numbers(control),
            *_prerequisites(control, ids, eighty_twenty),
            *_applicability(control),
            *_vendors(control, index),
            *_crosswalk(control, index),
        ]
        problems.extend(Problem(text, position, place) for text, place in found)
    return problems


Found = Iterator[tuple[str, Place]]


def _stages(catalog: Catalog) -> Iterator[Problem]:
    path = [stage for stage in catalog.stages if not stage.is_track]
    names = {stage.id for stage in path}
    if sorted(stage.order for stage in path) != list(range(1, len(path) + 1)):
        yield Problem("The stages must be numbered 1, 2, 3 and so on, each number once.", place=("stages",))
    for position, stage in enumerate(catalog.stages):
        unknown = [name for name in stage.attaches_to if name not in names]
        if unknown:
            text = f"{stage.id} attaches to {', '.join(unknown)}, which is no stage."
            yield Problem(text, place=("stages", position, "attaches_to"))
        if stage.is_track and (stage.weight_80_20 or not stage.attaches_to):
            text = f"{stage.id} is a track: it attaches to a stage and has no weight in the 80/20."
            yield Problem(text, place=("stages", position))
    for field in ("overall_weight", "weight_80_20"):
        total = sum(getattr(stage, field) for stage in catalog.stages)
        if total != POINTS:
            yield Problem(f"The {field} of all stages must add up to {POINTS}, not {total}.", place=("stages",))


def _facts(index: Index) -> Iterator[Problem]:
    for name in sorted(set(index.facts) - KNOWN_FACTS):
        yield Problem(f"The fact {name} is not known to the product.", place=("facts", name))
    for name in sorted(KNOWN_FACTS - set(index.facts)):
        yield Problem(f"The fact {name} has no words in the index.", place=("facts",))


def _gates(catalog: Catalog) -> Iterator[Problem]:
    """The identity gate of the scoring is a formula over three named controls; the flag must tell the same story."""
    flagged = {control.id for control in catalog.controls if control.gate and control.stage == "identity"}
    if flagged != set(GATE_CONTROLS):
        yield Problem(f"The gate controls of identity must be {_list(GATE_CONTROLS)}, not {_list(flagged)}.")
    for position, control in enumerate(catalog.controls):
        if control.gate and not control.in_80_20:
            yield Problem("is a gate control, so it must be part of the 80/20.", position, ("gate",))


def _plan(catalog: Catalog) -> Iterator[Problem]:
    chosen = [control for control in catalog.controls if control.in_80_20]
    hours = sum(control.effort_hours for control in chosen)
    if (len(chosen), hours) != (PLAN_CONTROLS, PLAN_HOURS):
        yield Problem(
            f"The 80/20 must be {PLAN_CONTROLS} controls and {PLAN_HOURS} hours, not {len(chosen)} and {hours}."
        )


def _roots(catalog: Catalog) -> Iterator[Problem]:
    roots = {control.id for control in catalog.controls if not control.prerequisites}
    if roots != set(ROOTS):
        yield Problem(f"Only {_list(ROOTS)} may come without prerequisites, found {_list(roots)}.")


def _cycle(catalog: Catalog) -> Iterator[Problem]:
    """Kahn's topological sort (1962): what is left when nothing more can start stands on a cycle or behind one."""
    known = {control.id for control in catalog.controls}
    waiting = {control.id: {name for name in control.prerequisites if name in known} for control in catalog.controls}
    ready = [name for name, needs in waiting.items() if not needs]
    while ready:
        done = ready.pop()
        del waiting[done]
        for name, needs in waiting.items():
            if done in needs:
                needs.discard(done)
                if not needs:
                    ready.append(name)
    if waiting:
        first = min(waiting)
        position = next(i for i, control in enumerate(catalog.controls) if control.id == first)
        text = f"can never start: its prerequisites lead in a circle through {_list(waiting)}."
        yield Problem(text, position, ("prerequisites",))


def _identity(control: Control, ids: Counter[str]) -> Found:
    if ids[control.id] > 1:
        yield f"stands {ids[control.id]} times; an id is used once.", ("id",)
    if not control.id.startswith(f"{control.stage}."):
        yield f'stands in the file of {control.stage}, so its id must start with "{control.stage}.".', ("id",)


def _numbers(control: Control) -> Found:
    for field, low, high in (("weight", 1, 5), ("effort_hours", 1, 80), ("freshness_days", 1, 365)):
        value = getattr(control, field)
        if not low <= value <= high:
            yield f"has {field} {value}; it must be between {low} and {high}.", (field,)
    if control.target != TARGET_LEVEL:
        yield f"has target {control.target}; the scoring knows only {int(TARGET_LEVEL)} (Advanced).", ("target",)


def _prerequisites(control: Control, ids: Counter[str], eighty_twenty: set[str]) -> Found:
    for position, name in enumerate(control.prerequisites):
        place = ("prerequisites", position)
        if name not in ids:
            yield f"needs {name} first, which is no control of the catalog.", place
        elif control.in_80_20 and name not in eighty_twenty:
            yield f"is part of the 80/20 but needs {name} first, which is not.", place


def _applicability(control: Control) -> Found:
    for position, condition in enumerate(control.applies_if):
        place = ("applies_if", position)
        if condition.fact not in KNOWN_FACTS:
            yield f"asks for the fact {condition.fact}, which is not known.", place
        elif condition.op not in OPERATORS:
            yield f"compares {condition.fact} by {condition.op}, which is not known.", place
        elif not _fits(condition):
            yield f"compares {condition.fact} {condition.op} with {condition.value!r}, which has the wrong type.", place


def _fits(condition: Condition) -> bool:
    if condition.op == "in":
        return isinstance(condition.value, tuple) and bool(condition.value)
    if condition.fact.startswith("n_"):
        return isinstance(condition.value, int) and not isinstance(condition.value, bool)
    if condition.fact.startswith(("has_", "uses_")) or condition.fact == "mtls_mandate":
        return isinstance(condition.value, bool)
    return isinstance(condition.value, str)


def _vendors(control: Control, index: Index) -> Found:
    fixes = Counter(fix.vendor for fix in control.fixes)
    for position, fix in enumerate(control.fixes):
        if fixes[fix.vendor] > 1:
            yield f"has {fixes[fix.vendor]} fixes for {fix.vendor}; one card per vendor.", ("fixes", position)
        if fix.vendor not in index.vendors or index.vendors[fix.vendor].kind in WITNESSES:
            yield f'has a fix for "{fix.vendor}", which is no vendor of the index.', ("fixes", position)
    for position, signal in enumerate(control.signals):
        vendor = index.vendors.get(signal.vendor)
        place = ("signals", position)
        if vendor is None or vendor.kind == "anyone":
            yield f'has a signal of "{signal.vendor}", which is no vendor of the index.', place
        elif (ANYONE if vendor.kind in WITNESSES else vendor.name) not in fixes:
            yield f"has a signal of {signal.vendor} but no fix for it.", place
    seen_by_machine = {vendor.name for vendor in index.vendors.values() if vendor.kind in {"product", "probe"}}
    if any(signal.vendor in seen_by_machine for signal in control.signals) == bool(control.attest_only):
        yield "must have either a signal that a connector can read or the reason why none can.", ("attest_only",)


def _crosswalk(control: Control, index: Index) -> Found:
    for framework, identifiers in control.crosswalk.items():
        if framework not in index.frameworks:
            yield f"refers to {framework}, which is no framework of the index.", ("crosswalk", framework)
            continue
        known = index.frameworks[framework]
        for position, identifier in enumerate(identifiers):
            if not re.fullmatch(known.pattern, identifier):
                yield (
                    f'refers to "{identifier}", which is no identifier of {known.title}.',
                    ("crosswalk", framework, position),
                )


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
