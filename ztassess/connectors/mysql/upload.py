"""Owns reading the export of zt-export.sql into the same snapshot as the live reading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.mysql.collect import snapshot_of
from ztassess.connectors.mysql.queries import EXPORT_SCRIPT
from ztassess.connectors.mysql.rows import READERS, read_rows
from ztassess.connectors.mysql.snapshot import MysqlSnapshot
from ztassess.connectors.netguard import parse_json
from ztassess.domain.findings import Part, Unavailable

FORMAT: Final = "ztassess-mysql/1"
EXPORT: Final = UploadFormat(
    slug="mysql_export",
    title="Output of our SELECT script",
    commands=f"mariadb --batch --raw < {EXPORT_SCRIPT} > grants.json\n# on MySQL 8:\n"
    f"mysql --batch --raw < {EXPORT_SCRIPT} > grants.json",
    suffixes=(".json",),
    download=EXPORT_SCRIPT,
    note="Run it as an administrator. The script only reads the grant tables; no hash and no data is in its output.",
)
_KEYS: Final = {
    "users": "users",
    "schema_grants": "db",
    "table_grants": "tables_priv",
    "column_grants": "columns_priv",
    "roles": "roles",
    "dynamic": "global_grants",
    "states": "account_state",
    "settings": "settings",
    "schemas": "schemata",
    "tables": "tables",
}
"""By snapshot part, how it is called in the file."""
_HEADER: Final = re.compile(rb"^zt_export\r?$\n?", re.MULTILINE)
"""The client prints the name of the column above every answer unless it is told not to."""
_HASHES: Final = re.compile(
    rb"""(?ix) identified\s+by\s+password\s+'[^']*'          # SHOW GRANTS of MariaDB
    | \b(?:via|with)\s+'?\w+'?\s+(?:using|as)\s+'[^']*'       # SHOW CREATE USER
    | \*[0-9a-f]{40}\b                                        # mysql_native_password
    | \$A\$\d{3}\$[^"'\r\n]{20,}                              # caching_sha2_password
    """
)
HASHES_REMOVED: Final = (
    "The file held password hashes, which were removed before reading; delete it, and change those passwords if "
    "anybody else could see it."
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> MysqlSnapshot:
    """The snapshot of one export.

    Raises:
        InputInvalid: another file, a cut-off one, or more than one.
    """
    if len(files) != 1:
        raise InputInvalid(f"Upload the output of {EXPORT_SCRIPT}, one file per server and scan.")
    (file,) = files
    content, warning = _content(file)
    parts = {part: _part(file, content, part) for part in _KEYS}
    if content.get("sees_schemas") != "Y" and not isinstance(parts["schemas"], Unavailable):
        detail = "The export was made by an account that may not see the names of all schemas."
        parts["schemas"] = Unavailable("missing_scope", "GRANT SHOW DATABASES ON *.*", detail)
    return snapshot_of(
        context,
        parts,
        taken_at=min(context.now, _moment(file, content)),
        version=_version(file, content),
        reader="",
        server=context.config.get("host") or "server",
        warning=warning,
    )


def _content(file: UploadedFile) -> tuple[Mapping[str, Any], str]:
    """The file's frame, checked: the right format, and whole; and a sentence if hashes were in it."""
    text = file.content
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):  # PowerShell's > writes UTF-16
        text = text.decode("utf-16", "replace").encode()
    text = _HEADER.sub(b"", text.removeprefix(b"\xef\xbb\xbf")).strip()
    text, removed = _HASHES.subn(b"(removed)", text)
    warning = HASHES_REMOVED if removed else ""
    if not text.startswith(b"{"):
        said = f" {warning}" if warning else ""
        raise InputInvalid(f"{file.name} is not the output of {EXPORT_SCRIPT}; nothing was read from it.{said}")
    if not text.endswith(b"}"):
        raise InputInvalid(f"{file.name} was cut off before its end. Export again; nothing was judged from it.")
    try:
        content = parse_json(text)
    except BadAnswer as problem:
        raise InputInvalid(
            f"{file.name} is damaged or was changed. Export again; nothing was judged from it."
        ) from problem
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputInvalid(f"{file.name} is not the output of {EXPORT_SCRIPT} ({FORMAT}); nothing was read from it.")
    if content.get("complete") is not True:
        raise InputInvalid(f"{file.name} is not complete. Export again; nothing was judged from it.")
    return content, warning


def _moment(file: UploadedFile, content: Mapping[str, Any]) -> datetime:
    try:
        return datetime.strptime(content["taken_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError) as problem:
        raise InputInvalid(f"{file.name} does not say when it was taken. Export again.") from problem


def _version(file: UploadedFile, content: Mapping[str, Any]) -> str:
    version = content.get("version")
    if not isinstance(version, str) or not version:
        raise InputInvalid(f"{file.name} does not say which server it is of. Export again.")
    return version


def _part(file: UploadedFile, content: Mapping[str, Any], part: str) -> Part[Any]:
    found = content.get(_KEYS[part])
    if found is None:
        return Unavailable("input_missing", detail=f"{file.name} does not hold {_KEYS[part]}.")
    if not isinstance(found, list):
        raise InputInvalid(f"{file.name} holds no list of {_KEYS[part]}. Export again; nothing was judged from it.")
    rows = found[:-1] if found and found[-1] is None else found  # the script ends each list so, to need no comma logic
    try:
        return read_rows(part, rows, READERS[part])
    except BadAnswer as problem:
        raise InputInvalid(f"{file.name}: {problem.sentence}") from problem
