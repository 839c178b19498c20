"""Owns archives as jobs: ask for one, make it, keep it sealed for seven days, hand it out, delete it."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.envelope import Sealed, associated_data, keyring, seal, unseal
from ztassess.common.models import organization_scope
from ztassess.exchange.errors import ExportRefused, JobLost
from ztassess.exchange.models import ACTIVE, ArchivePart, ExchangeJob, JobState
from ztassess.exchange.writing import archive_write
from ztassess.organizations.models import Organization
from ztassess.scans.queue import from_now

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
LEASE = timedelta(minutes=5)
ATTEMPTS = 3
PER_HOUR = 20
PART = 4 * 1024 * 1024
BROKE = "Something broke on our side ({kind}), so there is no archive. Nothing was changed; try again."
TOO_LONG = "It took longer than a worker may. The operator can write it with manage.py export_organization."
GAVE_UP = "The worker was lost three times, so there is no archive. Nothing was changed; try again."


def export_request(*, organization: Organization, actor: User) -> tuple[ExchangeJob, bool]:
    """Queue an archive; while one is made, asking again gives that one.

    Returns:
        The job, and whether it is new.

    Raises:
        ExportRefused: twenty were asked for within the hour.
    """
    mine = ExchangeJob.objects.filter(organization=organization)
    try:
        with transaction.atomic():
            if active := mine.filter(state__in=ACTIVE).first():
                return active, False
            if mine.filter(created_at__gte=timezone.now() - timedelta(hours=1)).count() >= PER_HOUR:
                raise ExportRefused(f"{PER_HOUR} archives an hour are the limit; those that are ready stay. Try later.")
            job = ExchangeJob.objects.create(organization=organization, requested_by=actor)
            audit_record(
                organization=organization,
                actor=actor,
                action="organization.export",
                object=f"archive:{job.id}",
                summary=f"{actor} asked for an archive of everything",
            )
    except IntegrityError:  # two presses at once: the other one's job
        return mine.filter(state__in=ACTIVE).get(), False
    return job, True


@dataclass(frozen=True, slots=True)
class Held:
    """A worker's right to one job, until its lease lapses."""

    organization: Organization
    job_id: UUID
    fence: int

    def rows(self) -> models.QuerySet[ExchangeJob]:
        """The row while it is still ours."""
        found: models.QuerySet[ExchangeJob] = ExchangeJob.objects.filter(
            id=self.job_id, fence=self.fence, state=JobState.RUNNING
        )
        return found

    def tell(self, words: str, done: int, total: int) -> None:
        """Write progress and renew the lease. Raises `JobLost`."""
        with organization_scope(self.organization):
            progress = {"words": words, "done": done, "total": total}
            if not self.rows().update(progress=progress, lease_until=from_now(LEASE)):
                raise JobLost(str(self.job_id))


def job_claim(organization: Organization, job_id: UUID) -> Held | None:
    """Take a job by one conditional update. None: it is somebody else's, or it ended; walk away."""
    with organization_scope(organization), transaction.atomic():
        due = Q(state=JobState.PENDING) | Q(state=JobState.RUNNING, lease_until__lt=Now())
        taken = ExchangeJob.objects.filter(due, id=job_id, attempt__lt=ATTEMPTS).update(
            state=JobState.RUNNING,
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            lease_until=from_now(LEASE),
            started_at=models.functions.Coalesce("started_at", Now()),
        )
        if not taken:
            return None
        return Held(organization, job_id, ExchangeJob.objects.values_list("fence", flat=True).get(id=job_id))


def job_work(organization: Organization, job_id: UUID) -> bool:
    """Make one archive to its end. Returns False if it was not ours to do."""
    held = job_claim(organization, job_id)
    if held is None:
        return False
    try:
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
            # Progress is told between two files of evidence: inside the one moment of the rows nothing is written.
            written = archive_write(
                organization, file, tell=lambda words, done, total: held.tell(words, done, total) if total else None
            )
            _keep(held, file, written.rows)
    except JobLost:
        log.info("archive %s is made by somebody else now", job_id)
    except DatabaseError:
        log.exception("archive %s lost the database", job_id)  # its lease lapses, and it is taken again
    except SoftTimeLimitExceeded:
        _fail(held, TOO_LONG)
    except Exception as problem:  # the outermost frame of a worker: stored as a failed job
        log.exception("archive %s broke", job_id)
        _fail(held, BROKE.format(kind=type(problem).__name__))
    return True


def _keep(held: Held, file: IO[bytes], rows: int) -> None:
    size, digest, number = file.tell(), hashlib.sha256(), 0
    file.seek(0)
    with organization_scope(held.organization):
        ArchivePart.objects.filter(job_id=held.job_id).delete()  # of a worker that was lost
        while chunk := file.read(PART):
            held.tell("Keeping it sealed", number * PART, size)
            digest.update(chunk)
            sealed = seal(chunk, keyring(), _bound_to(held.organization.id, held.job_id, number))
            ArchivePart.objects.create(
                organization=held.organization,
                job_id=held.job_id,
                number=number,
                **sealed.columns,
            )
            number += 1
        with transaction.atomic():
            job = held.rows().select_for_update().select_related("requested_by").first()
            if job is None:
                raise JobLost(str(held.job_id))
            now = timezone.now()
            job.state, job.finished_at, job.expires_at, job.lease_until = JobState.DONE, now, now + KEPT, None
            job.name, job.size, job.sha256, job.rows = archive_name(held.organization), size, digest.hexdigest(), rows
            job.progress = {}
            job.save()
            audit_record(
                organization=held.organization,
                actor=job.requested_by,
                via=Via.TASK,
                action="organization.export_made",
                object=f"archive:{job.id}",
                summary=f"The archive {job.name} is ready until {job.expires_at:%Y-%m-%d}",
                after={"sha256": job.sha256, "bytes": size, "rows": rows},
            )


def _fail(held: Held, sentence: str) -> None:
    with organization_scope(held.organization), transaction.atomic():
        if job := held.rows().select_for_update().first():
            job_end(job, sentence)


def job_end(job: ExchangeJob, sentence: str) -> None:
    """End a job without an archive."""
    job.state, job.problem, job.finished_at, job.lease_until = JobState.FAILED, sentence, timezone.now(), None
    job.save()
    ArchivePart.objects.filter(job=job).delete()
    audit_record(
        organization=job.organization,
        via=Via.TASK,
        action="organization.export_failed",
        object=f"archive:{job.id}",
        summary=sentence,
    )


def archive_name(organization: Organization) -> str:
    """What the archive is called when it is saved."""
    word = re.sub(r"-[^-]*$", "", organization.slug)
    return f"ztassess-{word}-{timezone.now():%Y-%m-%d}.zip"[:160]


def archive_delete(*, job: ExchangeJob, actor: User | None) -> None:
    """Delete what is kept of an archive; its row stays, so that people see that there was one."""
    with transaction.atomic():
        current = ExchangeJob.objects.select_for_update().get(id=job.id)
        if current.state != JobState.DONE:
            return
        ArchivePart.objects.filter(job=current).delete()
        current.state = JobState.DELETED
        current.save(update_fields=["state"])
        audit_record(
            organization=current.organization,
            actor=actor,
            via=Via.PAGE if actor else Via.TASK,
            action="organization.export_delete",
            object=f"archive:{current.id}",
            summary=f"{actor} deleted the archive {current.name}" if actor else f"{current.name} was kept for 7 days",
        )


def archive_open(job: ExchangeJob, actor: User) -> Iterator[bytes]:
    """The pieces of an archive for a download, which the log notes. Raises `EnvelopeError` at once if it is not whole.

    The pieces are read after the page's own scope has ended, so this opens it again for each of them.
    """
    organization = job.organization
    first = _part(job, organization, 0)
    with transaction.atomic():
        audit_record(
            organization=organization,
            actor=actor,
            action="organization.export_download",
            object=f"archive:{job.id}",
            summary=f"{actor} downloaded the archive {job.name}",
        )
    return _pieces(job, organization, first)


def _pieces(job: ExchangeJob, organization: Organization, first: bytes) -> Iterator[bytes]:
    sent, number, piece = 0, 0, first
    while True:
        yield piece
        sent, number = sent + len(piece), number + 1
        if sent >= job.size:
            return
        with organization_scope(organization):
            piece = _part(job, organization, number)


def _part(job: ExchangeJob, organization: Organization, number: int) -> bytes:
    row: Any = ArchivePart.objects.get(job=job, number=number)
    sealed = Sealed.of(row)
    return unseal(sealed, keyring(), _bound_to(organization.id, job.id, number))


def _bound_to(organization_id: UUID, job_id: UUID, number: int) -> bytes:
    return associated_data("archive", organization_id, job_id, number)
