"""Owns `manage.py export_organization`: write everything of an organization to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.exchange.writing import archive_write
from ztassess.organizations.models import Organization


class Command(BaseCommand):
    """Prints what was written."""

    help = "Write an organization to a file: every row, evidence, the log. Credentials are never in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organization's address, as in /o/SLUG/")
        parser.add_argument("--out", required=True, type=Path, help="the file to write; one that exists is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["slug"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['slug']}. Nothing was written.")
        path: Path = options["out"]
        try:
            # What is in it is for nobody else on this machine.
            number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except FileExistsError as problem:
            raise CommandError(f"{path} is there already. Nothing was written; choose another name.") from problem
        except OSError as problem:
            raise CommandError(f"{path} cannot be written: {problem.strerror}.") from problem
        try:
            with os.fdopen(number, "w+b") as file:
                written = archive_write(organization, file, tell=self._tell)
        except BaseException:
            path.unlink(missing_ok=True)  # half an archive looks like a whole one
            raise
        with organization_scope(organization), transaction.atomic():
            audit_record(
                organization=organization,
                via=Via.OPERATOR,
                action="organization.export",
                object="archive",
                summary="The operator wrote an archive of everything",
            )
        self.stdout.write(f"{organization.name}: {written.rows:,} rows in {path} ({path.stat().st_size:,} bytes)")

    def _tell(self, words: str, done: int, total: int) -> None:
        if total:
            self.stderr.write(f"{words}: {done} of {total}")
