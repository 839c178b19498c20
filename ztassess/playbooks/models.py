"""Owns a firm's playbooks with every version of them, the copy that is applied to a client, and runs of applying."""

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


class RunState(models.TextChoices):
    """Where a run is."""

    PENDING = "pending", "Waits for a worker"
    RUNNING = "running", "Under way"
    DONE = "done", "Ended"


class ApplyRun(OrgOwned):
    """One press of Apply: a version goes to several clients. Belongs to the firm. The row is the queue.

    ``factor_shown`` is what the session of who pressed had shown; ``fence`` tells a worker that its turn is over, and
    ``attempt`` counts the workers that died.
    """

    version = models.ForeignKey(PlaybookVersion, on_delete=models.CASCADE, related_name="runs")
    parts = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    factor_shown = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.PENDING)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "created_at"], name="apply_run_waiting")]

    def __str__(self) -> str:
        return f"{self.version} to clients"

    @property
    def is_active(self) -> bool:
        """True until every client was done or refused."""
        return self.state != RunState.DONE


class ItemState(models.TextChoices):
    """What became of one client."""

    WAITING = "waiting", "Waits"
    DONE = "done", "Applied"
    REFUSED = "refused", "Not applied"


class ApplyItem(OrgOwned):
    """One client of a run, by the name that the person saw. ``problem`` says why nothing was changed there."""

    run = models.ForeignKey(ApplyRun, on_delete=models.CASCADE, related_name="items")
    client = models.UUIDField()
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=ItemState.choices, default=ItemState.WAITING)
    problem = models.CharField(max_length=400, blank=True)

    class Meta(OrgOwned.Meta):
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "run", "client"], name="apply_item_one")]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_state_display()}"
