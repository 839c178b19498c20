"""Owns the base of every tenant-owned row, with a manager that refuses unscoped queries, and the proof of the keys."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from django.db import models
from django_scopes import ScopedManager, scope
from django_scopes.manager import DisabledQuerySet

if TYPE_CHECKING:
    from ztassess.organizations.models import Organization

    M_co = TypeVar("M_co", bound=models.Model, covariant=True)

    class OrgManager(models.Manager[M_co]):
        """See below."""

else:

    class ClosedQuerySet(DisabledQuerySet):
        """What an unscoped manager gives. The library's own forgets questions such as ``exists``; this one none."""

        exists = contains = in_bulk = explain = bulk_create = bulk_update = DisabledQuerySet.error

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return self.error

    class OrgManager(type(ScopedManager(organization="organization"))):
        """Raises `django_scopes.ScopeError` when no organization is active, and filters by it when one is.

        The library makes a manager; we need its class, for ``from_queryset`` and for the type checker.
        """

        def get_queryset(self):
            found = super().get_queryset()
            if isinstance(found, DisabledQuerySet):
                return ClosedQuerySet(self.model, using=self._db, missing_scopes=found.missing_scopes)
            return found


NO_ROW = uuid.UUID(int=0)
"""The id of no row. Among ids that may be none it has the question asked all the same: without it Django asks nothing,
and a page of an organization with a history would ask more than that of an empty one."""


class OrgOwned(models.Model):
    """A row of one organization. Subclasses put the organization first in every unique constraint."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("organizations.Organization", on_delete=models.CASCADE, related_name="+")

    objects = OrgManager()

    class Meta:
        abstract = True
        # Without this, refresh_from_db, foreign-key descriptors and cascades go around the scope.
        base_manager_name = "objects"


class KeyProof(models.Model):
    """A known text sealed under one key-encryption key. It opens as long as that key is the right one."""

    kek_id = models.CharField(max_length=40, primary_key=True)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    def __str__(self) -> str:
        return self.kek_id


@contextmanager
def organization_scope(organization: Organization) -> Iterator[None]:
    """Make one organization active: queries on tenant rows see its rows only; without it they raise."""
    with scope(organization=organization):
        yield
