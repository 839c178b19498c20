"""Uploads through the web form: refused with a sentence, stored sealed, deleted in every way a scan can end."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import escape

from tests.faults.conftest import Company, company
from ztassess.common import uploads as arriving
from ztassess.common.models import organization_scope
from ztassess.scans.dispatch import give_up_lapsed
from ztassess.scans.models import Connection, Finding, Scan, ScanState, StandingResult, UploadedExport
from ztassess.scans.services.connections import connection_remove
from ztassess.scans.services.scans import scan_cancel

__all__ = ["company"]

GOOD = b"doors: front-door-canary back"
REPORT_HEAD = (
    b"user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    b"mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    b"access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    b"access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    b"cert_2_last_rotated\n"
)


def zipped(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def upload(company: Company, slug: str, *files: tuple[str, bytes]) -> Any:
    return company.post(
        f"connectors/{slug}/upload/", exports=[SimpleUploadedFile(name, content) for name, content in files]
    )


def kept(company: Company) -> int:
    with organization_scope(company.organization):
        return UploadedExport.objects.count() + Scan.objects.count() + Connection.objects.count()


REFUSED = {
    "no file": ([], "Choose the file that the command made."),
    "zip": ([("export.zip", zipped("a.json", b"{}"))], "export.zip is not one of .csv, .json. Nothing was kept."),
    "program": ([("setup.exe", b"MZ")], "setup.exe is not one of .csv, .json. Nothing was kept."),
    "no suffix": ([("export", b"{}")], "export is not one of .csv, .json. Nothing was kept."),
    "suffix in front": ([("export.json.html", b"{}")], "export.json.html is not one of .csv, .json."),
    "empty": ([("export.json", b"")], "The submitted file is empty."),
    "same name twice": ([("a.json", b"{}"), ("a.json", b"{}")], "Two of the files have the same name."),
    "same name in two folders": ([("x/a.json", b"{}"), ("y/a.json", b"{}")], "Two of the files have the same name."),
    "long name": ([("a" * 250 + ".json", b"{}")], "has a name of more than 200 characters. Nothing was kept"),
    "too many": ([(f"{n}.json", b"{}") for n in range(201)], "These are more than 200 files; 200 are taken at once."),
}


@pytest.mark.parametrize(("files", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_an_export_is_refused_on_the_form(company, files, sentence):
    reply = upload(company, "aws", *files)
    assert reply.status_code in {400, 413}
    assert escape(sentence) in reply.content.decode()
    assert kept(company) == 0


JUDGED = {
    "wrong file": ("aws", "notes.json", b'{"notes": "we met on Monday"}', "notes.json is none of the exports we know."),
    "other system's": ("postgres", "gaad.json", b'{"UserDetailList": []}', ""),
    "truncated JSON": ("aws", "gaad.json", b'{"UserDetailList": [{"UserName": "an', "it may be cut off"),
    "truncated CSV": ("aws", "credential_report.csv", REPORT_HEAD, "the report is cut off"),
    "zip named CSV": ("aws", "report.csv", zipped("report.csv", REPORT_HEAD), ""),
    "picture": ("aws", "gaad.json", b"\x89PNG\r\n\x1a\n" + bytes(200), ""),
    "deep JSON": ("aws", "gaad.json", b"[" * 10_000 + b"]" * 10_000, ""),
    "deep JSON for postgres": ("postgres", "export.json", b"[" * 10_000 + b"]" * 10_000, ""),
    "not a number": ("postgres", "export.json", b'{"format": NaN}', ""),
    "formula for a head": ("aws", "credential_report.csv", b"=HYPERLINK(0),+1,-1,@x\n1,2,3,4\n", ""),
    "formula for a person": (
        "aws",
        "credential_report.csv",
        REPORT_HEAD + b"\"=cmd|' /C calc'!A0\",arn:aws:iam::123456789012:user/x" + b",false" * 20 + b"\n",
        "does not name an IAM user",
    ),
    "of the future": (
        "tls_probe",
        "result.json",
        json.dumps({"format": "ztassess-tls-probe/1", "taken_at": "2199-01-01T00:00:00Z", "targets": []}).encode(),
        "",
    ),
}


@pytest.mark.parametrize(("slug", "name", "content", "sentence"), JUDGED.values(), ids=JUDGED)
def test_file_that_cannot_be_read_judges_nothing_and_is_gone(company, slug, name, content, sentence):
    assert upload(company, slug, (name, content)).status_code == 302
    scan = company.work()
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "input_invalid"), scan.error_sentence
    assert sentence in scan.error_sentence
    assert company.reads(scan)
    with organization_scope(company.organization):
        assert not UploadedExport.objects.exists()
        assert not Finding.objects.exists()
        assert set(StandingResult.objects.values_list("outcome", "latest_outcome")) == {("", "not_checked")}


def test_path_in_a_name_is_dropped(company, building):
    assert upload(company, "doors", ("../../../etc/cron.d/doors.txt", GOOD)).status_code == 302
    with organization_scope(company.organization):
        assert UploadedExport.objects.get().name == "doors.txt"


def test_upload_is_stored_sealed(company, building):
    upload(company, "doors", ("doors.txt", GOOD))
    with organization_scope(company.organization):
        row = UploadedExport.objects.get()
        assert (row.size, len(row.sha256)) == (len(GOOD), 64)
        assert b"canary" not in bytes(row.ciphertext) + bytes(row.wrapped_key)
    assert company.work().state == ScanState.DONE


def test_second_upload_waits_for_the_first(company, building):
    upload(company, "doors", ("doors.txt", GOOD))
    with organization_scope(company.organization):
        connection = Connection.objects.get()
    reply = company.post(f"connections/{connection.id}/upload/", exports=[SimpleUploadedFile("more.txt", GOOD)])
    assert reply.status_code == 400
    assert "Nothing of the upload was kept; try again when it has ended." in reply.content.decode()
    with organization_scope(company.organization):
        assert UploadedExport.objects.count() == 1


def done(company: Company, building) -> None:
    assert company.work().state == ScanState.DONE


def failed(company: Company, building) -> None:
    with organization_scope(company.organization):
        UploadedExport.objects.update(kek_id="gone")
    assert company.work().error_code == "secret"


def canceled_before(company: Company, building) -> None:
    with organization_scope(company.organization):
        scan = Scan.objects.get()
        scan_cancel(scan=scan, actor=scan.requested_by)


def canceled_while_running(company: Company, building) -> None:
    with organization_scope(company.organization):
        Scan.objects.update(cancel_requested_at=timezone.now())
    assert company.work().state == ScanState.CANCELED


def lapsed(company: Company, **more: Any) -> None:
    past = timezone.now() - timedelta(minutes=5)
    with organization_scope(company.organization):
        Scan.objects.update(state=ScanState.RUNNING, fence=1, lease_until=past, **more)
    assert give_up_lapsed() == 1


def given_up(company: Company, building) -> None:
    lapsed(company, attempt=3)


def canceled_after_its_worker_died(company: Company, building) -> None:
    lapsed(company, attempt=1, cancel_requested_at=timezone.now())


def removed(company: Company, building) -> None:
    with organization_scope(company.organization):
        connection = Connection.objects.get()
        connection_remove(connection=connection, reason="no longer ours", actor=connection.created_by)


def starved(company: Company, building) -> None:
    with organization_scope(company.organization):
        Scan.objects.update(state=ScanState.WAITING, created_at=timezone.now() - timedelta(hours=25))
    assert give_up_lapsed() == 1


ENDS = [
    done, failed, canceled_before, canceled_while_running, given_up, canceled_after_its_worker_died, removed, starved,
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_upload_is_gone_however_its_scan_ends(company, building, end):
    upload(company, "doors", ("doors.txt", GOOD))
    end(company, building)
    with organization_scope(company.organization):
        scan = Scan.objects.get()
        assert not scan.is_active
        assert scan.finished_at is not None
        assert scan.state == ScanState.DONE or scan.error_sentence
        assert not UploadedExport.objects.exists()


def test_upload_stays_while_its_scan_may_still_be_done(company, building):
    """A worker that dies costs no upload: the scan is retaken."""
    upload(company, "doors", ("doors.txt", GOOD))
    with organization_scope(company.organization):
        scan = Scan.objects.get()
        past = timezone.now() - timedelta(minutes=5)
        Scan.objects.update(state=ScanState.RUNNING, fence=1, attempt=1, lease_until=past)
        assert UploadedExport.objects.count() == 1
    finished = company.work()
    assert (finished.id, finished.state, finished.attempt) == (scan.id, ScanState.DONE, 2)


class Line:
    """A browser's connection: a form with one file of zeros, as large as asked, made while it is read."""

    def __init__(self, token: str, size: int, folder: Path, *, breaks_at: int = 0) -> None:
        self.head = (
            f'--x\r\nContent-Disposition: form-data; name="idempotency_key"\r\n\r\n{token}\r\n'
            '--x\r\nContent-Disposition: form-data; name="exports"; filename="big.json"\r\n\r\n'
        ).encode()
        self.tail, self.size, self.folder, self.breaks_at = b"\r\n--x--\r\n", size, folder, breaks_at
        self.length = len(self.head) + size + len(self.tail)
        self.at = 0
        self.names_seen: set[str] = set()

    def readline(self, count: int = -1) -> bytes:
        raise AssertionError("a line may be as long as the file")

    def read(self, count: int = -1) -> bytes:
        self.names_seen |= {path.name for path in self.folder.iterdir()}
        if self.breaks_at and self.at >= self.breaks_at:
            raise OSError("the browser is gone")
        count = min(count if count >= 0 else 65536, self.length - self.at)
        begin, end = self.at, self.at + count
        zeros = max(0, min(end, len(self.head) + self.size) - max(begin, len(self.head)))
        piece = (
            self.head[begin:end]
            + bytes(zeros)
            + self.tail[max(0, begin - len(self.head) - self.size) :][: max(0, end - len(self.head) - self.size)]
        )
        self.at += len(piece)
        return piece


@pytest.fixture
def line(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)

    def open_line(company: Company, size: int, **more: Any) -> tuple[Line, Any]:
        made = Line("key-1", size, tmp_path, **more)
        reply = company.client.generic(
            "POST",
            f"/o/{company.organization.slug}/connectors/aws/upload/",
            CONTENT_TYPE="multipart/form-data; boundary=x",
            **{"wsgi.input": made, "CONTENT_LENGTH": str(made.length)},
        )
        return made, reply

    return open_line


def high_water() -> int:
    line = next(text for text in Path("/proc/self/status").read_text().splitlines() if text.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_two_hundred_megabytes_are_read_away_and_never_kept(company, line, monkeypatch):
    written: list[int] = []
    monkeypatch.setattr(arriving.tempfile, "TemporaryFile", lambda **_: written.append(1))
    Path("/proc/self/clear_refs").write_text("5")
    before = high_water()
    browser, reply = line(company, 200 * 1024 * 1024)
    assert reply.status_code == 413
    assert "Together the files are larger than 50 MiB. Nothing was kept." in reply.content.decode()
    assert browser.at == browser.length  # else the browser would show a broken connection instead of the sentence
    assert high_water() - before < 32 * 1024 * 1024
    assert (written, browser.names_seen, kept(company)) == ([], set(), 0)


def test_file_a_little_too_large_is_dropped_when_it_turns_out(company, line, settings, tmp_path):
    settings.UPLOAD_LIMIT = 1024 * 1024
    browser, reply = line(company, 2 * 1024 * 1024)
    assert reply.status_code == 413
    assert "Together the files are larger than 1 MiB." in reply.content.decode()
    assert (browser.names_seen, list(tmp_path.iterdir()), kept(company)) == (set(), [], 0)


def test_upload_that_breaks_off_leaves_nothing(company, line, tmp_path):
    company.client.raise_request_exception = False
    browser, reply = line(company, 4 * 1024 * 1024, breaks_at=2 * 1024 * 1024)
    assert reply.status_code >= 400
    assert (browser.names_seen, list(tmp_path.iterdir()), kept(company)) == (set(), [], 0)


def test_body_that_ends_before_its_file_leaves_nothing(company):
    """The length was honest, the last boundary is missing: half a file is no file."""
    body = b'--x\r\nContent-Disposition: form-data; name="exports"; filename="a.json"\r\n\r\n{"UserDetailList": ['
    reply = company.client.generic(
        "POST",
        f"/o/{company.organization.slug}/connectors/aws/upload/",
        data=body,
        content_type="multipart/form-data; boundary=x",
    )
    assert reply.status_code == 400
    assert "Choose the file that the command made." in reply.content.decode()
    assert kept(company) == 0


def test_same_upload_sent_twice_is_one_scan(company, building):
    files = {"exports": [SimpleUploadedFile("doors.txt", GOOD)], "idempotency_key": "once"}
    first = company.post("connectors/doors/upload/", **files)
    files["exports"] = [SimpleUploadedFile("doors.txt", GOOD)]
    second = company.post("connectors/doors/upload/", **files)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replay"] == "true"
    with organization_scope(company.organization):
        assert Scan.objects.count() == 1
