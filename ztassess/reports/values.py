"""Owns what a report says, as frozen values, and those values as plain JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from ztassess.domain.moments import exact

FORMAT = 1
"""Raised when a field changes its meaning or goes away, so that what was frozen before can still be read."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A score in whole percent, rounded down as on every page."""

    claimed: int
    proven: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Before:
    """The recorded score that the report compares with, in percent.

    Attributes:
        claimed, proven: None where another catalog or method made it: a re-weighting is never progress.
        is_first: nothing was recorded before the chosen day, so it is the first record there is.
    """

    at: datetime
    claimed: int | None
    proven: int | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """The overview's statement and the sentences that explain it."""

    statement: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The last score of one day, percent."""

    day: date
    proven: float
    claimed: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The recorded scores with their conclusion; ``lands`` is None where the pace leads nowhere within a year."""

    title: str
    sentence: str
    lands: date | None
    points: tuple[TrendPoint, ...]


@dataclass(frozen=True, slots=True)
class GateLine:
    """The identity gate in percent: what its controls reached, what they need, what everything behind it counts."""

    attained: int
    needed: int
    factor: int
    is_open: bool
    words: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage or track.

    Attributes:
        score: None where nothing of it applies.
        counts: percent proven that counts after the gate.
        why: what it counts and because of what.
        next_title: the control that brings most; empty where nothing is left.
    """

    id: str
    title: str
    summary: str
    order: int
    is_track: bool
    score: Numbers | None
    counts: int | None
    strong: str
    why: str
    label_proven: str
    label_claimed: str
    controls: int
    proven: int
    missing: int
    contradicted: int
    next_title: str


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One observed fact beside what would pass."""

    source: str
    object: str
    field: str
    observed: str
    expected: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding of the newest scan of a connection, with its denominator.

    Attributes:
        controls: ids of the controls that its check speaks about.
        carried: a newer scan could not look, so this is the last word.
        evidence: the first lines; ``evidence_count`` says how many there are.
    """

    number: int
    connection: str
    check: str
    title: str
    outcome: str
    severity: str
    controls: tuple[str, ...]
    resource: str
    reason: str
    near_miss: str
    missing_scope: str
    seen: int
    taken_at: datetime
    carried: bool
    evidence: tuple[EvidenceLine, ...]
    evidence_count: int


@dataclass(frozen=True, slots=True)
class ControlLine:
    """One control as it is judged. Levels are names; empty where nobody claims or no finding says anything."""

    id: str
    stage: str
    title: str
    in_80_20: bool
    gate: bool
    state: str
    claimed: str
    proven: str
    target: str
    points: float
    why: str
    sources: str
    answered_by: str
    answered_at: datetime | None
    attested: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim that findings refute; ``findings`` are numbers of lines of the report, the worst first.

    ``carried``: the source that says so was not read when it should have been.
    """

    control: str
    title: str
    stage: str
    claimed: str
    proven: str
    points: float
    sentence: str
    carried: bool
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A control that changed.

    Attributes:
        word: title of the group that it stands in; ``kind`` is its slug.
        before, after: proof states, equal where only checks changed.
        said_by: connections that said so.
    """

    control: str
    title: str
    word: str
    kind: str
    before: str
    after: str
    sentence: str
    said_by: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task of the plan; ``hours`` are left to do or planned, ``owner`` is empty where nobody has it."""

    control: str
    title: str
    owner: str
    first: date | None
    last: date | None
    hours: int
    points: float
    state: str
    who_notices: str


@dataclass(frozen=True, slots=True)
class PlanPart:
    """The running sprint, or the plan it would begin with.

    Attributes:
        kind: ``sprint`` or ``plan``.
        done, counted: tasks proven, of those that count.
        later: what comes afterwards, the first ones by value per hour, of ``later_count``.
    """

    kind: str
    title: str
    first: date | None
    last: date | None
    hours: int
    done: int
    counted: int
    sentence: str
    tasks: tuple[TaskLine, ...]
    later: tuple[TaskLine, ...]
    later_count: int


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """An exception in force or waiting for its approval; ``object`` is empty for a whole control."""

    control: str
    title: str
    object: str
    reason: str
    compensating: str
    last_day: date
    standing: str
    soon: bool
    requested_by: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """One connection with its newest scan.

    Attributes:
        last_scan: None where none ended with findings.
        unread: it was not read when it should have been, and why, so its last results are carried forward; else empty.
        joint: it joins what other connections told, so it is no system of its own.
    """

    name: str
    connector: str
    last_scan: datetime | None
    state: str
    checks: int
    definite: int
    uploaded: bool
    unread: str
    joint: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be checked, and why, in one connection."""

    connection: str
    reason: str
    missing_scope: str
    checks: tuple[str, ...]
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the judgment stands on proof.

    Attributes:
        states: proof state -> applicable controls, worst first.
        by_stage: stage title -> proof state -> applicable controls, as on the dashboard.
        seen, total: 80/20 controls with a definite result of some connection now.
    """

    states: dict[str, int]
    by_stage: dict[str, dict[str, int]]
    applicable: int
    not_applicable: int
    seen: int
    total: int
    connections: tuple[ConnectionLine, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class RadiusPart:
    """The blast radius in percent: now with its band, after the 80/20 is done, and the worst way in."""

    share: float
    low: float
    high: float
    after: float
    worst: str
    worst_share: float
    path: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that documents and frozen pages of an organization are made of.

    Attributes:
        findings: of the newest scan of each connection, worst first; ``finding_count`` counts those left out too.
        redacted: names of people, accounts, hosts and resources are pseudonyms.
        weighting: whose weights the numbers are made with; empty for the catalog's own.
        stage_weights: what each stage weighs in the 80/20, in words.
        opening, opening_by: what the consultant of the applied playbook says at the beginning, and who that is.
    """

    format: int
    organization: str
    prepared_at: datetime
    since: datetime
    redacted: bool
    catalog_version: str
    method_version: str
    headline: Headline
    eighty_twenty: Numbers
    overall: Numbers
    before: Before | None
    goal: int
    is_done: bool
    missing_answers: int
    label_proven: str
    label_claimed: str
    perimeter: str
    trend: Trend | None
    gate: GateLine
    stages: tuple[StageLine, ...]
    mesh: str
    contradictions: tuple[Contradiction, ...]
    changes: tuple[ChangeLine, ...]
    first_steps: tuple[TaskLine, ...]
    plan: PlanPart
    exceptions: tuple[ExceptionLine, ...]
    coverage: Coverage
    radius: RadiusPart | None
    controls: tuple[ControlLine, ...]
    findings: tuple[FindingLine, ...]
    finding_count: int
    outcomes: dict[str, int]
    weighting: str = ""
    stage_weights: str = ""
    opening: str = ""
    opening_by: str = ""


def as_json(value: Any) -> Any:
    """A report as plain JSON values: objects, lists, texts, numbers; moments in ISO 8601 and UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(name): as_json(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    if isinstance(value, datetime):
        return exact(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
