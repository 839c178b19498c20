"""Owns reading exported files of a tailnet into the same snapshot, by the same parsers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, json_of, read_export, taken_at
from ztassess.connectors.tailscale import parsing
from ztassess.connectors.tailscale.collect import declared_of
from ztassess.connectors.tailscale.parsing_policy import policy_of
from ztassess.connectors.tailscale.snapshot import Credential, TailscaleSnapshot
from ztassess.domain.findings import Part, Unavailable

BASE: Final = "https://api.tailscale.com/api/v2/tailnet/-"
KNOWN: Final = ("acl", "devices", "settings", "keys", "users", "integrations", "changes")
COMMENTED: Final = (
    "The policy is text with comments (HuJSON), as the admin console shows it; we read JSON. Ask for it with "
    f'curl -H "Authorization: Bearer $T" -H "Accept: application/json" {BASE}/acl > acl.json. Nothing was read from it.'
)
_CURL: Final = 'curl -H "Authorization: Bearer $T" -H "Accept: application/json"'

UPLOADS: Final = (
    UploadFormat(
        "json",
        "JSON of the Tailscale API",
        f"{_CURL} {BASE}/acl > acl.json\n"
        f'{_CURL} "{BASE}/devices?fields=all" > devices.json\n'
        f"{_CURL} {BASE}/users > users.json\n"
        f"{_CURL} {BASE}/settings > settings.json\n"
        f'{_CURL} "{BASE}/keys?all=true" > keys.json\n'
        f"{_CURL} {BASE}/posture/integrations > integrations.json\n"
        f'{_CURL} "{BASE}/logging/configuration?start=$(date -u -d -90days +%FT%TZ)&end=$(date -u +%FT%TZ)" '
        "> changes.json",
        suffixes=(".json", ".hujson"),
        note="A part whose file is not there is not checked. Without users.json nobody can tell whether a group is "
        "everyone. The policy as the admin console shows it has comments and is not read.",
    ),
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> TailscaleSnapshot:
    """Build a snapshot from exported files.

    Raises:
        InputInvalid: a file is no JSON, is not ours, has an unknown shape, or is of another tailnet.
    """
    _refuse_comments(files)
    export = read_export(files, KNOWN, vendor="Tailscale")
    moment = taken_at(context, export.about.get("taken_at"))
    tailnet = str(context.config.get("tailnet") or "-")
    _same_tailnet(export, tailnet)
    return TailscaleSnapshot(
        taken_at=moment,
        tailnet=tailnet,
        credential=Credential(uploaded=True),
        declared=declared_of(context),
        policy=_one(export, "acl", policy_of),
        devices=_rows(export, "devices", "devices", "Device", parsing.device_of),
        users=_rows(export, "users", "users", "User", parsing.user_of),
        keys=_rows(export, "keys", "keys", "Key", lambda row: _key(row, moment)),
        settings=_one(export, "settings", lambda value: parsing.settings_of(row_of(value, "TailnetSettings"))),
        integrations=_rows(export, "integrations", "integrations", "PostureIntegration", parsing.integration_of),
        attributes=Unavailable("unsupported", detail="Posture attributes are not part of an export."),
        changes=_rows(export, "changes", "logs", "ConfigurationAuditLog", parsing.change_of),
    )


def _refuse_comments(files: Sequence[UploadedFile]) -> None:
    """A policy with comments is told apart from a file that was cut off."""
    for file in files:
        name = file.name.lower()
        if name.endswith(".hujson"):
            raise InputInvalid(COMMENTED)
        if name.rpartition("/")[2].startswith("acl"):
            try:
                json_of(file)
            except InputInvalid as problem:
                if b"//" in file.content or b"/*" in file.content:
                    raise InputInvalid(COMMENTED) from problem
                raise


def _one(export: Export, name: str, parse: Callable[[Any], Any]) -> Part[Any]:
    documents = export.documents.get(name)
    if documents is None:
        return Unavailable("input_missing", detail=f"{name}.json was not uploaded.")
    if len(documents) > 1:
        raise InputInvalid(f"There are {len(documents)} files of {name}; upload one. Nothing was judged.")
    return _parsed(name, lambda: (parse(_answer(name, documents[0])),))


def _rows(export: Export, name: str, field: str, kind: str, parse: Callable[[Row], Any]) -> Part[Any]:
    documents = export.documents.get(name)
    if documents is None:
        return Unavailable("input_missing", detail=f"{name}.json was not uploaded.")

    def read() -> Iterable[Any]:
        for document in documents:
            value = row_of(_answer(name, document), f"{kind}List").value
            if value.get(field) is None:
                raise BadAnswer(f"there is no {field} in it")
            for row in rows_of(value[field], kind):
                found = parse(row)
                if found is not None:
                    yield found

    return _parsed(name, lambda: tuple(read()))


def _parsed(name: str, read: Callable[[], tuple[Any, ...]]) -> Part[Any]:
    """The rows; a shape that we do not know is a reason, never an empty list."""
    try:
        return read()
    except BadAnswer as problem:
        return Unavailable("partial_data", detail=f"{name}.json is not what Tailscale sends: {problem.sentence}")


def _answer(name: str, value: Any) -> Any:
    """A document that is Tailscale's refusal says so; its message is not an export."""
    if isinstance(value, dict) and set(value) == {"message"}:
        raise InputInvalid(f"{name}.json holds an error of Tailscale instead of data; export it again.")
    return value


def _key(row: Row, now: Any) -> Any:
    if parsing.key_is_bare(row):
        raise BadAnswer("the list holds ids alone")
    return parsing.key_of(row, now)


def _same_tailnet(export: Export, expected: str) -> None:
    """Only users and the audit log name their tailnet."""
    if expected == "-":
        return
    found = [document.get("tailnet") for document in export.documents.get("changes", ()) if isinstance(document, dict)]
    for document in export.documents.get("users", ()):
        rows = document.get("users") if isinstance(document, dict) else None
        found += [row.get("tailnetId") for row in rows or () if isinstance(row, dict) and row.get("type") != "shared"]
    names = [each for each in found if isinstance(each, str) and each]
    if names and expected not in names:
        raise InputInvalid(
            f"These files are of tailnet {names[0][:60]}, the connection is of {expected}. Nothing was judged."
        )
