"""What a running sprint offers as next: its open tasks, most points first, with owners who are still here."""

from __future__ import annotations

from datetime import date

from tests.roadmaps.conftest import CONTROLS
from ztassess.assessments.monday import monday_page
from ztassess.organizations.models import Membership
from ztassess.roadmaps import next_tasks
from ztassess.roadmaps.services.sprints import sprint_end

LAST_MONDAY = date(2026, 11, 16)


def test_open_tasks_of_the_sprint_stand_before_the_plan(sprint, tasks, scan, owner, as_owner, home):
    found = monday_page(sprint.organization, LAST_MONDAY).next
    assert (found.from_sprint, found.words) == (True, "sprint day 1 of 10")
    assert found.left == len(tasks())
    assert [each.points for each in found.tasks] == sorted((each.points for each in found.tasks), reverse=True)
    planned = tasks()
    for each in found.tasks:
        task = planned[each.control_id]
        assert (each.owner, each.hours, each.due) == ("Olga Owner", task.hours, task.last_day)
    assert "Whole sprint" in as_owner.get(home).content.decode()


def test_proven_task_leaves_and_comes_back_reopened(sprint, scan, today, monkeypatch):
    monkeypatch.setattr(next_tasks, "SHOWN", 100)

    def words() -> dict[str, str]:
        return {each.control_id: each.word for each in monday_page(sprint.organization, LAST_MONDAY).next.tasks}

    assert words()["mfa.admins"] == "Open"
    scan(**{name.partition(".")[2]: True for name in CONTROLS})
    assert words().keys().isdisjoint(CONTROLS)
    today("2026-11-24")
    scan(admins=False)
    assert words()["mfa.admins"] == "Reopened"
    assert words().keys().isdisjoint(set(CONTROLS) - {"mfa.admins"})


def test_owner_who_left_has_no_task_and_an_ended_sprint_is_no_plan(sprint, owner):
    Membership.objects.filter(user=owner).delete()
    assert {each.owner for each in monday_page(sprint.organization, LAST_MONDAY).next.tasks} == {""}
    sprint_end(sprint=sprint, actor=owner)
    assert monday_page(sprint.organization, LAST_MONDAY).next.from_sprint is False
