"""What a report says: the numbers of the pages, no matter how many rows there are, and no name where it is redacted."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from tests.reports.test_documents import text_of
from ztassess.accounts.models import User
from ztassess.assessments.overview import overview_context
from ztassess.assessments.pages import stages_context
from ztassess.assessments.selectors import findings_behind, read_organization
from ztassess.assessments.selectors_exceptions import exceptions_by_end
from ztassess.common.models import organization_scope
from ztassess.dashboards.figures import Dashboard, coverage_figure
from ztassess.dashboards.selectors import trend_points
from ztassess.demo.company import EVERYONE
from ztassess.domain.branding import Branding
from ztassess.inventory.radius_page import radius_context
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role
from ztassess.reports.content import report_data
from ztassess.reports.documents import document
from ztassess.reports.models import Pseudonym
from ztassess.reports.naming import Named
from ztassess.reports.pseudonyms import pseudonyms
from ztassess.reports.spotting import KINDS_OF_THINGS, is_everyday, product_words
from ztassess.reports.values import ReportData, as_json
from ztassess.roadmaps.board import read_board
from ztassess.scans.models import Connection, ConnectionShare, Finding
from ztassess.scans.selectors import coverage, live_connections

BRAND = Branding("Harbor Security")


def made(demo, *, redact: bool = False, days: int = 30) -> ReportData:
    now = timezone.now()
    return report_data(demo.organization, now=now, since=now - timedelta(days=days), redact=redact)


def asked(demo, query: str = ""):
    request = RequestFactory().get(f"/{query}")
    request.organization, request.role, request.is_demo_visit = demo.organization, Role.OWNER, False
    return request


def test_numbers_are_the_ones_that_the_pages_show(demo):
    data, page = made(demo), overview_context(asked(demo, "?since=30"))
    percents = page["percents"]
    score = data.eighty_twenty
    assert (score.proven, score.claimed, score.ceiling) == (percents.proven, percents.claimed, percents.ceiling)
    assert [data.headline.statement, *data.headline.sentences] == [page["statement"], *page["sentences"]]
    assert data.missing_answers == page["judged"].missing_answers
    monday = page["page"]
    assert [(each.control, each.hours, each.points, each.owner, each.last) for each in data.first_steps] == [
        (task.control_id, task.hours, round(task.points, 1), task.owner, task.due)
        for task in (row["task"] for row in page["next"])
    ]
    assert len(data.contradictions) == len(monday.contradictions) > 0
    assert [each.sentence for each in data.contradictions] == [each.evidence for each in monday.contradictions]
    changed = [(group.title, each.control_id) for group in monday.groups for each in group.changes]
    assert [(each.word, each.control) for each in data.changes] == changed
    assert changed
    assert (data.before.proven, data.before.claimed) == (monday.proven_before, monday.claimed_before)
    assert (data.trend.sentence, data.trend.lands) == (monday.forecast.sentence, monday.forecast.lands)
    assert data.trend.title == page["trend"]["title"]
    assert {each.name for each in data.coverage.connections if each.unread} == {each.name for each in monday.unread}
    drawn = trend_points(demo.organization, (timezone.now() - timedelta(days=90), None), "")
    assert [(each.proven, each.claimed) for each in data.trend.points] == [
        (each.proven, each.claimed) for each in drawn
    ]


def test_stages_are_the_ones_of_the_stage_pages(demo):
    data, page = made(demo), stages_context(asked(demo))
    rows = {row["stage"].id: row for row in [*page["stages"], *page["tracks"]]}
    assert {each.id for each in data.stages} == set(rows)
    for each in data.stages:
        row = rows[each.id]
        shown = (each.score.proven, each.score.claimed, each.score.ceiling) if each.score else (0, 0, 0)
        assert shown == (row["proven"], row["claimed"], row["ceiling"])
        assert (each.controls, each.missing, each.contradicted) == (
            row["controls"],
            row["missing"],
            row["contradicted"],
        )
    path = {row["title"]: row for row in overview_context(asked(demo))["path"]}
    assert {each.title: each.why for each in data.stages if not each.is_track} == {
        title: row["why"] for title, row in path.items()
    }


def test_coverage_plan_exceptions_and_radius_are_the_ones_of_their_pages(demo):
    data, board = made(demo), read_board(demo.organization)
    board_page = Dashboard(asked(demo))
    figure = coverage_figure(board_page)
    assert {stage: sum(row.values()) for stage, row in data.coverage.by_stage.items()} == {
        row[0]: sum(cell for cell in row[1:] if isinstance(cell, int)) for row in figure.rows
    }
    assert sum(data.coverage.states.values()) == data.coverage.applicable
    seen = coverage(demo.organization)
    assert (data.coverage.seen, data.coverage.total) == (seen["seen"], seen["total"])
    assert [each.name for each in data.coverage.connections] == [
        row.name for row in live_connections(demo.organization)
    ]
    assert [(each.title, each.state) for each in data.plan.tasks] == [
        (each.title, each.state.value) for each in board.shown
    ]
    assert (data.plan.counted, data.plan.done) == (
        len(board.counted),
        len([each for each in board.counted if each.is_done]),
    )
    assert [each.reason for each in data.exceptions] == [
        each.row.reason for each in exceptions_by_end(demo.organization) if each.standing in ("active", "pending")
    ]
    page = radius_context(asked(demo))["shown"]
    assert data.radius.share == pytest.approx(page["share"], abs=0.05)
    assert data.outcomes["fail"] == len([each for each in data.findings if each.outcome == "fail"])
    assert data.outcomes["fail"] == board_page.finding_counts.total


def test_findings_of_a_contradiction_are_those_of_its_control_page(demo):
    data, reading = made(demo), read_organization(demo.organization)
    by_number = {each.number: each for each in data.findings}
    for each in data.contradictions:
        shown = {(by_number[number].check, by_number[number].resource) for number in each.findings}
        rows = findings_behind(reading, each.control)
        assert shown == {(row.check_id, row.resource) for row in rows if row.outcome == "fail"}


def test_json_is_plain_versioned_and_the_documents_show_its_numbers(demo):
    data = made(demo)
    told = as_json(data)
    assert told["format"] == 1
    assert json.loads(json.dumps(told)) == told
    text = text_of(document("client", data, BRAND))
    assert f"{data.eighty_twenty.proven} % of the 80/20 is proven, {data.eighty_twenty.claimed} % is claimed" in text
    for each in data.stages:
        if each.score and not each.is_track:
            assert f"{each.score.proven} % proven, {each.score.claimed} % claimed" in text
    assert all(each.title in text for each in data.contradictions)
    evidence = text_of(document("evidence", data, BRAND))
    assert all(each.reason.replace(" ", "") in evidence.replace(" ", "") for each in data.findings)


def originals(demo) -> set[str]:
    """Names of people, accounts, hosts and resources as rows hold them, except everyday words that say nothing."""
    found = {person.name for person in EVERYONE} | {person.email for person in EVERYONE}
    found |= {person.name.split()[0] for person in EVERYONE}
    for value in ConnectionShare.objects.values_list("value", flat=True):
        for part, keys in (("accounts", ("id", "name")), ("hosts", ("name",)), ("grants", ("account", "store"))):
            for row in (value.get(part) or {}).get("rows", []) if isinstance(value.get(part), dict) else []:
                found |= {row[key] for key in keys if row.get(key)}
    for resource, evidence in Finding.objects.values_list("resource", "evidence"):
        found |= {resource, *(line.get("object", "") for line in evidence)}
    for config in Connection.objects.values_list("config", flat=True):
        found |= {part for value in config.values() for part in re.split(r"[\s,;=]+", str(value))}
    found |= {"northwind.example", "111122223333", "203.0.113.72", "grafana", "nightly-batch", "ledger-prod", "olu"}
    kept = KINDS_OF_THINGS | product_words() | {"::/0", "eu-west-1"}
    return {each for each in found if len(each) > 2 and not is_everyday(each) and each.casefold() not in kept}


def test_redacted_report_holds_no_original_name_anywhere(demo):
    data = made(demo, redact=True)
    texts = {"json": json.dumps(as_json(data), ensure_ascii=False)}
    texts |= {kind: text_of(document(kind, data, BRAND)) for kind in ("summary", "client", "evidence")}
    names = originals(demo)
    assert len(names) > 80
    # Rights such as SELECT and calls such as iam:PassRole are the vendor's words, in the configuration as elsewhere.
    vendors = re.compile(r"[A-Z+]+|[\w.]+=\S+|AdministratorAccess|production|staging|management|yes")
    for where, text in texts.items():
        left = {name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}
        assert {name for name in left if not vendors.fullmatch(name)} == set(), where
    assert "Person 1" in texts["client"]
    assert "Names are pseudonyms" in texts["client"]
    assert re.search(r"(Person|Account|Host|Resource) \d+", texts["evidence"])


def test_pseudonyms_stay_the_same_and_are_kept_without_a_name(demo):
    first = as_json(made(demo, redact=True))
    before = {(row.kind, row.digest): row.number for row in Pseudonym.objects.all()}
    again = as_json(made(demo, redact=True))
    for told in (first, again):
        told.pop("prepared_at"), told.pop("since")
    assert first == again
    assert {(row.kind, row.digest): row.number for row in Pseudonym.objects.all()} == before
    assert len({(kind, number) for (kind, _), number in before.items()}) == len(before)
    lead = User.objects.get(email__startswith="demo@")
    with pseudonyms(demo.organization) as names:
        person = names.person(lead)
        assert names.prose(f"{lead.email} and {lead.name.upper()} and a stranger@new.example") == (
            f"{person} and {person} and a Person {max(n for (kind, _), n in before.items() if kind == 'Person') + 1}"
        )
        assert names.one("https://grafana.northwind.example/login", Named.RESOURCE) == names.one(
            "grafana.northwind.example", Named.RESOURCE
        )
        assert re.fullmatch(
            r"0\.0\.0\.0/0 is everybody, Host \d+ is not\.", names.prose("0.0.0.0/0 is everybody, 10.1.2.3/32 is not.")
        )
    assert not {row.digest for row in Pseudonym.objects.all()} & {lead.email, lead.name}


def test_two_organizations_share_no_key(demo, other_organization):
    def digests_of(organization) -> set[str]:
        with organization_scope(organization), pseudonyms(organization) as names:
            names.one("same@everywhere.example", Named.PERSON)
        with organization_scope(organization):
            return set(Pseudonym.objects.values_list("digest", flat=True))

    assert not digests_of(demo.organization) & digests_of(other_organization)


@pytest.mark.parametrize("redact", [False, True])
def test_queries_do_not_grow_with_findings_and_people(demo, redact, django_user_model):
    made(demo, redact=redact)  # numbers every name, so that what follows adds none
    with CaptureQueriesContext(connection) as few:
        made(demo, redact=redact)
    row = Finding.objects.filter(outcome="fail").order_by("-taken_at").first()
    for number in range(60):
        row.pk, row.resource = None, f"resource-{number}"
        row._state.adding = True
        row.id = uuid4()
        row.save(force_insert=True)
    with scopes_disabled():
        for number in range(5):
            user = django_user_model.objects.create_user(f"new{number}@northwind.example", name=f"New Person {number}")
            Membership.objects.create(organization=demo.organization, user=user, role="viewer")
    made(demo, redact=redact)
    with CaptureQueriesContext(connection) as many:
        data = made(demo, redact=redact)
    assert data.finding_count >= 60
    assert len(many) == len(few)


def test_organization_without_anything_has_a_report_too(in_scope):
    now = timezone.now()
    for redact in (False, True):
        data = report_data(in_scope, now=now, since=now - timedelta(days=30), redact=redact)
        assert data.headline.statement == "Nothing is claimed and nothing is proven yet."
        assert data.trend is None
        for kind in ("summary", "client", "evidence"):
            assert document(kind, data, BRAND)
