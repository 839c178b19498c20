"""Owner and day of a control and of its task are one: whoever changes one of them sees it in the other."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from tests.conftest import member
from tests.roadmaps.conftest import choice
from tests.roadmaps.test_planning_again import replan
from ztassess.assessments.errors import OwnerConflict
from ztassess.assessments.models_notes import ControlOwner
from ztassess.assessments.services_notes import control_assign
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import membership_revoke
from ztassess.roadmaps.models import TaskEvent
from ztassess.roadmaps.services.moving import task_assign
from ztassess.roadmaps.services.sprints import sprint_end

CONTROL = "mfa.admins"
CHOSEN = date(2026, 11, 30)


def row(control=CONTROL):
    return ControlOwner.objects.select_related("owner").get(control_id=control)


def assign(organization, actor, owner, due, version):
    return control_assign(
        organization=organization, control_id=CONTROL, owner=owner, due=due, version=version, actor=actor
    )


@pytest.fixture
def ada(organization):
    return member(organization, Role.EDITOR, "ada@acme.example", "Ada Editor")


def test_plan_gives_controls_their_owners_and_days(sprint, tasks, owner):
    for control, task in tasks().items():
        assert (row(control).owner, row(control).due) == (task.owner, task.last_day)


def test_owner_given_on_the_control_has_the_task(sprint, tasks, owner, ada, in_scope):
    version = tasks()[CONTROL].version
    assign(in_scope, owner, ada, CHOSEN, row().version)
    task = tasks()[CONTROL]
    assert (task.owner, task.version) == (ada, version + 1)
    event = TaskEvent.objects.get(task=task, kind="assigned")
    assert (event.before, event.after, event.by) == ("Olga Owner", "Ada Editor", owner)


def test_owner_given_on_the_task_has_the_control(sprint, tasks, owner, ada, in_scope):
    before = row()
    task_assign(task=tasks()[CONTROL], owner=ada, version=1, actor=owner, due=CHOSEN)
    assert (row().owner, row().due) == (ada, CHOSEN)
    with pytest.raises(OwnerConflict):
        assign(in_scope, owner, None, None, before.version)
    task_assign(task=tasks()[CONTROL], owner=owner, version=2, actor=owner)
    assert (row().owner, row().due) == (owner, CHOSEN)


def test_pages_show_the_same_in_both_places(sprint, tasks, owner, ada, in_scope, as_owner, home):
    ada_views = Membership.objects.get(user=ada)
    ada_views.role = Role.VIEWER
    ada_views.save()
    url = home + f"roadmap/tasks/{tasks()[CONTROL].id}/"
    posted = as_owner.post(url, {"version": 1, "owner": ada.pk, "due": "2026-11-30"})
    assert posted.status_code == 302
    control = as_owner.get(home + f"controls/{CONTROL}/").content.decode()
    assert f'<option value="{ada.pk}" selected>Ada Editor</option>' in control
    assert 'value="2026-11-30"' in control
    late = as_owner.post(url, {"version": 2, "owner": ada.pk, "due": "never"})
    assert late.status_code == 409
    as_owner.post(home + f"controls/{CONTROL}/assign/", {"owner": "", "due": "2026-12-24", "version": row().version})
    assert 'value="2026-12-24"' in as_owner.get(url).content.decode()
    assert tasks()[CONTROL].owner is None


def test_who_left_loses_both(sprint, tasks, owner, ada, in_scope):
    assign(in_scope, owner, ada, CHOSEN, row().version)
    with transaction.atomic():
        membership_revoke(membership=Membership.objects.get(user=ada), actor=owner, actor_role=Role.OWNER)
    assert (tasks()[CONTROL].owner, row().owner, row().due) == (None, None, CHOSEN)


def test_new_plan_moves_its_own_days_and_leaves_chosen_ones(sprint, tasks, owner, ada, in_scope):
    assign(in_scope, owner, owner, CHOSEN, row().version)
    replan(sprint, choice(owner, hours=5), owner)
    assert row().due == CHOSEN
    now = tasks()
    assert all(row(control).due == task.last_day for control, task in now.items() if control != CONTROL)
    assert {each.due for each in ControlOwner.objects.exclude(control_id__in=now)} == {None}
    sprint_end(sprint=sprint, actor=owner)
    assert {each.due for each in ControlOwner.objects.exclude(control_id=CONTROL)} == {None}


def test_next_sprint_leaves_controls_with_who_has_them(sprint, tasks, owner, ada, in_scope):
    from ztassess.assessments.selectors import read_organization
    from ztassess.roadmaps.proposing import propose
    from ztassess.roadmaps.selectors import owners_kept

    assign(in_scope, owner, ada, None, row().version)
    sprint_end(sprint=sprint, actor=owner)
    found = propose(
        read_organization(in_scope).assessment, choice(owner, ada), today=date(2026, 11, 23), owners=owners_kept()
    )
    owners = {control: place.owner for control, place in found.tasks.items()}
    assert owners[CONTROL] == str(ada.pk)
    assert {who for control, who in owners.items() if control != CONTROL} == {str(owner.pk)}
