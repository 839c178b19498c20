"""Owns what reports are made with and kept as: branding, pseudonyms, reports and their sealed documents."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ztassess.common.models import OrgOwned
from ztassess.domain import branding as values
from ztassess.domain.branding import DEFAULT_ACCENT, Paper, accent_problem


class Branding(OrgOwned):
    """How an organization's own reports look. ``logo`` is a PNG that was written anew; empty for none."""

    name = models.CharField(max_length=80, blank=True)
    accent = models.CharField(max_length=7, default=DEFAULT_ACCENT)
    footer = models.CharField(max_length=120, blank=True)
    paper = models.CharField(max_length=8, choices=[(each.value, each.words) for each in Paper], default=Paper.A4.value)
    logo = models.BinaryField(default=bytes, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="branding_one")]

    def __str__(self) -> str:
        return f"branding, version {self.version}"

    def value(self) -> values.Branding:
        """The branding as documents take it. A row may come from an archive, so what no form checked is the usual."""
        accent = DEFAULT_ACCENT if accent_problem(self.accent) else self.accent
        paper = Paper(self.paper) if self.paper in set(Paper) else Paper.A4
        return values.Branding(self.name or self.organization.name, accent, self.footer, paper, bytes(self.logo))


class Pseudonym(OrgOwned):
    """The number of one person, account, host or resource. ``digest`` is keyed: the name is not kept."""

    kind = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "number"], name="pseudonym_number"),
            models.UniqueConstraint(fields=["organization", "kind", "digest"], name="pseudonym_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class ReportKind(models.TextChoices):
    """What can be made."""

    SUMMARY = "summary", "Executive summary"
    CLIENT = "client", "Client report"
    EVIDENCE = "evidence", "Evidence appendix"


class ReportState(models.TextChoices):
    """Where a report is."""

    PENDING = "pending", "Waiting"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"


ACTIVE = (ReportState.PENDING, ReportState.RUNNING)


class Report(OrgOwned):
    """One document that somebody asked for. The row is the queue; the broker only rings.

    ``progress`` is percent; ``attempt`` is the fence: what an earlier attempt still writes is thrown away.
    """

    kind = models.CharField(max_length=10, choices=ReportKind.choices)
    paper = models.CharField(max_length=8, choices=[(each.value, each.words) for each in Paper])
    redacted = models.BooleanField(default=False)
    since = models.DateField()
    state = models.CharField(max_length=8, choices=ReportState.choices, default=ReportState.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    progress = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=60, blank=True)
    error_sentence = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    catalog_version = models.CharField(max_length=40, blank=True)
    method_version = models.CharField(max_length=40, blank=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="report_recent"),
            models.Index(fields=["state", "created_at"], name="report_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d}"

    @property
    def is_active(self) -> bool:
        """True until it is ready or failed."""
        return self.state in ACTIVE

    @property
    def file_name(self) -> str:
        """What the document is called when it is downloaded."""
        redacted = "-redacted" if self.redacted else ""
        return f"{self.organization.slug}-{self.kind}-{self.created_at:%Y-%m-%d}{redacted}.pdf"


class ReportContent(OrgOwned):
    """The bytes of a document, sealed. Apart from its report, so that no list reads them."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="content")
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "report"], name="report_content_one")]

    def __str__(self) -> str:
        return f"content of {self.report_id}"
