"""Owns the command that makes the summaries of all organizations again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ztassess.organizations.models import Organization
from ztassess.portfolio.services.filling import rows_fill


class Command(BaseCommand):
    help = "Make the summary of each organization again, from its recorded scores and its present judgment."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many were made."""
        everyone = list(Organization.objects.all())
        done = rows_fill(everyone, anew=True)
        self.stdout.write(f"{done} of {len(everyone)} organizations are summed up.")
