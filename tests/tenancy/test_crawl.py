"""Every route of the resolver, as every actor, with other tenants' ids: a stranger learns and changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tests.conftest import proven, with_factor
from tests.tenancy.seeding import contents, seed, tenant_models
from ztassess.access_reviews.models import AccessCampaign, AccessDecision
from ztassess.assessments.models import Artifact, BreakGlassAccount, ControlComment, ControlException
from ztassess.common.models import organization_scope
from ztassess.exchange.models import ExchangeJob
from ztassess.inventory.models import InternalApp
from ztassess.notifications.models import Delivery, WebhookEndpoint
from ztassess.organizations.models import Grant, Invitation, Membership, Organization
from ztassess.organizations.roles import MATRIX, Action, Flag, Rights, Role, may
from ztassess.organizations.services import organization_create
from ztassess.organizations.services_grants import grant_end
from ztassess.playbooks.models import ApplyRun, Playbook
from ztassess.reports.models import Report
from ztassess.roadmaps.models import RoadmapTask
from ztassess.scans.models import Connection, Scan
from ztassess.sharing.models import ShareLink

VERBS = ("get", "head", "options", "post", "put", "patch", "delete")
# What an argument of a route is filled with, from the rows of one organization.
ARGUMENTS: dict[str, Any] = {
    "connection_id": lambda rows: rows[Connection].id,
    "scan_id": lambda rows: rows[Scan].id,
    "membership_id": lambda rows: rows[Membership].id,
    "invitation_id": lambda rows: rows[Invitation].id,
    "grant_id": lambda rows: rows[Grant].id,
    "control_id": lambda rows: "mfa.all-humans",
    "stage_id": lambda rows: "mfa",
    "connector": lambda rows: "doors",
    "name": lambda rows: "doors.sql",
    "figure_id": lambda rows: "trend",
    "artifact_id": lambda rows: rows[Artifact].id,
    "number": lambda rows: 1,
    "exception_id": lambda rows: rows[ControlException].id,
    "account_id": lambda rows: rows[BreakGlassAccount].id,
    "comment_id": lambda rows: rows[ControlComment].id,
    "task_id": lambda rows: rows[RoadmapTask].id,
    "tracker": lambda rows: "github",
    "table": lambda rows: "services",
    "app_id": lambda rows: rows[InternalApp].id,
    "campaign_id": lambda rows: rows[AccessCampaign].id,
    "endpoint_id": lambda rows: rows[WebhookEndpoint].id,
    "delivery_id": lambda rows: rows[Delivery].id,
    "playbook_id": lambda rows: rows[Playbook].id,
    "run_id": lambda rows: rows[ApplyRun].id,
    "job_id": lambda rows: rows[ExchangeJob].id,
    "account_key": lambda rows: rows[AccessDecision].account_key,
    "report_id": lambda rows: rows[Report].id,
    "share_id": lambda rows: rows[ShareLink].id,
    "arrival_id": lambda rows: uuid.uuid4(),
    "kind": lambda rows: "control",
    "subject": lambda rows: "mfa.all-humans",
}
OBJECT_IDS = (
    *("connection_id", "scan_id", "membership_id", "invitation_id", "task_id", "app_id"),
    *("grant_id", "report_id", "share_id"),
    *("artifact_id", "exception_id", "account_id", "comment_id", "campaign_id"),
    *("endpoint_id", "delivery_id", "job_id", "playbook_id", "run_id"),
)
# Routes outside an organization, by access: everybody, or a signed-in person about their own things.
SHARED = {"share_read", "share_page", "share_file", "share_unlock", "share_nothing"}
PUBLIC = {"landing", "unsubscribe"} | SHARED
OWN_USER = {"organizations", "onboarding", "onboarding_step", "invitation", "grant_offer", "organization_import"}
# Across a person's own organizations; what a stranger and an ended membership get is in tests/portfolio/.
OWN_USER |= {"portfolio", "portfolio_csv", "portfolio_json", "portfolio_charts", "portfolio_chart", "portfolio_note"}
OWN_USER |= {"organization_arrivals", "organization_import_cancel"}  # whose they are: tests/exchange/test_arriving.py
OWN_USER |= {"portfolio_pivots", "portfolio_pivot", "portfolio_view_save", "portfolio_view_remove"}
ALLAUTH = "accounts/"
DEMO = "demo/"


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    callback: Any


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, path)
        else:
            assert isinstance(entry, URLPattern)
            yield Route(entry.name or "", path, entry.callback)


ALL_ROUTES = list(routes())
ORG_ROUTES = [route for route in ALL_ROUTES if route.path.startswith("o/<slug:slug>/")]
DEMO_ROUTES = [route for route in ALL_ROUTES if route.path.startswith(DEMO)]
CLIENT_VISITS = [route for route in DEMO_ROUTES if route.path.startswith("demo/clients/<slug:slug>/")]


def address(route: Route, slug: str, rows: dict[type, Any], ids: dict[str, Any] | None = None) -> str:
    path = "/" + route.path.replace("<slug:slug>", slug)
    for name, value in ARGUMENTS.items():
        filled = (ids or {}).get(name, value(rows))
        for kind in ("uuid", "str", "slug", "int"):
            path = path.replace(f"<{kind}:{name}>", str(filled))
    assert "<" not in path, f"the crawl has no argument for {route.path}"
    return path


@pytest.fixture
def acme(building, organization, owner) -> dict[type, Any]:
    return seed(organization, owner, "LEAK-A")


@pytest.fixture
def other(building, other_organization, stranger) -> dict[type, Any]:
    return seed(other_organization, stranger, "LEAK-B")


@pytest.fixture
def as_stranger(stranger) -> Client:
    return proven(Client(), stranger)


def test_every_route_is_accounted_for():
    unknown = [
        route.path
        for route in ALL_ROUTES
        if not route.path.startswith(("o/<slug:slug>/", ALLAUTH, DEMO)) and route.name not in PUBLIC | OWN_USER
    ]
    assert not unknown
    assert len(ORG_ROUTES) > 25
    print(f"{len(ALL_ROUTES)} routes, {len(ORG_ROUTES)} inside an organization")  # noqa: T201  the crawl says its size


def test_every_organization_route_declares_its_access():
    assert all(hasattr(route.callback, "access") for route in ORG_ROUTES)


def test_every_tenant_model_is_seeded(acme):
    assert {model for model, row in acme.items() if row is not None} == tenant_models()


# Each walk is one test over all routes: the rows are seeded once, and every route that fails is named.
def test_stranger_gets_the_same_404_as_for_nothing_and_changes_nothing(
    subtests, acme, other, organization, as_stranger
):
    before = contents(organization)
    for route in ORG_ROUTES:
        with subtests.test(route.path):
            real = address(route, organization.slug, acme)
            nothing = address(route, "nobody-2345", acme, dict.fromkeys(OBJECT_IDS, uuid.uuid4()))
            for verb in VERBS:
                answer, control = (getattr(as_stranger, verb)(path) for path in (real, nothing))
                assert answer.status_code == control.status_code == 404, f"{verb} {real}"
                assert answer.content == control.content
                assert dict(answer.items()) == dict(control.items())
                assert b"LEAK-A" not in answer.content
    assert contents(organization) == before


def test_anonymous_is_sent_to_sign_in_whether_it_exists_or_not(subtests, acme, organization):
    client = Client()
    for route, slug in product(ORG_ROUTES, (organization.slug, "nobody-2345")):
        with subtests.test(route.path):
            path = address(route, slug, acme)
            for verb in VERBS:
                answer = getattr(client, verb)(path)
                assert answer.status_code == 302, f"{verb} {path}"
                assert answer["Location"].startswith("/accounts/login/")


def test_own_slug_with_foreign_ids_is_404_and_touches_neither(
    subtests, acme, other, organization, other_organization, as_stranger
):
    before = contents(organization)
    form = {"reason": "x", "role": "owner", "level": "3", "version": "1"}
    for route in ORG_ROUTES:
        if not any(name in route.path for name in OBJECT_IDS):
            continue
        with subtests.test(route.path):
            mixed = address(route, other_organization.slug, acme)
            for verb in ("get", "post"):
                answer = getattr(as_stranger, verb)(mixed, form)
                assert answer.status_code in (404, 405), f"{verb} {mixed}: {answer.status_code}"
                assert b"LEAK-A" not in answer.content
    assert contents(organization) == before


def test_form_made_for_another_organization_is_404(other, organization, other_organization, as_stranger):
    path = f"/o/{other_organization.slug}/controls/mfa.all-humans/answer/"
    form = {"for_organization": str(organization.id), "level": "0", "version": "1", "note": ""}
    assert as_stranger.post(path, form).status_code == 404


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_may_do_what_the_matrix_says(subtests, role, acme, organization, owner):
    membership = acme[Membership]
    membership.role = role
    with organization_scope(organization):
        membership.save(update_fields=["role"])
    client = proven(Client(), owner)
    for route in ORG_ROUTES:
        with subtests.test(route.path):
            as_allowed(route, client, address(route, organization.slug, acme), Rights(role))


def as_allowed(route: Route, client: Client, path: str, rights: Rights) -> None:
    """Reading and posting answer 403 exactly where the table says no; posts that it allows have tests of their own."""
    access = route.callback.access
    read = client.get(path)
    assert (read.status_code == 403) == (not may(rights, access.read)), f"{path}: {read.status_code}"
    assert read.status_code < 500, path
    if access.write is None:
        assert client.post(path).status_code == 405, path
    elif not may(rights, access.write):
        assert client.post(path).status_code == 403, path


def consult(organization: Organization, rows: dict[type, Any], user: Any, role: str, *flags: str) -> Grant:
    """The seeded grant as this person's: what a client gives a consultant."""
    grant = rows[Grant]
    now = timezone.now()
    with organization_scope(organization):
        grant.user, grant.accepted_at, grant.role = user, now, role
        for flag in flags:
            setattr(grant, flag, True)
        grant.save()
        Membership.objects.create(
            organization=organization,
            user=user,
            role=role,
            is_consultant=True,
            grant=grant,
            expires_at=grant.expires_at,
        )
    return grant


CONSULTANTS = {
    "consultant viewer": Rights(Role.VIEWER, is_consultant=True),
    "consultant editor": Rights(Role.EDITOR, is_consultant=True),
    "consultant editor with flags": Rights(Role.EDITOR, is_consultant=True, flags=frozenset(Flag)),
}


@pytest.mark.parametrize("rights", CONSULTANTS.values(), ids=[*CONSULTANTS])
def test_consultant_may_do_what_the_matrix_says(subtests, rights, acme, organization, stranger):
    consult(organization, acme, stranger, rights.role.value, *rights.flags)
    client = proven(Client(), with_factor(stranger))
    for route in ORG_ROUTES:
        with subtests.test(route.path):
            as_allowed(route, client, address(route, organization.slug, acme), rights)


@pytest.mark.parametrize("over", ["expired", "ended"])
def test_consultant_whose_grant_is_over_is_a_stranger_on_every_route_and_verb(
    over, acme, organization, owner, stranger
):
    grant = consult(organization, acme, stranger, "editor", *Flag)
    client = proven(Client(), with_factor(stranger))
    with organization_scope(organization):
        if over == "ended":
            grant_end(grant=grant, actor=owner)
        else:
            Grant.objects.update(expires_at=timezone.now())
            Membership.objects.filter(grant=grant).update(expires_at=timezone.now())
    before = contents(organization)
    # What nothing answers is the same on every route, as a stranger's walk shows above: once per verb is enough here.
    nothing = {verb: getattr(client, verb)("/o/nobody-2345/members/").content for verb in VERBS}
    for route, verb in product(ORG_ROUTES, VERBS):
        real = address(route, organization.slug, acme)
        answer = getattr(client, verb)(real)
        assert answer.status_code == 404, f"{verb} {real}"
        assert answer.content == nothing[verb], f"{verb} {real}"
    assert contents(organization) == before


def test_table_gives_consultants_nothing_that_says_who_else_gets_in():
    never = {Action.INVITE, Action.CHANGE_ROLE, Action.GRANT, Action.END_GRANT, Action.STAFF_GRANT, Action.READ_AUDIT}
    never |= {Action.DELETE_ORGANIZATION, Action.DECIDE_EXCEPTION, Action.RUN_CAMPAIGN, Action.END_PLAYBOOK}
    never.add(Action.SECURITY_POLICY)
    every = Rights(Role.EDITOR, is_consultant=True, flags=frozenset(Flag))
    plain = Rights(Role.EDITOR, is_consultant=True)
    steward, owner = Rights(Role.OWNER, is_consultant=True), Rights(Role.OWNER)
    assert set(MATRIX) == set(Action)
    assert {action for action in Action if not may(every, action)} == never
    opened = {Action.MANAGE_CONNECTION, Action.SHARE, Action.EXPORT_ALL}
    assert {action for action in Action if may(every, action) and not may(plain, action)} == opened
    assert all(may(steward, action) == may(owner, action) for action in Action)
    assert not may(Rights(Role.EDITOR, flags=frozenset(Flag)), Action.SHARE), "flags count for consultants alone"


@pytest.mark.parametrize(
    "path",
    [
        *("", "connectors/", "stages/mfa/", "controls/mfa.all-humans/", "members/", "settings/log/", "dashboard/"),
        *("roadmap/", "blast-radius/", "blast-radius/tables/services/", "apps/", "exceptions/", "break-glass/"),
        *("reports/", "share/", "access/", "access/open/", "access/campaigns/", "settings/consultants/"),
        *("settings/notifications/", "settings/notifications/deliveries/"),
        *("settings/export/", "settings/log/imported/"),
    ],
)
def test_owner_sees_the_own_marks(path, acme, organization, owner):
    answer = proven(Client(), owner).get(f"/o/{organization.slug}/{path}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    if path not in ("", "stages/mfa/"):
        assert "LEAK-A" in answer.content.decode() or "leak-a" in answer.content.decode()


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_ended_membership_is_a_stranger_at_once(subtests, ended, acme, organization, owner):
    client = Client()
    client.force_login(owner)
    membership = acme[Membership]
    membership.role = Role.ADMIN  # an owner's does not expire
    setattr(membership, ended, timezone.now())
    with organization_scope(organization):
        membership.save(update_fields=["role", ended])
    for route in ORG_ROUTES:
        with subtests.test(route.path):
            assert client.get(address(route, organization.slug, acme)).status_code == 404


def test_demo_visitor_reads_and_never_writes(subtests, building, owner, settings):
    settings.DEMO_AT = True
    demo = organization_create(name="Demo", owner=owner, facts={}, is_demo=True)
    rows = seed(demo, owner, "DEMO")
    before = contents(demo)
    client = Client()
    # The same views stand below the slug of a demo client: there, one verb that reads and one that writes are enough.
    visits = [*product(set(DEMO_ROUTES) - set(CLIENT_VISITS), VERBS), *product(CLIENT_VISITS, ("get", "post"))]
    for route, verb in visits:
        with subtests.test(route.path, verb=verb):
            answer = getattr(client, verb)(address(route, demo.slug, rows))
            assert answer.status_code in (200, 286, 302, 404, 405), f"{verb}: {answer.status_code}"
            if verb not in ("get", "head", "options"):
                assert answer.status_code in (404, 405)
    assert contents(demo) == before


def test_visitor_finds_no_real_organization_below_the_demo(subtests, acme, organization, owner, settings):
    settings.DEMO_AT = True
    organization_create(name="Demo", owner=owner, facts={}, is_demo=True)
    client, as_owner = Client(), proven(Client(), owner)
    for route in CLIENT_VISITS:
        with subtests.test(route.path):
            path = address(route, organization.slug, acme)
            assert {one.get(path).status_code for one in (client, as_owner)} == {404}, path


def test_demo_is_gone_where_it_is_switched_off(building, owner, settings):
    settings.DEMO_AT = False
    organization_create(name="Demo", owner=owner, facts={}, is_demo=True)
    assert Client().get("/demo/").status_code == 404


def test_slug_is_chosen_by_the_server_with_a_random_tail(owner):
    first, second = (organization_create(name="Acme", owner=owner, facts={}) for _ in range(2))
    assert first.slug != second.slug
    assert Organization.objects.filter(slug="acme").count() == 0
