"""Owns `manage.py audit_verify`: follow the audit logs from their first line to their head."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from ztassess.audit.verifying import line_noted, log_verify
from ztassess.common.models import organization_scope


class Command(BaseCommand):
    """Says of each log whether a line was changed, put in, taken out or cut off. Exit code 1 if one was."""

    help = "Follow the audit logs of all organizations, or of those named, from the first line to the head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which organizations, and what was noted of one."""
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="organizations; all of them without")
        parser.add_argument(
            "--noted", metavar="LINE:HASH", help="a line of the one organization, written down at an earlier time"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises `CommandError` for a name nobody has, and after the last log if one of them does not follow."""
        organizations = apps.get_model("organizations", "Organization").objects.order_by("slug")
        if slugs := options["slugs"]:
            organizations = organizations.filter(slug__in=slugs)
            if unknown := set(slugs) - {each.slug for each in organizations}:
                raise CommandError(f"There is no organization {', '.join(sorted(unknown))}; no log was read.")
        noted = line_noted(options["noted"]) if options["noted"] else None
        if options["noted"] and (noted is None or len(slugs) != 1):
            raise CommandError("--noted takes one organization, and LINE:HASH as the page of its log shows them.")
        broken = 0
        for organization in organizations:
            with organization_scope(organization):
                verdict = log_verify(organization, noted=noted)
            broken += bool(verdict.problem)
            said = verdict.problem or f"{verdict.lines} lines follow, the last is {verdict.lines}:{verdict.hash}"
            self.stdout.write(f"{organization.slug}: {said}")
        if broken:
            raise CommandError(f"{broken} of {len(organizations)} logs were altered; nothing was changed by this look.")
