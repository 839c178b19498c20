"""Owns what a team reads on Monday, without a page: what changed since a day, what was not read, what to do next.

`monday_page` is the one read model of the overview, the weekly digest and everything else that tells the same story. It
holds words, numbers and ids; whoever shows it makes the links.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from ztassess.assessments.advice import weighting_of
from ztassess.assessments.forecast import Forecast, forecast
from ztassess.assessments.monday_exceptions import EndingException, ending_exceptions
from ztassess.assessments.monday_words import ChangeWords, change_words
from ztassess.assessments.next_tasks import NextTasks, next_tasks
from ztassess.assessments.selectors import Reading, read_organization
from ztassess.assessments.selectors_changes import Baseline, Comparison, baseline, compare, known_sources
from ztassess.assessments.standing import proof_of
from ztassess.assessments.trend import recorded
from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.changes import ChangeKind, changes
from ztassess.domain.pace import Recorded
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scoring import percent, unweighted
from ztassess.organizations.models import Organization
from ztassess.scans.selectors_unread import Source

TITLES = {
    ChangeKind.REGRESSED: "Regressed",
    ChangeKind.NEW: "New findings",
    ChangeKind.FIXED: "Fixed",
    ChangeKind.UNCHECKED: "Could not be checked",
    ChangeKind.STALE: "Went stale",
    ChangeKind.EXCEPTION: "Exceptions ending",
    ChangeKind.ANSWERED: "Answered or changed",
}


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Changes that ask the same of somebody. ``exceptions`` is filled in the group of that kind alone."""

    kind: ChangeKind
    title: str
    changes: tuple[ChangeWords, ...] = ()
    exceptions: tuple[EndingException, ...] = ()

    @property
    def count(self) -> int:
        """How many controls, or exceptions."""
        return len(self.changes) + len(self.exceptions)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A control whose claim findings refute today.

    Attributes:
        points: 80/20 points it would bring if it reached its target with proof.
        claimed, proven: levels, 0 to 3.
        evidence: what was seen, in one sentence.
        carried: the source that says so was not read when it should have been.
    """

    control_id: str
    title: str
    points: float
    claimed: int | None
    proven: int | None
    evidence: str
    carried: bool = False


@dataclass(frozen=True, slots=True)
class UnreadSource:
    """A connection that was not read when it should have been; its last results stand.

    Attributes:
        read_at: when it was read last; None if never.
        controls: how many controls have proof that rests on it.
        sentence: "Okta was not read since Nov 16: its results of that day stand."
        reason, to_do: why, and what to do about it.
    """

    connection_id: UUID
    name: str
    read_at: datetime | None
    controls: int
    sentence: str
    reason: str
    to_do: str


@dataclass(frozen=True, slots=True)
class MondayPage:
    """Everything that changed, and what to do about it.

    Attributes:
        at: the moment it was judged for.
        since: the chosen day; ``compared_with`` is when the record was made that it is compared with, None if nothing
            was ever recorded. ``is_first`` if nothing was recorded before the chosen day: then it is the first record.
        proven, claimed, ceiling: percent of the 80/20 today; ``proven_before`` and ``claimed_before`` those of the
            record, None where there is none or it was made by another catalog or method: those are not compared.
        contradictions: most points first.
        groups: in reading order, those without a change left out.
        unread: connections whose last results are carried forward.
        carried_controls: how many controls have proof that rests on such results.
        last_read: when any live connection was read last; None if nothing was.
        points: the recorded scores of the last ninety days, oldest first.
        weighting: whose weights the numbers are made with (see `weighting_of`); empty for
            the catalog's own.
        method_changed: the record was made by another catalog or method, so the numbers are not compared with it.
    """

    at: datetime
    since: date
    compared_with: datetime | None
    is_first: bool
    proven: int
    claimed: int
    ceiling: int
    proven_before: int | None
    claimed_before: int | None
    contradictions: tuple[Contradiction, ...]
    groups: tuple[ChangeGroup, ...]
    unread: tuple[UnreadSource, ...]
    carried_controls: int
    next: NextTasks
    forecast: Forecast
    last_read: datetime | None
    points: tuple[Recorded, ...]
    weighting: str = ""
    method_changed: bool = False

    @property
    def change_count(self) -> int:
        """Controls that changed and exceptions that end."""
        return sum(group.count for group in self.groups)

    def group(self, kind: ChangeKind) -> ChangeGroup:
        """The group of one kind, empty where nothing of it changed."""
        return next((each for each in self.groups if each.kind is kind), ChangeGroup(kind, TITLES[kind]))

    @property
    def regressed(self) -> tuple[ChangeWords, ...]:
        """What got worse through a refutation, worst first."""
        return self.group(ChangeKind.REGRESSED).changes


def monday_page(organization: Organization, since: date, *, reading: Reading | None = None) -> MondayPage:
    """What became of an organization since the start of a day. The number of queries does not depend on its size.

    Parameters:
        since: a day where the installation is; where nothing was recorded before it, the first record is taken.
        reading: the present judgment where the caller has it already.
    """
    reading = reading or read_organization(organization)
    judged = reading.assessment
    today = timezone.localtime(judged.today).date()
    then = baseline(organization, since)
    known, numbers = known_sources(organization, reading, then.read_before)
    unread = {source.connection.id: source for source in known if source.missed is not None}
    carried = {each.id: _carried_by(reading, each, unread) for each in judged.controls}
    compared = compare(reading, known, numbers, then.read_before)
    points = recorded(organization)
    was_proven, was_claimed = _percents_before(then, reading)
    shown = judged.eighty_twenty.percents
    contradicted = sorted(judged.in_state(ProofState.CONTRADICTED), key=lambda each: -each.points)
    return MondayPage(
        at=judged.today,
        since=since,
        compared_with=then.record.at if then.record else None,
        is_first=then.is_first,
        proven=shown.proven,
        claimed=shown.claimed,
        ceiling=shown.ceiling,
        proven_before=was_proven,
        claimed_before=was_claimed,
        contradictions=tuple(_contradiction(reading, each, carried[each.id], compared) for each in contradicted),
        groups=_groups(organization, reading, then, known, compared),
        unread=tuple(_unread(source, carried, today) for source in unread.values()),
        carried_controls=len([each for each in carried.values() if each]),
        next=next_tasks(organization, reading),
        forecast=forecast(organization, points, then.moment, since=since, today=today),
        last_read=max(
            (source.read.finished_at for source in known if source.read and source.read.finished_at), default=None
        ),
        points=tuple(points),
        weighting=weighting_of(reading),
        method_changed=then.record is not None and was_proven is None,
    )


def _groups(
    organization: Organization, reading: Reading, then: Baseline, known: list[Source], compared: Comparison
) -> tuple[ChangeGroup, ...]:
    now = [(each.id, each.state, each.points) for each in reading.assessment.controls]
    # Without a record there is no earlier state; what checks say anew would be everything.
    found = changes(_states_then(then, reading, compared), now, compared.by_control) if then.record else ()
    words = [change_words(change, reading, compared, known) for change in found]
    exceptions = ending_exceptions(organization, then.moment, reading.assessment.today, reading.exceptions)
    groups = []
    for kind in ChangeKind:
        of_kind = tuple(each for each in words if each.kind is kind)
        ending = exceptions if kind is ChangeKind.EXCEPTION else ()
        if of_kind or ending:
            groups.append(ChangeGroup(kind, TITLES[kind], of_kind, ending))
    return tuple(groups)


def _states_then(then: Baseline, reading: Reading, compared: Comparison) -> dict[str, ProofState]:
    """The states then. Another catalog or method may have moved a state without anybody: there a state is compared
    only where a check says something else than it did. Weights move none.
    """
    record, judged = then.record, reading.assessment
    if record is None:
        return {}
    made_by = (record.catalog_version, unweighted(record.method_version))
    if made_by == (judged.catalog_version, unweighted(judged.method_version)):
        return then.states
    moved = {control for control, checks in compared.by_control.items() if any(one.before != one.now for one in checks)}
    return {control: state for control, state in then.states.items() if control in moved}


def _percents_before(then: Baseline, reading: Reading) -> tuple[int | None, int | None]:
    record, judged = then.record, reading.assessment
    if record is None:
        return None, None
    if (record.catalog_version, record.method_version) != (judged.catalog_version, judged.method_version):
        return None, None
    return percent(record.proven), percent(record.claimed)


def _contradiction(
    reading: Reading, each: ControlAssessment, carried: set[UUID], compared: Comparison
) -> Contradiction:
    rows = [row for row, _, verifies in reading.standing_of(each.id) if not verifies.supporting]
    hidden = next((words for row in rows if (words := compared.refutation(row))), "")
    seen = any(row.latest_outcome == "fail" for row in rows)
    return Contradiction(
        each.id,
        each.control.title,
        each.points,
        each.claim_level,
        each.verified.level if each.verified else None,
        (proof_of(reading, each).sentence if seen else hidden) or each.why,
        bool(carried),
    )


def _carried_by(reading: Reading, each: ControlAssessment, unread: dict[UUID, Source]) -> set[UUID]:
    """The sources not read that decide what stands proven or refuted of one control."""
    if each.verified is None or not each.applies:
        return set()
    deciding = set(each.verified.checks)
    return {
        row.connection_id
        for row, _, verifies in reading.standing_of(each.id)
        if row.connection_id in unread and row.check_id in deciding and row.outcome and not verifies.supporting
    }


def _unread(source: Source, carried: dict[str, set[UUID]], today: date) -> UnreadSource:
    missed, read = source.missed, source.read
    if missed is None:
        raise ValueError(f"{source.connection.name} was read")
    at = (read.finished_at or read.taken_at) if read else None
    if at is None:
        sentence = f"{source.connection.name} was never read: nothing of it counts."
    else:
        sentence = f"{source.connection.name} was not read since {_day(at, today)}: its results of that day stand."
    controls = len([each for each in carried.values() if source.connection.id in each])
    return UnreadSource(
        source.connection.id, source.connection.name, at, controls, sentence, missed.reason, missed.to_do
    )


def _day(at: datetime, today: date) -> str:
    day = timezone.localtime(at).date()
    return f"{day:%b} {day.day}" + ("" if day.year == today.year else f", {day.year}")
