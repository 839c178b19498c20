"""Owns the tenant: organization, facts, members, invitations, grants, and what makes a form's second post harmless."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.common.models import OrgManager, OrgOwned
from ztassess.organizations.roles import GRANTED_ROLES, FactorRule, Flag, Rights, Role

ROLE_CHOICES = [(role.value, role.value.title()) for role in Role]
FACTOR_RULES = [(rule.value, rule.value.title()) for rule in FactorRule]
GRANTED = [role.value for role in GRANTED_ROLES]
GRANTED_CHOICES = [(role.value, role.value.title()) for role in GRANTED_ROLES]


class Organization(models.Model):
    """A tenant. Its slug is chosen by the server with a random tail: a chosen one would tell who else is here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    # Who must have a second factor to get in; the version tells two owners who change it at once apart.
    second_factor = models.CharField(max_length=12, choices=FACTOR_RULES, default=FactorRule.CONSULTANTS.value)
    security_version = models.PositiveIntegerField(default=1)
    # Asked to be deleted: nothing is read from its systems any more, and after this moment nothing of it is left.
    deletion_due_at = models.DateTimeField(null=True)
    deletion_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def factor_rule(self) -> FactorRule:
        """Who must have a second factor to get in."""
        return FactorRule(self.second_factor)

    @property
    def initials(self) -> str:
        """One or two letters for the square mark beside the name."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        return "".join(word[0] for word in words[:2]).upper() or "?"


class FactSheet(OrgOwned):
    """What is true of the company, as the people say, and what they declared for all connectors.

    ``values`` holds fields of `ztassess.domain.facts.Facts` by name; a missing name is unknown. ``declared`` holds
    lists: ``break_glass``, ``leavers``, ``people``; a missing one is not declared.
    """

    values = models.JSONField(default=dict)
    declared = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="fact_sheet_one")]

    def __str__(self) -> str:
        return f"facts, version {self.version}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions asked of memberships."""

    def active(self, at: datetime | None = None) -> MembershipQuerySet:
        """Neither revoked nor expired at this moment."""
        moment = at or timezone.now()
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=moment))


class GrantState(models.TextChoices):
    """How far a grant has come. It follows from the moments of the row, so no task has to come round in time."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    ENDED = "ended"
    EXPIRED = "expired"


class Grant(OrgOwned):
    """What a client allows a consultant, or a consulting firm, until when. Belongs to the client.

    Offered to an address; whoever accepts becomes its ``user``, or chooses the ``firm`` whose owners and admins then
    say which of their members work for the client. Each of those has a `Membership` that ends with the grant. Only
    the hash of the offer's token is stored.
    """

    email = models.EmailField()
    for_firm = models.BooleanField(default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    firm = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=GRANTED_CHOICES)
    credentials = models.BooleanField(default=False)
    share = models.BooleanField(default=False)
    export = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64, unique=True)
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    offer_until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # The last day whose passing was told, see `ztassess.organizations.services_expiry`: a later one is news again.
    told_end = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"], condition=Q(accepted_at=None, ended_at=None), name="grant_one_offer"
            ),
            models.UniqueConstraint(fields=["organization", "user"], condition=Q(ended_at=None), name="grant_one_user"),
            models.UniqueConstraint(fields=["organization", "firm"], condition=Q(ended_at=None), name="grant_one_firm"),
            models.CheckConstraint(condition=Q(role__in=GRANTED), name="grant_role_capped"),
        ]
        indexes = [models.Index(fields=["firm", "ended_at"], name="grant_of_firm")]

    def __str__(self) -> str:
        return f"{self.holder} as {self.role}"

    @property
    def role_enum(self) -> Role:
        return Role(self.role)

    @property
    def flags(self) -> frozenset[Flag]:
        """What is allowed beside the role."""
        return frozenset(flag for flag in Flag if getattr(self, flag.value))

    @property
    def holder(self) -> str:
        """Whom it is for, by name once accepted, by address before."""
        return str(self.firm or self.user or self.email)

    def state(self, at: datetime | None = None) -> GrantState:
        """Where it stands at this moment."""
        moment = at or timezone.now()
        if self.ended_at is not None:
            return GrantState.ENDED
        if self.expires_at <= moment or (self.accepted_at is None and self.offer_until <= moment):
            return GrantState.EXPIRED
        return GrantState.OFFERED if self.accepted_at is None else GrantState.ACCEPTED


class Membership(OrgOwned):
    """A user in an organization, with a role and perhaps an end.

    A consultant's has the ``grant`` that it comes from, and ends with it. A steward's has none: whoever set a client
    up holds an owner's rights until an owner of the client claims it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=ROLE_CHOICES)
    is_consultant = models.BooleanField(default=False)
    grant = models.ForeignKey(Grant, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    told_end = models.DateTimeField(null=True, blank=True)  # as of a grant

    objects = OrgManager.from_queryset(MembershipQuerySet)()  # type: ignore[misc]  # django-stubs makes the base's a class variable

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], condition=Q(revoked_at=None), name="membership_one_active"
            ),
            models.CheckConstraint(
                condition=Q(is_consultant=False)
                | Q(role__in=GRANTED, expires_at__isnull=False)
                | Q(role=Role.OWNER.value, expires_at=None, grant=None),
                name="membership_consultant_ends",
            ),
            models.CheckConstraint(
                condition=~Q(role=Role.OWNER.value) | Q(expires_at=None), name="membership_owner_stays"
            ),
        ]
        indexes = [models.Index(fields=["user", "revoked_at"], name="membership_of_user")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"

    @property
    def role_enum(self) -> Role:
        return Role(self.role)

    @property
    def rights(self) -> Rights:
        """What this member may do here; ask with the grant joined, it is read."""
        flags = self.grant.flags if self.grant else frozenset()
        return Rights(self.role_enum, self.is_consultant, flags)

    @property
    def is_steward(self) -> bool:
        """True for the consultant who set a client up that no owner has claimed yet."""
        return self.is_consultant and self.role == Role.OWNER


class Invitation(OrgOwned):
    """An offer of membership by e-mail. Only the hash of its token is stored."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=ROLE_CHOICES)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    def is_open(self, at: datetime | None = None) -> bool:
        """True while it can be accepted."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > (at or timezone.now())


class OnboardingDraft(models.Model):
    """The answers of a person who has not finished the seven questions yet. Belongs to the person, not to a tenant."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="onboarding_draft")
    values = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"draft of {self.user}"


class IdempotencyKey(OrgOwned):
    """One post of one form, with the answer it got: the same post again gets the same answer, another body gets 422."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "user", "route", "key"], name="idempotency_key_one")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
