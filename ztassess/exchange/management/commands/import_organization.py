"""Owns `manage.py import_organization`: take an archive in, also one that is too large for the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.opening import FROM_A_CONSOLE, Archive
from ztassess.exchange.services.importing import organization_import
from ztassess.exchange.views_import import digest_of, said


class Command(BaseCommand):
    """Prints where the organization is."""

    help = "Make an organization of an archive. Its ids are new, its connections have no credentials and are paused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="an archive, as export_organization or the page writes it")
        parser.add_argument("--owner", required=True, metavar="ADDRESS", help="who becomes its only member, as owner")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=options["owner"], is_active=True).first()
        if owner is None:
            raise CommandError(f"Nobody signs in with {options['owner']} here. Nothing was taken in.")
        try:
            with options["file"].open("rb") as file:
                archive = Archive(file, FROM_A_CONSOLE)
                found = organization_import(archive=archive, importer=owner, sha256=digest_of(file), via=Via.OPERATOR)
        except OSError as problem:
            raise CommandError(f"{options['file']} cannot be read: {problem.strerror}.") from problem
        except ArchiveRefused as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(said(found))
        self.stdout.write(f"{settings.BASE_URL}/o/{found.organization.slug}/")
