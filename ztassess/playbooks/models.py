"""Owns a firm's playbooks with every version of them, and the copy that is applied to a client."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgOwned
from ztassess.domain.playbooks import Advice, Part, Payload, payload_from
from ztassess.organizations.models import Organization


class Playbook(OrgOwned):
    """A named playbook of a firm. ``number`` is its newest version's; a removed one can be applied no more."""

    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=Q(removed_at=None), name="playbook_one_name"
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PlaybookVersion(OrgOwned):
    """What a playbook said from one moment on. Never changed. ``logo`` is the picture that its branding names."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    logo = models.BinaryField(default=bytes, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "playbook", "number"], name="playbook_version_number")
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"

    def value(self) -> Payload:
        """What it says."""
        return payload_from(self.payload)


class AppliedPlaybook(OrgOwned):
    """A copy of a version at a client, as it was applied. Belongs to the client; one without an end at most.

    It names the firm and the playbook instead of pointing at them: it stays what it was whatever becomes of those.
    """

    firm = models.ForeignKey(Organization, null=True, on_delete=models.SET_NULL, related_name="+")
    firm_name = models.CharField(max_length=120)
    playbook = models.UUIDField()
    playbook_name = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    payload = models.JSONField(default=dict)
    logo = models.BinaryField(default=bytes, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization"], condition=Q(ended_at=None), name="applied_playbook_one")
        ]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.playbook_name}, version {self.number}, of {self.firm_name}"

    def value(self) -> Payload:
        """What of it was applied."""
        return payload_from(self.payload)

    def advice(self) -> Advice:
        """The same for the pages."""
        return Advice(self.firm_name, self.playbook_name, self.number, self.value())

    @property
    def parts(self) -> tuple[Part, ...]:
        """Which parts were applied."""
        return self.value().parts
