"""Owns archives that people bring: kept sealed, taken in by a worker, canceled, forgotten."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.common.envelope import EnvelopeError, Sealed, associated_data, keyring, seal, unseal
from ztassess.exchange.errors import ArchiveRefused, JobLost
from ztassess.exchange.models import ARRIVING, Arrival, ArrivalPart, ArrivalState
from ztassess.exchange.opening import FROM_A_PAGE, Archive
from ztassess.exchange.progress import progress_put
from ztassess.exchange.services.importing import Imported, organization_import
from ztassess.scans.queue import from_now

log = logging.getLogger(__name__)

# Longer than a worker may take: inside the one transaction of the rows nothing can renew it.
LEASE = timedelta(minutes=15)
ATTEMPTS = 3
PART = 4 * 1024 * 1024
PER_HOUR, WAITING = 10, 10
TELL_SECONDS = 1.0
KEPT = timedelta(days=7)
LONGEST_UPLOAD = timedelta(hours=1)
ONE_AT_A_TIME = "An archive of yours is on its way in already. Wait for it or cancel it; this one was not kept."
OFTEN = f"{PER_HOUR} archives an hour are the limit. Try later; this one was not kept."
FULL = f"{WAITING} archives of other people wait already. Try again in a few minutes; this one was not kept."
BROKE = "Something broke on our side ({kind}), so nothing was taken in. Try again."
TOO_LONG = (
    "It took longer than a worker may, so nothing was taken in. The operator can take it in with manage.py "
    "import_organization."
)
GAVE_UP = "The worker was lost three times, so nothing was taken in. Try again."
UNOPENED = "What was kept of the archive does not open any more, so nothing was taken in. Bring it again."
CUT = "The upload ended before all of it was here, so nothing was taken in. Bring it again."


def archive_keep(*, person: User, file: IO[bytes], name: str, press: UUID) -> tuple[Arrival, bool]:
    """Keep an archive sealed until a worker takes it in.

    Not one transaction: a large archive would keep everybody else from writing. An upload that ends in between is
    found by its state.

    Parameters:
        press: id of one showing of the page; the second call with the same one finds what the first one kept.

    Returns:
        The row, and whether it is new.

    Raises:
        ArchiveRefused: one of theirs is on its way, or too many are; nothing was kept.
    """
    mine = Arrival.objects.filter(user=person)
    same = mine.filter(press=press).exclude(state__in=[ArrivalState.FAILED, ArrivalState.CANCELED])
    try:
        with transaction.atomic():
            if before := same.first():
                return before, False
            _room_or_refuse(mine)
            arrival = Arrival.objects.create(user=person, press=press, name=name[:160] or "archive.zip")
    except IntegrityError as meanwhile:  # two presses at once
        if before := same.first():
            return before, False
        raise ArchiveRefused(ONE_AT_A_TIME) from meanwhile
    try:
        size, digest = _seal(arrival, file)
    except BaseException:
        arrival.delete()
        raise
    kept = {"state": ArrivalState.PENDING, "size": size, "sha256": digest}
    Arrival.objects.filter(id=arrival.id, state=ArrivalState.ARRIVING).update(**kept)
    arrival.refresh_from_db()
    return arrival, True


def _room_or_refuse(mine: models.QuerySet[Arrival]) -> None:
    if mine.filter(state__in=ARRIVING).exists():
        raise ArchiveRefused(ONE_AT_A_TIME)
    if mine.filter(created_at__gte=timezone.now() - timedelta(hours=1)).count() >= PER_HOUR:
        raise ArchiveRefused(OFTEN)
    if Arrival.objects.filter(state__in=ARRIVING).count() >= WAITING:
        raise ArchiveRefused(FULL)


def _seal(arrival: Arrival, file: IO[bytes]) -> tuple[int, str]:
    size, number, digest = 0, 0, hashlib.sha256()
    file.seek(0)
    while chunk := file.read(PART):
        digest.update(chunk)
        sealed = seal(chunk, keyring(), _bound_to(arrival.id, number))
        ArrivalPart.objects.create(arrival=arrival, number=number, **sealed.columns)
        size, number = size + len(chunk), number + 1
    return size, digest.hexdigest()


def _unseal(arrival: Arrival, file: IO[bytes]) -> None:
    """Write the archive into a file without a name. Raises `EnvelopeError` if it is not whole."""
    digest = hashlib.sha256()
    for part in ArrivalPart.objects.filter(arrival=arrival).order_by("number").iterator(chunk_size=1):
        chunk = unseal(Sealed.of(part), keyring(), _bound_to(arrival.id, part.number))
        digest.update(chunk)
        file.write(chunk)
    if digest.hexdigest() != arrival.sha256:
        raise EnvelopeError("pieces are missing")


def _bound_to(arrival_id: UUID, number: int) -> bytes:
    return associated_data("arrival", arrival_id, number)


@dataclass(slots=True)
class Held:
    """A worker's right to one archive, until its lease lapses or its owner cancels."""

    arrival_id: UUID
    fence: int
    told_at: float = field(default=0.0)

    def rows(self) -> models.QuerySet[Arrival]:
        """The row while it is still ours."""
        return Arrival.objects.filter(id=self.arrival_id, fence=self.fence, state=ArrivalState.RUNNING)

    def tell(self, words: str, done: int, total: int) -> None:
        """Tell how far it is, at most once a second. Raises `JobLost`: then nothing of it may stay."""
        if time.monotonic() - self.told_at < TELL_SECONDS:
            return
        self.told_at = time.monotonic()
        if not self.rows().exists():
            raise JobLost(str(self.arrival_id))
        progress_put(self.arrival_id, words, done, total)

    def finish(self, found: Imported) -> None:
        """The last step of the transaction that takes it in: both happen, or neither. Raises `JobLost`."""
        done = {"state": ArrivalState.DONE, "finished_at": timezone.now(), "lease_until": None}
        made = {"organization": found.organization, "rows": found.rows, "lines": found.lines}
        if not self.rows().update(**done, **made):
            raise JobLost(str(self.arrival_id))
        ArrivalPart.objects.filter(arrival_id=self.arrival_id).delete()


def arrival_claim(arrival_id: UUID) -> Held | None:
    """Take one by one conditional update. None: it is somebody else's, or it ended; walk away."""
    with transaction.atomic():
        due = Q(state=ArrivalState.PENDING) | Q(state=ArrivalState.RUNNING, lease_until__lt=Now())
        taken = Arrival.objects.filter(due, id=arrival_id, attempt__lt=ATTEMPTS).update(
            state=ArrivalState.RUNNING,
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            lease_until=from_now(LEASE),
            started_at=models.functions.Coalesce("started_at", Now()),
        )
        return Held(arrival_id, Arrival.objects.values_list("fence", flat=True).get(id=arrival_id)) if taken else None


def arrival_work(arrival_id: UUID) -> bool:
    """Take one archive in, all of it or nothing. Returns False if it was not ours to do."""
    held = arrival_claim(arrival_id)
    if held is None:
        return False
    try:
        _take_in(held)
    except JobLost:
        log.info("arrival %s is somebody else's now, or was canceled", arrival_id)
    except ArchiveRefused as problem:
        arrival_end(held.rows(), str(problem))
    except EnvelopeError:
        log.exception("arrival %s does not open", arrival_id)
        arrival_end(held.rows(), UNOPENED)
    except DatabaseError:
        log.exception("arrival %s lost the database", arrival_id)
        _let_go(held)
    except SoftTimeLimitExceeded:
        arrival_end(held.rows(), TOO_LONG)
    except Exception as problem:  # the outermost frame of a worker: stored as a failed arrival
        log.exception("arrival %s broke", arrival_id)
        arrival_end(held.rows(), BROKE.format(kind=type(problem).__name__))
    return True


def _let_go(held: Held) -> None:
    """Give it back at once; where the database is away it is taken again when the lease lapses."""
    try:
        held.rows().update(lease_until=Now())
    except DatabaseError:
        log.info("arrival %s is taken again when its lease lapses", held.arrival_id)


def _take_in(held: Held) -> None:
    arrival = Arrival.objects.select_related("user").get(id=held.arrival_id)
    if not arrival.user.is_active:
        raise ArchiveRefused("Who brought it cannot sign in any more. Nothing was taken in.")
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        _unseal(arrival, file)
        organization_import(
            archive=Archive(file, FROM_A_PAGE, tell=held.tell),
            importer=arrival.user,
            sha256=arrival.sha256,
            press=arrival.id,
            tell=held.tell,
            finish=held.finish,
        )


def arrival_end(rows: models.QuerySet[Arrival], sentence: str, state: str = ArrivalState.FAILED) -> bool:
    """End what is still one of these rows, without an organization; what was kept of the archive goes at once."""
    with transaction.atomic():
        row = rows.select_for_update().first()
        if row is None:
            return False
        row.state, row.problem, row.finished_at, row.lease_until = state, sentence, timezone.now(), None
        row.save(update_fields=["state", "problem", "finished_at", "lease_until"])
        ArrivalPart.objects.filter(arrival=row).delete()
    return True


def arrival_cancel(*, arrival: Arrival) -> bool:
    """Stop it, at any moment: a worker that is at it finds out, and undoes what it wrote. False: it had ended."""
    return arrival_end(Arrival.objects.filter(id=arrival.id, state__in=ARRIVING), "", ArrivalState.CANCELED)


def arrivals_tidy() -> int:
    """End what lost its worker three times or never arrived whole; forget what ended a week ago. Returns how many."""
    now = timezone.now()
    dead = Arrival.objects.filter(state=ArrivalState.RUNNING, lease_until__lt=Now(), attempt__gte=ATTEMPTS)
    cut = Arrival.objects.filter(state=ArrivalState.ARRIVING, created_at__lt=now - LONGEST_UPLOAD)
    ended = 0
    for rows, sentence in ((dead, GAVE_UP), (cut, CUT)):
        for arrival_id in list(rows.values_list("id", flat=True)):
            ended += arrival_end(rows.filter(id=arrival_id), sentence)
    return ended + Arrival.objects.filter(finished_at__lt=now - KEPT).delete()[0]


def arrivals_waiting() -> list[tuple[int, UUID]]:
    """User and id of each that waits, or whose worker was lost, the oldest first."""
    lapsed = Q(state=ArrivalState.RUNNING, lease_until__lt=Now(), attempt__lt=ATTEMPTS)
    due = Arrival.objects.filter(Q(state=ArrivalState.PENDING) | lapsed).order_by("created_at")
    return list(due.values_list("user_id", "id"))
