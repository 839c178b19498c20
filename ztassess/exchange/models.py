"""Owns archives that are made, kept or brought, and what came in with one: people and the log of elsewhere."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgOwned


class JobState(models.TextChoices):
    """Where an archive is."""

    PENDING = "pending", "Waiting"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"
    DELETED = "deleted", "Deleted"


ACTIVE = (JobState.PENDING, JobState.RUNNING)


class ExchangeJob(OrgOwned):
    """One archive of the organization. The row is the queue; the broker only rings.

    ``progress`` holds ``words``, ``done`` and ``total``; size is in bytes, ``sha256`` is of the whole archive.
    """

    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)
    name = models.CharField(max_length=160, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=400, blank=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(state__in=["pending", "running"]), name="exchange_job_one_active"
            )
        ]

    def __str__(self) -> str:
        return self.name or f"archive of {self.created_at:%Y-%m-%d}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class ArchivePart(OrgOwned):
    """A piece of an archive, sealed. Pieces, so that neither a worker nor a download holds all of it in memory."""

    job = models.ForeignKey(ExchangeJob, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta(OrgOwned.Meta):
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["organization", "job", "number"], name="archive_part_one")]

    def __str__(self) -> str:
        return f"part {self.number}"


class ArrivalState(models.TextChoices):
    """Where an archive is that somebody brought."""

    ARRIVING = "arriving", "Being uploaded"
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Being taken in"
    DONE = "done", "Taken in"
    FAILED = "failed", "Not taken in"
    CANCELED = "canceled", "Canceled"


ARRIVING = (ArrivalState.ARRIVING, ArrivalState.PENDING, ArrivalState.RUNNING)


class Arrival(models.Model):
    """An archive that a person brought. It is theirs, not a tenant's: of what becomes of it there is nothing yet.

    The row is the queue; the broker only rings. ``press`` is one showing of the page. ``organization`` is what it
    became; with that it goes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    press = models.UUIDField()
    state = models.CharField(max_length=8, choices=ArrivalState.choices, default=ArrivalState.ARRIVING)
    name = models.CharField(max_length=160)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    organization = models.ForeignKey(
        "organizations.Organization", null=True, on_delete=models.CASCADE, related_name="+"
    )
    rows = models.PositiveBigIntegerField(default=0)
    lines = models.PositiveBigIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=["arriving", "pending", "running"]), name="arrival_one_active"
            ),
            models.UniqueConstraint(
                fields=["user", "press"], condition=~Q(state__in=["failed", "canceled"]), name="arrival_one_press"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state in ARRIVING


class ArrivalPart(models.Model):
    """A piece of an archive that was brought, sealed, until it is taken in or refused."""

    arrival = models.ForeignKey(Arrival, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["arrival", "number"], name="arrival_part_one")]

    def __str__(self) -> str:
        return f"part {self.number}"


class ImportedPerson(OrgOwned):
    """Somebody whom an archive names. ``user`` is a placeholder without sign-in; the address stands only here.

    An account is never looked up by the address in an archive: whoever writes an archive would speak in the name of
    everybody who has an account, or find out who has one. Nor is an account made with that address: whoever brings an
    archive would take the address from its owner, and who signs up later would get what was written in their name.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=120, blank=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="imported_person_one")]

    def __str__(self) -> str:
        return self.name or self.email


class ImportedLine(OrgOwned):
    """A line of the log of another installation, as it came. ``value`` is what its hash was made from.

    ``origin`` is the id that the organization had there. The chain of the hashes can be followed here; its seals
    cannot be checked, they were made with a key that stayed there.
    """

    origin = models.CharField(max_length=36)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    who = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60)
    summary = models.CharField(max_length=400, blank=True)
    value = models.JSONField(default=dict)

    class Meta(OrgOwned.Meta):
        ordering = ["-at", "-seq"]
        constraints = [models.UniqueConstraint(fields=["organization", "origin", "seq"], name="imported_line_one")]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"

    @property
    def hash(self) -> str:
        """What the chain says of the line."""
        return str(self.value.get("hash", ""))
