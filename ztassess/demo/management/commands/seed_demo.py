"""Owns `manage.py seed_demo`: make the invented company that visitors can look at, and its consultants."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ztassess.demo.book.firm import CONSULTANT_LOGIN
from ztassess.demo.book.seeding import Book, book_seed
from ztassess.demo.company import LOGIN, NAME
from ztassess.demo.seeding import DemoExists, Seeded, demo_seed, may_seed

COLUMN = 18  # where `up` begins the second column of its closing lines


class Command(BaseCommand):
    """Prints what a person needs to look around, in the lines that `up` shows at its end."""

    help = (
        "Make the demo company, ninety days of an invented one that end now, and a consulting firm with six more "
        "clients. A second call changes nothing, or adds the firm where the company stands without one. Only where "
        "ZTASSESS_EMBEDDED is on, as under `up`; on a development server (ZTASSESS_DEBUG) with --force."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="replace it by one whose history ends now")
        parser.add_argument("--force", action="store_true", help="on a development server that is not embedded")

    def handle(self, *args: Any, **options: Any) -> None:
        if not may_seed(force=options["force"]):
            raise CommandError(f"{NAME} is invented and is not made in a production installation; nothing was changed.")
        with transaction.atomic():
            seeded, problem = self._company(again=options["again"])
            book = book_seed(again=options["again"])
        if seeded is not None:
            self._line("Demo company", f"{settings.BASE_URL}/demo/ shows {NAME}, no account needed")
            self._login("Demo log-in", LOGIN, seeded.password)
        elif book is None:
            self.stdout.write(f"{problem} To replace it: python3 manage.py seed_demo --again")
        if book is not None:
            self._book(book)

    def _company(self, *, again: bool) -> tuple[Seeded | None, str]:
        try:
            return demo_seed(again=again), ""
        except DemoExists as problem:
            return None, str(problem)

    def _book(self, book: Book) -> None:
        self._line("Demo portfolio", f"{settings.BASE_URL}/demo/portfolio/ shows the clients of {book.firm}")
        self._login("Consultant log-in", CONSULTANT_LOGIN, book.password)

    def _login(self, title: str, address: str, password: str) -> None:
        shown = f"with the password {password} (shown only here)" if password else "with its password as before"
        self._line(title, f"{address} {shown}")

    def _line(self, title: str, text: str) -> None:
        self.stdout.write(f"{title:<{COLUMN}}{text}")
