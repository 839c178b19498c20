"""Starting a sprint and planning it again: what was looked at is saved, done tasks stay, impossible plans are said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.utils import timezone

from tests.conftest import member
from tests.roadmaps.conftest import begin, choice
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.domain.replanning import MoveKind
from ztassess.domain.sprints import TaskState
from ztassess.organizations.models import FactSheet
from ztassess.organizations.roles import Role
from ztassess.organizations.services import facts_save
from ztassess.roadmaps.board import read_board
from ztassess.roadmaps.errors import PlanImpossible, PlanOutdated, SprintRuns, TaskChanged
from ztassess.roadmaps.models import RoadmapTask, Sprint, SprintPerson, TaskEvent
from ztassess.roadmaps.proposing import propose
from ztassess.roadmaps.selectors import tasks_of
from ztassess.roadmaps.services.moving import task_move
from ztassess.roadmaps.services.sprints import sprint_end, sprint_replan, sprint_start


def proposal_for(sprint, chosen):
    assessment = read_organization(sprint.organization).assessment
    return propose(assessment, chosen, today=timezone.localdate(), tasks=tasks_of(sprint))


def replan(sprint, chosen, actor, version=None):
    found = proposal_for(sprint, chosen)
    sprint.refresh_from_db()
    sprint_replan(sprint=sprint, choice=chosen, seen=found.mark, version=version or sprint.version, actor=actor)
    return found


def test_sprint_has_all_of_the_80_20_with_owner_days_and_event(sprint, tasks, owner):
    rows = tasks()
    assert len(rows) == 26
    assert {task.owner for task in rows.values()} == {owner}
    assert all(task.slices and task.hours == task.placement.hours for task in rows.values())
    assert TaskEvent.objects.filter(kind="added", by=owner).count() == 26
    line = AuditDetail.objects.get(event__action="sprint.start")
    assert line.summary == "Olga Owner started sprint 1 with 26 tasks, 141 h"
    assert sprint.last_day == date(2026, 12, 4)
    assert sum(sprint.first_plan.values()) == 141


def test_there_is_one_sprint_at_a_time(sprint, owner):
    with pytest.raises(SprintRuns):
        begin(sprint.organization, choice(owner), owner)
    sprint_end(sprint=sprint, actor=owner)
    assert begin(sprint.organization, choice(owner), owner).number == 2


def test_plan_that_nobody_looked_at_is_not_saved(connection, owner, today):
    today("2026-11-23")
    with pytest.raises(PlanOutdated):
        sprint_start(organization=connection.organization, choice=choice(owner), seen="", actor=owner)
    assert not Sprint.objects.exists()


def test_plan_with_a_stranger_in_the_team_is_not_saved(connection, owner, stranger, today):
    today("2026-11-23")
    with pytest.raises(PlanOutdated):
        begin(connection.organization, choice(owner, stranger), owner)
    assert not Sprint.objects.exists()


def test_work_is_shared_by_hours(connection, organization, owner, today):
    today("2026-11-23")
    second = member(organization, Role.EDITOR, "two@acme.example", "Two Second")
    sprint = begin(organization, choice(owner, second, hours=7.5), owner)
    hours = dict.fromkeys((owner, second), 0)
    for task in tasks_of(sprint):
        hours[task.owner] += task.hours
    assert abs(hours[owner] - hours[second]) <= 10
    assert SprintPerson.objects.filter(sprint=sprint).count() == 2


def test_done_tasks_stay_and_the_rest_moves(scan, sprint, tasks, owner, today):
    scan(inventory=True)
    before = tasks()["identity.inventory"].slices
    today("2026-11-26")
    found = replan(sprint, choice(owner, days=14), owner)
    assert "identity.inventory" not in {move.control for move in found.moves}
    assert tasks()["identity.inventory"].slices == before
    later = [task for task in tasks().values() if task.control_id != "identity.inventory"]
    assert min(task.placement.first for task in later) == date(2026, 11, 26)
    assert TaskEvent.objects.filter(kind="moved", task=tasks()["mfa.admins"]).exists()
    line = AuditDetail.objects.get(event__action="sprint.replan")
    assert line.after["moves"]["mfa.admins"] == "moved"


def test_fewer_hours_leave_out_the_least_valuable_and_more_bring_them_back(sprint, tasks, owner):
    few = replan(sprint, choice(owner, hours=5), owner)
    left_out = {move.control for move in few.moves if move.kind is MoveKind.LEFT_OUT}
    assert left_out
    assert {move.reason for move in few.moves if move.control in left_out} == {
        "It does not fit into the hours that there are."
    }
    assert "do not fit into 10 working days of 5 h" in few.plan.sentence
    assert left_out.isdisjoint(tasks())
    # A plan that was just saved because it fits does not ask for more time.
    board = read_board(sprint.organization)
    assert board is not None
    assert board.ends_without_limit() <= sprint.last_day
    many = replan(sprint, choice(owner, hours=15), owner)
    assert {move.control for move in many.moves if move.kind is MoveKind.ADDED} == left_out
    assert len(tasks()) == RoadmapTask.objects.count() == 26


def test_built_tasks_need_only_the_hour_of_proof_and_keep_their_size(sprint, tasks, owner):
    task = tasks()["identity.sso-coverage"]
    hours = task.hours
    task_move(task=task, to=TaskState.WAITING, version=task.version, actor=owner)
    replan(sprint, choice(owner), owner)
    after = tasks()["identity.sso-coverage"]
    assert (after.placement.hours, after.hours, after.state) == (1, hours, "waiting")


def test_facts_that_make_a_control_inapplicable_take_it_out(organization, sprint, tasks, owner):
    sheet, _ = FactSheet.objects.get_or_create(organization=organization)
    facts_save(
        sheet=sheet,
        values={"has_database": False, "databases": []},
        declared={},
        version=sheet.version,
        actor=owner,
    )
    found = replan(sprint, choice(owner), owner)
    reasons = {move.control: move.reason for move in found.moves if move.kind is MoveKind.LEFT_OUT}
    assert reasons["least-privilege.db-user-per-service"] == "It does not apply any more, by the facts."
    assert "least-privilege.db-user-per-service" not in tasks()


def test_owner_who_is_not_in_the_new_team_hands_over(organization, connection, owner, today):
    today("2026-11-23")
    second = member(organization, Role.EDITOR, "two@acme.example", "Two Second")
    sprint = begin(organization, choice(owner, second, hours=7.5), owner)
    found = replan(sprint, choice(owner), owner)
    assert any(move.kind in (MoveKind.HANDED_OVER, MoveKind.MOVED) for move in found.moves)
    assert {task.owner for task in tasks_of(sprint)} == {owner}
    assert TaskEvent.objects.filter(kind="assigned", before="Two Second", after="Olga Owner").exists()


def test_changed_meanwhile_is_refused_and_nothing_is_saved(scan, sprint, tasks, owner):
    found = proposal_for(sprint, choice(owner, days=12))
    scan(inventory=True)
    with pytest.raises(PlanOutdated):
        sprint_replan(sprint=sprint, choice=choice(owner, days=12), seen=found.mark, version=1, actor=owner)
    sprint.refresh_from_db()
    assert (sprint.days, sprint.version) == (10, 1)


def test_two_people_planning_at_once_do_not_overwrite_each_other(sprint, owner):
    first = proposal_for(sprint, choice(owner))
    replan(sprint, choice(owner, days=12), owner)
    with pytest.raises(PlanOutdated):
        sprint_replan(sprint=sprint, choice=choice(owner), seen=first.mark, version=1, actor=owner)


def test_ended_sprint_is_not_planned_again(sprint, owner):
    found = proposal_for(sprint, choice(owner))
    sprint_end(sprint=sprint, actor=owner)
    with pytest.raises(TaskChanged):
        sprint_replan(sprint=sprint, choice=choice(owner), seen=found.mark, version=1, actor=owner)
    with pytest.raises(TaskChanged):
        sprint_end(sprint=sprint, actor=owner)


def test_impossible_plans_are_told_in_clear_words(sprint, connection, owner, today):
    assessment = read_organization(sprint.organization).assessment
    with pytest.raises(PlanImpossible, match="Nobody has an hour a day"):
        propose(assessment, choice(owner, hours=0.5), today=timezone.localdate())
    today("2027-01-11")
    with pytest.raises(PlanImpossible, match=r"The last working day of this sprint was December 4\. Give"):
        propose(assessment, choice(owner), today=timezone.localdate(), tasks=tasks_of(sprint))


def test_nothing_fits_into_one_day_of_one_hour(connection, organization, owner, today):
    today("2026-11-23")
    with pytest.raises(PlanImpossible, match="Nothing fits: 1 h a day over 1 working days, and the shortest task"):
        begin(organization, choice(owner, hours=1, days=1), owner)


def test_start_on_a_day_off_begins_on_the_next_working_day(connection, organization, owner, today):
    today("2026-11-20")
    sprint = begin(organization, choice(owner, start="2026-11-21"), owner)
    assert min(task.placement.first for task in tasks_of(sprint)) == date(2026, 11, 23)


def test_days_that_are_worked_on_are_chosen(connection, organization, owner, today):
    today("2026-11-23")
    chosen = replace(choice(owner, days=10), weekdays=(0, 2, 5))
    sprint = begin(organization, chosen, owner)
    days = {part.day.weekday() for task in tasks_of(sprint) for part in task.placement.slices}
    assert days == {0, 2, 5}
    assert sprint.last_day == date(2026, 12, 14)


def test_answers_make_a_task_smaller_only_when_planned_again(organization, sprint, tasks, owner):
    hours = tasks()["proxy.inventory"].placement.hours
    answer_save(organization=organization, control_id="proxy.inventory", level=2, note="", version=0, actor=owner)
    assert tasks()["proxy.inventory"].placement.hours == hours
    replan(sprint, choice(owner), owner)
    assert tasks()["proxy.inventory"].placement.hours == 1
    assert AuditEvent.objects.filter(action="sprint.replan").count() == 1
