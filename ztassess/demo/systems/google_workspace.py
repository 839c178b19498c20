"""Owns the company's Google Workspace on a day, as the list of users that the Admin console downloads."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.demo.company import BREAK_GLASS, CONTRACTORS, DOMAIN, LEAVER, PEOPLE, Person
from ztassess.demo.systems.base import System

COLUMNS: Final = (
    *("First Name [Required]", "Last Name [Required]", "Email Address [Required]", "Password [Required]"),
    *("Org Unit Path [Required]", "Status [READ ONLY]", "Last Sign In [READ ONLY]"),
    *("2sv Enrolled [READ ONLY]", "2sv Enforced [READ ONLY]"),
)
_LEFT: Final = 130  # days since the leaver signed in, roughly: only "long ago" is judged


@dataclass(frozen=True, slots=True)
class Directory:
    """What changes.

    Attributes:
        emergency_used: when somebody last signed in with the emergency account; None: never.
        contractors_enforced: contractors cannot switch their second factor off.
    """

    emergency_used: datetime | None = None
    contractors_enforced: bool = False


def user_row(
    address: str, name: str, unit: str, used: datetime | None, *, active: bool, enforced: bool
) -> dict[str, str]:
    """One line of the list; somebody who is active has enrolled a second factor."""
    first, _, last = name.partition(" ")
    status = "Active" if active else "Suspended"
    values = (first, last, address, "****", unit, status, f"{used:%Y/%m/%d %H:%M:%S}" if used else "Never logged in")
    return dict(zip(COLUMNS, (*values, str(active), str(enforced)), strict=True))


def exports(directory: Directory, context: ReadContext) -> tuple[UploadedFile, ...]:
    """The CSV of Directory > Users > Download users: everyone is enrolled, the leaver is suspended."""
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    rows.writeheader()

    def write(people: tuple[Person, ...], unit: str, *, enforced: bool) -> None:
        for place, person in enumerate(people):
            used = context.now - timedelta(hours=1 + 3 * place)
            address = f"{person.key}@{DOMAIN}"
            rows.writerow(user_row(address, person.name, unit, used, active=True, enforced=enforced))

    write(PEOPLE, "/", enforced=True)
    write(CONTRACTORS, "/Contractors", enforced=directory.contractors_enforced)
    rows.writerow(user_row(BREAK_GLASS, "Emergency account", "/", directory.emergency_used, active=True, enforced=True))
    left = context.now - timedelta(days=_LEFT)
    rows.writerow(user_row(LEAVER, "Olu Adeyemi", "/", left, active=False, enforced=False))
    return (UploadedFile("User_Download.csv", text.getvalue().encode()),)


SYSTEM: Final = System(
    slug="google_workspace",
    name="Google Workspace",
    start=Directory(),
    exports=exports,
    beyond=None,
)
