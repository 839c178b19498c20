"""Owns what people say around a control: who takes care of it until when, and comments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ztassess.common.models import OrgOwned


class ControlOwner(OrgOwned):
    """Who takes care of one control, and until when. Both may be empty."""

    control_id = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "control_id"], name="control_owner_one")]

    def __str__(self) -> str:
        return f"{self.control_id}: {self.owner or 'nobody'}"


class ControlComment(OrgOwned):
    """One comment. ``mentioned`` holds the ids of the members whom its text names with @."""

    control_id = models.CharField(max_length=80)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(max_length=4000)
    mentioned = models.JSONField(default=list)

    class Meta(OrgOwned.Meta):
        ordering = ["-at"]
        indexes = [models.Index(fields=["organization", "control_id", "-at"], name="comment_of_control")]

    def __str__(self) -> str:
        return self.text[:60]
