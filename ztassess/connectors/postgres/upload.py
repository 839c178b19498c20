"""Owns reading the exports of zt-export.sql, one file per database, into the same snapshot as the live reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.netguard import parse_json
from ztassess.connectors.postgres import rows
from ztassess.connectors.postgres.client import HBA_SCOPE, READERS
from ztassess.connectors.postgres.collect import DATABASE_PARTS, SERVER_PARTS, Picture, snapshot_of
from ztassess.connectors.postgres.declared import declarations
from ztassess.connectors.postgres.queries import EXPORT_SCRIPT
from ztassess.connectors.postgres.snapshot import SEQUENCE, DatabaseRead, PostgresSnapshot
from ztassess.domain.findings import Part, Unavailable

FORMAT: Final = "ztassess-postgres/1"
EXPORT: Final = UploadFormat(
    slug="postgres_export",
    title="Output of our SELECT script",
    commands=f"psql -X -A -t -v ON_ERROR_STOP=1 -d shop -f {EXPORT_SCRIPT} > shop.json",
    suffixes=(".json",),
    download=EXPORT_SCRIPT,
    note="Once per database; upload all files together. The script only reads the catalogs. Live use is not in it.",
)
_KEYS: Final = {"listed": "databases"}
"""Where a part is called otherwise in the file."""


@dataclass(frozen=True, slots=True)
class _Export:
    """One file, its frame checked: the right format, and whole."""

    file: str
    database: str
    taken_at: datetime
    content: Mapping[str, Any]


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> PostgresSnapshot:
    """The snapshot of one or more exports of the same server.

    Raises:
        InputInvalid: another file, a cut-off one, the same database twice, or exports of different servers.
    """
    if not files:
        raise InputInvalid(f"Upload the output of {EXPORT_SCRIPT}, one file per database.")
    exports = sorted((_export(file) for file in files), key=lambda each: each.taken_at, reverse=True)
    names = [export.database for export in exports]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputInvalid(f"Database {twice[0]} was uploaded twice; keep its newest export only.")
    picture = Picture(declarations(context.config, context.declared.people))
    for export in exports:
        _read(picture, export)
    listed = picture.part("listed")
    foreign = [name for name in names if not isinstance(listed, Unavailable) and name not in listed]
    if foreign:
        raise InputInvalid(
            f"These exports come from different servers: {exports[0].file} does not know database {foreign[0]}."
        )
    picture.server["activity"] = Unavailable("input_missing", detail="Live use is not part of the export.")
    taken_at = min(context.now, *(export.taken_at for export in exports))
    return snapshot_of(picture, context, (), taken_at=taken_at, server=context.config.get("host") or "server")


def _export(file: UploadedFile) -> _Export:
    text = file.content
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):  # PowerShell's > writes UTF-16
        text = text.decode("utf-16", "replace").encode()
    text = text.removeprefix(b"\xef\xbb\xbf").strip()
    if not text.startswith(b"{"):
        raise InputInvalid(f"{file.name} is not the output of {EXPORT_SCRIPT}; nothing was read from it.")
    if not text.endswith(b"}"):
        raise InputInvalid(f"{file.name} was cut off before its end. Export again; nothing was judged from it.")
    try:
        content = parse_json(text)
    except BadAnswer as problem:
        raise InputInvalid(
            f"{file.name} is damaged or was changed. Export again; nothing was judged from it."
        ) from problem
    if content.get("format") != FORMAT:
        raise InputInvalid(f"{file.name} is not the output of {EXPORT_SCRIPT} ({FORMAT}); nothing was read from it.")
    database, taken_at = content.get("database"), content.get("taken_at")
    if content.get("complete") is not True or not isinstance(database, str) or not database:
        raise InputInvalid(f"{file.name} is not complete. Export again; nothing was judged from it.")
    try:
        moment = datetime.strptime(taken_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError) as problem:
        raise InputInvalid(f"{file.name} does not say when it was taken. Export again.") from problem
    return _Export(file.name, database, moment, content)


def _read(picture: Picture, export: _Export) -> None:
    for part in (*SERVER_PARTS, *DATABASE_PARTS, "effective"):
        found = _part(export, part)
        if part in SERVER_PARTS:
            picture.add_server(part, found)
        else:
            picture.add(export.database, part, found)
    roles, relations = picture.part("roles"), picture.rows.get("relations", ())
    tables = sum(each.id.database == export.database and each.kind != SEQUENCE for each in relations)
    pairs = 0 if isinstance(roles, Unavailable) else len(roles) * tables
    unread = any(gap.database == export.database and gap.part == "effective" for gap in picture.gaps)
    picture.databases.append(DatabaseRead(export.database, pairs, 0 if unread else pairs))


def _part(export: _Export, part: str) -> Part[Any]:
    found = export.content.get(_KEYS.get(part, part))
    if found is None:
        return _absent(export, part)
    if not isinstance(found, list):
        raise InputInvalid(f"{export.file} holds no list of {part}. Export again; nothing was judged from it.")
    try:
        return rows.read_rows(part, found, READERS[part], export.database)
    except BadAnswer as problem:
        raise InputInvalid(f"{export.file}: {problem.sentence}") from problem


def _absent(export: _Export, part: str) -> Unavailable:
    if part == "hba":
        return Unavailable(
            "missing_scope", HBA_SCOPE, "Optional grant missing: authentication methods are not checked."
        )
    if part == "effective":
        detail = f"{export.database} has too many pairs of role and table for an export; connect instead."
        return Unavailable("partial_data", detail=detail)
    return Unavailable("input_missing", detail=f"{export.file} does not hold {part.replace('_', ' ')}.")
