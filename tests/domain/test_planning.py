"""The two-week plan: its table, its constraints for any company, and what it says when hours are short."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.catalog import load_catalog
from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment
from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.controls import Catalog
from ztassess.domain.facts import Facts
from ztassess.domain.planning import BREAK_GLASS, Plan, hours_left, plan_sprint
from ztassess.domain.scheduling import Budget, Job, lay_out, tails

MONDAY = date(2026, 11, 23)
# The day each control is finished in the hand-made plan for five people with nothing done.
HAND_MADE = {
    "identity.inventory": 1,
    "identity.single-idp": 2,
    "mfa.admins": 2,
    "identity.admin-separation": 2,
    "identity.break-glass": 2,
    "mfa.root-and-orphan-accounts": 2,
    "identity.workload-identity": 3,
    "mfa.all-humans": 4,
    "identity.sso-coverage": 4,
    "identity.offboarding": 4,
    "identity.no-shared-accounts": 4,
    "mfa.no-bypass": 5,
    "mfa.internal-tools": 5,
    "proxy.inventory": 5,
    "least-privilege.grant-inventory": 5,
    "proxy.front-internal-apps": 7,
    "least-privilege.db-user-per-service": 7,
    "proxy.per-request-authz": 7,
    "proxy.admin-paths": 8,
    "proxy.no-direct-origin": 8,
    "least-privilege.db-grants-minimal": 8,
    "proxy.vpn-retired": 9,
    "least-privilege.no-wildcard-iam": 9,
    "least-privilege.ci-scopes": 9,
    "least-privilege.human-prod-data": 10,
    "least-privilege.review-cadence": 10,
}


def spans(plan: Plan) -> dict[str, tuple[int, int]]:
    """First and last place of each control in working order: (day, position in the day) as one number."""
    found: dict[str, tuple[int, int]] = {}
    for day in plan.days:
        for position, work in enumerate(day.work):
            place = day.number * 100 + position
            found[work.control] = (found.get(work.control, (place, place))[0], place)
    return found


def assert_sound(plan: Plan, assessment: Assessment, **limits: Any) -> None:
    """Everything that holds for any plan of any company."""
    todo = {each.id: each for each in assessment.controls if each.applies and not each.met}
    core = {name for name, each in todo.items() if each.control.in_80_20}
    planned = spans(plan)
    left_out = {each.control for each in plan.later if each.did_not_fit}
    assert planned.keys() | left_out == core
    assert not planned.keys() & left_out
    assert {each.control for each in plan.later} == todo.keys() - planned.keys()
    for name, (start, finish) in planned.items():
        for before in todo[name].control.prerequisites:
            if before in todo and todo[before].control.in_80_20:
                assert planned[before][0] <= start, f"{before} starts after {name}"
                assert planned[before][1] <= finish, f"{before} finishes after {name}"
        work = [each for day in plan.days for each in day.work if each.control == name]
        assert sum(each.hours for each in work) == hours_left(todo[name])
        parts = [each.part for each in work]
        assert parts == (["whole"] if len(work) == 1 else ["start", *["continue"] * (len(work) - 2), "finish"])
    budget = Budget.of(limits.get("people", 5), limits.get("hours_per_person", 3.0), limits.get("days", 10))
    for day in plan.days:
        assert 0 < day.hours <= budget.team
        assert day.day.weekday() < 5
        assert len({work.control for work in day.work}) == len(day.work)
        assert all(work.hours <= budget.one_job for work in day.work)
    assert [day.number for day in plan.days] == list(range(1, len(plan.days) + 1))
    assert len(plan.days) <= budget.days


@pytest.fixture(scope="session")
def fresh(catalog: Catalog, today: datetime) -> Assessment:
    """Nothing known, nothing done."""
    return assess(catalog, Facts(), {}, {}, today=today)


def test_five_people_with_nothing_done_need_exactly_two_weeks(fresh: Assessment) -> None:
    plan = plan_sprint(fresh, start=MONDAY)
    assert_sound(plan, fresh)
    assert len(plan.days) == 10
    assert (plan.days[0].day, plan.days[-1].day) == (date(2026, 11, 23), date(2026, 12, 4))
    assert all(7 <= day.hours <= 19 for day in plan.days)
    assert plan.hours == 141
    assert plan.sentence == "26 controls, 141 h, fit into 10 working days."
    assert len(plan.later) == 29


def test_the_plan_comes_out_close_to_the_one_made_by_hand(fresh: Assessment) -> None:
    finished = {work.control: day.number for day in plan_sprint(fresh, start=MONDAY).days for work in day.work}
    assert finished.keys() == HAND_MADE.keys()
    apart = {name: abs(finished[name] - day) for name, day in HAND_MADE.items()}
    assert sum(apart.values()) / len(apart) < 1
    assert sum(days <= 2 for days in apart.values()) >= 25
    assert max(apart.values()) <= 5


def test_emergency_access_comes_before_anything_that_could_lock_people_out(fresh: Assessment) -> None:
    order = spans(plan_sprint(fresh, start=MONDAY))
    ready = order[BREAK_GLASS][1]
    for name in order:
        if name.startswith("mfa.") or name in {
            "identity.sso-coverage",
            "identity.offboarding",
            "proxy.front-internal-apps",
            "proxy.vpn-retired",
            "proxy.admin-paths",
            "least-privilege.human-prod-data",
        }:
            assert order[name][0] > ready, name


def test_emergency_access_comes_first_even_when_the_identity_provider_is_done(
    catalog: Catalog, today: datetime
) -> None:
    done = {name: Verified(2, 2, today) for name in ("identity.inventory", "identity.single-idp")}
    order = spans(plan_sprint(assess(catalog, Facts(), {}, done, today=today), start=MONDAY))
    assert all(order[name][0] > order[BREAK_GLASS][1] for name in order if name.startswith(("mfa.", "proxy.front")))


def test_who_notices_stands_beside_the_work(fresh: Assessment, catalog: Catalog) -> None:
    for day in plan_sprint(fresh, start=MONDAY).days:
        for work in day.work:
            assert work.who_notices == catalog.control(work.control).who_notices
            assert work.title == catalog.control(work.control).title


def test_what_is_proven_excepted_or_not_applicable_is_not_planned(catalog: Catalog, today: datetime) -> None:
    old = datetime(2025, 1, 1)
    proven = {"identity.inventory": Verified(2, 2, today), "mfa.admins": Verified(2, 2, old)}
    assessment = assess(
        catalog, Facts(has_vpn=False), {}, proven, today=today, exceptions={"identity.no-shared-accounts"}
    )
    plan = plan_sprint(assessment, start=MONDAY)
    planned = spans(plan)
    left = {"identity.inventory", "mfa.admins", "proxy.vpn-retired", "identity.no-shared-accounts"}
    assert planned.keys() == HAND_MADE.keys() - left
    assert not left & {each.control for each in plan.later}


@pytest.mark.parametrize(
    ("claim", "verified", "hours"),
    [
        (None, None, 8),
        (1, None, 4),
        (2, None, 1),
        (3, None, 1),
        (2, (1, 2), 4),
        (2, (1, 1), 1),
        (None, (1, 2), 4),
        (0, None, 8),
    ],
)
def test_hours_left_follow_what_is_built(
    catalog: Catalog, today: datetime, claim: int | None, verified: tuple[int, int] | None, hours: int
) -> None:
    name = "identity.single-idp"
    answers = {} if claim is None else {name: Claim(claim, today)}
    found = {} if verified is None else {name: Verified(*verified, today)}
    assert hours_left(assess(catalog, Facts(), answers, found, today=today).control(name)) == hours


def test_what_does_not_fit_waits_and_says_so(fresh: Assessment) -> None:
    plan = plan_sprint(fresh, start=MONDAY, people=2)
    assert_sound(plan, fresh, people=2)
    left_out = [each for each in plan.later if each.did_not_fit]
    assert plan.hours + sum(each.hours for each in left_out) == 141
    assert plan.sentence.startswith(
        f"{sum(each.hours for each in left_out)} of 141 h do not fit into 10 working days of 6 h"
    )
    assert f"{len(left_out)} controls" in plan.sentence
    worth = [each.points / each.hours for each in left_out]
    assert worth == sorted(worth, reverse=True)
    assert plan.later[: len(left_out)] == tuple(left_out)
    beyond = [each.points_overall / each.hours for each in plan.later[len(left_out) :]]
    assert beyond == sorted(beyond, reverse=True)


def test_nothing_left_to_do_is_said(catalog: Catalog, today: datetime) -> None:
    done = {control.id: Verified(2, 2, today) for control in catalog.controls}
    plan = plan_sprint(assess(catalog, Facts(), {}, done, today=today), start=MONDAY)
    assert (plan.days, plan.later, plan.hours) == ((), (), 0)
    assert plan.sentence.startswith("Nothing is left to do")


def test_a_weekend_start_begins_on_monday(fresh: Assessment) -> None:
    assert plan_sprint(fresh, start=date(2026, 11, 21)).days[0].day == MONDAY


@pytest.mark.parametrize("limits", [{"people": 0}, {"hours_per_person": 0}, {"days": 0}])
def test_a_plan_without_time_or_people_is_refused(fresh: Assessment, limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one person"):
        plan_sprint(fresh, start=MONDAY, **limits)


IDS = [control.id for control in load_catalog().controls]


@given(
    st.dictionaries(st.sampled_from(IDS), st.integers(0, 2), max_size=30),
    st.dictionaries(st.sampled_from(IDS), st.integers(0, 2), max_size=30),
    st.sampled_from((Facts(), Facts(has_vpn=False, n_services=1), Facts(has_internal_tools=False, has_database=False))),
    st.integers(1, 9),
    st.sampled_from((0.5, 1.0, 2.0, 3.0, 6.0)),
    st.sampled_from((1, 5, 10, 20)),
)
@settings(max_examples=40, deadline=None)
def test_any_company_gets_a_sound_plan(
    claimed: dict[str, int], proven: dict[str, int], facts: Facts, people: int, hours: float, days: int
) -> None:
    assessment = assess(
        load_catalog(),
        facts,
        {name: Claim(level, MONDAY) for name, level in claimed.items()},
        {name: Verified(level, 2, MONDAY) for name, level in proven.items()},
        today=MONDAY,
    )
    limits = {"people": people, "hours_per_person": hours, "days": days}
    assert_sound(plan_sprint(assessment, start=MONDAY, **limits), assessment, **limits)


@settings(max_examples=25, deadline=None)
@given(
    first=st.sets(st.sampled_from(sorted(HAND_MADE)), max_size=5),
    later=st.sets(st.sampled_from(sorted(HAND_MADE)), max_size=12),
    days=st.sampled_from([3, 10]),
)
def test_any_wish_for_first_and_later_gives_a_sound_plan(
    first: set[str], later: set[str], days: int, fresh: Assessment
) -> None:
    plan = plan_sprint(fresh, start=MONDAY, days=days, first=first, later=later - first)
    assert_sound(plan, fresh, days=days)
    postponed = {each.control for each in plan.later if each.postponed}
    assert postponed <= later - first
    assert not postponed & {work.control for day in plan.days for work in day.work}
    if days == 10:
        # With time enough only what was asked for waits.
        assert {each.control for each in plan.later if each.did_not_fit} == postponed


def test_what_comes_first_is_kept_when_hours_are_short_and_what_waits_is_said(fresh: Assessment) -> None:
    wanted = "least-privilege.review-cadence"
    short = plan_sprint(fresh, start=MONDAY, days=4)
    assert wanted not in spans(short)
    assert wanted in spans(plan_sprint(fresh, start=MONDAY, days=4, first=[wanted]))
    plan = plan_sprint(fresh, start=MONDAY, later=["proxy.vpn-retired", "identity.inventory"])
    assert [each.control for each in plan.later if each.postponed] == ["proxy.vpn-retired"], "others need the other one"
    assert plan.sentence.endswith("left for later by choice.")
    nothing = plan_sprint(fresh, start=MONDAY, later=list(HAND_MADE))
    assert nothing.sentence.startswith("26 controls, 141 h, are left")
    assert not nothing.days


def job(name: str, hours: int, *after: str, points: float = 1.0, rank: float = 0) -> Job:
    return Job(name, hours, frozenset(after), points, (rank,))


def laid_out(jobs: list[Job], budget: Budget) -> list[list[tuple[str, int, str]]]:
    days, _ = lay_out({each.id: each for each in jobs}, budget)
    return [[(part.job, part.hours, part.part) for part in day] for day in days]


def test_work_is_spread_evenly_and_long_jobs_span_days() -> None:
    days = laid_out([job("a", 6), job("b", 10, "a"), job("c", 4, rank=-1)], Budget(10, 6, 3))
    assert days == [
        [("c", 4, "whole"), ("a", 3, "start")],
        [("a", 3, "finish"), ("b", 4, "start")],
        [("b", 6, "finish")],
    ]


def test_short_jobs_are_not_split_and_a_day_is_never_left_empty() -> None:
    assert laid_out([job("a", 3), job("b", 3)], Budget(4, 4, 2)) == [[("a", 3, "whole")], [("b", 3, "whole")]]
    assert laid_out([job("a", 3)], Budget(2, 2, 2)) == [[("a", 2, "start")], [("a", 1, "finish")]]


def test_the_least_valuable_leaf_is_left_out_never_what_others_need() -> None:
    jobs = [job("root", 4, points=0.1), job("leaf", 4, "root", points=9.0), job("cheap", 4, points=1.0)]
    days, left_out = lay_out({each.id: each for each in jobs}, Budget(4, 4, 2))
    assert left_out == ["cheap"]
    assert [part.job for day in days for part in day] == ["root", "leaf"]


def test_tails_measure_the_longest_chain() -> None:
    jobs = {each.id: each for each in (job("a", 2), job("b", 3, "a"), job("c", 5, "a"), job("d", 1, "b", "c"))}
    assert tails(jobs) == {"a": 8, "b": 4, "c": 6, "d": 1}
