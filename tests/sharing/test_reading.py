"""What a visitor of a share link gets: the chosen pages and nothing else, for as long as it is open, counted."""

from __future__ import annotations

import json
import logging
import re
import runpy
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.services.installation import ROOT
from tests.sharing.conftest import EVERY_CHAPTER, make
from ztassess.assessments.evidence_vault import digest
from ztassess.assessments.services import answer_save
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.common.redaction import redact
from ztassess.organizations.models import Organization
from ztassess.reports.models import Report
from ztassess.reports.vault import document_seal
from ztassess.sharing import limits, views_reader
from ztassess.sharing.models import ShareLink, ShareOpening, ShareSnapshot
from ztassess.sharing.services import share_change, share_revoke
from ztassess.sharing.services_reading import opening_record

UNKNOWN = "/s/" + "A" * 43 + "/"
PASSCODE = "harbor-lantern-7"


def same(answer, other) -> bool:
    return (answer.status_code, answer.content, dict(answer.items())) == (
        other.status_code,
        other.content,
        dict(other.items()),
    )


def test_every_chosen_page_opens_says_what_it_is_and_is_kept_private(in_scope, owner, visitor):
    made = make(in_scope, owner)
    for slug in ("", *(f"{each}/" for each in EVERY_CHAPTER)):
        answer = visitor.get(made.path + slug)
        assert answer.status_code == HTTPStatus.OK, slug
        text = re.sub(r"\s+", " ", answer.content.decode())
        assert "shared by Olga Owner for Acme" in text
        assert f"Frozen on {timezone.now():%B}" in text
        assert "Opens until the end of" in text
        assert "Each opening is recorded" in text
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Cache-Control"] == "private, no-store"
        assert "script-src" not in answer["Content-Security-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert not answer.cookies
        assert "<script" not in text
        # No link leads out, and nothing is loaded from elsewhere.
        addresses = re.findall(r'(?:href|src|action)="([^"]+)"', text)
        assert all(each.startswith((made.path, "/static/", "#main")) for each in addresses), addresses
        assert visitor.head(made.path + slug).content == b""
    assert ShareOpening.objects.count() == 2 * (1 + len(EVERY_CHAPTER))


def test_what_does_not_open_is_the_same_404_whatever_the_reason(in_scope, owner, visitor, settings):
    revoked, expired, deleted, partly = (make(in_scope, owner, chapters=("summary",)) for _ in range(4))
    share_revoke(link=revoked.link, actor=owner)
    ShareLink.objects.filter(id=expired.link.id).update(expires_at=timezone.now())
    nothing = visitor.get(UNKNOWN)
    assert nothing.status_code == HTTPStatus.NOT_FOUND
    assert visitor.get(partly.path).status_code == HTTPStatus.OK
    for path in (
        *(revoked.path, revoked.path + "summary/", expired.path, partly.path + "controls/", partly.path + "reports/"),
        *(partly.path + "a/b/c", partly.path + "summary/x/", "/s/x/", "/s/%00/", UNKNOWN + "summary/"),
        partly.path + "reports/00000000-0000-4000-8000-000000000000.pdf",
    ):
        assert same(visitor.get(path), nothing), path
    Organization.objects.update(deletion_due_at=timezone.now() + timedelta(days=7))
    assert same(visitor.get(deleted.path), nothing)
    assert ShareOpening.objects.count() == 1
    for verb in ("post", "put", "patch", "delete", "options"):
        answers = [getattr(visitor, verb)(path) for path in (partly.path, UNKNOWN)]
        assert same(*answers), verb
        assert answers[0].status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_frozen_stays_live_follows_and_the_seal_refuses_a_changed_byte(in_scope, owner, visitor):
    frozen, live = (make(in_scope, owner, live=live, chapters=("summary",)) for live in (False, True))
    before = visitor.get(frozen.path).content
    for control in ("mfa.all-humans", "identity.single-idp"):
        answer_save(organization=in_scope, control_id=control, level=3, note="", version=0, actor=owner)
    assert visitor.get(frozen.path).content == before
    assert b"Claimed 0" in before.replace(b"\xc2\xa0", b" ")
    shown = visitor.get(live.path).content.replace(b"\xc2\xa0", b" ")
    assert b"Claimed 0" not in shown
    assert b"Live: the numbers are those of this moment" in shown
    assert not ShareSnapshot.objects.filter(link=live.link).exists()
    row = ShareSnapshot.objects.get(link=frozen.link)
    assert b"Nothing is claimed" not in bytes(row.ciphertext)
    ShareSnapshot.objects.update(ciphertext=bytes(row.ciphertext)[:-1] + b"x")
    broken = visitor.get(frozen.path)
    assert broken.status_code == HTTPStatus.GONE
    assert b"does not open any more" in broken.content


def test_passcode_opens_for_an_hour_on_this_path_and_a_change_ends_it(in_scope, owner, visitor, settings):
    made, other = (make(in_scope, owner, passcode=PASSCODE, chapters=("summary", "plan")) for _ in range(2))
    assert PASSCODE not in ShareLink.objects.get(id=made.link.id).passcode
    asked = visitor.get(made.path + "plan/")
    assert asked.status_code == HTTPStatus.OK
    assert b"This link has a passcode" in asked.content
    assert b"Acme" not in asked.content
    assert visitor.get(made.path + "controls/").status_code == HTTPStatus.NOT_FOUND
    wrong = visitor.post(made.path + "unlock/", {"passcode": "wrong", "page": "plan"})
    assert wrong.status_code == HTTPStatus.FORBIDDEN
    assert b"This is not the passcode" in wrong.content
    right = visitor.post(made.path + "unlock/", {"passcode": PASSCODE, "page": "plan"})
    assert right["Location"] == made.path + "plan/"
    cookie = right.cookies["share"]
    assert (cookie["path"], cookie["max-age"], cookie["httponly"]) == (made.path, 3600, True)
    assert b"Acme" in visitor.get(made.path + "plan/").content
    visitor.cookies["share"]["path"] = "/"
    assert b"Acme" not in visitor.get(other.path).content, "the cookie of one link opens no other"
    assert visitor.get(made.path + "unlock/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert visitor.post(UNKNOWN + "unlock/", {"passcode": "x"}).status_code == HTTPStatus.NOT_FOUND
    link = ShareLink.objects.get(id=made.link.id)
    changed = {"title": link.title, "audience": link.audience, "expires_at": link.expires_at}
    share_change(link=link, **changed, passcode="another-lantern", version=link.version, actor=owner)
    assert b"Acme" not in visitor.get(made.path).content
    assert ShareOpening.objects.filter(kind="opened").count() == 1


def test_sixth_try_at_a_passcode_waits_even_if_it_is_right(in_scope, owner, visitor):
    made = make(in_scope, owner, passcode=PASSCODE)
    for _ in range(5):
        assert visitor.post(made.path + "unlock/", {"passcode": "wrong"}).status_code == HTTPStatus.FORBIDDEN
    answer = visitor.post(made.path + "unlock/", {"passcode": PASSCODE})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 0 < int(answer["Retry-After"]) <= 900
    assert b"Too many wrong passcodes" in answer.content
    assert Client().post(made.path + "unlock/", {"passcode": PASSCODE}).status_code == 429, "by link, not by visitor"
    ShareOpening.objects.update(at=timezone.now() - timedelta(minutes=15))
    assert visitor.post(made.path + "unlock/", {"passcode": PASSCODE}).status_code == HTTPStatus.FOUND


def test_dead_links_are_limited_by_address_and_open_ones_are_not(in_scope, owner, visitor, monkeypatch):
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000.0)
    made, over = make(in_scope, owner, chapters=("plan",)), make(in_scope, owner)
    share_revoke(link=over.link, actor=owner)
    for number in range(limits.DEAD.most):
        path = (UNKNOWN, over.path, made.path + "controls/")[number % 3]
        assert visitor.get(path).status_code == HTTPStatus.NOT_FOUND
    for path in (UNKNOWN, over.path, made.path + "controls/"):
        answer = visitor.get(path)
        assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS, "what is over counts as what never was"
        assert 0 < int(answer["Retry-After"]) <= 61
    assert visitor.get(made.path).status_code == HTTPStatus.OK
    assert visitor.get(UNKNOWN, REMOTE_ADDR="198.51.100.7").status_code == HTTPStatus.NOT_FOUND
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_060.0)
    assert visitor.get(UNKNOWN).status_code == HTTPStatus.NOT_FOUND


def test_one_link_is_opened_at_most_so_often_a_minute(in_scope, owner, visitor, monkeypatch):
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000.0)
    monkeypatch.setattr(views_reader.limits, "OPENINGS", limits.Limit("share-open", 2, 60))
    made = make(in_scope, owner, chapters=("plan",))
    assert [visitor.get(made.path).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("address", "network", "counted"),
    [
        ("203.0.113.72", "203.0.113.0/24", "203.0.113.72/32"),
        ("::ffff:203.0.113.72", "203.0.113.0/24", "203.0.113.72/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("", "", ""),
        ("unknown", "", ""),
    ],
)
def test_log_keeps_a_network_and_never_an_address(address, network, counted):
    assert limits.network_of(address) == network
    assert limits.counted_as(address) == counted


def test_openings_are_all_logged_and_told_once_an_hour_with_their_count(in_scope, owner, visitor):
    made = make(in_scope, owner, chapters=("plan",))
    for _ in range(4):
        visitor.get(made.path, REMOTE_ADDR="203.0.113.72", HTTP_USER_AGENT="Marked browser", HTTP_REFERER="http://x/")
    lines = AuditEvent.objects.filter(action="share.open").order_by("seq")
    assert lines.count() == 1
    ShareLink.objects.update(told_at=timezone.now() - timedelta(hours=1, seconds=1))
    ShareOpening.objects.update(at=timezone.now() - timedelta(minutes=30))
    visitor.get(made.path)
    told = [AuditDetail.objects.get(event=line) for line in lines]
    assert [line.via for line in lines] == ["share", "share"]
    assert [line.actor_id for line in lines] == [None, None]
    assert [each.after for each in told] == [{"opened": 1, "wrong": 0}, {"opened": 5, "wrong": 0}]
    assert told[1].summary == "The share link “Vendor review” was opened 5 times"
    link = ShareLink.objects.get(id=made.link.id)
    assert link.openings == ShareOpening.objects.count() == 5
    kept = json.dumps(list(ShareOpening.objects.values()), default=str)
    assert "203.0.113.0/24" in kept
    for secret in ("203.0.113.72", "Marked browser", "http://x/", made.token):
        assert secret not in kept
        assert secret not in json.dumps([each.summary + str(each.after) for each in told])


def test_revoked_between_reading_and_recording_shows_nothing(in_scope, owner, visitor, monkeypatch):
    made = make(in_scope, owner, chapters=("plan",))
    real = views_reader._told

    def revoked_meanwhile(link):
        told = real(link)
        share_revoke(link=link, actor=owner)
        return told

    monkeypatch.setattr(views_reader, "_told", revoked_meanwhile)
    assert visitor.get(made.path).status_code == HTTPStatus.NOT_FOUND
    assert not ShareOpening.objects.exists()


@pytest.mark.parametrize("live", [False, True])
def test_queries_stay_the_same_after_a_thousand_openings(in_scope, owner, visitor, live):
    made = make(in_scope, owner, live=live)
    counts = []
    # Within one minute and one hour: the first opening of each writes a line more.
    with time_machine.travel(timezone.now(), tick=False):
        visitor.get(made.path)
        for _ in range(2):
            with CaptureQueriesContext(connection) as asked:
                assert visitor.get(made.path).status_code == HTTPStatus.OK
            counts.append(len(asked))
            for _ in range(3):
                opening_record(link=made.link, page="summary", network="")
            ShareOpening.objects.bulk_create(
                ShareOpening(organization=in_scope, link=made.link, page="summary") for _ in range(1000)
            )
    assert counts[0] == counts[1]
    if not live:
        assert counts[0] <= 23


def test_reports_are_sent_as_files_only_where_they_were_chosen(organization, owner, visitor):
    with organization_scope(organization):
        kept = {"kind": "summary", "paper": "a4", "since": timezone.now().date(), "state": "done"}
        report = Report.objects.create(organization=organization, sha256=digest(b"%PDF"), **kept)
        document_seal(report, b"%PDF")
        made = make(organization, owner, redacted=False, documents=(report,), chapters=())
        without = make(organization, owner)
    listed = visitor.get(made.path)
    file = f"{made.path}reports/{report.id}.pdf"
    assert file.encode() in listed.content
    answer = visitor.get(file)
    assert answer.content == b"%PDF"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert organization.slug not in answer["Content-Disposition"]
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert visitor.get(f"{without.path}reports/{report.id}.pdf").status_code == HTTPStatus.NOT_FOUND
    with organization_scope(organization):
        report.delete()
    assert visitor.get(file).status_code == HTTPStatus.NOT_FOUND
    assert b"were removed" in visitor.get(made.path).content


def test_access_log_names_the_link_and_no_log_holds_the_token(in_scope, owner, visitor, caplog):
    made = make(in_scope, owner, chapters=("plan",))
    logger = runpy.run_path(str(ROOT / "deploy/gunicorn.conf.py"))["TokenFreeLogger"]
    told = logger.__new__(logger)
    seen = []
    for path in (made.path, made.path + "plan/", made.path + "controls/", UNKNOWN):
        with caplog.at_level(logging.DEBUG):
            environ = visitor.get(path).wsgi_request.META
        response = SimpleNamespace(status="200 OK", sent=1, headers=[])
        request = SimpleNamespace(headers=[])
        seen.append(told.atoms(response, request, environ | {"PATH_INFO": path, "RAW_URI": path}, timedelta())["U"])
    link = f"/s/{made.link.id}"
    assert seen == [f"{link}/", f"{link}/plan/", f"{link}/controls/", "/s/***/"]
    # Django itself logs the path of a 404; our filter has cleaned the record before anybody prints it.
    assert "Not Found: /s/***/controls/" in [record.getMessage() for record in caplog.records]
    assert made.token not in "".join(record.getMessage() for record in caplog.records)
    assert redact(f"GET {made.path}plan/ failed") == "GET /s/***/plan/ failed"
    dump = json.dumps([list(model.objects.values()) for model in (ShareLink, ShareOpening, ShareSnapshot)], default=str)
    assert made.token not in dump
