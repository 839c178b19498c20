"""Owns the list of leavers as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.exports import csv_rows
from ztassess.connectors.leavers.collect import snapshot_of
from ztassess.connectors.leavers.snapshot import LeaversSnapshot
from ztassess.domain.moments import in_utc
from ztassess.domain.roster import Leaver

MOST: Final = 10_000
# A spreadsheet runs a value that begins so; exports put an apostrophe before it.
_FORMULA: Final = ("'=", "'+", "'-", "'@")

LIST = UploadFormat(
    slug="csv",
    title="List of people who left",
    commands="email,left_at,aliases\nanna@example.com,2026-10-31,anna-k;akeller\nben@example.com,2026-11-15,",
    suffixes=(".csv",),
    note="A CSV file with this first line; left_at is a day, aliases are separated by semicolons. At most 10,000 rows.",
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> LeaversSnapshot:
    """The list of one or several files, each person once.

    Raises:
        InputInvalid: no file, a column missing, an address or a day that is none, or too many rows.
    """
    if not files:
        raise InputInvalid("No file was uploaded. We read a CSV file with the columns email,left_at,aliases.")
    left: dict[str, Leaver] = {}
    for file in files:
        for number, row in enumerate(csv_rows(file, needs=("email",), most=MOST), start=2):
            leaver = _leaver(row, f"{file.name[:80]}, line {number},", context.now)
            if leaver is not None:
                left[leaver.email] = leaver
    return snapshot_of(context, tuple(left.values()))


def _leaver(row: dict[str, str], where: str, now: datetime) -> Leaver | None:
    email = _plain(row["email"]).lower()
    if not email and not any(row.values()):
        return None
    name, at, domain = email.partition("@")
    if not (name and at and domain) or " " in email:
        raise InputInvalid(f"{where} has {row['email'][:60]!r} where an e-mail address should be; nothing was kept.")
    aliases = tuple(dict.fromkeys(_plain(each).lower() for each in row.get("aliases", "").split(";") if each.strip()))
    return Leaver(email, aliases, _day(row.get("left_at", ""), where, now))


def _plain(text: str) -> str:
    """A value without the apostrophe that an export put before a formula character."""
    text = text.strip()
    return text[1:] if text.startswith(_FORMULA) else text


def _day(text: str, where: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        day = in_utc(text)
    except ValueError as problem:
        raise InputInvalid(f"{where} has {text[:30]!r} where a day such as 2026-10-31 should be.") from problem
    if day > now:
        raise InputInvalid(f"{where} says that somebody leaves on {text[:30]}, which is still to come.")
    return day
