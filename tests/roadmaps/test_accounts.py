"""Decisions about accounts as tasks of the sprint: readings close and reopen them, and every page and file has them."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.access_reviews.telling import connected, person, tell
from tests.conftest import member
from tests.fakes.doors import bells
from tests.roadmaps.conftest import begin, choice
from tests.roadmaps.test_exporting import events as calendar_events
from tests.roadmaps.test_planning_again import replan
from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.services.decisions import Choice, decision_record, decisions_record
from ztassess.assessments.models_notes import ControlOwner
from ztassess.assessments.services_notes import control_assign
from ztassess.audit.models import AuditDetail
from ztassess.domain.access_decisions import Decision, ItemState
from ztassess.domain.access_review import account_key
from ztassess.domain.access_tasks import closing_of_item, day_of, reopening_of_item, shown_state_of_item
from ztassess.domain.sprints import TaskState
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import membership_revoke
from ztassess.roadmaps.errors import MoveRefused
from ztassess.roadmaps.models import RoadmapTask, TaskEvent
from ztassess.roadmaps.selectors import running_sprint
from ztassess.roadmaps.services.accounts import CONTROL
from ztassess.roadmaps.services.moving import task_assign, task_move

__all__ = ["bells"]
MONDAY = date(2026, 11, 23)
DAYS = [MONDAY + timedelta(days=each) for each in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]


@pytest.mark.parametrize(
    ("due", "day"),
    [
        (None, DAYS[-1]),
        (MONDAY + timedelta(days=2), MONDAY + timedelta(days=2)),
        (MONDAY + timedelta(days=6), MONDAY + timedelta(days=4)),  # a Sunday: the Friday before
        (MONDAY - timedelta(days=9), MONDAY),
        (MONDAY + timedelta(days=90), DAYS[-1]),
    ],
)
def test_day_is_the_last_working_day_until_the_due_day(due, day):
    (found,) = day_of(due, DAYS)
    assert (found.day, found.hours) == (day, 0)


@pytest.mark.parametrize("item", list(ItemState))
def test_only_a_reading_closes_and_nothing_else_is_shown_as_done(item):
    done = item is ItemState.DONE
    assert (closing_of_item(item, "Gone.") is not None) == done
    assert (reopening_of_item(item, "Still active.") == "") == done
    assert (shown_state_of_item(TaskState.DONE, item) is TaskState.DONE) == done
    for state in TaskState:
        if state is not TaskState.DONE:
            assert shown_state_of_item(state, item) is state


@pytest.fixture
def cloud(doors, bells, in_scope, owner, monkeypatch):
    from ztassess.connectors import registry

    monkeypatch.setattr(registry, "CONNECTORS", ("doors", "aws"))
    found = connected(in_scope, owner, "aws", "Cloud")
    tell(found, person("zoe"), person("ben", admin=True))
    return found


@pytest.fixture
def clock(today, monkeypatch):
    """Let an hour pass, so that a reading is taken after what was decided before."""

    def later() -> None:
        moment = timezone.now() + timedelta(hours=1)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    today("2026-11-23")
    return later


@pytest.fixture
def running(clock, cloud, connection, owner):
    return begin(connection.organization, choice(owner), owner)


def decide(cloud, actor, name, decision, **more):
    current = AccessDecision.objects.filter(account_key=account_key(name), replaced_at=None).first()
    chosen = Choice(decision, more.pop("reason", "Left in June."), **more)
    return decision_record(
        organization=cloud.organization,
        actor=actor,
        connection_id=cloud.id,
        account_key=account_key(name),
        version=current.version if current else 0,
        choice=chosen,
    )


def the_task(name="zoe"):
    return RoadmapTask.objects.select_related("decision", "owner").get(
        decision__account_key=account_key(name), left_out_at=None
    )


def lines(action):
    return list(
        AuditDetail.objects.filter(event__action=action).order_by("event__seq").values_list("summary", flat=True)
    )


def test_task_comes_closes_by_a_reading_and_comes_back_with_it(running, cloud, owner, clock):
    decide(cloud, owner, "zoe", Decision.REMOVE, due_on=MONDAY + timedelta(days=3))
    task = the_task()
    assert (task.state, task.hours, task.last_day) == ("open", 0, MONDAY + timedelta(days=3))
    assert "1 added" in lines("roadmap_task.follow")[-1]
    with pytest.raises(MoveRefused):
        task_move(task=task, to=TaskState.DONE, version=task.version, actor=owner)
    task = task_move(task=task, to=TaskState.WAITING, version=task.version, actor=owner)
    clock()
    tell(cloud, person("zoe"), person("ben", admin=True))
    assert the_task().state == "waiting"
    clock()
    tell(cloud, person("ben", admin=True))
    task = the_task()
    assert (task.state, task.closed_by, task.reason) == (
        "done",
        "proof",
        "A reading verified it: Gone. Told by an uploaded export.",
    )
    clock()
    tell(cloud, person("zoe"), person("ben", admin=True))
    task = the_task()
    assert (task.state, task.reason) == ("reopened", "A reading tells it again: Still active.")
    kinds = list(TaskEvent.objects.filter(task=task).order_by("at", "kind").values_list("kind", flat=True))
    assert kinds == ["added", "state", "closed", "reopened"]


def test_another_decision_takes_the_task_along_or_out(running, cloud, owner):
    decide(cloud, owner, "ben", Decision.REDUCE)
    before = the_task("ben")
    decide(cloud, owner, "ben", Decision.REMOVE, due_on=MONDAY + timedelta(days=1))
    task = the_task("ben")
    assert (task.id, task.decision.decision, task.last_day) == (before.id, "remove", MONDAY + timedelta(days=1))
    decide(cloud, owner, "ben", Decision.KEEP, reason="Needed after all.")
    gone = RoadmapTask.objects.get(id=task.id)
    assert gone.left_out_at is not None
    event = TaskEvent.objects.get(task=task, kind="left_out")
    assert event.reason == f"{owner} decided “keep” instead: Needed after all."
    decide(cloud, owner, "ben", Decision.REMOVE)
    assert the_task("ben").id != task.id


def test_decisions_made_before_come_in_when_the_sprint_begins(clock, cloud, connection, owner, as_owner, home):
    decide(cloud, owner, "zoe", Decision.REMOVE)
    page = as_owner.get(home + "roadmap/").content.decode()
    assert "Access to take away" in page
    assert "Remove zoe@x.io in Cloud" in page
    begin(connection.organization, choice(owner), owner)
    task = the_task()
    assert task.last_day == MONDAY + timedelta(days=11)  # due in two weeks, and the sprint ends on a Friday
    cloud.removed_at = timezone.now()
    cloud.save(update_fields=["removed_at"])
    replan(running_sprint(connection.organization), choice(owner, days=9), owner)
    assert RoadmapTask.objects.get(id=task.id).left_out_at is not None


def test_reviewer_names_the_owner_else_the_controls_has_it(running, cloud, owner, in_scope):
    ada = member(in_scope, Role.EDITOR, "ada@acme.example", "Ada Editor")
    eve = member(in_scope, Role.VIEWER, "eve@acme.example", "Eve Viewer")
    standing = ControlOwner.objects.get(control_id=CONTROL)
    control_assign(
        organization=in_scope, control_id=CONTROL, owner=ada, due=None, version=standing.version, actor=owner
    )
    decide(cloud, owner, "zoe", Decision.REMOVE)
    decide(cloud, owner, "ben", Decision.REDUCE, owner=eve)
    assert (the_task("zoe").owner, the_task("ben").owner) == (ada, eve)
    task = task_assign(task=the_task("zoe"), owner=eve, version=1, actor=owner)
    assert AccessDecision.objects.get(id=task.decision_id).owner == eve
    with transaction.atomic():
        membership_revoke(membership=Membership.objects.get(user=eve), actor=owner, actor_role=Role.OWNER)
    assert {the_task(name).owner for name in ("zoe", "ben")} == {None}
    assert {row.owner for row in AccessDecision.objects.filter(replaced_at=None)} == {None}
    assert lines("access.unassign") == [
        "2 decisions to be carried out have no owner: Eve Viewer is not a member any more."
    ]


def test_every_page_and_file_has_it(running, cloud, owner, as_owner, home):
    decide(cloud, owner, "zoe", Decision.REMOVE, due_on=MONDAY + timedelta(days=3), reason="=Left;\nin June.")
    task = the_task()
    url = f"/access/accounts/{cloud.id}/{account_key('zoe')}/"
    for path in ("roadmap/", "roadmap/timeline/", "roadmap/end/", "roadmap/push/github/?place=acme/security"):
        assert "Remove zoe@x.io in Cloud" in as_owner.get(home + path).content.decode(), path
    page = as_owner.get(home + f"roadmap/tasks/{task.id}/").content.decode()
    assert url in page
    assert "when a reading of the system taken after the decision shows" in page
    rows = list(csv.DictReader(io.StringIO(as_owner.get(home + "roadmap/sprint.csv").content.decode())))
    (row,) = (each for each in rows if each["Task"] == "Remove zoe@x.io in Cloud")
    assert (row["Day"], row["Due"], row["Hours"], row["State"]) == ("2026-11-26", "2026-11-26", "0", "Open")
    event = calendar_events(as_owner.get(home + "roadmap/sprint.ics").content.decode())[f"{task.id}@ztassess"]
    assert event["DTSTART;VALUE=DATE"] == "20261126"
    assert event["URL"].endswith(url)
    assert "Why: =Left\\;\\nin June." in event["DESCRIPTION"]
    assert "Access review" in as_owner.get(home + "access/open/").content.decode()


def test_queries_do_not_grow_with_decisions_and_a_long_day_is_counted(running, cloud, owner, as_owner, home, clock):
    def queries(path):
        with CaptureQueriesContext(database) as found:
            assert as_owner.get(home + path).status_code == 200
        return len(found)

    decide(cloud, owner, "zoe", Decision.REMOVE)
    paths = ("roadmap/", "roadmap/timeline/", "roadmap/sprint.csv", "roadmap/sprint.ics")
    before = [queries(path) for path in paths]
    clock()
    tell(cloud, *(person(f"p{number}") for number in range(60)), person("zoe"))

    def everybody():
        with CaptureQueriesContext(database) as found:
            done = decisions_record(
                organization=cloud.organization,
                actor=owner,
                pick=lambda reading: [each for each in reading.entries if each.current is None],
                seen_at=timezone.now(),
                choice=Choice(Decision.REMOVE, "Old."),
            )
        return len(done.done), len(found)

    count, asked = everybody()
    assert count == 60
    assert asked < 60
    assert [queries(path) for path in paths] == before
    page = as_owner.get(home + "roadmap/").content.decode()
    listed, more = page.count("Remove "), int(re.search(r"and (\d+) more", page).group(1))
    assert listed < 30
    assert listed + more == 61
