"""Owns connections, their sealed secrets, scans (the queue of record), findings and what stands of each check."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ztassess.common.models import OrgManager, OrgOwned
from ztassess.connectors.contract import Connector
from ztassess.connectors.registry import connector


class Connection(OrgOwned):
    """One organization's configured use of a connector. Secrets are in rows of their own, sealed."""

    connector_slug = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    config = models.JSONField(default=dict)
    external_id = models.UUIDField(default=uuid.uuid4, editable=False)
    upload_only = models.BooleanField(default=False)
    preflight = models.JSONField(null=True)
    preflight_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    removal_reason = models.CharField(max_length=400, blank=True)

    class Meta(OrgOwned.Meta):
        ordering = ["created_at"]
        indexes = [models.Index(fields=["organization", "removed_at"], name="connection_live")]

    def __str__(self) -> str:
        return self.name

    @property
    def connector(self) -> Connector:
        """The code that reads this kind of system."""
        return connector(self.connector_slug)


class ConnectionSecret(OrgOwned):
    """One sealed secret field of a connection. Never read back to a screen: only set, age and last four are shown."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="secrets")
    field = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()
    last_four = models.CharField(max_length=4, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection", "field"], name="connection_secret_one")
        ]

    def __str__(self) -> str:
        return f"{self.field}, version {self.version}"


class ScanState(models.TextChoices):
    """Where a scan is. Partial is not a state: a done scan lists what it could not see."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


ACTIVE = (ScanState.PENDING, ScanState.RUNNING, ScanState.WAITING)


class Kind(models.TextChoices):
    """What a run does: test the credential, or read and judge."""

    PREFLIGHT = "preflight"
    SCAN = "scan"


class Trigger(models.TextChoices):
    """Why a scan was started."""

    PERSON = "person"
    SCHEDULE = "schedule"
    UPLOAD = "upload"
    FOLLOW = "follow"


class ScanQuerySet(models.QuerySet["Scan"]):
    """Questions asked of scans."""

    def active(self) -> ScanQuerySet:
        """Not ended yet."""
        return self.filter(state__in=ACTIVE)

    def with_result(self) -> ScanQuerySet:
        """Ended with findings."""
        return self.filter(state=ScanState.DONE, kind=Kind.SCAN)


class Scan(OrgOwned):
    """One run that reads a system and evaluates its checks. The row is the queue; the broker only rings."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="scans")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SCAN)
    trigger = models.CharField(max_length=10, choices=Trigger.choices, default=Trigger.PERSON)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=ScanState.choices, default=ScanState.PENDING)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    waits = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)
    parts = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    diff = models.JSONField(default=dict)
    requests = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_sentence = models.CharField(max_length=500, blank=True)

    objects = OrgManager.from_queryset(ScanQuerySet)()  # type: ignore[misc]  # django-stubs makes the base's a class variable

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "connection"],
                condition=Q(state__in=["pending", "running", "waiting"]),
                name="scan_one_active",
            ),
            models.UniqueConstraint(fields=["organization", "connection", "number"], name="scan_number"),
        ]
        indexes = [
            models.Index(fields=["state", "not_before"], name="scan_due"),
            models.Index(fields=["organization", "-created_at"], name="scan_recent"),
        ]

    def __str__(self) -> str:
        return f"scan {self.number}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class UploadedExport(OrgOwned):
    """A file a person gave for one scan, sealed; deleted when the scan has read it."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "scan", "name"], name="uploaded_export_name")]

    def __str__(self) -> str:
        return self.name


class Finding(OrgOwned):
    """A verdict on one resource, stored with its check and scan."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="findings")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="findings")
    check_id = models.CharField(max_length=120)
    resource = models.CharField(max_length=400)
    outcome = models.CharField(max_length=16)
    severity = models.CharField(max_length=10)
    level = models.PositiveSmallIntegerField(null=True)
    reason = models.TextField()
    reason_code = models.CharField(max_length=60, blank=True)
    missing_scope = models.CharField(max_length=200, blank=True)
    near_miss = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0)
    evidence = models.JSONField(default=list)
    taken_at = models.DateTimeField()

    class Meta(OrgOwned.Meta):
        ordering = ["check_id", "resource"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "scan", "check_id", "resource"], name="finding_one")
        ]
        indexes = [models.Index(fields=["organization", "scan", "outcome"], name="finding_of_scan")]

    def __str__(self) -> str:
        return f"{self.check_id} {self.outcome} {self.resource}"


class StandingResult(OrgOwned):
    """What stands of one check on one connection: its last definite outcome, and the newest attempt beside it.

    ``not_checked`` and ``error`` never replace a definite outcome: withdrawing a permission cannot lift a refutation.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="standing")
    check_id = models.CharField(max_length=120)
    outcome = models.CharField(max_length=16, blank=True)
    level = models.PositiveSmallIntegerField(null=True)
    supported = models.BooleanField(default=False)
    taken_at = models.DateTimeField(null=True)
    uploaded = models.BooleanField(default=False)
    scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="+")
    latest_outcome = models.CharField(max_length=16)
    latest_reason = models.TextField(blank=True)
    latest_reason_code = models.CharField(max_length=60, blank=True)
    latest_missing_scope = models.CharField(max_length=200, blank=True)
    latest_at = models.DateTimeField()
    latest_scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection", "check_id"], name="standing_result_one")
        ]

    def __str__(self) -> str:
        return f"{self.check_id} {self.outcome or self.latest_outcome}"


class ConnectionShare(OrgOwned):
    """What a connection's last reading told rules over several systems: accounts, hosts, leavers (`domain.roster`)."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="share")
    value = models.JSONField(default=dict)
    taken_at = models.DateTimeField()
    uploaded = models.BooleanField(default=False)
    tells_leavers = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection"], name="connection_share_one"),
        ]

    def __str__(self) -> str:
        return f"share of {self.connection_id}"


class Schedule(OrgOwned):
    """When a connection is scanned by itself: once every ``every_hours``, at an offset of its own."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="schedule")
    every_hours = models.PositiveSmallIntegerField(default=24)
    offset_minutes = models.PositiveSmallIntegerField(default=0)
    is_on = models.BooleanField(default=True)
    paused_reason = models.CharField(max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection"], name="schedule_one"),
            models.CheckConstraint(condition=Q(every_hours__gte=1) & Q(every_hours__lte=168), name="schedule_sane"),
        ]

    def __str__(self) -> str:
        return f"every {self.every_hours} h" if self.is_on else "off"


class ScheduleSlot(OrgOwned):
    """One due moment of a schedule. Its uniqueness is what keeps two schedulers from starting two scans."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="slots")
    slot = models.DateTimeField()
    scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=60, blank=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "schedule", "slot"], name="schedule_slot_one")]
        ordering = [F("slot").desc()]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:%M}"


class SchedulerBeat(models.Model):
    """The last tick of the scheduler, so that its silence is seen."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"
