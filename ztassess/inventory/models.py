"""Owns what a company runs: the five tables of the inventory, and the internal apps with what people ticked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgOwned
from ztassess.domain.inventory_tables import KIND_TITLES, NAME_LENGTH
from ztassess.domain.landscape import EntryKind, Right, Sensitivity
from ztassess.domain.retirement import Step

SENSITIVITIES = [(each.value, each.value.capitalize()) for each in Sensitivity]
RIGHTS = [(each.value, each.value.capitalize()) for each in Right]
KINDS = [(each.value, KIND_TITLES[each]) for each in EntryKind if each is not EntryKind.SERVICE]
STEPS = [(each.value, each.value.capitalize()) for each in Step]


class InventoryState(OrgOwned):
    """One row per organization: locked while the inventory is written, so that two pastes cannot interleave."""

    version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="inventory_state_one")]

    def __str__(self) -> str:
        return f"inventory, version {self.version}"


class InventoryRow(OrgOwned):
    """What every row of the five tables has: a version for two people at once, and where it came from."""

    version = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=140, blank=True)

    class Meta(OrgOwned.Meta):
        abstract = True


class Service(InventoryRow):
    """Something that is deployed on its own."""

    name = models.CharField(max_length=NAME_LENGTH)

    class Meta(InventoryRow.Meta):
        abstract = False
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="inventory_service_name")]

    def __str__(self) -> str:
        return self.name


class DataStore(InventoryRow):
    """Where data lies."""

    name = models.CharField(max_length=NAME_LENGTH)
    sensitivity = models.CharField(max_length=12, choices=SENSITIVITIES)

    class Meta(InventoryRow.Meta):
        abstract = False
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="inventory_store_name")]

    def __str__(self) -> str:
        return self.name


class EntryPoint(InventoryRow):
    """A way in beside breached services. A leaked key names the service whose rights it carries."""

    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=10, choices=KINDS)
    service = models.ForeignKey(Service, null=True, on_delete=models.CASCADE, related_name="keys")
    on_network = models.BooleanField(default=True)

    class Meta(InventoryRow.Meta):
        abstract = False
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="inventory_entry_name"),
            models.CheckConstraint(
                condition=Q(kind="key", service__isnull=False) | (~Q(kind="key") & Q(service__isnull=True)),
                name="inventory_key_has_service",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceCall(InventoryRow):
    """A call that one service needs to make to another one."""

    caller = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="calls")
    callee = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="called_by")

    class Meta(InventoryRow.Meta):
        abstract = False
        ordering = ["caller__name", "callee__name"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "caller", "callee"], name="inventory_call_one"),
        ]

    def __str__(self) -> str:
        return f"{self.caller_id} to {self.callee_id}"


class Permission(InventoryRow):
    """What a service or a person of an entry point may do with a store today, and what the job needs."""

    service = models.ForeignKey(Service, null=True, on_delete=models.CASCADE, related_name="permissions")
    entry = models.ForeignKey(EntryPoint, null=True, on_delete=models.CASCADE, related_name="permissions")
    store = models.ForeignKey(DataStore, on_delete=models.CASCADE, related_name="permissions")
    has = models.CharField(max_length=6, choices=RIGHTS)
    needs = models.CharField(max_length=6, choices=RIGHTS)

    class Meta(InventoryRow.Meta):
        abstract = False
        ordering = ["service__name", "entry__name", "store__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "service", "store"],
                condition=Q(service__isnull=False),
                name="inventory_permission_service",
            ),
            models.UniqueConstraint(
                fields=["organization", "entry", "store"],
                condition=Q(entry__isnull=False),
                name="inventory_permission_entry",
            ),
            models.CheckConstraint(
                condition=Q(service__isnull=False, entry__isnull=True) | Q(service__isnull=True, entry__isnull=False),
                name="inventory_permission_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.has} on {self.store_id}"


class InternalApp(OrgOwned):
    """One app for the company's own people, on its way from behind the VPN to behind the proxy."""

    name = models.CharField(max_length=NAME_LENGTH)
    host = models.CharField(max_length=253)
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "host"], name="internal_app_host")]

    def __str__(self) -> str:
        return self.name


class AppTick(OrgOwned):
    """What a person says about one step of one app. A connection's word beats it."""

    app = models.ForeignKey(InternalApp, on_delete=models.CASCADE, related_name="ticks")
    step = models.CharField(max_length=10, choices=STEPS)
    says = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "app", "step"], name="app_tick_one")]

    def __str__(self) -> str:
        return f"{self.step}: {'yes' if self.says else 'no'}"
