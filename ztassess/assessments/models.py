"""Owns answers with their history, and the scores of each day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

# Django finds models here; each concern has a module of its own.
from ztassess.assessments.models_evidence import Artifact, ArtifactContent, ArtifactKind, ArtifactVersion, Decision
from ztassess.assessments.models_exceptions import BreakGlassAccount, ControlException, ExceptionState
from ztassess.assessments.models_notes import ControlComment, ControlOwner
from ztassess.common.models import OrgOwned

__all__ = [
    "Answer",
    "AnswerChange",
    "Artifact",
    "ArtifactContent",
    "ArtifactKind",
    "ArtifactVersion",
    "BreakGlassAccount",
    "ControlComment",
    "ControlException",
    "ControlOwner",
    "Decision",
    "ExceptionState",
    "ScoreSnapshot",
    "SnapshotCause",
]

LEVELS = [(0, "Traditional"), (1, "Initial"), (2, "Advanced"), (3, "Optimal")]


class Answer(OrgOwned):
    """A claim: one person's level for one control. ``level`` empty means the answer was taken back."""

    control_id = models.CharField(max_length=80)
    level = models.PositiveSmallIntegerField(null=True, choices=LEVELS)
    note = models.TextField(blank=True, max_length=2000)
    version = models.PositiveIntegerField(default=1)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "control_id"], name="answer_one")]

    def __str__(self) -> str:
        return f"{self.control_id}: {self.get_level_display() if self.level is not None else 'no answer'}"


class AnswerChange(OrgOwned):
    """One change of one answer. Append-only, written with the answer."""

    control_id = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    level_before = models.PositiveSmallIntegerField(null=True)
    level_after = models.PositiveSmallIntegerField(null=True)
    note_before = models.TextField(blank=True)
    note_after = models.TextField(blank=True)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "control_id", "version"], name="answer_change_version")
        ]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.control_id} version {self.version}"


class SnapshotCause(models.TextChoices):
    """Why a score was recorded."""

    DAILY = "daily"
    PROOF = "proof"
    ANSWER = "answer"
    FACTS = "facts"
    EVIDENCE = "evidence"
    METHOD = "method"


class ScoreSnapshot(OrgOwned):
    """The scores at one moment, with the catalog and the method that made them: a re-weighting is never progress.

    ``states`` holds each control's proof state, so that the next snapshot can tell what changed.
    """

    at = models.DateTimeField(default=timezone.now)
    day = models.DateField()
    cause = models.CharField(max_length=10, choices=SnapshotCause.choices)
    catalog_version = models.CharField(max_length=40)
    method_version = models.CharField(max_length=40)
    proven = models.FloatField()
    claimed = models.FloatField()
    ceiling = models.FloatField()
    stages = models.JSONField(default=dict)
    states = models.JSONField(default=dict)

    class Meta(OrgOwned.Meta):
        ordering = ["at"]
        indexes = [models.Index(fields=["organization", "at"], name="score_trend")]

    def __str__(self) -> str:
        return f"{self.day}: {self.proven:.0f} % proven"
