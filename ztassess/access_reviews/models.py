"""Owns decisions about accounts with their history, and campaigns with what they saw."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgOwned
from ztassess.scans.models import Connection

DECISIONS = [("keep", "Keep"), ("reduce", "Reduce"), ("remove", "Remove"), ("except", "Except")]
ITEM_STATES = [("still_there", "Still there"), ("not_verified", "Not verified"), ("done", "Done")]
WHYS = [
    ("new", "New"),
    ("changed", "Changed"),
    ("lapsed", "Exception ended"),
    ("unchanged", "Unchanged"),
    ("inactive", "Inactive"),
]
KEY_LENGTH = 32


class AccessCampaign(OrgOwned):
    """One round of reviewing everybody's access, usually a quarter's. One at a time is open.

    ``told`` counts accounts at its start by why they are asked for or not (`domain.access_decisions.Why`).
    """

    name = models.CharField(max_length=120)
    due_on = models.DateField()
    told = models.JSONField(default=dict)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=400, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(OrgOwned.Meta):
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(closed_at=None), name="access_campaign_one_open"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class CampaignReviewer(OrgOwned):
    """Who decides in a campaign."""

    campaign = models.ForeignKey(AccessCampaign, on_delete=models.CASCADE, related_name="reviewers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "campaign", "user"], name="campaign_reviewer_one")
        ]

    def __str__(self) -> str:
        return str(self.user)


class CampaignAccount(OrgOwned):
    """One account as it was told when a campaign started: the evidence of what its reviewers had before them."""

    campaign = models.ForeignKey(AccessCampaign, on_delete=models.CASCADE, related_name="accounts")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    account_key = models.CharField(max_length=KEY_LENGTH)
    account_id = models.TextField()
    account_name = models.TextField()
    identity = models.TextField()
    why = models.CharField(max_length=10, choices=WHYS)
    why_words = models.TextField(blank=True)
    told = models.JSONField(default=dict)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "campaign", "connection", "account_key"], name="campaign_account_one"
            )
        ]
        indexes = [models.Index(fields=["organization", "campaign", "why"], name="campaign_account_why")]

    def __str__(self) -> str:
        return self.account_name


class AccessDecision(OrgOwned):
    """What somebody decided about one account. Append-only: the next decision replaces it and leaves it in place.

    The version makes two simultaneous decisions collide. ``basis`` is what was told when it was made. The ``state_``
    fields hold what readings said since, for decisions that somebody has to carry out; ``share_seen_at`` is which
    telling of the connection was looked at last. ``owner`` carries it out, by ``due_on``.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    account_key = models.CharField(max_length=KEY_LENGTH)
    account_id = models.TextField()
    account_name = models.TextField()
    identity = models.TextField()
    version = models.PositiveIntegerField(default=1)
    decision = models.CharField(max_length=10, choices=DECISIONS)
    reason = models.TextField(max_length=1000)
    until = models.DateField(null=True)
    due_on = models.DateField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    basis = models.JSONField(default=dict)
    campaign = models.ForeignKey(AccessCampaign, null=True, on_delete=models.SET_NULL, related_name="decisions")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=ITEM_STATES, blank=True)
    state_at = models.DateTimeField(null=True)
    state_why = models.CharField(max_length=400, blank=True)
    share_seen_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-decided_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "connection", "account_key", "version"], name="access_decision_version"
            ),
            models.UniqueConstraint(
                fields=["organization", "connection", "account_key"],
                condition=Q(replaced_at=None),
                name="access_decision_one_current",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "replaced_at", "state"], name="access_decision_open"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.account_name}"
