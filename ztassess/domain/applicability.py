"""Owns which controls apply to a company: computed from its facts, never ticked; an unknown fact means it applies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from ztassess.domain.controls import Condition, Control
from ztassess.domain.facts import Facts
from ztassess.domain.mesh import MeshAdvice

NO_CLOUD = "none"

Known = Mapping[str, tuple[object, ...]]
"""By fact: the values it may have. Most have one; none means unknown, several mean that one of them is true."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, ">=": ge, "<=": le, ">": gt, "<": lt}
# A fact that follows from another one where nobody stated it: (stated fact, the one it follows from).
_FOLLOWS = (("has_internal_tools", "n_internal_tools"), ("has_database", "databases"), ("has_ci", "ci"))


def known_values(facts: Facts, mesh: MeshAdvice) -> Known:
    """What is known of a company, derived facts included.

    Derived: ``cloud`` (``none`` or the clouds in use), ``mesh_verdict`` (every verdict still possible), and whether
    there are internal tools, databases or a CI where only their number or names are stated.
    """
    known: dict[str, tuple[object, ...]] = {}
    for name in Facts.__dataclass_fields__:
        value = getattr(facts, name)
        if value is not None:
            known[name] = (value,)
    for name, source in _FOLLOWS:
        if name not in known and source in known:
            known[name] = (bool(known[source][0]),)
    if facts.clouds is not None:
        known["cloud"] = tuple(facts.clouds) or (NO_CLOUD,)
    known["mesh_verdict"] = tuple(verdict.value for verdict in mesh.possible)
    return known


def _holds(condition: Condition, value: object) -> bool:
    wanted = condition.value
    if condition.op == "in":
        return isinstance(wanted, Collection) and value in wanted
    if condition.op == "contains":
        return isinstance(value, Collection) and wanted in value
    return _COMPARE[condition.op](value, wanted)


def unmet_conditions(control: Control, known: Known) -> tuple[Condition, ...]:
    """The conditions that make a control not applicable; empty if it applies.

    Parameters:
        known: from `known_values`.

    Raises:
        KeyError: the control uses an operator that does not exist (the catalog's laws refuse it before).
    """
    return tuple(
        condition
        for condition in control.applies_if
        if condition.fact in known and not any(_holds(condition, value) for value in known[condition.fact])
    )
