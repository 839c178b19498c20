"""Owns `manage.py delete_organization`: start the seven days of an organization, or delete it at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ztassess.audit.models import Via
from ztassess.common.models import organization_scope
from ztassess.exchange.errors import DeletionRefused
from ztassess.exchange.services.deletion import deletion_request, organization_erase
from ztassess.organizations.models import Organization


class Command(BaseCommand):
    """Prints what is left."""

    help = "Delete an organization in seven days, or with --now at once. What is left is where its log ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organization's address, as in /o/SLUG/")
        parser.add_argument("--confirm", required=True, metavar="NAME", help="the organization's name, typed out")
        parser.add_argument("--now", action="store_true", help="do not wait seven days; nobody can undo it")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["slug"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['slug']}. Nothing was changed.")
        try:
            with organization_scope(organization):
                current = deletion_request(
                    organization=organization,
                    typed=options["confirm"],
                    actor=None,
                    via=Via.OPERATOR,
                    tell=not options["now"],
                )
        except DeletionRefused as problem:
            raise CommandError(str(problem)) from problem
        if not options["now"]:
            self.stdout.write(f"{current.name} is deleted on {current.deletion_due_at:%Y-%m-%d %H:%M} UTC.")
            return
        end = organization_erase(current, due_only=False)
        if end is None:
            raise CommandError("Somebody else deleted it meanwhile.")
        self.stdout.write(f"{current.name} is deleted. Its log ended at line {end.seq} with {end.hash}.")
