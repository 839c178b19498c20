"""The consultant's side of the demo: a book of clients that anybody may look at, and nobody but its own may change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_scopes import scopes_disabled

from ztassess.access_reviews.models import AccessCampaign, AccessDecision
from ztassess.accounts.models import User
from ztassess.assessments.models import ControlComment, ScoreSnapshot
from ztassess.assessments.selectors import read_organization
from ztassess.audit.models import AuditEvent
from ztassess.audit.services import chain_hash
from ztassess.bootstrap.prepare import demo_lacks_firm
from ztassess.common.models import organization_scope
from ztassess.demo.book.clients import CLIENTS
from ztassess.demo.book.firm import CONSULTANT_LOGIN
from ztassess.demo.book.northwind import CONTRADICTED
from ztassess.demo.book.seeding import book_seed
from ztassess.domain.attention import Need
from ztassess.domain.proof_state import ProofState
from ztassess.organizations.models import Grant, Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.selectors import demo_organizations
from ztassess.organizations.services import organization_create
from ztassess.playbooks.models import AppliedPlaybook
from ztassess.portfolio.models import ClientNote
from ztassess.portfolio.selectors import Eyes, clients_of, demo_eyes, fill, moment
from ztassess.reports.models import Report
from ztassess.scans.models import Connection
from ztassess.sharing.models import ShareLink

PORTFOLIO = "/demo/portfolio/"


@pytest.fixture(autouse=True)
def shown(settings):
    settings.DEMO_AT = True


@pytest.fixture
def consultant(demo) -> User:
    return User.objects.get(email=CONSULTANT_LOGIN)


def others(demo) -> Iterator[Organization]:
    yield from (each for each in demo_organizations() if each not in (demo.organization, demo.book.firm))


def test_each_client_tells_its_story(demo, consultant):
    now = moment()
    rows = clients_of(demo_eyes(), now, locked=frozenset()).rows
    fill(demo_eyes(), rows, now)
    by_name = {row.name: row for row in rows}
    assert set(by_name) == {each.names.name for each in CLIENTS} | {demo.organization.name}
    first = {name: row.reasons[0].need if row.reasons else None for name, row in by_name.items()}
    assert first == {
        "Northwind Ledger": Need.CONTRADICTED,
        "Clearwater Clinics": Need.CONTRADICTED,
        "Pinebox Payroll": Need.STALLED,
        "Quillmark Press": Need.BROKEN,
        "Tallow Dental": Need.EXPIRING,
        "Juniper Sound": Need.MEETING,
        "Beacon Freight": None,
    }
    assert by_name["Beacon Freight"].proven >= 80
    assert by_name["Beacon Freight"].reached_on is not None
    assert (by_name["Juniper Sound"].proven, by_name["Juniper Sound"].claimed) == (0, 0)
    assert {row.label for row in rows if row.label} == {"Health", "Fintech"}
    weeks = {row.name: [value for value in row.weekly(now.date()).values if value is not None] for row in rows}
    assert all(len(values) >= 5 for name, values in weeks.items() if name != "Juniper Sound")
    assert ClientNote.objects.filter(user=consultant).exclude(text="").count() >= 3


def test_stories_are_told_in_order_and_in_each_clients_own_names(demo):
    for organization in [*others(demo), demo.book.firm]:
        with organization_scope(organization):
            events = list(AuditEvent.objects.order_by("seq"))
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert all(one.at <= two.at and two.prev_hash == one.hash for one, two in pairwise(events))
            assert events[-1].hash == chain_hash(events[-1])
            assert organization.created_at <= events[0].at
            assert events[-1].at <= demo.anchor
            assert not any("northwind" in f"{row.name} {row.config}".lower() for row in Connection.objects.all())
            assert ScoreSnapshot.objects.filter(at__gt=demo.anchor).count() == 0


def test_visitor_reads_the_portfolio_without_an_account_and_changes_nothing(demo):
    client, before = Client(), AuditEvent.objects.count()
    page = client.get(PORTFOLIO)
    body = page.content.decode()
    links = re.findall(r'class="cname" href="([^"]+)"', body)
    assert len(links) == len(CLIENTS) + 1
    assert 'method="post"' not in body
    assert "Add a client" not in body
    assert "/o/" not in body
    for path in (*links, f"{links[0]}stages/", f"{links[0]}connectors/", f"{PORTFOLIO}charts/", f"{PORTFOLIO}by/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "/o/" not in answer.content.decode(), path
    assert f'href="{PORTFOLIO}"' in client.get(links[0]).content.decode()
    pivot = client.get(f"{PORTFOLIO}by/control/{CONTRADICTED}/").content.decode()
    assert "Clearwater Clinics" in pivot
    assert 'type="checkbox"' not in pivot
    assert client.get(f"{PORTFOLIO}clients.csv").content.count(b"\n") >= len(CLIENTS) + 2
    assert len(client.get(f"{PORTFOLIO}clients.json").json()["clients"]) == len(CLIENTS) + 1
    assert client.get(f"{PORTFOLIO}charts/time-to-goal.csv").status_code in (200, 404)
    for path in (PORTFOLIO, f"{PORTFOLIO}by/control/{CONTRADICTED}/", links[0], f"{links[0]}connectors/"):
        assert client.post(path).status_code == 404, path
    assert client.get("/demo/").content.decode().count(f'href="{PORTFOLIO}"') == 1
    assert client.get("/").content.decode().count(f'href="{PORTFOLIO}"') == 1
    with scopes_disabled():
        assert AuditEvent.objects.count() >= before


def test_portfolio_of_visitors_asks_as_little_for_few_clients_as_for_many(demo):
    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert Client().get(PORTFOLIO + query).status_code == 200
        return len(found)

    asked("")
    assert asked("?q=beacon") == asked("") <= 8


def test_no_real_organization_is_in_it_and_no_client_of_it_elsewhere(demo, consultant, owner):
    """Somebody real lets the demo's consultant in, and a demo client's row is asked for by somebody real."""
    real = organization_create(name="Real Company", owner=owner, facts={})
    with organization_scope(real):
        Membership.objects.create(organization=real, user=consultant, role=Role.VIEWER)
    assert "Real Company" in {row.name for row in clients_of(Eyes(consultant), moment(), locked=frozenset()).rows}
    answer = Client().get(PORTFOLIO).content.decode()
    assert "Real Company" not in answer
    assert Client().get(f"/demo/clients/{real.slug}/").status_code == 404
    visitor = Client()
    visitor.force_login(owner)
    mine = visitor.get("/portfolio/").content.decode()
    assert not [each.names.name for each in CLIENTS if each.names.name in mine]
    assert all(visitor.get(f"/o/{each.slug}/").status_code == 404 for each in others(demo))


def test_consultant_signs_in_and_works_but_has_nothing_scanned(demo, consultant):
    assert consultant.check_password(demo.book.password)
    client = Client()
    client.force_login(consultant)
    page = client.get("/portfolio/").content.decode()
    assert "Save this view" in page
    assert "Beacon Freight" in page
    press = next(each for each in others(demo) if each.name == "Quillmark Press")
    with organization_scope(press):
        broken = Connection.objects.get(connector_slug="postgres")
    for action in ("scan/", "edit/", "upload/"):
        assert client.post(f"/o/{press.slug}/connections/{broken.id}/{action}").status_code == 403
    people = User.objects.filter(memberships__organization__in=list(others(demo))).exclude(id=consultant.id)
    assert people
    assert not any(user.is_active or user.has_usable_password() for user in people)


def test_company_shows_what_the_consultant_left_there(demo, consultant):
    grant = Grant.objects.get()
    assert (grant.firm, grant.role) == (demo.book.firm, "editor")
    applied = AppliedPlaybook.objects.get(ended_at=None)
    assert (applied.firm, applied.playbook_name) == (demo.book.firm, "First quarter")
    assert "weights" not in applied.payload
    link = ShareLink.objects.get()
    assert (link.live, link.passcode, link.openings, link.made_by) == (True, "", 1, consultant)
    assert Report.objects.get().state == "done"
    campaign = AccessCampaign.objects.get(closed_at=None)
    decided = AccessDecision.objects.filter(campaign=campaign)
    assert {row.decision for row in decided} == {"keep", "remove"}
    judged = read_organization(demo.organization, now=demo.anchor).assessment
    assert judged.control(CONTRADICTED).state is ProofState.CONTRADICTED
    assert [len(row.mentioned) for row in ControlComment.objects.filter(control_id=CONTRADICTED)] == [1, 1]
    lead = Client()
    lead.force_login(Membership.objects.filter(role=Role.OWNER).order_by("created_at")[0].user)
    assert "Harborlight Advisory" in lead.get(f"/o/{demo.organization.slug}/settings/consultants/").content.decode()


def test_installation_that_has_the_company_alone_gets_the_rest_once(demo, settings, monkeypatch):
    settings.EMBEDDED = True
    assert not demo_lacks_firm()
    assert book_seed(now=demo.anchor) is None
    monkeypatch.setattr("ztassess.demo.book.seeding.CLIENTS", ())
    for organization in [*others(demo), demo.book.firm]:
        organization.is_demo = False
        organization.save(update_fields=["is_demo"])
    with scopes_disabled():
        Membership.objects.filter(is_consultant=True).delete()
        Grant.objects.all().delete()
        AppliedPlaybook.objects.all().delete()
    assert AccessCampaign.objects.filter(closed_at=None).exists(), "one of its own, in the way of the consultant's"
    assert demo_lacks_firm()
    assert Client().get(PORTFOLIO).status_code == 404
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert out.getvalue().splitlines()[1] == f"Consultant log-in {CONSULTANT_LOGIN} with its password as before"
    assert not demo_lacks_firm()
    assert Client().get(PORTFOLIO).status_code == 200
    assert AppliedPlaybook.objects.exists()
    assert AccessCampaign.objects.count() == 1


def test_nothing_is_shown_where_the_demo_is_switched_off(demo, settings):
    settings.DEMO_AT = False
    with scopes_disabled():
        slug = next(others(demo)).slug
    for path in (PORTFOLIO, f"{PORTFOLIO}by/", f"/demo/clients/{slug}/"):
        assert Client().get(path).status_code == 404
    assert PORTFOLIO not in Client().get("/").content.decode()
