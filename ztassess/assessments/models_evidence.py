"""Owns artifacts: files, links and notes behind a claim, their versions, the sealed bytes, and the review of each."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils import timezone

from ztassess.common.models import OrgOwned


class ArtifactKind(models.TextChoices):
    """What an artifact is."""

    FILE = "file", "File"
    LINK = "link", "Link"
    NOTE = "note", "Note"


class Decision(models.TextChoices):
    """What the second person said of a version; empty while nobody has."""

    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class Artifact(OrgOwned):
    """Something that shows a control is in place. What it says stands in its newest version."""

    control_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=ArtifactKind.choices)
    title = models.CharField(max_length=160)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organization", "control_id"], name="artifact_of_control")]

    def __str__(self) -> str:
        return self.title


class ArtifactVersion(OrgOwned):
    """One version with its review. A version is never changed: what changes is a new version, which nobody reviewed.

    ``level`` is the claim that the reviewer saw; a claim raised later is not attested by this review. ``sha256`` is of
    the file's bytes, or of the link or note in UTF-8.
    """

    artifact = models.ForeignKey(Artifact, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    file_name = models.CharField(max_length=160, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now)
    expires_on = models.DateField(null=True)
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    comment = models.TextField(blank=True, max_length=2000)
    level = models.PositiveSmallIntegerField(null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "artifact", "number"], name="artifact_version_number")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    def is_expired(self, today: date | None = None) -> bool:
        """True after its last day."""
        return self.expires_on is not None and self.expires_on < (today or timezone.now().date())


class ArtifactContent(OrgOwned):
    """The bytes of a filed document, sealed. Apart from its version, so that no list reads them."""

    version = models.OneToOneField(ArtifactVersion, on_delete=models.CASCADE, related_name="content")
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "version"], name="artifact_content_one")]

    def __str__(self) -> str:
        return f"content of {self.version_id}"
