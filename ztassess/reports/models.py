"""Owns what reports are made with and kept as: pseudonyms that stay the same from one report to the next."""

from __future__ import annotations

from django.db import models

from ztassess.common.models import OrgOwned


class Pseudonym(OrgOwned):
    """The number of one person, account, host or resource. ``digest`` is keyed: the name is not kept."""

    kind = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "number"], name="pseudonym_number"),
            models.UniqueConstraint(fields=["organization", "kind", "digest"], name="pseudonym_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
