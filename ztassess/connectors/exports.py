"""Owns reading the files of an uploaded export: JSON documents by name, CSV rows by column, when it was made."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.netguard import parse_json
from ztassess.domain.moments import in_utc

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
ABOUT = "export"
MOST_ROWS = 100_000
CLOCK_DRIFT = timedelta(minutes=10)
_NUMBERED = re.compile(r"[-_. ]?(?:page)?[-_. ]?\(?\d{1,4}\)?$")


@dataclass(frozen=True, slots=True)
class Export:
    """The JSON files of one export.

    Attributes:
        documents: parsed documents by name without ``.json``; ``users-2.json`` is a second document of ``users``.
        about: what ``export.json`` says of the whole: ``taken_at``, ``complete``, and what the connector asks for.
    """

    documents: Mapping[str, tuple[Any, ...]]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """The person stated that nothing is missing (``"complete": true``)."""
        return self.about.get("complete") is True


def text_of(file: UploadedFile) -> str:
    """The text of a file; byte order marks are understood, for PowerShell's ``>`` writes UTF-16.

    Raises:
        InputInvalid: empty, or not text.
    """
    name = file.name[:80]
    coding = next((word for mark, word in MARKS if file.content.startswith(mark)), "utf-8")
    try:
        text = file.content.decode(coding)
    except UnicodeError as problem:
        raise InputInvalid(f"{name} is not a text file in UTF-8; nothing was read from it.") from problem
    if not text.strip():
        raise InputInvalid(f"{name} is empty.")
    return text


def json_of(file: UploadedFile) -> Any:
    """The JSON document of a file.

    Raises:
        InputInvalid: it is not JSON, or was cut off.
    """
    try:
        return parse_json(text_of(file).encode())
    except BadAnswer as problem:
        raise InputInvalid(
            f"{file.name[:80]} is not valid JSON; it may be cut off. Export it again; nothing was judged from it."
        ) from problem


def read_export(files: Sequence[UploadedFile], known: Collection[str], *, vendor: str) -> Export:
    """All JSON files of an export by name.

    Parameters:
        known: the names that this connector reads, without ``.json``; a name may begin a longer one with ``-`` or
            ``.`` (``rules`` reads ``rules-00p1.json``) where it ends with ``*``.

    Raises:
        InputInvalid: no file, one that is no JSON, or one whose name says nothing to us.
    """
    if not files:
        raise InputInvalid(f"No file was uploaded. We read {_listed(known)}.")
    documents: dict[str, list[Any]] = {}
    about: Mapping[str, Any] = {}
    for file in files:
        stem = PurePosixPath(file.name.replace("\\", "/")).name.removesuffix(".json")
        name = _name(stem, known)
        if name is None:
            raise InputInvalid(
                f"{file.name[:80]} is not a file of an export of {vendor} that we know. We read {_listed(known)}."
            )
        document = json_of(file)
        if name == ABOUT:
            if not isinstance(document, dict):
                raise InputInvalid(f'{file.name[:80]} must be an object such as {{"complete": true}}.')
            about = document
        else:
            documents.setdefault(name, []).append(document)
    return Export({name: tuple(found) for name, found in documents.items()}, about)


def _name(stem: str, known: Collection[str]) -> str | None:
    """The known name that a file's own stands for; of a family, the file's name itself."""
    if stem == ABOUT or stem in known:
        return stem
    families = [each[:-1] for each in known if each.endswith("*")]
    if any(stem.startswith((f"{each}-", f"{each}.")) for each in families):
        return stem
    plain = _NUMBERED.sub("", stem)
    return plain if plain in known else None


def _listed(known: Iterable[str]) -> str:
    return ", ".join(f"{each.replace('*', '-…')}.json" for each in sorted(known))


def taken_at(context: ReadContext, stated: Any = None) -> datetime:
    """When the export was made: what the export says, else what the person said, else now.

    Parameters:
        stated: ISO 8601 text from the export itself; None if it has none.

    Raises:
        InputInvalid: it is no point in time, or lies in the future.
    """
    moment = context.exported_at
    if stated is not None:
        try:
            moment = in_utc(stated)
        except (TypeError, ValueError) as problem:
            raise InputInvalid(f"The export says it was made at {str(stated)[:40]!r}, which is no date.") from problem
    if moment is None:
        return context.now
    if moment > context.now + CLOCK_DRIFT:
        raise InputInvalid(f"The export says it was made on {moment:%Y-%m-%d}, which is still to come.")
    return min(moment, context.now)


def csv_rows(file: UploadedFile, *, needs: Sequence[str], most: int = MOST_ROWS) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file by column name; names and values trimmed, names in lower case.

    Parameters:
        needs: columns that must be there, in lower case.

    Raises:
        InputInvalid: no header, a column missing, a row with more values than columns, too many rows, or a last row
            that breaks off.
    """
    name, text = file.name[:80], text_of(file)
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows: list[dict[str, str]] = []
    short = False
    try:
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        columns = [(column or "").strip().lower() for column in reader.fieldnames or ()]
        missing = [column for column in needs if column not in columns]
        if missing:
            raise InputInvalid(f"{name} lacks the column {missing[0]}; its first line must be {','.join(needs)}.")
        reader.fieldnames = columns
        for number, row in enumerate(reader, start=2):
            if None in row:
                raise InputInvalid(f"{name}, line {number}, has more values than columns; nothing was read from it.")
            if len(rows) >= most:
                raise InputInvalid(f"{name} has more than {most:,} rows; nothing was read from it.")
            rows.append({column: (value or "").strip() for column, value in row.items()})
            short = None in row.values()
    except csv.Error as problem:
        raise InputInvalid(
            f"{name} is not a CSV file that can be read ({problem}); nothing was read from it."
        ) from problem
    if short and not text.endswith("\n"):
        raise InputInvalid(f"{name}, line {len(rows) + 1}, breaks off; it may be cut off. Nothing was judged from it.")
    return tuple(rows)
