"""Sprints: what closes and reopens a task, for any company; plans that keep prerequisites; burn-up and forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ztassess.catalog import load_catalog
from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment, ControlAssessment
from ztassess.domain.burnup import BurnEvent, BurnKind, BurnPoint, burn_up, forecast
from ztassess.domain.checks import Verifies
from ztassess.domain.confidence import Claim
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Outcome
from ztassess.domain.moments import working_days
from ztassess.domain.planning import later_work, plan_sprint
from ztassess.domain.proof import StandingResult, verified_controls
from ztassess.domain.replanning import MoveKind, Placement, Slice, moves, placements
from ztassess.domain.scheduling import Budget
from ztassess.domain.sprints import MOVES, ClosedBy, TaskState, closing_of, is_sprint_done, reopening_of, shown_state
from ztassess.domain.teams import TeamMember, deal_out

CATALOG = load_catalog()
TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
CORE = [control.id for control in CATALOG.controls if control.in_80_20]
CAST = CORE[:6]
FRESHNESS = {control.id: control.freshness_days for control in CATALOG.controls}
# Two checks for each control of the cast: one of the target, one of a level below.
VERIFIES = {f"x.{name}.{level}": (Verifies(name, level),) for name in CAST for level in (1, 2)}
ages = st.sampled_from((0, 1, 6, 13, 40, 200, 400))
results = st.lists(
    st.builds(
        lambda check, outcome, days, removed: StandingResult(
            check,
            "c",
            outcome,
            None,
            TODAY - timedelta(days=days),
            removed_at=TODAY - timedelta(days=removed) if removed is not None else None,
        ),
        st.sampled_from(sorted(VERIFIES)),
        st.sampled_from((Outcome.PASS, Outcome.FAIL)),
        ages,
        st.one_of(st.none(), ages),
    ),
    unique_by=lambda each: each.check,
)
claims = st.dictionaries(
    st.sampled_from(CAST),
    st.builds(lambda level, days: Claim(level, TODAY - timedelta(days=days)), st.integers(0, 3), ages),
)
reviews = st.dictionaries(st.sampled_from(CAST), ages.map(lambda days: TODAY - timedelta(days=days)))


def judged(found: list[StandingResult], said: dict[str, Claim], reviewed: dict[str, datetime]) -> Assessment:
    verified = verified_controls(found, VERIFIES, freshness_days=FRESHNESS, today=TODAY)
    return assess(CATALOG, Facts(), said, verified, today=TODAY, attestations=reviewed)


@given(results, claims, reviews, st.sampled_from(list(ClosedBy)))
@settings(max_examples=200, deadline=None)
def test_a_sprint_is_never_shown_done_while_a_check_of_its_controls_fails(found, said, reviewed, closed_by) -> None:
    assessment = judged(found, said, reviewed)
    failing = {
        VERIFIES[each.check][0].control
        for each in found
        if each.outcome is Outcome.FAIL
        and (each.removed_at is None or (TODAY - each.removed_at).days <= FRESHNESS[VERIFIES[each.check][0].control])
    }
    states = {name: shown_state(TaskState.DONE, closed_by, assessment.control(name)) for name in CAST}
    for name in failing:
        each = assessment.control(name)
        assert closing_of(each) is None
        assert states[name] is TaskState.REOPENED
        assert reopening_of(each, closed_by)
    if failing:
        assert not is_sprint_done(states.values())


@given(results, claims, reviews)
@settings(max_examples=150, deadline=None)
def test_what_closes_a_task_now_keeps_it_closed_now(found, said, reviewed) -> None:
    for name in CAST:
        each = judged(found, said, reviewed).control(name)
        closing = closing_of(each)
        if closing is not None:
            assert reopening_of(each, closing.by) == ""
            assert each.verified is not None or each.id in reviewed


@given(claims)
@settings(max_examples=100, deadline=None)
def test_words_alone_close_nothing(said) -> None:
    assert [each.id for each in judged([], said, {}).controls if closing_of(each)] == []


def test_attestation_closes_and_its_end_reopens() -> None:
    said = {CAST[0]: Claim(2, TODAY)}
    attested = judged([], said, {CAST[0]: TODAY}).control(CAST[0])
    closing = closing_of(attested)
    assert closing is not None
    assert closing.by is ClosedBy.ATTESTATION
    gone = judged([], said, {}).control(CAST[0])
    assert "does not count any more" in reopening_of(gone, closing.by)
    lowered = judged([], {CAST[0]: Claim(1, TODAY)}, {CAST[0]: TODAY}).control(CAST[0])
    assert reopening_of(lowered, closing.by)
    stale = judged([], said, {CAST[0]: TODAY - timedelta(days=200)}).control(CAST[0])
    assert reopening_of(stale, closing.by) == ""
    assert closing_of(stale) is None


def test_stale_pass_closes_nothing_and_reopens_nothing() -> None:
    old = StandingResult(f"x.{CAST[0]}.2", "c", Outcome.PASS, None, TODAY - timedelta(days=400))
    each = judged([old], {}, {}).control(CAST[0])
    assert closing_of(each) is None
    assert reopening_of(each, ClosedBy.PROOF) == ""


def test_nobody_moves_a_task_to_done_or_out_of_it() -> None:
    assert MOVES[TaskState.DONE] == ()
    assert all(to not in (TaskState.DONE, TaskState.REOPENED) for after in MOVES.values() for to in after)
    assert not is_sprint_done([])


teams = st.lists(st.sampled_from((0.5, 1.0, 1.5, 2.0, 3.0, 7.5)), min_size=1, max_size=7).filter(lambda h: sum(h) >= 1)
met = st.sets(st.sampled_from(CORE))
week = st.sets(st.integers(0, 6), min_size=1)


def with_met(names: set[str]) -> Assessment:
    """The named controls verified at their target, nothing else known."""
    verifies = {f"x.{name}": (Verifies(name, 2),) for name in names}
    found = [StandingResult(check, "c", Outcome.PASS, None, TODAY) for check in verifies]
    verified = verified_controls(found, verifies, freshness_days=FRESHNESS, today=TODAY)
    return assess(CATALOG, Facts(), {}, verified, today=TODAY)


@given(
    met, teams, week, st.integers(1, 20), st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sets(st.sampled_from(CORE))
)
@settings(max_examples=100, deadline=None)
def test_no_plan_places_a_task_before_its_prerequisite(names, hours, weekdays, days, start, built) -> None:
    assessment = with_met(names)
    budget = Budget.of_team(hours, days)
    plan = plan_sprint(assessment, start=start, budget=budget, weekdays=weekdays, built=built)
    placed = placements(plan)
    assert names.isdisjoint(placed)
    left_out = {row.control for row in plan.later if row.did_not_fit}
    for name, slices in placed.items():
        assert [each.day for each in slices] == sorted({each.day for each in slices})
        for before in assessment.control(name).control.prerequisites:
            if before in placed:
                assert placed[before][-1].day <= slices[-1].day
                assert placed[before][-1].day <= slices[0].day
            else:
                assert before in names, f"{name} is planned without {before}"
            assert before not in left_out
        if name in built:
            assert sum(each.hours for each in slices) == 1
    for day in plan.days:
        assert day.day.weekday() in weekdays
        assert day.hours <= budget.team
    assert all(start <= day.day for day in plan.days)
    assert len(plan.days) <= days


def test_what_a_sprint_closed_is_not_planned_again() -> None:
    plan = plan_sprint(with_met(set()), start=MONDAY, without={"identity.inventory"})
    assert "identity.inventory" not in placements(plan)


def test_later_is_ordered_by_points_an_hour_as_the_scoring_counts_them() -> None:
    assessment = with_met(set())
    rows = later_work(assessment, set(CORE[:20]))
    core = [row for row in rows if row.did_not_fit]
    assert {row.control for row in core} == set(CORE[20:])
    assert [row.worth for row in core] == sorted((row.worth for row in core), reverse=True)
    beyond = [row.worth for row in rows if not row.did_not_fit]
    assert beyond == sorted(beyond, reverse=True)
    for row in core:
        assert row.points == assessment.control(row.control).points


def place(*days: int, owner: str = "a") -> Placement:
    return Placement(tuple(Slice(MONDAY + timedelta(days=day), 2, "whole") for day in days), owner)


def test_moves_say_what_becomes_of_every_open_task() -> None:
    names = CORE[:5]
    before = {names[0]: place(0), names[1]: place(1), names[2]: place(2), names[3]: place(3)}
    after = {names[0]: place(0), names[1]: place(4), names[2]: place(2, owner="b"), names[4]: place(0)}
    found = moves(before, after, with_met(set()))
    assert {move.control: move.kind for move in found} == {
        names[0]: MoveKind.KEPT,
        names[1]: MoveKind.MOVED,
        names[2]: MoveKind.HANDED_OVER,
        names[3]: MoveKind.LEFT_OUT,
        names[4]: MoveKind.ADDED,
    }
    assert found[0].kind is MoveKind.LEFT_OUT
    assert found[0].reason == "It does not fit into the hours that there are."


def test_move_says_that_a_control_does_not_apply_any_more() -> None:
    assessment = with_met(set())
    each: ControlAssessment = replace(assessment.control(CORE[0]), attainment=None)
    changed = replace(assessment, controls=(each, *assessment.controls[1:]))
    assert each.id == assessment.controls[0].id
    (move,) = moves({each.id: place(0)}, {}, changed)
    assert "does not apply" in move.reason


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), st.integers(1, 12)), unique_by=lambda t: t[0]), teams)
@settings(max_examples=100, deadline=None)
def test_every_task_gets_an_owner_of_the_team_and_keeps_it(tasks, hours) -> None:
    team = [TeamMember(str(place), each) for place, each in enumerate(hours)]
    tasks = [(name, {DAYS[hours % 10]: hours}) for name, hours in tasks]
    owners = deal_out(tasks, team)
    assert owners.keys() == {name for name, _ in tasks}
    assert set(owners.values()) <= {member.id for member in team}
    assert deal_out(tasks, team, kept=owners) == owners
    assert "gone" not in deal_out(tasks, team, kept=dict.fromkeys(owners, "gone")).values()


def test_nobody_owns_anything_without_a_team() -> None:
    assert deal_out([("a", {MONDAY: 3})], []) == {}


def test_work_is_dealt_out_in_proportion_to_hours() -> None:
    team = [TeamMember("a", 1), TeamMember("b", 3)]
    owners = deal_out([(f"t{number}", {DAYS[number]: 1}) for number in range(8)], team)
    assert list(owners.values()).count("b") == 6


def test_nobody_gets_a_second_task_on_a_day_on_which_somebody_else_is_free() -> None:
    team = [TeamMember("busy", 3), TeamMember("free", 3)]
    tasks = [("kept", {MONDAY: 3}), ("later", {DAYS[4]: 3, DAYS[5]: 3}), ("new", {MONDAY: 2})]
    kept = {"kept": "busy", "later": "free"}
    # Over all days the free one has more to do; on this Monday they alone have time.
    assert deal_out(tasks, team, kept) == {**kept, "new": "free"}


DAYS = list(working_days(MONDAY, 10))


def test_burn_up_counts_scope_proven_and_plan_day_by_day() -> None:
    events = [
        BurnEvent(MONDAY - timedelta(days=3), BurnKind.ADDED, 20),
        BurnEvent(DAYS[1], BurnKind.DONE, 6),
        BurnEvent(DAYS[2], BurnKind.REOPENED, 6),
        BurnEvent(DAYS[2], BurnKind.LEFT_OUT, 2),
        BurnEvent(DAYS[3], BurnKind.DONE, 8),
    ]
    points = burn_up(
        DAYS, today=DAYS[3], events=events, finishing={DAYS[1]: 6, DAYS[5]: 12}, first_finishing={DAYS[0]: 18}
    )
    assert [(p.scope, p.proven, p.planned, p.first_plan) for p in points[:5]] == [
        (20, 0, 0, 18),
        (20, 6, 6, 18),
        (18, 0, 6, 18),
        (18, 8, 6, 18),
        (None, None, 6, 18),
    ]
    assert len(points) == 10


def test_a_late_sprint_is_shown_until_today() -> None:
    late = DAYS[-1] + timedelta(days=5)
    points = burn_up(DAYS, today=late, events=[BurnEvent(late, BurnKind.DONE, 1)], finishing={}, first_finishing={})
    assert points[-1].day == late
    assert points[-1].proven == 1


def points_with(proven: int, scope: int, at: date) -> tuple[BurnPoint, ...]:
    return (BurnPoint(at, scope, proven, 0, 0),)


def test_forecast_carries_the_pace_on_over_working_days() -> None:
    found = forecast(points_with(10, 30, DAYS[4]), days=DAYS, today=DAYS[4])
    assert found is not None
    assert found.per_day == 2
    assert found.by_end == 20
    assert found.lands == list(working_days(DAYS[5], 10))[-1]
    assert found.lands.weekday() < 5


@pytest.mark.parametrize(
    ("proven", "scope", "today"),
    [(10, 30, DAYS[0]), (30, 30, DAYS[4]), (5, 30, MONDAY - timedelta(days=4))],
)
def test_no_forecast_without_two_days_or_with_nothing_left(proven: int, scope: int, today: date) -> None:
    assert forecast(points_with(proven, scope, today), days=DAYS, today=today) is None


def test_standstill_never_lands() -> None:
    found = forecast(points_with(0, 30, DAYS[4]), days=DAYS, today=DAYS[4])
    assert found is not None
    assert found.lands is None


@given(st.integers(0, 200), st.integers(1, 200), st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_forecast_never_lands_in_the_past_and_never_proves_more_than_there_is(proven, scope, later) -> None:
    assume(proven <= scope)
    today = MONDAY + timedelta(days=later)
    found = forecast(points_with(proven, scope, today), days=DAYS, today=today)
    if found is not None:
        assert found.lands is None or found.lands > today
        assert found.by_end <= scope
