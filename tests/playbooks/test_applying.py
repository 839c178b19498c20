"""A playbook at its clients: each done for itself, shown as another weighting, never as progress, off at once."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import member, person, proven
from tests.playbooks.conftest import document, grant_to
from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.monday import monday_page
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.selectors_as_of import assessment_as_of
from ztassess.assessments.services import answer_save
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.catalog import load_catalog
from ztassess.common.models import organization_scope
from ztassess.domain.changes import ChangeKind
from ztassess.domain.playbook_reading import read_playbook
from ztassess.domain.playbooks import Part
from ztassess.domain.scoring import is_weighted
from ztassess.notifications.alerts import facts_now
from ztassess.organizations.models import Grant, Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import organization_create
from ztassess.organizations.services_grants import grant_end
from ztassess.playbooks import dispatch, services_runs, views_apply
from ztassess.playbooks.models import AppliedPlaybook, ApplyItem, ApplyRun, PlaybookVersion
from ztassess.playbooks.selectors import applied_branding, applied_now, newer_version
from ztassess.playbooks.services import playbook_save
from ztassess.playbooks.services_apply import playbook_take_off
from ztassess.playbooks.services_runs import run_ask, run_work
from ztassess.playbooks.tasks import apply as apply_task
from ztassess.portfolio.models import PortfolioRow

MONDAY = "2026-11-23 09:00:00+00:00"
ALL = tuple(Part)


def asked(version, cora, *clients, parts=ALL):
    names = {each.id: each.name for each in clients}
    with organization_scope(version.organization):
        return run_ask(version=version, parts=parts, clients=names, actor=cora, factor_shown=True)


def apply(version, cora, *clients, parts=ALL):
    """What became of each client, in the order given."""
    run = asked(version, cora, *clients, parts=parts)
    assert run_work(version.organization, run.id)
    with organization_scope(version.organization):
        items = {item.client: item for item in ApplyItem.objects.filter(run=run)}
    return [items[each.id] for each in clients]


def newer(firm, playbook, cora, **changes):
    """Another version of the playbook, saved by Cora."""
    written = read_playbook(document(**changes), load_catalog())
    with organization_scope(firm):
        playbook.refresh_from_db()
        playbook_save(
            playbook=playbook, name=written.name, payload=written.payload, logo=None, seen=playbook.number, actor=cora
        )
        return PlaybookVersion.objects.select_related("organization").order_by("-number").first()


def test_each_client_is_done_for_itself_with_a_line_of_its_own(firm, version, cora, acme, other):
    stranger_org = organization_create(name="Elsewhere", owner=person("eve@else.example", "Eve Else"), facts={})
    done, looking, unknown = apply(version, cora, acme, other, stranger_org)
    assert (done.name, done.state, done.problem) == ("Acme", "done", "")
    assert "Your role at Other is viewer" in looking.problem
    assert unknown.problem == "You do not work for this organization any more; nothing was changed there."
    with organization_scope(acme):
        row = applied_now(acme)
        assert (row.firm_name, row.number, row.by, row.parts) == ("Northgate", 1, cora, ALL)
        line = AuditDetail.objects.get(event__action="playbook.apply")
        assert "(consultant for Acme)" in line.summary
        assert applied_branding(acme).footer == "Confidential"
        assert applied_branding(acme).accent == "#003366"
    for untouched in (other, stranger_org):
        with organization_scope(untouched):
            assert applied_now(untouched) is None
            assert not AuditEvent.objects.filter(action__startswith="playbook").exists()
    with organization_scope(firm):
        assert AuditDetail.objects.get(event__action="playbook.apply_to").after["clients"] == ["Acme"]
    again = apply(version, cora, acme)
    assert "is applied there already" in again[0].problem


def test_playbook_of_another_firm_is_not_replaced_and_ended_access_refuses(version, cora, acme, owner):
    rival = organization_create(name="Rival", owner=cora, facts={})
    with organization_scope(acme):
        AppliedPlaybook.objects.create(
            organization=acme, firm=rival, firm_name="Rival", playbook=rival.id, playbook_name="Theirs", number=1
        )
    assert "A playbook of Rival stands at Acme" in apply(version, cora, acme)[0].problem
    with organization_scope(acme):
        playbook_take_off(applied=applied_now(acme), actor=owner)
        grant_end(grant=Grant.objects.get(organization=acme), actor=owner)
    assert "You do not work for this organization any more" in apply(version, cora, acme)[0].problem


def weights_are_told_on_every_page(client, home):
    """Whose weights they are, and no word of gain: a re-weighting is not progress."""
    for path in ("", "stages/", "stages/mfa/", "controls/mfa.admins/", "as-of/", "roadmap/", "dashboard/"):
        text = client.get(home + path).content.decode()
        assert "weighted by Northgate’s playbook, version 1" in text, path
        assert not any(word in text for word in ("points more proven", "Proof gained", "Proven grew")), path
    control = client.get(home + "controls/mfa.admins/").content.decode()
    assert "What Northgate says" in control
    assert "Begin with the founders." in control
    assert f"the catalog says {load_catalog().control('mfa.admins').weight}" in control
    assert load_catalog().control("mfa.admins").weight_rationale not in control


def test_weights_alone_are_never_progress_anywhere(version, cora, acme, owner, client):
    with time_machine.travel(MONDAY, tick=False) as clock, organization_scope(acme):
        for control in ("identity.inventory", "mfa.admins"):
            answer_save(organization=acme, control_id=control, level=3, note="", version=0, actor=owner)
        before = read_organization(acme).assessment
        clock.shift(timezone.timedelta(days=10))
        apply(version, cora, acme)
        reading = read_organization(acme)
        judged, page = reading.assessment, monday_page(acme, timezone.localdate() - timezone.timedelta(days=7))
        assert judged.eighty_twenty != before.eighty_twenty
        assert is_weighted(judged.method_version)
        snapshot = ScoreSnapshot.objects.order_by("-at").first()
        assert (snapshot.cause, snapshot.method_version) == ("method", judged.method_version)
        assert (page.proven_before, page.claimed_before, page.method_changed) == (None, None, True)
        assert page.weighting == "weighted by Northgate’s playbook, version 1"
        assert page.forecast.points_a_week is None
        assert "not compared" in page.forecast.moved
        assert not page.group(ChangeKind.FIXED).changes
        assert not page.change_count
        assert not assessment_as_of(acme, timezone.localdate() - timezone.timedelta(days=5), judged).comparable
        assert not list(facts_now(acme, judged.today.date()))
        row = PortfolioRow.objects.get()
        assert (row.proven_before, row.lands_on, row.method_version) == (None, None, judged.method_version)
        client.force_login(owner)
        home = f"/o/{acme.slug}/"
        weights_are_told_on_every_page(client, home)
        told = [client.get(home + page).content.decode() for page in ("reports/", "reports/branding/")]
        assert all("Reports carry the branding of" in page for page in told)
        assert "#003366" in told[0]
        named = f"playbook {applied_now(acme).playbook_name}, version 1"
        trend_csv = home + "dashboard/trend.csv"
        assert f"Weights of {named}; the line starts anew" in client.get(trend_csv).content.decode()
        clock.shift(timezone.timedelta(days=1))
        playbook_take_off(applied=applied_now(acme), actor=owner)
        assert f"Weights of {named} were taken off" in client.get(trend_csv).content.decode()
        assert "Reports carry the branding of" not in client.get(home + "reports/").content.decode()
        assert read_organization(acme).assessment.method_version == before.method_version
        assert ScoreSnapshot.objects.order_by("-at").first().method_version == before.method_version
        assert "weighted by" not in client.get(home).content.decode()


def test_parts_without_weights_leave_every_number_comparable(version, cora, acme, owner):
    with organization_scope(acme):
        answer_save(organization=acme, control_id="mfa.admins", level=3, note="", version=0, actor=owner)
        before = read_organization(acme).assessment
        apply(version, cora, acme, parts=[Part.WORDING, Part.PRESET])
        assert applied_now(acme).parts == (Part.PRESET, Part.WORDING)
        assert read_organization(acme).assessment.method_version == before.method_version
        assert not ScoreSnapshot.objects.filter(cause="method").exists()
        assert applied_branding(acme) is None


def test_newer_version_is_offered_shown_and_taken_never_applied_silently(
    firm, playbook, version, cora, acme, owner, client
):
    apply(version, cora, acme, parts=[Part.WORDING])
    newer(firm, playbook, cora, wording={"notes": {"mfa.admins": "Begin with the payroll."}}, weights={})
    client.force_login(owner)
    home = f"/o/{acme.slug}/settings/playbook/"
    text = client.get(home).content.decode()
    assert "Version 2 is offered" in text
    assert "Begin with the payroll." in text
    with organization_scope(acme):
        row = applied_now(acme)
        assert row.number == 1
    taken = client.post(home + "newer/", {"applied": str(row.id), "number": "3"}, follow=True)
    assert "Another version stands here now" in taken.content.decode()
    client.post(home + "newer/", {"applied": str(row.id), "number": "2"})
    with organization_scope(acme):
        now = applied_now(acme)
        assert (now.number, now.parts, now.by) == (2, (Part.WORDING,), owner)
        assert AppliedPlaybook.objects.exclude(ended_at=None).get().number == 1
    newer(firm, playbook, cora, wording={"notes": {"mfa.admins": "And then the rest."}})
    with organization_scope(acme):
        assert newer_version(applied_now(acme)).number == 3
        grant_end(grant=Grant.objects.get(organization=acme), actor=owner)
        assert newer_version(applied_now(acme)) is None


def test_owner_or_admin_takes_it_off_others_do_not(version, cora, acme, owner, as_cora):
    apply(version, cora, acme)
    with organization_scope(acme):
        row = applied_now(acme)
    admin = member(acme, Role.ADMIN, "ada@acme.example", "Ada Admin")
    path = f"/o/{acme.slug}/settings/playbook/take-off/"
    assert as_cora.post(path, {"applied": str(row.id)}).status_code == 403
    answer = proven(Client(), admin).post(path, {"applied": str(row.id)}, follow=True)
    assert "is taken off" in answer.content.decode()
    assert "Applied before" in answer.content.decode()
    again = proven(Client(), owner).post(path, {"applied": str(row.id)}, follow=True)
    assert "taken off or replaced before" in again.content.decode()


def test_firms_page_preselects_older_versions_and_tells_what_became_of_each(
    firm, playbook, version, cora, acme, other, as_cora
):
    apply(version, cora, acme, parts=[Part.WORDING])
    newer(firm, playbook, cora, wording={"notes": {"mfa.admins": "Begin with the payroll."}})
    path = f"/o/{firm.slug}/playbooks/{playbook.id}/apply/"
    with CaptureQueriesContext(connection) as few:
        page = as_cora.get(path).content.decode()
    assert "has version 1; this is version 2" in page
    assert "Your role at Other is viewer" in page
    for number in range(3):
        boss = person(f"boss{number}@client.example", f"Boss {number}")
        grant_to(organization_create(name=f"Client {number}", owner=boss, facts={}), boss, cora, Role.EDITOR)
    with CaptureQueriesContext(connection) as many:
        as_cora.get(path)
    assert len(many) == len(few)
    stale = as_cora.post(path, {"number": "1", "parts": "wording", "clients": str(acme.id)})
    assert (stale.status_code, "was saved since you opened" in stale.content.decode()) == (400, True)
    assert as_cora.post(path, {"number": "2"}).status_code == 400
    told = as_cora.post(
        path, {"number": "2", "parts": ["wording", "weights"], "clients": [str(acme.id), str(other.id)]}, follow=True
    )
    text = told.content.decode()
    assert "Applied at 1\N{NO-BREAK SPACE}client" in text
    assert "Not applied at 1\N{NO-BREAK SPACE}client" in text
    with organization_scope(acme):
        assert applied_now(acme).number == 2


def test_many_clients_are_a_workers_and_each_is_judged_when_it_is_done(
    version, cora, acme, other, as_cora, bells, monkeypatch, django_capture_on_commit_callbacks
):
    firm = version.organization
    with organization_scope(firm):
        playbook = version.playbook
    monkeypatch.setattr(views_apply, "AT_ONCE", 1)
    third = organization_create(name="Cedar", owner=person("cyd@cedar.example", "Cyd Cedar"), facts={})
    with organization_scope(third):
        Membership.objects.create(organization=third, user=cora, role=Role.EDITOR)
    path = f"/o/{firm.slug}/playbooks/{playbook.id}/apply/"
    chosen = {"number": "1", "parts": ["wording"], "clients": [str(each.id) for each in (acme, other, third)]}
    with django_capture_on_commit_callbacks(execute=True):
        page = as_cora.post(path, chosen)["Location"]
    with organization_scope(firm):
        run = ApplyRun.objects.get()
    assert bells == [(firm.id, run.id)]
    text = as_cora.get(page).content.decode()
    assert "0 of 3" in text
    assert f'hx-get="{page}state/"' in text
    assert page in as_cora.get(path).content.decode(), "left and returned to"
    colleague = member(firm, Role.ADMIN, "carl@firm.example", "Carl")
    assert proven(Client(), colleague).get(page).status_code == 404, "the clients are not theirs"
    # Before a worker comes, one client asks everybody for a factor.
    Organization.objects.filter(id=third.id).update(second_factor="everybody")
    with organization_scope(firm):
        assert ApplyRun.objects.get().factor_shown
        ApplyRun.objects.update(factor_shown=False)
    apply_task(str(firm.id), str(run.id))
    apply_task(str(firm.id), str(run.id))  # a doubled message
    state = as_cora.get(page + "state/")
    assert state.status_code == 286
    assert "hx-get" not in state.content.decode()
    with organization_scope(firm):
        problems = {item.name: item.problem for item in ApplyItem.objects.all()}
        assert AuditEvent.objects.filter(action="playbook.apply_to").count() == 1
    # A consultant needs one always: what the session had not shown opens nothing later either.
    assert "Acme needs a second factor" in problems["Acme"]
    assert "Cedar needs a second factor" in problems["Cedar"]
    for client in (acme, other, third):
        with organization_scope(client):
            assert applied_now(client) is None


def test_run_goes_on_where_a_worker_died_and_one_client_that_breaks_stops_no_other(
    firm, version, cora, acme, owner, bells, monkeypatch
):
    more = [organization_create(name=f"Client {number}", owner=cora, facts={}) for number in range(3)]
    run = asked(version, cora, acme, *more, parts=[Part.WORDING])
    monkeypatch.setattr(services_runs, "TURN_SECONDS", -1.0)
    assert run_work(firm, run.id), "one client a turn"
    assert bells == [(firm.id, run.id)], "the rest goes to the end of the queue"
    real, began = services_runs.client_apply, []

    def breaks(**asked):
        began.append(asked["client_id"])
        if asked["client_id"] == more[0].id:
            raise KeyError("invented")
        real(**asked)
        if asked["client_id"] == more[1].id and began.count(more[1].id) == 1:
            raise OperationalError("the database is away")

    monkeypatch.setattr(services_runs, "TURN_SECONDS", 60.0)
    monkeypatch.setattr(services_runs, "client_apply", breaks)
    assert run_work(firm, run.id)
    assert not run_work(firm, run.id), "it is leased"
    with organization_scope(more[1]):
        assert not AppliedPlaybook.objects.exists(), "what the lost database had begun was rolled back"
    with organization_scope(firm):
        ApplyRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1), rung_at=None)
    assert dispatch.sweep() == 1
    assert run_work(firm, run.id)
    with organization_scope(firm):
        said = {item.name: (item.state, item.problem[:27]) for item in ApplyItem.objects.filter(run=run)}
        assert ApplyRun.objects.get().state == "done"
        line = AuditDetail.objects.get(event__action="playbook.apply_to")
    assert said.pop("Client 0") == ("refused", "Something broke on our side")
    assert set(said.values()) == {("done", "")}
    assert line.after["clients"] == ["Acme", "Client 1", "Client 2"]
    assert began.count(acme.id) == 0, "done in the first turn, and not again"


def test_three_workers_that_die_end_a_run_and_an_old_one_is_forgotten(firm, version, cora, acme, bells):
    run, dead = (asked(version, cora, acme, parts=[Part.WORDING]) for _ in range(2))
    assert run_work(firm, run.id)
    lapsed = timezone.now() - timedelta(seconds=1)
    with organization_scope(firm):
        ApplyRun.objects.filter(id=dead.id).update(state="running", attempt=3, lease_until=lapsed)
        ApplyRun.objects.filter(id=run.id).update(finished_at=timezone.now() - timedelta(days=31))
    assert dispatch.sweep() == 0
    with organization_scope(firm):
        (left,) = ApplyItem.objects.all()
        assert (left.run_id, left.state) == (dead.id, "refused")
        assert "died three times" in left.problem


def test_who_left_the_firm_applies_nothing_that_still_waits(firm, version, cora, acme):
    late = asked(version, cora, acme, parts=[Part.WORDING])
    with organization_scope(firm):
        Membership.objects.filter(user=cora, organization=firm).update(revoked_at=timezone.now())
    assert run_work(firm, late.id)
    with organization_scope(firm):
        assert "any more" in ApplyItem.objects.get(run=late).problem


def test_preset_fills_the_start_of_a_sprint_and_leaves_a_running_one(version, cora, acme, owner, client):
    apply(version, cora, acme)
    client.force_login(owner)
    path = f"/o/{acme.slug}/roadmap/"
    page = client.get(path)
    assert page.context["form"].initial["days"] == 8
    assert page.context["form"].initial["weekdays"] == [0, 1]
    assert "In the order of Northgate’s playbook" in page.content.decode()
    assert page.context["proposal"].choice.first == ("mfa.admins",)
    first = [work.control for day in page.context["plan"].days for work in day.work]
    fields = dict(page.context["chosen"])
    weekdays = [value for name, value in page.context["chosen"] if name == "weekdays"]
    assert client.post(path + "start/", {**fields, "weekdays": weekdays}).status_code == 302
    again = client.get(path + "replan/").context["form"]
    assert (again.data["days"], again.data["weekdays"]) == (8, [0, 1])
    with organization_scope(acme):
        playbook_take_off(applied=applied_now(acme), actor=owner)
    assert client.get(path + "replan/").context["form"].data["days"] == 8
    assert "mfa.admins" in first
