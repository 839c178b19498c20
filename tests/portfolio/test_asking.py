"""What is asked of many clients at once: each by the role in it, once, in its own transaction and with its own line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from django_scopes import scopes_disabled

from tests.roadmaps.conftest import begin, choice
from ztassess.accounts.models import User
from ztassess.assessments.models import ControlComment, ControlOwner
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.portfolio.services import asking
from ztassess.roadmaps.models import RoadmapTask

pytestmark = pytest.mark.django_db
CONTROL = "mfa.all-humans"
PATH = f"/portfolio/by/control/{CONTROL}/"


def form(*organizations: Organization, what: str = "tasks", key: str = "k1", **more: Any) -> dict[str, Any]:
    due = (timezone.localdate() + timedelta(days=14)).isoformat()
    ticked = [str(each.id) for each in organizations]
    return {"what": what, "key": key, "due": due, "text": "", "ticked": ticked} | more


def events(organization: Organization, action: str = "") -> int:
    with organization_scope(organization):
        return AuditEvent.objects.filter(action__startswith=action).count()


def with_sprint(organization: Organization) -> None:
    """A sprint of three short days, into which the control does not fit."""
    with organization_scope(organization):
        owner = Membership.objects.get(role=Role.OWNER).user
        begin(organization, choice(owner, start=timezone.localdate().isoformat(), days=3, hours=4), owner)
        assert not RoadmapTask.objects.filter(control_id=CONTROL).exists()


def test_each_client_by_the_role_in_it_and_one_failure_undoes_no_other(web, client_of, today, monkeypatch):
    today("2026-11-23")
    running, resting, watching, broken = (
        client_of(name, role)
        for name, role in (
            ("Running", Role.EDITOR),
            ("Resting", Role.EDITOR),
            ("Watching", Role.VIEWER),
            ("Broken", Role.EDITOR),
        )
    )
    with_sprint(running)
    real = asking.control_assign

    def failing(*, organization: Organization, **values: Any) -> Any:
        if organization == broken:
            ControlOwner.objects.create(organization=organization, control_id="mfa.admins")
            raise RuntimeError("no room")
        return real(organization=organization, **values)

    monkeypatch.setattr(asking, "control_assign", failing)
    before = {each.name: events(each) for each in (running, resting, watching, broken)}
    page = web.post(PATH, form(running, resting, watching, broken)).content.decode()
    assert "Done in 2" in page
    assert "Your role there is viewer" in page
    assert "Something failed there" in page
    after = {each.name: events(each) for each in (running, resting, watching, broken)}
    assert {name: after[name] - before[name] for name in after} == {
        "Running": 1,
        "Resting": 1,
        "Watching": 0,
        "Broken": 0,
    }
    with organization_scope(running):
        task = RoadmapTask.objects.get(control_id=CONTROL)
        assert task.last_day == task.sprint.last_day
        assert task.events.get().kind == "added"
    with organization_scope(resting):
        assert ControlOwner.objects.get(control_id=CONTROL).due is not None
        assert not RoadmapTask.objects.exists()
    with organization_scope(broken):
        assert not ControlOwner.objects.exists()


def test_second_press_changes_nothing_and_says_so(web, client_of, today):
    today("2026-11-23")
    one, two = client_of("One"), client_of("Two")
    asked = form(one, two, what="evidence", text="A screenshot of the policy, please.")
    web.post(PATH, asked)
    page = web.post(PATH, asked).content.decode()
    assert page.count(asking.TWICE) == 2
    with scopes_disabled():
        assert ControlComment.objects.count() == 2
    assert events(one, "comment.add") == events(two, "comment.add") == 1
    web.post(PATH, asked | {"key": "k2"})
    with scopes_disabled():
        assert ControlComment.objects.count() == 4


def test_evidence_is_asked_of_the_owner_of_the_control_by_mail(
    web, client_of, admin, django_capture_on_commit_callbacks
):
    owned, nobody = client_of("Owned"), client_of("Nobody")
    ben = User.objects.create_user("ben@owned.example", None, name="Ben Brown")
    twin = User.objects.create_user("twin@owned.example", None, name="Ben Brown")
    with organization_scope(owned):
        for user in (ben, twin):
            Membership.objects.create(organization=owned, user=user, role=Role.EDITOR)
        ControlOwner.objects.create(organization=owned, control_id=CONTROL, owner=ben)
    with django_capture_on_commit_callbacks(execute=True):
        page = web.post(PATH, form(owned, nobody, what="evidence", text="Which policy?")).content.decode()
    assert "its owner Ben Brown" in page
    assert "because nobody owns the control" in page
    assert sorted(message.to[0] for message in mail.outbox) == ["ben@owned.example", "owner-nobody@example.com"]
    shown = web.get(f"/o/{owned.slug}/controls/{CONTROL}/").content.decode()
    assert "Evidence is asked for." in shown
    assert "Which policy?" in shown


def test_strangers_clients_are_not_touched_and_not_named(web, client_of, other_organization, organization):
    mine = client_of("Mine")
    with scopes_disabled():
        count = AuditEvent.objects.filter(organization__in=[organization, other_organization]).count()
    page = web.post(PATH, form(mine, other_organization, organization)).content.decode()
    assert page.count(asking.GONE) == 2
    assert other_organization.name not in page
    with scopes_disabled():
        assert AuditEvent.objects.filter(organization__in=[organization, other_organization]).count() == count
    assert web.post(PATH, form(mine) | {"ticked": ["not-an-id"]}).status_code == 200


def test_nothing_is_done_twice_by_other_means(web, client_of, today):
    today("2026-11-23")
    running, resting = client_of("Running"), client_of("Resting")
    with_sprint(running)
    web.post(PATH, form(running, resting))
    page = web.post(PATH, form(running, resting, key="k2")).content.decode()
    assert "It is in sprint 1 already" in page
    assert "due Dec 7 already" in page
    assert "Done in 0" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"ticked": []},
        {"due": ""},
        {"due": "2020-01-01"},
        {"due": "9999-01-01"},
        {"what": "evidence", "text": ""},
        {"what": "steal"},
        {"key": ""},
        {"ticked": ["x"] * 101},
    ],
)
def test_wrong_form_does_nothing_and_says_why(wrong, web, client_of):
    organization = client_of("Alder")
    count = events(organization)
    answer = web.post(PATH, form(organization) | wrong)
    assert answer.status_code == 422
    assert events(organization) == count
    # Before the list, which may be long: the field itself stands below it.
    assert "No client was asked" in answer.content.decode().partition("<table")[0]


def test_unknown_subjects_are_404(web):
    for path in ("by/control/nothing/", "by/check/nothing/", "by/anything/mfa.all-humans/", "by/check/a.b%00/"):
        assert web.get(f"/portfolio/{path}").status_code == 404, path


def test_a_check_asks_about_the_control_it_proves(web, client_of, doors, today):
    today("2026-11-23")
    organization = client_of("Alder")
    assert web.post("/portfolio/by/check/doors.mfa_admins/", form(organization)).status_code == 200
    with organization_scope(organization):
        assert ControlOwner.objects.get().control_id == "mfa.admins"


def test_log_of_the_client_says_that_a_consultant_did_it(web, client_of):
    organization = client_of("Alder")
    web.post(PATH, form(organization))
    with organization_scope(organization):
        line = AuditEvent.objects.get(action="control.assign")
        assert (line.via, line.actor.get_full_name()) == ("consultant", "Diego Santos")
