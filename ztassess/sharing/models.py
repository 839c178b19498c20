"""Owns share links, what was frozen for them, and the log of their openings."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.common.models import OrgOwned
from ztassess.sharing.shown import CHAPTERS, Chapter

USUAL_DAYS = 30
MOST_DAYS = 180
LONGEST = timedelta(days=MOST_DAYS)
SHORTEST_PASSCODE = 8


class ShareLink(OrgOwned):
    """A read-only link for people without an account. Only the SHA-256 of its token is stored.

    ``chapters`` are slugs of `ztassess.sharing.shown.CHAPTERS`, ``documents`` ids of reports. ``passcode`` is a hash,
    empty for none. ``told_at`` is when the log of the organization was last told of openings. ``kept_by`` is who
    resumed it after its maker's access had ended, and answers for it since.
    """

    title = models.CharField(max_length=100)
    audience = models.CharField(max_length=200)
    chapters = models.JSONField(default=list)
    documents = models.JSONField(default=list)
    live = models.BooleanField(default=False)
    redacted = models.BooleanField(default=True)
    token_hash = models.CharField(max_length=64, unique=True)
    passcode = models.CharField(max_length=255, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    paused_at = models.DateTimeField(null=True)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    openings = models.PositiveIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organization", "-created_at"], name="share_link_recent")]

    def __str__(self) -> str:
        return self.title

    def is_open(self, at: datetime | None = None) -> bool:
        """True while the link opens: neither revoked, paused nor expired, and its organization is not about to go."""
        if self.revoked_at is not None or self.paused_at is not None or self.organization.deletion_due_at is not None:
            return False
        return self.expires_at > (at or timezone.now())

    @property
    def state(self) -> str:
        """``open``, ``paused``, ``revoked`` or ``expired``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= timezone.now():
            return "expired"
        return "open" if self.paused_at is None else "paused"

    @property
    def keeper(self) -> User | None:
        """Who answers for it: who resumed it, else who made it; None where their account is gone."""
        return self.kept_by if self.kept_by_id is not None else self.made_by

    @property
    def chosen(self) -> list[Chapter]:
        """The chosen chapters, in the order of reading."""
        return [each for each in CHAPTERS if each.slug in self.chapters]


class ShareSnapshot(OrgOwned):
    """What was frozen for one link, sealed. Apart from its link, so that no list reads it."""

    link = models.OneToOneField(ShareLink, on_delete=models.CASCADE, related_name="snapshot")
    frozen_at = models.DateTimeField()
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "link"], name="share_snapshot_one")]

    def __str__(self) -> str:
        return f"snapshot of {self.frozen_at:%Y-%m-%d}"


class OpeningKind(models.TextChoices):
    """What happened at a link."""

    OPENED = "opened", "Opened"
    WRONG_PASSCODE = "wrong_passcode", "Wrong passcode"


class ShareOpening(OrgOwned):
    """One opening. ``network`` is the /24 of an IPv4 address or the /48 of an IPv6 one: enough to tell an office from a
    stranger, too little to tell a person. No full address, no browser and no referrer is kept.
    """

    link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=14, choices=OpeningKind.choices, default=OpeningKind.OPENED)
    page = models.CharField(max_length=50)
    network = models.CharField(max_length=43, blank=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-at"]
        indexes = [models.Index(fields=["organization", "link", "-at"], name="share_opening_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.page}"
