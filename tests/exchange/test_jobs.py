"""Archives as jobs: made once, kept sealed, handed out in pieces, given up when workers are lost, gone after a week."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import proven
from tests.exchange.conftest import MARK, take_in
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.exchange.errors import ExportRefused
from ztassess.exchange.models import ArchivePart, ExchangeJob, JobState
from ztassess.exchange.services import exports
from ztassess.exchange.services.exports import PER_HOUR, export_request, job_claim, job_work
from ztassess.exchange.sweeping import delete_old_archives, give_up_lost, ring_waiting
from ztassess.exchange.tasks import export, sweep


@pytest.fixture
def job(full, owner):
    with organization_scope(full):
        ExchangeJob.objects.all().delete()
        made, is_new = export_request(organization=full, actor=owner)
    assert is_new
    return made


def again(job):
    with organization_scope(job.organization):
        return ExchangeJob.objects.get(id=job.id)


def test_archive_is_made_downloaded_and_deleted(job, full, owner, admin, editor, monkeypatch, settings):
    monkeypatch.setattr(exports, "PART", 10_000)  # several pieces
    export(str(full.id), str(job.id))
    done = again(job)
    assert (done.state, done.attempt) == (JobState.DONE, 1)
    with organization_scope(full):
        parts = list(ArchivePart.objects.filter(job=job))
    assert len(parts) > 1
    assert not any(MARK.encode() in bytes(part.ciphertext) or bytes(part.ciphertext)[:2] == b"PK" for part in parts)
    client = Client()
    proven(client, admin)
    page = client.get(f"/o/{full.slug}/settings/export/")
    assert done.name in page.content.decode()
    assert client.get(f"/o/{full.slug}/settings/export/jobs/").status_code == 286
    answer = client.get(f"/o/{full.slug}/settings/export/{job.id}/archive.zip")
    content = b"".join(answer.streaming_content)
    assert len(content) == done.size == int(answer["Content-Length"])
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/zip")
    assert answer["Content-Disposition"].startswith('attachment; filename="ztassess-acme-')
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert take_in(content, owner).is_new
    with organization_scope(full):
        actions = list(AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:3])
    assert actions == ["organization.export_download", "organization.export_made", "organization.export"]
    proven(client, editor)
    assert client.get(f"/o/{full.slug}/settings/export/{job.id}/archive.zip").status_code == 403
    proven(client, admin)
    client.post(f"/o/{full.slug}/settings/export/{job.id}/remove/")
    assert again(job).state == JobState.DELETED
    assert client.get(f"/o/{full.slug}/settings/export/{job.id}/archive.zip").status_code == 404


def test_one_at_a_time_and_twenty_an_hour(job, full, owner):
    with organization_scope(full):
        assert export_request(organization=full, actor=owner) == (job, False)
        ExchangeJob.objects.update(state=JobState.FAILED)
        for _ in range(PER_HOUR - 1):
            ExchangeJob.objects.create(organization=full, state=JobState.FAILED)
        with pytest.raises(ExportRefused, match="20 archives an hour"):
            export_request(organization=full, actor=owner)


def test_second_worker_walks_away_and_a_lost_one_is_followed(job, full):
    assert job_claim(full, job.id) is not None
    assert job_claim(full, job.id) is None
    assert ring_waiting() == 0
    with organization_scope(full):
        ExchangeJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert job_work(full, job.id)
    assert again(job).state == JobState.DONE


def test_worker_whose_lease_was_taken_keeps_nothing(job, full, monkeypatch):
    def meanwhile(*args, **kwargs):
        with organization_scope(full):
            ExchangeJob.objects.update(fence=9)
        return real(*args, **kwargs)

    real = exports.archive_write
    monkeypatch.setattr(exports, "archive_write", meanwhile)
    assert job_work(full, job.id)
    assert again(job).state == JobState.RUNNING
    with organization_scope(full):
        assert not ArchivePart.objects.filter(job=job).exists()


def test_what_breaks_is_a_failed_job_with_a_sentence(job, full, monkeypatch):
    monkeypatch.setattr(exports, "archive_write", lambda *a, **k: 1 / 0)
    export(str(full.id), str(job.id))
    done = again(job)
    assert (done.state, done.problem) == (JobState.FAILED, exports.BROKE.format(kind="ZeroDivisionError"))


def test_sweep_rings_gives_up_and_deletes_after_a_week(job, full, bells):
    sweep()
    assert bells == [(full.id, job.id)]
    with organization_scope(full):
        past = timezone.now() - timedelta(seconds=1)
        ExchangeJob.objects.update(state=JobState.RUNNING, attempt=3, lease_until=past)
        assert give_up_lost() == 1
        assert again(job).problem == exports.GAVE_UP
        ExchangeJob.objects.update(state=JobState.DONE, expires_at=past)
        ArchivePart.objects.create(organization=full, job=job, number=7, kek_id="k", wrapped_key=b"", ciphertext=b"c")
        assert delete_old_archives() == 1
        assert again(job).state == JobState.DELETED
        assert not ArchivePart.objects.filter(job=job).exists()


def test_forged_messages_find_nothing(full, job, other_organization):
    export("nobody", "nothing")
    export(str(other_organization.id), str(job.id))
    assert again(job).state == JobState.PENDING
