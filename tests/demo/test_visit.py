"""What a visitor and the demo's own owner may do in the demo company: read everything, scan nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent
from ztassess.catalog import load_catalog
from ztassess.common.models import organization_scope
from ztassess.demo.company import EVERYONE, LOGIN
from ztassess.organizations.models import Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import invitation_create, organization_create
from ztassess.scans.dispatch import tick
from ztassess.scans.models import Connection, Finding, Scan, ScheduleSlot

MOST_SCANS = 6


@pytest.fixture(autouse=True)
def shown(settings):
    settings.DEMO_AT = True


@pytest.fixture
def lead(demo) -> Client:
    """Signed in as the demo's own log-in."""
    client = Client()
    client.force_login(User.objects.get(email=LOGIN))
    return client


def links(page: str) -> list[str]:
    """Addresses of the demo's own pages, without filters."""
    return [link.partition("?")[0].partition("#")[0] for link in re.findall(r'href="(/demo/[^"]*)"', page)]


def test_every_page_answers_an_anonymous_visitor(demo):
    client, seen, waiting, scans = Client(), {}, ["/demo/"], 0
    while waiting:
        path = waiting.pop()
        is_scan = "/scans/" in path
        if path in seen or (is_scan and scans >= MOST_SCANS):
            continue
        scans += is_scan
        response = client.get(path, follow=True)
        seen[path] = response.status_code
        if response.get("Content-Type", "").startswith("text/html"):
            waiting += links(response.content.decode())
    assert {path: status for path, status in seen.items() if status != 200} == {}
    assert scans == MOST_SCANS
    controls = {path for path in seen if path.startswith("/demo/controls/")}
    assert len(controls) == len(load_catalog().controls)
    assert len([path for path in seen if path.startswith("/demo/connections/")]) == 7
    assert len([path for path in seen if path.endswith(".csv")]) >= 5


def test_overview_names_the_contradictions(demo):
    page = Client().get("/demo/").content.decode()
    assert re.search(r"4 of \d+\Wcontrols", page)
    assert "reporting may write public.orders" in page
    assert "No mesh is needed yet." in page


def test_only_the_log_in_can_sign_in(demo):
    lead = User.objects.get(email=LOGIN)
    assert lead.check_password(demo.password)
    assert lead.emailaddress_set.get().verified
    others = User.objects.filter(email__in=[person.email for person in EVERYONE]).exclude(email=LOGIN)
    assert others.count() == len(EVERYONE) - 1
    assert not any(user.is_active or user.has_usable_password() for user in others)


def test_second_run_says_it_is_there_and_changes_nothing(demo, settings):
    settings.EMBEDDED = True
    before = [model.objects.count() for model in (Organization, User, Scan, Finding, AuditEvent)]
    out = StringIO()
    call_command("seed_demo", stdout=out)
    (line,) = out.getvalue().splitlines()
    assert line.startswith("The demo company is there already; nothing was changed.")
    assert [model.objects.count() for model in (Organization, User, Scan, Finding, AuditEvent)] == before


@pytest.mark.parametrize("days", [0, 1, 7])
def test_scheduler_starts_nothing_in_the_demo_company(demo, days):
    scans, slots = Scan.objects.count(), ScheduleSlot.objects.count()
    assert tick(demo.anchor + timedelta(days=days)) == 0
    assert (Scan.objects.count(), ScheduleSlot.objects.count()) == (scans, slots)


@pytest.mark.parametrize("action", ["scan/", "test/", "edit/", "upload/", "schedule/"])
def test_owner_of_the_demo_cannot_have_invented_systems_read(demo, lead, action):
    connection = Connection.objects.get(connector_slug="aws")
    before = Scan.objects.count(), connection.config
    base = f"/o/{demo.organization.slug}/connections/{connection.id}/"
    response = lead.post(base + action, {"name": "x"})
    assert response.status_code == 403
    assert "is invented, and so are its systems" in response.content.decode()
    connection.refresh_from_db()
    assert (Scan.objects.count(), connection.config) == before


def test_owner_of_the_demo_is_offered_no_scan_but_may_answer(demo, lead):
    connection = Connection.objects.get(connector_slug="aws")
    base = f"/o/{demo.organization.slug}/"
    page = lead.get(f"{base}connections/{connection.id}/").content.decode()
    assert "Scan now" not in page
    assert "Change or rotate" not in page
    assert 'name="level"' in lead.get(f"{base}controls/mfa.all-humans/").content.decode()


def test_nobody_is_mailed_in_the_name_of_the_demo(owner, django_capture_on_commit_callbacks):
    for is_demo, mails in ((True, 0), (False, 1)):
        organization = organization_create(name="Any", owner=owner, facts={}, is_demo=is_demo)
        with organization_scope(organization), django_capture_on_commit_callbacks(execute=True):
            invitation_create(
                organization=organization, email="a@b.example", role=Role.VIEWER, actor=owner, actor_role=Role.OWNER
            )
        assert len(mail.outbox) == mails
