"""Owns `manage.py seed_demo`: make the invented company that visitors can look at."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ztassess.demo.company import LOGIN, NAME
from ztassess.demo.seeding import DemoExists, demo_seed, may_seed

COLUMN = 18  # where `up` begins the second column of its closing lines


class Command(BaseCommand):
    """Prints what a person needs to look around, in the lines that `up` shows at its end."""

    help = (
        "Make the demo company: ninety days of an invented one, ending now. A second call changes nothing. Only where "
        "ZTASSESS_EMBEDDED is on, as under `up`; on a development server (ZTASSESS_DEBUG) with --force."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="replace it by one whose history ends now")
        parser.add_argument("--force", action="store_true", help="on a development server that is not embedded")

    def handle(self, *args: Any, **options: Any) -> None:
        if not may_seed(force=options["force"]):
            raise CommandError(f"{NAME} is invented and is not made in a production installation; nothing was changed.")
        try:
            seeded = demo_seed(again=options["again"])
        except DemoExists as problem:
            self.stdout.write(f"{problem} To replace it: python3 manage.py seed_demo --again")
            return
        self._line("Demo company", f"{settings.BASE_URL}/demo/ shows {NAME}, no account needed")
        if seeded.password:
            self._line("Demo log-in", f"{LOGIN} with the password {seeded.password} (shown only here)")
        else:
            self._line("Demo log-in", f"{LOGIN} with its password as before")

    def _line(self, title: str, text: str) -> None:
        self.stdout.write(f"{title:<{COLUMN}}{text}")
