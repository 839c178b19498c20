"""Owns the append-only, hash-chained log of one organization."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ztassess.common.models import OrgOwned


class Via(models.TextChoices):
    """Through which door a change came."""

    PAGE = "page"
    API = "api"
    CONSULTANT = "consultant"
    SHARE = "share"
    TASK = "task"
    OPERATOR = "operator"


class AuditHead(OrgOwned):
    """The last line of one organization's chain; locked while a line is added, so that the chain never forks."""

    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="audit_head_one")]

    def __str__(self) -> str:
        return f"head {self.seq}"


class AuditEvent(OrgOwned):
    """One line: who did what to which object. Rows are never updated or deleted; database triggers refuse it."""

    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    via = models.CharField(max_length=12, choices=Via.choices)
    action = models.CharField(max_length=60)
    object = models.CharField(max_length=200)
    before_digest = models.CharField(max_length=64)
    after_digest = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    mac = models.CharField(max_length=64)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "seq"], name="audit_event_seq")]
        ordering = ["-seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.object}"

    @property
    def summary(self) -> str:
        """What the line says, in words."""
        return str(self.detail)

    @property
    def who(self) -> str:
        """Who did it; empty for the system."""
        return str(self.actor or "")


class ChainEnd(models.Model):
    """What is left of a deleted organization: where its chain ended. Belongs to no tenant, and is never changed.

    The database lets lines go only where such a row stands, takes such a row only with the head as it is, and takes no
    further line after it: nobody can cut a tail off and go on.
    """

    organization_id = models.UUIDField(primary_key=True)
    seq = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    head_at = models.DateTimeField()
    deleted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.organization_id} ended at line {self.seq}"


class AuditDetail(OrgOwned):
    """What a line is about, in words and values. Apart from the chain, so that personal data can be erased."""

    event = models.OneToOneField(AuditEvent, on_delete=models.CASCADE, related_name="detail")
    salt = models.CharField(max_length=32)
    summary = models.CharField(max_length=400)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "event"], name="audit_detail_one")]

    def __str__(self) -> str:
        return self.summary
