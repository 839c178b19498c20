"""Owns the two-week plan: what is left of the 80/20, in which order, on which day, and what comes later.

The plan is computed from facts (which controls apply), from the assessment (what is left), from prerequisites and from
hours. Order where the prerequisites leave a choice: first who people are (identity, MFA), most points an hour first,
because everything behind the gate counts little until then; then what they may reach, lists before changes, then the
longest chain of work first. Emergency access comes before everything that could lock people out.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from ztassess.domain.assessment import Assessment, ControlAssessment
from ztassess.domain.moments import MONDAY_TO_FRIDAY, working_days
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scheduling import Budget, Job, Part, lay_out, tails
from ztassess.domain.together import proven_with

SPRINT_DAYS = 10
TEAM = 5
HOURS_PER_PERSON = 3.0
BREAK_GLASS = "identity.break-glass"
PEOPLE_STAGES = ("identity", "mfa")
ENFORCING_STAGE = "mfa"
PROVE_HOURS = 1
"""What it takes to show what is only claimed: connect a system, or have an artifact reviewed."""


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """One control on one day. ``part`` is whole, start, continue or finish; ``hours`` are this day's."""

    control: str
    title: str
    part: str
    hours: int
    who_notices: str


@dataclass(frozen=True, slots=True)
class PlanDay:
    """One working day of the sprint, in working order. ``number`` counts from 1."""

    number: int
    day: date
    work: tuple[PlannedWork, ...]

    @property
    def hours(self) -> int:
        return sum(each.hours for each in self.work)


@dataclass(frozen=True, slots=True)
class LaterWork:
    """A control that is not in the sprint.

    Attributes:
        hours: left to do.
        points: of the 80/20; points_overall: of the overall number.
        did_not_fit: it belongs to the 80/20 and was left out, for lack of hours or because it was asked for.
        postponed: it was left out because it was asked for.
    """

    control: str
    title: str
    hours: int
    points: float
    points_overall: float
    did_not_fit: bool
    postponed: bool = False

    @property
    def worth(self) -> float:
        """Points an hour: of the 80/20 for what belongs to it, of the overall number beyond."""
        return (self.points if self.did_not_fit else self.points_overall) / self.hours


@dataclass(frozen=True, slots=True)
class Plan:
    """The sprint and what comes after it.

    Attributes:
        days: the working days that have work, in order.
        later: what did not fit, then the controls beyond the 80/20, each by value per hour.
        hours: of the sprint.
        sentence: what fits and what does not, honestly.
    """

    days: tuple[PlanDay, ...]
    later: tuple[LaterWork, ...]
    hours: int
    sentence: str


def hours_left(each: ControlAssessment) -> int:
    """Working hours until a control reaches its target, at least 1.

    The catalog's hours are for the way from nothing; they are taken in proportion to the levels still missing. What is
    claimed and not refuted counts as built, so that only the hour to prove it is left.
    """
    built = each.verified.level if each.verified else 0
    if each.claim_level is not None and not (each.verified and each.verified.refutes(each.claim_level)):
        built = max(built, each.claim_level)
    target = each.control.target
    missing = max(0, target - built)
    return max(PROVE_HOURS, math.ceil(each.control.effort_hours * missing / target))


def plan_sprint(
    assessment: Assessment,
    *,
    start: date,
    people: int = TEAM,
    hours_per_person: float = HOURS_PER_PERSON,
    days: int = SPRINT_DAYS,
    budget: Budget | None = None,
    weekdays: Collection[int] = MONDAY_TO_FRIDAY,
    built: Collection[str] = (),
    without: Collection[str] = (),
    first: Collection[str] = (),
    later: Collection[str] = (),
    spread: bool = True,
) -> Plan:
    """Plan the 80/20.

    Parameters:
        assessment: what is left to do. The plan covers exactly its applicable, unmet, not excepted 80/20 controls.
        start: first day; a day off starts on the next working day. Public holidays are not known here.
        people: who work on it; hours_per_person: hours a day that each of them has for it.
        days: working days of the sprint.
        budget: instead of people, hours and days, where people have different hours.
        weekdays: on which is worked; Monday is 0.
        built: controls that people built already, so that only the proof is left.
        without: controls that are not to be planned, because a sprint closed them already.
        first: controls that come first where prerequisites leave a choice, with what they wait for; they are kept where
            not everything fits.
        later: controls that are left out, unless one that stays needs them.
        spread: False works at full speed instead of evenly over all days, to see when everything can be done.

    Raises:
        ValueError: people, hours or days are not positive.
    """
    budget = budget or Budget.of(people, hours_per_person, days)
    todo = {each.id: each for each in assessment.controls if is_todo(each) and each.id not in without}
    whole = _jobs(assessment, todo, built, first)
    jobs = _without_later(whole, later)
    postponed = whole.keys() - jobs.keys()
    laid_out, dropped = lay_out(jobs, budget, spread=spread)
    dates = working_days(start, len(laid_out), weekdays)
    planned = tuple(
        PlanDay(number, day, tuple(_work(part, todo[part.job]) for part in parts))
        for number, (day, parts) in enumerate(zip(dates, laid_out, strict=True), start=1)
    )
    return Plan(
        days=planned,
        later=_later(todo, {*dropped, *postponed}, postponed),
        hours=sum(day.hours for day in planned),
        sentence=" ".join(
            filter(
                None,
                (
                    _sentence(assessment, whole, jobs, set(dropped), len(planned), budget),
                    _left_words(whole, postponed),
                ),
            )
        ),
    )


def later_work(assessment: Assessment, taken: Collection[str]) -> tuple[LaterWork, ...]:
    """What is left to do outside of a sprint, by value per hour, the 80/20 first.

    Parameters:
        taken: the controls that the sprint holds.
    """
    todo = {each.id: each for each in assessment.controls if is_todo(each) and each.id not in taken}
    return _later(todo, {name for name, each in todo.items() if each.control.in_80_20})


def is_todo(each: ControlAssessment) -> bool:
    """True if a plan has to bring the control to its target: it applies, is not there, and no exception stands."""
    return each.applies and not each.met and each.state is not ProofState.EXCEPTED


class _Order:
    """Who comes before whom in the whole catalog, whatever is already done."""

    def __init__(self, controls: Iterable[ControlAssessment]) -> None:
        self._after = {each.id: frozenset(each.control.prerequisites) for each in controls}

    def before(self, name: str) -> frozenset[str]:
        """Everything that comes before a control, directly or not."""
        found: set[str] = set()
        waiting = list(self._after.get(name, ()))
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting.extend(self._after.get(each, ()))
        return frozenset(found)

    def locks_people_out(self, control: ControlAssessment) -> bool:
        """True if a mistake in it could lock people out: it enforces MFA, or relies on what emergency access is for."""
        before_break_glass = self.before(BREAK_GLASS)
        if control.id == BREAK_GLASS or control.id in before_break_glass:
            return False
        relies_on = self._after.get(BREAK_GLASS, frozenset()) & self.before(control.id)
        return control.control.stage == ENFORCING_STAGE or bool(relies_on)

    def lists_something(self, name: str) -> bool:
        """True if it stands at the beginning of its stage: at most one control comes before it."""
        return len(self.before(name)) <= 1


def _jobs(
    assessment: Assessment, todo: Mapping[str, ControlAssessment], built: Collection[str], first: Collection[str]
) -> dict[str, Job]:
    """The jobs of the sprint; prerequisites that are met, excepted or not applicable need no waiting."""
    order = _Order(assessment.controls)
    chosen = {name: each for name, each in todo.items() if each.control.in_80_20}
    jobs = {}
    for name, each in chosen.items():
        after = set(each.control.prerequisites) & chosen.keys()
        if BREAK_GLASS in chosen and order.locks_people_out(each):
            after.add(BREAK_GLASS)
        hours = PROVE_HOURS if name in built else hours_left(each)
        jobs[name] = Job(name, hours, frozenset(after), each.points, ())
    chain, leading = tails(jobs), _with_needed(jobs, first)
    return {
        name: replace(
            job,
            rank=(0 if name in leading else 1, *_rank(chosen[name], job, chain[name], order)),
            kept=name in leading,
        )
        for name, job in jobs.items()
    }


def _with_needed(jobs: Mapping[str, Job], wanted: Iterable[str]) -> set[str]:
    """These jobs, as far as there are any, and everything that must be finished before them."""
    found: set[str] = set()
    waiting = [name for name in wanted if name in jobs]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(jobs[name].after)
    return found


def _without_later(jobs: Mapping[str, Job], later: Collection[str]) -> dict[str, Job]:
    stays = _with_needed(jobs, (name for name in jobs if name not in later))
    return {name: job for name, job in jobs.items() if name in stays}


def _left_words(jobs: Mapping[str, Job], postponed: Collection[str]) -> str:
    if not postponed:
        return ""
    hours = sum(jobs[name].hours for name in postponed)
    verb = "is" if len(postponed) == 1 else "are"
    return f"{_count(len(postponed), 'control')}, {hours} h, {verb} left for later by choice."


def _rank(each: ControlAssessment, job: Job, chain: int, order: _Order) -> tuple[float, ...]:
    value = -job.points / job.hours
    if each.control.stage in PEOPLE_STAGES:
        return (0, value)
    return (1, 0 if order.lists_something(each.id) else 1, -chain, value)


def _work(part: Part, each: ControlAssessment) -> PlannedWork:
    return PlannedWork(each.id, each.control.title, part.part, part.hours, each.control.who_notices)


def _later(
    todo: Mapping[str, ControlAssessment], dropped: set[str], postponed: Collection[str] = ()
) -> tuple[LaterWork, ...]:
    rows = [
        LaterWork(
            each.id,
            each.control.title,
            hours_left(each),
            each.points,
            each.points_overall,
            did_not_fit=each.id in dropped,
            postponed=each.id in postponed,
        )
        for each in todo.values()
        if each.id in dropped or not each.control.in_80_20
    ]
    return tuple(sorted(rows, key=lambda row: (not row.did_not_fit, -row.worth, row.control)))


def _sentence(
    assessment: Assessment,
    whole: Mapping[str, Job],
    jobs: Mapping[str, Job],
    dropped: set[str],
    used_days: int,
    budget: Budget,
) -> str:
    if whole and not jobs:
        return ""
    if not jobs:
        return "Nothing is left to do: every control of the 80/20 that applies has reached its target."
    hours = sum(job.hours for job in jobs.values())
    if not dropped:
        return f"{_count(len(jobs), 'control')}, {hours} h, fit into {_count(used_days, 'working day')}."
    left_out = sum(jobs[name].hours for name in dropped)
    # Together, and after what stays: one by one they would be counted behind a gate that the plan opens.
    points = 100 * (proven_with(assessment, jobs.keys()) - proven_with(assessment, jobs.keys() - dropped))
    capacity = f"{_count(budget.days, 'working day')} of {budget.team} h"
    wait = "waits" if len(dropped) == 1 else "wait"
    least = "the one" if len(dropped) == 1 else "those"
    return (
        f"{left_out} of {hours} h do not fit into {capacity}: {_count(len(dropped), 'control')} worth "
        f"{points:.1f} points, {least} with the least value per hour, {wait} for later."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
