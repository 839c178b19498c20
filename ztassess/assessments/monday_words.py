"""Owns the words of one change: what failed, which resources, and which connection and scan said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ztassess.assessments.selectors import Reading, checks_by_id
from ztassess.assessments.selectors_changes import Comparison
from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.changes import ChangeKind, CheckChange, ControlChange
from ztassess.domain.proof_state import ProofState
from ztassess.scans.models import StandingResult
from ztassess.scans.selectors_unread import Source

NAMED = 3


@dataclass(frozen=True, slots=True)
class SaidBy:
    """The connection and the scan that said so.

    Attributes:
        scan_id, number: None where the scan was deleted or nothing was read.
        at: when the system was read.
        carried: it was not read when it should have been, so this is its last word.
    """

    connection_id: UUID
    name: str
    scan_id: UUID | None
    number: int | None
    at: datetime | None
    carried: bool = False


@dataclass(frozen=True, slots=True)
class FailingNow:
    """A resource that fails now and did not then, with the sentence of its finding."""

    resource: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """One control that changed, in words.

    Attributes:
        before, state: proof states then and now; equal where only checks changed.
        points: 80/20 points it would bring if it reached its target with proof.
        checks: titles of the checks that explain it.
        failing: at most three resources that newly fail; ``failing_count`` is how many there are.
        sentence: what happened where no resource is named: why it could not be checked, how old it is, who answered.
        said_by: which connections and scans said so; empty where nobody read anything about it.
    """

    kind: ChangeKind
    control_id: str
    title: str
    before: str
    state: str
    points: float
    checks: tuple[str, ...]
    failing: tuple[FailingNow, ...]
    failing_count: int
    sentence: str
    said_by: tuple[SaidBy, ...]

    @property
    def failing_more(self) -> int:
        """How many newly failing resources are not named."""
        return self.failing_count - len(self.failing)

    @property
    def state_changed(self) -> bool:
        return self.before != self.state


def change_words(change: ControlChange, reading: Reading, compared: Comparison, known: Sequence[Source]) -> ChangeWords:
    """One change in words; no query."""
    judged = reading.assessment.control(change.control)
    rows = [row for row, _, verifies in reading.standing_of(change.control) if not verifies.supporting]
    by_key = {(str(row.connection_id), row.check_id): row for row in rows}
    telling = [row for each in change.checks if (row := by_key.get((each.connection, each.check))) is not None]
    if not telling and change.kind is not ChangeKind.ANSWERED:
        telling = _deciding(change, rows, judged)
    failing = _failing(change.checks, by_key, compared)
    checks = checks_by_id()
    return ChangeWords(
        change.kind,
        change.control,
        judged.control.title,
        change.before.value,
        change.now.value,
        judged.points,
        tuple(dict.fromkeys(checks[row.check_id].title for row in telling)),
        tuple(failing[:NAMED]),
        len(failing),
        _sentence(change, reading, telling),
        _said_by(telling, known, compared.numbers, latest=change.kind is ChangeKind.UNCHECKED),
    )


def _deciding(change: ControlChange, rows: Sequence[StandingResult], judged: ControlAssessment) -> list[StandingResult]:
    """The rows that speak where no check changed: those that fail, that are blind, the oldest, those that stand."""
    if change.now is ProofState.CONTRADICTED:
        return [row for row in rows if row.outcome == "fail"]
    if change.kind is ChangeKind.UNCHECKED:
        return [row for row in rows if row.latest_outcome in ("not_checked", "error")]
    standing = [row for row in rows if row.outcome and row.taken_at is not None]
    if change.now is not ProofState.STALE or judged.verified is None:
        return standing
    aged = [row for row in standing if row.check_id in judged.verified.checks]
    return sorted(aged, key=lambda row: (not row.uploaded, row.taken_at))[:1]


def _failing(
    changed: Sequence[CheckChange], by_key: dict[tuple[str, str], StandingResult], compared: Comparison
) -> list[FailingNow]:
    found: dict[str, FailingNow] = {}
    for each in changed:
        row = by_key.get((each.connection, each.check))
        for resource in each.newly_failing if row is not None else ():
            reason = compared.reasons.get((row.scan_id if row else None, each.check, resource), "")
            found.setdefault(resource, FailingNow(resource, reason))
    return list(found.values())


def _sentence(change: ControlChange, reading: Reading, telling: Sequence[StandingResult]) -> str:
    judged = reading.assessment.control(change.control)
    if change.kind is ChangeKind.UNCHECKED and telling:
        return telling[0].latest_reason
    if change.kind is ChangeKind.ANSWERED:
        answer = reading.answers.get(change.control)
        who = answer.answered_by.get_full_name() if answer and answer.answered_by and answer.level is not None else ""
        return f"{judged.why} Answered by {who}." if who and change.now is ProofState.CLAIMED else judged.why
    if change.kind is ChangeKind.FIXED and telling:
        return telling[0].latest_reason if telling[0].latest_outcome == "pass" else judged.why
    return judged.why


def _said_by(
    telling: Sequence[StandingResult], known: Sequence[Source], numbers: Mapping[Any, int], *, latest: bool
) -> tuple[SaidBy, ...]:
    """Each connection once, by its newest word."""
    unread = {source.connection.id for source in known if source.missed is not None}
    found: dict[UUID, SaidBy] = {}
    for row in telling:
        scan_id = row.latest_scan_id if latest else row.scan_id
        at = row.latest_at if latest else row.taken_at
        carried = row.connection_id in unread and not latest
        said = SaidBy(row.connection_id, row.connection.name, scan_id, numbers.get(scan_id), at, carried)
        before = found.get(row.connection_id)
        if before is None or (said.at and before.at and said.at > before.at):
            found[row.connection_id] = said
    return tuple(found.values())
