"""Owns accepted deviations: exceptions with reason, approver and end, and break-glass accounts with their tests."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgManager, OrgOwned


class ExceptionState(models.TextChoices):
    """What was decided. That an exception has ended is not stored: its last day says so."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    REVOKED = "revoked", "Revoked"


class ControlExceptionQuerySet(models.QuerySet["ControlException"]):
    """Questions asked of exceptions."""

    def active(self, today: date | None = None) -> ControlExceptionQuerySet:
        """Approved, not revoked, and not past their last day."""
        return self.filter(state=ExceptionState.APPROVED, last_day__gte=today or timezone.now().date())


class ControlException(OrgOwned):
    """One deviation from one control, wholly or for one object, that somebody else than its requester approved."""

    control_id = models.CharField(max_length=80)
    object = models.CharField(max_length=400, blank=True)
    check_id = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=1000)
    compensating = models.CharField(max_length=1000)
    last_day = models.DateField()
    state = models.CharField(max_length=8, choices=ExceptionState.choices, default=ExceptionState.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=1000, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=1000, blank=True)

    objects = OrgManager.from_queryset(ControlExceptionQuerySet)()  # type: ignore[misc]  # django-stubs makes the base's a class variable

    class Meta(OrgOwned.Meta):
        ordering = ["last_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "control_id", "object", "check_id"],
                condition=Q(state="pending"),
                name="control_exception_one_pending",
            )
        ]
        indexes = [models.Index(fields=["organization", "state", "last_day"], name="control_exception_end")]

    def __str__(self) -> str:
        return f"{self.control_id}: {self.object or 'whole control'}"

    def standing(self, today: date | None = None) -> str:
        """``pending``, ``active``, ``ended``, ``refused`` or ``revoked``: one whose last day is over has ended."""
        if self.state in (ExceptionState.REFUSED, ExceptionState.REVOKED):
            return str(self.state)
        if self.last_day < (today or timezone.now().date()):
            return "ended"
        return "active" if self.state == ExceptionState.APPROVED else "pending"


class BreakGlassAccount(OrgOwned):
    """An emergency account: findings leave it out by name, so somebody has to show now and then that it still works."""

    name = models.CharField(max_length=200)
    where = models.CharField(max_length=200, blank=True)
    last_tested_on = models.DateField(null=True)
    tested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    test_note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="break_glass_name")]

    def __str__(self) -> str:
        return self.name
