"""Owns the rule that says whether a service mesh is worth its cost yet, and what in the facts says so.

Need counts reasons for authenticating services to each other, capacity counts who could run it. The thresholds are a
stated heuristic of this product. NIST SP 800-204B and SP 800-207A say what a mesh should do and give no number;
practitioners' opinions put the threshold at roughly 5 to 15 services and warn that the operating cost lands first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import product

from ztassess.domain.facts import Facts

TARGETED_FROM = 3
MESH_FROM = 6
CAPACITY_TO_ADOPT = 3
SERVICES_TO_TALK = 2


class MeshVerdict(StrEnum):
    """What to do about service-to-service identity, least first."""

    NONE = "none"
    TARGETED = "targeted"
    LIGHT = "light"
    ADOPT = "adopt"


VERDICT_WORDS = {
    MeshVerdict.NONE: "Signed tokens and least privilege are enough; a mesh would not pay yet.",
    MeshVerdict.TARGETED: "Mutual TLS or signed tokens on the sensitive paths only.",
    MeshVerdict.LIGHT: "A light mesh (Linkerd, Istio ambient or a managed one), the sensitive namespace first.",
    MeshVerdict.ADOPT: "A mesh is justified, and you have the people to run it.",
}


@dataclass(frozen=True, slots=True)
class MeshInput:
    """One line of the rule.

    Attributes:
        fact: name in `Facts`.
        label: what it counts, in words.
        value: what is known; None if nobody knows.
        points: what it adds; unknown adds 0 until somebody knows.
        most: the most it could add.
    """

    fact: str
    label: str
    value: int | bool | None
    points: int
    most: int


@dataclass(frozen=True, slots=True)
class MeshAdvice:
    """The verdict with everything that led to it.

    Attributes:
        verdict: from what is known, unknown inputs adding nothing.
        possible: every verdict that the unknown inputs could still lead to, least first; one entry means it is certain.
        need, capacity: points; need_inputs, capacity_inputs: where they come from, in the rule's order.
        reason: one sentence with the numbers.
    """

    verdict: MeshVerdict
    possible: tuple[MeshVerdict, ...]
    need: int
    capacity: int
    need_inputs: tuple[MeshInput, ...]
    capacity_inputs: tuple[MeshInput, ...]
    reason: str

    @property
    def certain(self) -> bool:
        return len(self.possible) == 1

    @property
    def unknown(self) -> tuple[MeshInput, ...]:
        """The inputs nobody knows yet."""
        return tuple(each for each in (*self.need_inputs, *self.capacity_inputs) if each.value is None)


Steps = tuple[tuple[int, int], ...]
"""Pairs (from this value on, points), rising."""

_NEED: tuple[tuple[str, str, Steps], ...] = (
    ("n_services", "services", ((0, 0), (5, 1), (10, 2), (20, 3), (40, 4))),
    ("n_sensitive_paths", "sensitive paths", ((0, 0), (1, 1), (3, 2), (6, 3))),
    ("n_trust_zones", "trust zones", ((0, 0), (2, 1), (3, 2))),
    ("mtls_mandate", "mandate for mutual TLS", ((0, 0), (1, 3))),
    ("n_languages", "languages", ((0, 0), (3, 1))),
)
_CAPACITY: tuple[tuple[str, str, Steps], ...] = (
    ("n_platform_people", "people who can be on call for it", ((0, 0), (1, 1), (2, 2), (4, 3))),
    ("uses_kubernetes", "Kubernetes", ((0, 0), (1, 1))),
)


def _points(steps: Steps, value: int) -> int:
    return max(points for start, points in steps if value >= start)


def _input(facts: Facts, fact: str, label: str, steps: Steps) -> MeshInput:
    value: int | bool | None = getattr(facts, fact)
    points = 0 if value is None else _points(steps, max(0, int(value)))
    return MeshInput(fact, label, value, points, steps[-1][1])


def _verdict(services: int, paths: int, mandate: int, need: int, capacity: int) -> MeshVerdict:
    if services < SERVICES_TO_TALK or (paths < 1 and not mandate) or need < TARGETED_FROM:
        return MeshVerdict.NONE
    if need < MESH_FROM:
        return MeshVerdict.TARGETED
    return MeshVerdict.ADOPT if capacity >= CAPACITY_TO_ADOPT else MeshVerdict.LIGHT


def _choices(known: MeshInput, steps: Steps) -> tuple[int, ...]:
    """The values an input may have: its own, or, if unknown, one for each step of the rule."""
    if known.value is not None:
        return (int(known.value),)
    starts = {start for start, _ in steps}
    return tuple(sorted(starts | ({SERVICES_TO_TALK} if known.fact == "n_services" else set())))


def _possible(need_inputs: Iterable[MeshInput], capacity_inputs: Iterable[MeshInput]) -> tuple[MeshVerdict, ...]:
    capacities = {
        sum(_points(steps, value) for (_, _, steps), value in zip(_CAPACITY, values, strict=True))
        for values in product(*(_choices(each, line[2]) for each, line in zip(capacity_inputs, _CAPACITY, strict=True)))
    }
    found: set[MeshVerdict] = set()
    for values in product(*(_choices(each, line[2]) for each, line in zip(need_inputs, _NEED, strict=True))):
        services, paths, _, mandate, _ = values
        need = sum(_points(line[2], value) for line, value in zip(_NEED, values, strict=True))
        found.update(_verdict(services, paths, mandate, need, capacity) for capacity in capacities)
    return tuple(verdict for verdict in MeshVerdict if verdict in found)


def _counted(value: int | bool | None, noun: str) -> str:
    if value is None:
        return f"an unknown number of {noun}s"
    return f"{int(value)} {noun}" if value == 1 else f"{int(value)} {noun}s"


def _reason(facts: Facts, need: int, capacity: int, verdict: MeshVerdict) -> str:
    counted = f"{_counted(facts.n_services, 'service')}, {_counted(facts.n_sensitive_paths, 'sensitive path')}"
    if verdict is MeshVerdict.TARGETED:
        return f"{counted}: need {need}, enough for the sensitive paths; {MESH_FROM} would justify a mesh."
    if verdict is not MeshVerdict.NONE:
        enough = f"capacity {capacity} of the {CAPACITY_TO_ADOPT} a full mesh takes"
        return f"{counted}: need {need} of the {MESH_FROM} that justify a mesh, {enough}."
    if facts.n_services is not None and facts.n_services < SERVICES_TO_TALK:
        return f"{counted}: fewer than two services have nobody to talk to."
    if not facts.n_sensitive_paths and not facts.mtls_mandate and facts.n_services is not None:
        mandate = "no mandate" if facts.mtls_mandate is False else "no mandate that we know of"
        return f"{counted}, {mandate}: nothing asks for it."
    return f"{counted}: need {need} of the {TARGETED_FROM} points that would justify one."


@lru_cache(maxsize=256)
def mesh_advice(facts: Facts) -> MeshAdvice:
    """Need, capacity and verdict for one company.

    Verdict: none with fewer than 2 services, with neither a sensitive path nor a mandate, or with need under 3;
    targeted with need 3 to 5; from 6 on adopt if capacity is at least 3, else light. The verdict never gets smaller
    when a need input grows. An unknown input adds no points; ``possible`` says what it could still change.
    """
    need_inputs = tuple(_input(facts, *line) for line in _NEED)
    capacity_inputs = tuple(_input(facts, *line) for line in _CAPACITY)
    need = sum(each.points for each in need_inputs)
    capacity = sum(each.points for each in capacity_inputs)
    verdict = _verdict(
        facts.n_services or 0, facts.n_sensitive_paths or 0, int(facts.mtls_mandate or False), need, capacity
    )
    return MeshAdvice(
        verdict=verdict,
        possible=_possible(need_inputs, capacity_inputs),
        need=need,
        capacity=capacity,
        need_inputs=need_inputs,
        capacity_inputs=capacity_inputs,
        reason=_reason(facts, need, capacity, verdict),
    )
