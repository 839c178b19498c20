"""Owns who hears what: choices of members, webhook endpoints with sealed secrets, facts told once, deliveries."""

from __future__ import annotations

import re
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgOwned
from ztassess.domain.event_kinds import EventKind
from ztassess.domain.weekly import Weekly, known_zone

_AFTER_HOST = re.compile(r"[/?#]")
KIND_CHOICES = [(kind.value, kind.words) for kind in EventKind]


class MemberChoice(OrgOwned):
    """What one member wants by e-mail. Without a row the defaults of `selectors.default_choice` hold.

    ``counts_from``: weekly moments before it are not made up for, so that a moved day sends nothing at once.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.BooleanField(default=True)
    weekday = models.PositiveSmallIntegerField(default=0)
    hour = models.PositiveSmallIntegerField(default=8)
    time_zone = models.CharField(max_length=64, default="UTC")
    alerts = models.JSONField(default=list)
    counts_from = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="member_choice_one"),
            models.CheckConstraint(condition=Q(weekday__lte=6) & Q(hour__lte=23), name="member_choice_sane"),
        ]

    def __str__(self) -> str:
        return f"choices of {self.user}"

    @property
    def weekly(self) -> Weekly:
        """When the digest goes out."""
        return Weekly(self.weekday, self.hour, known_zone(self.time_zone))


class WebhookEndpoint(OrgOwned):
    """One https address of another system, and the kinds of events that it takes.

    ``created_by`` is who entered the address that it has, or resumed it: with a consultant's access it is paused.
    """

    url = models.CharField(max_length=2048)
    kinds = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """Host and port: what may be shown to everybody. Path and query may hold a token of the receiver."""
        return _AFTER_HOST.split(self.url.partition("://")[2], maxsplit=1)[0]

    @property
    def beyond_host(self) -> str:
        """Path, query and fragment."""
        return "".join(_AFTER_HOST.split(self.url.partition("://")[2], maxsplit=1)[1:])


class WebhookSecret(OrgOwned):
    """One sealed signing secret. Two live ones sign side by side while the receiver changes over."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets")
    number = models.PositiveIntegerField()
    kek_id = models.CharField(max_length=40)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()
    last_four = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "endpoint", "number"], name="webhook_secret_number")
        ]

    def __str__(self) -> str:
        return f"secret {self.number}"


class ToldFact(OrgOwned):
    """One thing that was told, under its key: what stands here is not told again."""

    key = models.CharField(max_length=200)
    event_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="told_fact_one")]

    def __str__(self) -> str:
        return self.key


class Channel(models.TextChoices):
    """How a delivery travels."""

    MAIL = "mail", "E-mail"
    WEBHOOK = "webhook", "Webhook"


class DeliveryState(models.TextChoices):
    """Where a delivery is."""

    PENDING = "pending", "Pending"
    SENDING = "sending", "Sending"
    WAITING = "waiting", "Waiting for the next attempt"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Given up"
    DROPPED = "dropped", "Not sent"


OPEN = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.WAITING)


class Delivery(OrgOwned):
    """One event on its way to one target. The row is the queue; the broker only rings. At least once.

    Attributes:
        event_id: the same for every target and every attempt of an event; receivers tell a repeat by it.
        payload: what the event says: ids, counts, links, and for mail the lines to read.
        give_up_at: after it no further attempt is made.
        answer: the first 200 characters of the last answer, redacted.
    """

    channel = models.CharField(max_length=8, choices=Channel.choices)
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    event_key = models.CharField(max_length=200)
    event_id = models.UUIDField(default=uuid.uuid4, editable=False)
    target = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, null=True, on_delete=models.CASCADE, related_name="deliveries")
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.CharField(max_length=200, blank=True)
    sentence = models.CharField(max_length=400, blank=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "event_key", "target"], name="delivery_once"),
        ]
        indexes = [
            models.Index(fields=["state", "not_before"], name="delivery_due"),
            models.Index(fields=["organization", "-created_at"], name="delivery_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.target}"

    @property
    def event_kind(self) -> EventKind:
        return EventKind(self.kind)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
