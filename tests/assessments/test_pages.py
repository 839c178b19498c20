"""Pages of the assessment: they work without JavaScript, save through htmx, and never grow in queries."""

from __future__ import annotations

import re

import pytest
from django.test.utils import CaptureQueriesContext

from ztassess.assessments.models import Answer, AnswerChange
from ztassess.common.models import organization_scope
from ztassess.organizations.models import IdempotencyKey
from ztassess.scans.models import Finding, Scan, ScanState, StandingResult

ANSWER = "controls/mfa.all-humans/answer/"


@pytest.fixture
def save(as_owner, home, organization):
    """Post an answer as the form does."""

    def post(level="2", note="", version="0", key="", htmx=False, **extra):
        data = {"for_organization": str(organization.id), "level": level, "note": note, "version": version, **extra}
        if key:
            data["idempotency_key"] = key
        headers = {"HX-Request": "true"} if htmx else {}
        return as_owner.post(home + ANSWER, data, headers=headers)

    return post


def answers(organization):
    with organization_scope(organization):
        return list(Answer.objects.values_list("level", "note", "version"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "?since=30",
        "stages/",
        "stages/mfa/",
        "stages/mfa/?proof=unanswered&q=everyone",
        "controls/mfa.all-humans/",
        "controls/mfa.all-humans/?walk=1",
        "dashboard/",
        "dashboard/?range=30&stage=mfa",
        "connectors/",
        "members/",
        "settings/",
        "settings/log/",
    ],
)
def test_page_answers_and_is_never_stored(as_owner, home, path):
    answer = as_owner.get(home + path)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not re.search(r"<[^>]+\sstyle=|<script(?![^>]*(src=|application/json))|\son\w+=", answer.content.decode())


@pytest.mark.parametrize("path", ["stages/nonsense/", "controls/mfa.nonsense/", "stages/nonsense/walk/"])
def test_unknown_names_are_404(as_owner, home, path):
    assert as_owner.get(home + path).status_code == 404


def test_answer_without_scripts_comes_back_to_the_control(save, home, organization):
    answer = save(note="Since October.")
    assert (answer.status_code, answer["Location"]) == (302, home + "controls/mfa.all-humans/")
    assert answers(organization) == [(2, "Since October.", 1)]


def test_answer_through_htmx_brings_only_what_changed(save):
    answer = save(htmx=True)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'id="answer-tokens"' in text
    assert 'name="version" value="1"' in text
    assert "<html" not in text


def test_conflict_shows_both_versions_and_keeps_the_first(save, organization):
    save(level="1", note="theirs")
    answer = save(level="3", note="mine")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "theirs" in text
    assert "mine" in text
    assert answers(organization) == [(1, "theirs", 1)]


def test_conflict_through_htmx_is_told_in_place(save):
    save(level="1", note="theirs")
    answer = save(level="3", note="mine", htmx=True)
    assert answer.status_code == 409
    assert "Save mine instead" in answer.content.decode()


def test_key_is_stored_without_the_character_that_postgresql_refuses(save, organization):
    assert save(key="o\0ne").status_code == 302
    with organization_scope(organization):
        assert IdempotencyKey.objects.get().key == "one"


def test_double_click_saves_once_and_gets_the_same_answer(save, organization):
    first = save(key="one")
    second = save(key="one")
    assert second["Idempotent-Replay"] == "true"
    assert (second.status_code, second["Location"]) == (first.status_code, first["Location"])
    with organization_scope(organization):
        assert AnswerChange.objects.count() == 1
        assert IdempotencyKey.objects.count() == 1


def test_same_key_with_another_body_is_422(save, organization):
    save(key="one", level="1")
    assert save(key="one", level="3").status_code == 422
    assert answers(organization) == [(1, "", 1)]


def test_failed_save_leaves_no_key_so_that_a_retry_is_real(save, organization):
    assert save(key="one", level="9").status_code == 422
    assert save(key="one", level="2").status_code == 302
    assert answers(organization) == [(2, "", 1)]


@pytest.mark.parametrize(("field", "value"), [("level", "4"), ("level", "x"), ("version", "-1"), ("version", "")])
def test_malformed_answer_is_422_and_saves_nothing(save, organization, field, value):
    assert save(**{field: value}).status_code == 422
    assert answers(organization) == []


def test_viewer_reads_the_control_and_may_not_answer(client, viewer, home, organization):
    client.force_login(viewer)
    page = client.get(home + "controls/mfa.all-humans/")
    assert page.status_code == 200
    assert 'name="note"' not in page.content.decode()
    data = {"for_organization": str(organization.id), "level": "2", "version": "0"}
    assert client.post(home + ANSWER, data).status_code == 403
    assert answers(organization) == []


def test_walk_starts_with_the_first_unanswered_control(as_owner, home, save):
    save()
    target = as_owner.get(home + "stages/mfa/walk/")["Location"]
    assert target.endswith("?walk=1")
    assert "mfa.all-humans" not in target


def grow(organization, connection, owner, scans=12, findings=40):
    """A year of scans and answers to every control."""
    from django.utils import timezone

    from ztassess.assessments.models import ScoreSnapshot
    from ztassess.catalog import load_catalog

    now = timezone.now()
    with organization_scope(organization):
        for number in range(1, scans + 1):
            scan = Scan.objects.create(
                organization=organization,
                connection=connection,
                number=number,
                state=ScanState.DONE,
                taken_at=now,
                started_at=now,
                finished_at=now,
            )
            Finding.objects.bulk_create(
                Finding(
                    organization=organization,
                    scan=scan,
                    connection=connection,
                    check_id="doors.all_locked",
                    resource=f"door {place}",
                    outcome="fail",
                    severity="high",
                    reason="open",
                    taken_at=now,
                )
                for place in range(findings)
            )
            ScoreSnapshot.objects.create(
                organization=organization,
                day=now.date(),
                cause="proof",
                catalog_version="1",
                method_version="1",
                proven=0.1,
                claimed=0.2,
                ceiling=0.9,
            )
        StandingResult.objects.create(
            organization=organization,
            connection=connection,
            check_id="doors.all_locked",
            outcome="fail",
            taken_at=now,
            scan=scan,
            latest_outcome="fail",
            latest_at=now,
            latest_scan=scan,
        )
        for control in load_catalog().controls:
            Answer.objects.create(organization=organization, control_id=control.id, level=2, answered_by=owner)


@pytest.mark.parametrize(
    "path", ["", "dashboard/", "stages/", "stages/identity/", "controls/identity.inventory/", "connectors/"]
)
def test_number_of_queries_does_not_grow(as_owner, home, path, organization, connection, owner):
    from django.db import connection as database

    as_owner.get(home + path)
    with CaptureQueriesContext(
        database,
    ) as small:
        as_owner.get(home + path)
    grow(organization, connection, owner)
    with CaptureQueriesContext(database) as large:
        assert as_owner.get(home + path).status_code == 200
    assert len(large) <= len(small) + 2, [query["sql"][:90] for query in large]
    # What people keep around a control, what was then and what a figure says have queries of their own.
    most = {"": 21, "dashboard/": 35, "controls/identity.inventory/": 20}.get(path, 15)
    assert len(large) < most, [query["sql"][:90] for query in large]


def test_old_address_of_the_plan_leads_to_the_roadmap_and_keeps_its_query(as_owner, home):
    answer = as_owner.get(home + "plan/?start=2026-11-30")
    assert (answer.status_code, answer["Location"]) == (302, home + "roadmap/?start=2026-11-30")
