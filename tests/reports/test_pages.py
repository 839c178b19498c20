"""The pages of reports and the task behind them: ask, make once, keep sealed, download, fail in a sentence, limit."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from http import HTTPStatus
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from tests.fakes.doors import building
from tests.tenancy.seeding import seed
from ztassess.assessments.evidence_vault import digest
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.domain.branding import DEFAULT_ACCENT, Paper
from ztassess.reports import making
from ztassess.reports.content import report_data
from ztassess.reports.errors import DocumentFailed, TooManyReports
from ztassess.reports.making import ATTEMPTS, report_make, sweep
from ztassess.reports.models import Branding, Report, ReportContent
from ztassess.reports.selectors import branding_for
from ztassess.reports.services import MOST_AN_HOUR, report_ask, report_remove
from ztassess.reports.tasks import make_report
from ztassess.reports.values import as_json
from ztassess.scans import bell
from ztassess.scans.models import Finding, StandingResult

__all__ = ["building"]
WANTED = {"kind": "summary", "paper": "letter", "redacted": "", "since": "2026-01-01"}


@pytest.fixture(autouse=True)
def bells(monkeypatch) -> Mock:
    """No broker: whom the bells were for."""
    heard = Mock(return_value=True)
    monkeypatch.setattr(bell, "ring_task", heard)
    return heard


@pytest.fixture
def page(organization) -> str:
    return f"/o/{organization.slug}/reports/"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(organization, actor, kind: str = "summary", *, redacted: bool = False) -> Report:
    day = timezone.now().date() - timedelta(days=7)
    return report_ask(organization=organization, kind=kind, paper=Paper.A4, redacted=redacted, since=day, actor=actor)


def logo(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 40), "#0b6e4f").save(out, kind)
    return out.getvalue()


def test_editor_asks_a_worker_makes_and_a_viewer_downloads(
    organization, owner, editor, viewer, page, bells, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(editor).post(page, WANTED | {"since": str(timezone.now().date())})
    assert answer.status_code == HTTPStatus.FOUND
    with organization_scope(organization):
        report = Report.objects.get()
        assert report.rung_at is not None
    bells.assert_called_once_with("reports.make_report", organization.id, report.id)
    waiting = signed_in(viewer).get(page)
    assert b"Waits for a worker" in waiting.content
    assert b'hx-trigger="every 1s"' in waiting.content
    assert b"Reload to see how far it is" in waiting.content
    early = signed_in(viewer).get(f"{page}{report.id}/file/")
    assert early.status_code == HTTPStatus.CONFLICT

    make_report(str(organization.id), str(report.id))
    with organization_scope(organization):
        report.refresh_from_db()
        assert (report.state, report.progress, report.error_sentence) == ("done", 100, "")
        sealed = ReportContent.objects.get()
        assert b"%PDF" not in bytes(sealed.ciphertext)
        lines = list(AuditEvent.objects.filter(object=f"report:{report.id}").values_list("action", flat=True))
    assert lines == ["report.make", "report.ask"]
    client = signed_in(viewer)
    shown = client.get(page)
    assert report.sha256.encode() in shown.content
    assert report.catalog_version.encode() in shown.content
    assert b"Make a report" not in shown.content
    assert client.get(f"{page}made/").status_code == 286
    download = client.get(f"{page}{report.id}/file/")
    assert download.content.startswith(b"%PDF-")
    assert digest(download.content) == report.sha256
    assert download["Content-Disposition"].startswith("attachment;")
    assert download["X-Content-Type-Options"] == "nosniff"
    assert download["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert download["Cache-Control"] == "private, no-store"
    assert client.post(page, WANTED).status_code == HTTPStatus.FORBIDDEN
    assert client.post(f"{page}{report.id}/remove/").status_code == HTTPStatus.FORBIDDEN

    assert signed_in(editor).post(f"{page}{report.id}/remove/").status_code == HTTPStatus.FOUND
    with organization_scope(organization):
        assert not Report.objects.exists()
        assert not ReportContent.objects.exists()


def test_altered_document_is_not_sent(in_scope, owner, page):
    report = ask(in_scope, owner)
    report_make(in_scope, report.id)
    sealed = ReportContent.objects.get()
    sealed.ciphertext = bytes(sealed.ciphertext)[:-1] + b"x"
    sealed.save()
    answer = signed_in(owner).get(f"{page}{report.id}/file/")
    assert answer.status_code == HTTPStatus.GONE
    assert b"%PDF" not in answer.content


def test_a_report_is_made_once_and_by_whoever_claimed_it(in_scope, owner, other_organization):
    report = ask(in_scope, owner)
    assert report_make(other_organization, report.id) is False
    assert report_make(in_scope, report.id) is True
    assert report_make(in_scope, report.id) is False
    make_report("nonsense", str(report.id))
    make_report(str(in_scope.id), "nonsense")
    assert ReportContent.objects.count() == 1


def test_a_removed_report_is_not_brought_back_by_its_worker(in_scope, owner, monkeypatch):
    report = ask(in_scope, owner)
    real = making.document

    def removed_meanwhile(*args, **options):
        report_remove(report=report, actor=owner)
        return real(*args, **options)

    monkeypatch.setattr(making, "document", removed_meanwhile)
    assert report_make(in_scope, report.id)
    assert not Report.objects.exists()
    assert not ReportContent.objects.exists()


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (DocumentFailed("The pages could not be set."), "The pages could not be set. Nothing was made"),
        (ZeroDivisionError("secret detail"), "Something broke on our side (ZeroDivisionError)"),
    ],
)
def test_failure_is_one_sentence_on_the_page(in_scope, owner, page, monkeypatch, problem, words):
    report = ask(in_scope, owner)
    monkeypatch.setattr(making, "document", Mock(side_effect=problem))
    report_make(in_scope, report.id)
    report.refresh_from_db()
    assert report.state == "failed"
    shown = signed_in(owner).get(page).content.decode()
    assert words in shown
    assert "secret detail" not in shown


def test_a_lost_database_leaves_it_to_the_next_worker_and_the_third_death_ends_it(in_scope, owner, monkeypatch, bells):
    report = ask(in_scope, owner)
    monkeypatch.setattr(making, "document", Mock(side_effect=OperationalError("gone")))
    for attempt in range(1, ATTEMPTS + 1):
        assert report_make(in_scope, report.id)
        assert report_make(in_scope, report.id) is False, "its lease holds"
        report.refresh_from_db()
        assert (report.state, report.attempt) == ("running", attempt)
        Report.objects.update(lease_until=timezone.now() - timedelta(seconds=1), rung_at=None)
        bells.reset_mock()
        assert sweep() == (1 if attempt < ATTEMPTS else 0)
    report.refresh_from_db()
    assert report.state == "failed"
    assert "three times" in report.error_sentence
    bells.assert_not_called()


def test_sweep_rings_again_what_nobody_heard(in_scope, owner, bells):
    report = ask(in_scope, owner)
    assert sweep() == 1
    assert sweep() == 0, "it was rung just now"
    Report.objects.update(rung_at=timezone.now() - timedelta(seconds=31))
    assert sweep() == 1
    report_make(in_scope, report.id)
    Report.objects.update(rung_at=None)
    assert sweep() == 0


def test_twenty_an_hour_removed_ones_counted(in_scope, owner, page):
    for _ in range(MOST_AN_HOUR):
        report_remove(report=ask(in_scope, owner), actor=owner)
    with pytest.raises(TooManyReports):
        ask(in_scope, owner)
    answer = signed_in(owner).post(page, WANTED | {"since": str(timezone.now().date())})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert b"20 reports were asked for within the last hour" in answer.content
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"since": "2999-01-01"}, b"Choose today or an earlier day"),
        ({"since": "1999-01-01"}, b"within the last three years"),
        ({"since": "soon"}, b"Enter a valid date"),
        ({"kind": "../../etc/passwd"}, b"Select a valid choice"),
        ({"paper": "a0"}, b"Select a valid choice"),
    ],
)
def test_wrong_wishes_are_refused_beside_their_field(in_scope, owner, page, changed, words):
    answer = signed_in(owner).post(page, WANTED | {"since": str(timezone.now().date())} | changed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in answer.content
    assert not Report.objects.exists()


def test_branding_is_kept_with_the_logo_written_anew_and_carried_by_reports(in_scope, owner, viewer, page):
    assert branding_for(in_scope).name == in_scope.name
    client, sent = signed_in(owner), {"accent": "#0B6E4F", "footer": "Confidential", "paper": "letter", "version": "0"}
    sent |= {"name": "Harbor Security", "logo": SimpleUploadedFile("logo.exe", logo("JPEG"), "text/html")}
    assert client.post(f"{page}branding/", sent).status_code == HTTPStatus.FOUND
    value = branding_for(in_scope)
    assert (value.name, value.accent, value.paper) == ("Harbor Security", "#0b6e4f", Paper.LETTER)
    assert value.logo.startswith(b"\x89PNG")
    shown = signed_in(viewer).get(f"{page}branding/logo.png")
    assert shown.content == value.logo
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Security-Policy"].endswith("sandbox")
    assert signed_in(viewer).get(f"{page}branding/").status_code == HTTPStatus.FORBIDDEN
    report = ask(in_scope, owner)
    report_make(in_scope, report.id)
    assert b"Harbor" in client.get(f"{page}{report.id}/file/").content

    again = {"accent": "#000000", "paper": "a4", "version": "0"}
    conflict = client.post(f"{page}branding/", again)
    assert conflict.status_code == HTTPStatus.CONFLICT
    assert b"Somebody else changed the branding" in conflict.content
    kept = client.post(f"{page}branding/", again | {"version": "1"})
    assert kept.status_code == HTTPStatus.FOUND
    assert branding_for(in_scope).logo == value.logo
    client.post(f"{page}branding/", again | {"version": "2", "take_away": "on"})
    assert branding_for(in_scope).logo == b""
    assert client.get(f"{page}branding/logo.png").status_code == HTTPStatus.NOT_FOUND
    assert AuditEvent.objects.filter(action="branding.save").count() == 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"accent": "#ffcc00"}, "Choose a darker color"),
        ({"accent": "red"}, "six hexadecimal digits"),
        ({"logo": SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>")}, "no PNG, JPEG or WebP"),
        ({"logo": SimpleUploadedFile("logo.png", logo() + b"<script>")}, "does not end where its picture ends"),
        (
            {"logo": SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\n" + b"x" * (2 * 1024 * 1024))},
            "larger than 2 MiB",
        ),
    ],
)
def test_wrong_branding_is_refused_and_nothing_is_kept(in_scope, owner, page, changed, words):
    sent = {"accent": "#000000", "paper": "a4", "version": "0"} | changed
    answer = signed_in(owner).post(f"{page}branding/", sent)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in answer.content.decode()
    assert not Branding.objects.exists()


def test_branding_that_no_form_checked_is_the_usual_one(in_scope):
    Branding.objects.create(organization=in_scope, accent="#fff", paper="a0")
    value = branding_for(in_scope)
    assert (value.accent, value.paper) == (DEFAULT_ACCENT, Paper.A4)


def test_queries_of_the_page_do_not_grow_with_reports(in_scope, owner, page):
    client = signed_in(owner)
    counts = []
    for _ in range(2):
        ask(in_scope, owner)
        client.get(page)
        with CaptureQueriesContext(connection) as made:
            client.get(page)
        counts.append(len(made))
        for _ in range(5):
            ask(in_scope, owner, "client", redacted=True)
    assert counts[0] == counts[1]


def test_missing_right_names_no_database_in_a_redacted_report(building, in_scope, owner):
    """Some rights are asked for by the name of what they are for; signs of direction in it neither hide nor turn it."""
    seed(in_scope, owner, "SEED")
    scope, reason = "CONNECT on database ledgerprod", {"latest_outcome": "not_checked", "outcome": ""}
    Finding.objects.update(resource="\u202eledger\u2066prod", outcome="not_checked", missing_scope=scope)
    StandingResult.objects.update(latest_missing_scope=scope, **reason)
    now = timezone.now()
    for redact in (False, True):
        data = report_data(in_scope, now=now, since=now, redact=redact)
        told = [*(each.missing_scope for each in data.findings), *(each.missing_scope for each in data.coverage.gaps)]
        assert len(told) > 1
        assert all(("ledgerprod" in each) is not redact for each in told if each), told
        everything = json.dumps(as_json(data), default=str, ensure_ascii=False)
        assert ("ledgerprod" in everything) is not redact
        assert not {"\u202e", "\u2066"} & set(everything)
