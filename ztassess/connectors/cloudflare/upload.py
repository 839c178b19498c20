"""Owns reading exported files into the same snapshot, by the same parsers, and refusing what is not this account's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from ztassess.connectors.api import Row, row_of, rows_of, unavailable_of
from ztassess.connectors.cloudflare import parsing, scopes
from ztassess.connectors.cloudflare.collect import declared_of, with_policies
from ztassess.connectors.cloudflare.envelope import NothingDeployed, items, opened, total_of
from ztassess.connectors.cloudflare.snapshot import PHASES, CloudflareSnapshot, EntryPoint, Ingress, Record, Zone
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import ConnectorError, Incomplete, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
NOT_UPLOADED: Final = "input_missing"
RECORDS: Final = "dns_records"
CONFIGURATION: Final = "tunnel_config"
_LISTS: Final[dict[str, tuple[str, str, Callable[[Row], Any]]]] = {
    "apps": ("apps", "Application", parsing.app),
    "policies": ("policies", "ReusablePolicy", parsing.reusable_policy),
    "groups": ("groups", "Group", parsing.group),
    "identity_providers": ("identity_providers", "IdentityProvider", parsing.identity_provider),
    "service_tokens": ("service_tokens", "ServiceToken", parsing.service_token),
    "posture_rules": ("posture", "DevicePostureRule", parsing.posture_rule),
    "tunnels": ("tunnels", "CloudflareTunnel", parsing.tunnel),
    "log_jobs": ("logpush_jobs", "LogpushJob", parsing.log_job),
    "gateway_rules": ("gateway_rules", "GatewayRule", parsing.gateway_rule),
    "routes": ("routes", "Teamnet", parsing.route),
    "targets": ("targets", "Target", parsing.target),
    "app_authorities": ("app_ca", "CA", parsing.app_authority),
    "gateway_authorities": ("gateway_ca", "GatewayCA", parsing.gateway_authority),
}
_SINGLE: Final[dict[str, tuple[str, str, Callable[[Row], Any]]]] = {
    "organization": ("organizations", "Organization", parsing.organization),
    "account": ("account", "Account", parsing.account),
}
_FAMILIES: Final = (RECORDS, CONFIGURATION, *PHASES)
# Lists that the interface gives in one piece, so that no total is stated.
_UNPAGED: Final = frozenset({"posture_rules", "log_jobs", "gateway_rules", "gateway_authorities"})
KNOWN: Final = frozenset(
    {
        *(name for name, _, _ in _LISTS.values()),
        *(name for name, _, _ in _SINGLE.values()),
        "zones",
        *(f"{family}*" for family in _FAMILIES),
    }
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> CloudflareSnapshot:
    """Build a snapshot from exported files.

    Raises:
        InputInvalid: a file is no JSON, is not ours, or is of another account than the connection's.
    """
    export = read_export(files, KNOWN, vendor="Cloudflare")
    _same_account(export, str(context.config.get("account_id") or ""))
    declared = declared_of(context)
    parts: dict[str, Part[Any]] = {name: _list(export, name) for name in _LISTS}
    parts |= {name: _part(partial(_single, export, name), _SINGLE[name][0], export, name) for name in _SINGLE}
    zones = _zones(export)
    parts |= {"zones": zones, "records": _records(export), "entry_points": _entry_points(export)}
    parts["ingress"] = _ingress(export, parts["tunnels"])
    return CloudflareSnapshot(
        taken_at=taken_at(context, export.about.get("taken_at")),
        account_id=str(context.config.get("account_id") or _account_of(export) or "upload"),
        declared=declared,
        **with_policies(parts),
    )


def _part(read: Callable[[], Iterable[T]], file: str, export: Export, part: str) -> Part[T]:
    """The rows, or why there are none; a file that is not what it should be is a reason, never an empty list."""
    if file not in export.documents:
        return Unavailable(NOT_UPLOADED, detail=f"{file}.json was not uploaded.")
    rows: list[T] = []
    try:
        rows.extend(read())
    except Incomplete as problem:
        return Unavailable("partial_data", detail=problem.sentence)
    except ConnectorError as problem:
        found = unavailable_of(problem)
        scope = found.missing_scope and scopes.OF_PART[part]
        reason = "partial_data" if found.reason == "upstream_error" else found.reason
        return Unavailable(reason, scope, f"{file}.json: {found.detail}")
    return tuple(rows)


def _list(export: Export, part: str) -> Part[Any]:
    file, kind, parse = _LISTS[part]
    unpaged = part in _UNPAGED

    def read() -> Iterator[Any]:
        return map(parse, _rows(export, file, kind, scopes.OF_PART[part], unpaged=unpaged))

    return _part(lambda: tuple(read()), file, export, part)


def _rows(export: Export, file: str, kind: str, scope: str, *, unpaged: bool = False) -> list[Row]:
    """All rows of a list's files.

    Raises:
        Incomplete: they hold fewer than stated, or nobody stated that it is all.
    """
    rows: list[Row] = []
    total: int | None = None
    for document in export.documents[file]:
        if isinstance(document, list):
            rows += rows_of(document, kind)
            continue
        envelope = opened(document, scope)
        rows += items(envelope, kind)
        total = max(total or 0, stated) if (stated := total_of(envelope)) is not None else total
    names = [each for row in rows if isinstance(each := row.value.get("id"), str)]
    if len(set(names)) < len(names):
        raise Incomplete(f"{file}.json holds the same row twice; export it again. Nothing was judged from it.")
    if total is None and not unpaged and not export.complete:
        raise Incomplete(f"{file}.json does not say how many rows there are; nothing was judged from it.")
    if total is not None and len(rows) < total:
        raise Incomplete(
            f"The export has {len(rows)} of {total} objects. Export again without a page limit; nothing was judged "
            "from it."
        )
    return rows


def _single(export: Export, part: str) -> Iterator[Any]:
    file, kind, parse = _SINGLE[part]
    document = export.documents[file][-1]
    yield parse(row_of(opened(document, scopes.OF_PART[part]).value.get("result"), kind))


def _family(export: Export, family: str) -> Iterator[tuple[str, str]]:
    """The files of a family: name, and what follows the family in it."""
    for name in sorted(export.documents):
        if name.startswith((f"{family}-", f"{family}.")):
            yield name, name[len(family) + 1 :].lower()


def _zone_names(export: Export) -> list[str]:
    found = (zone for family in (RECORDS, *PHASES) for _, zone in _family(export, family))
    return list(dict.fromkeys(found))


def _zones(export: Export) -> Part[Zone]:
    """The zones whose files are here; their plan and state as far as zones.json tells."""
    names = _zone_names(export)
    if not names:
        return Unavailable(NOT_UPLOADED, detail="No file of a zone was uploaded.")
    if "zones" not in export.documents:
        return Unavailable(
            NOT_UPLOADED,
            detail="zones.json was not uploaded, so we cannot see whether a zone is paused.",
            read=tuple(Zone(name, name) for name in names),
        )
    told = _part(
        lambda: tuple(map(parsing.zone, _rows(export, "zones", "Zone", scopes.ZONES))), "zones", export, "zones"
    )
    if isinstance(told, Unavailable):
        return told
    known = {zone.name: zone for zone in told}
    strange = next((name for name in names if name not in known), "")
    if strange:
        raise InputInvalid(f"There are files of the zone {strange}, which zones.json does not name.")
    return tuple(known[name] for name in names)


def _records(export: Export) -> Part[Record]:
    files = list(_family(export, RECORDS))
    if not files:
        return Unavailable(NOT_UPLOADED, detail="No dns_records file was uploaded.")
    found: list[Record] = []
    for file, zone in files:
        part = _part(partial(_rows, export, file, "Record", scopes.DNS), file, export, "records")
        if isinstance(part, Unavailable):
            return Unavailable(part.reason, part.missing_scope, part.detail, tuple(found))
        for row in part:
            name = row.text("name", "").lower().rstrip(".")
            if name != zone and not name.endswith(f".{zone}"):
                raise InputInvalid(f"{file}.json holds records of another zone, such as {name[:80]}.")
        try:
            found += [record for row in part if (record := parsing.record(row, zone)) is not None]
        except ConnectorError as problem:
            return Unavailable("partial_data", detail=f"{file}.json: {problem.sentence}", read=tuple(found))
    return tuple(found)


def _entry_points(export: Export) -> Part[EntryPoint]:
    zones = _zone_names(export)
    points: list[EntryPoint] = []
    for phase in PHASES:
        given = {zone: file for file, zone in _family(export, phase)}
        points += [_entry_point(export, given.get(zone, f"{phase}-{zone}"), zone, phase) for zone in zones]
    if not any(each for phase in PHASES for each in _family(export, phase)):
        return Unavailable(NOT_UPLOADED, detail="No file of a firewall phase was uploaded.")
    return tuple(points)


def _entry_point(export: Export, file: str, zone: str, phase: str) -> EntryPoint:
    """One phase of one zone. The vendor's "could not find" is an answer, a missing file is none."""

    def read() -> tuple[Any, ...]:
        try:
            row = row_of(opened(export.documents[file][-1], scopes.FIREWALL).value.get("result"), "Ruleset")
        except NothingDeployed:
            return (None,)
        return tuple(map(parsing.firewall_rule, row.rows("rules", ())))

    rules = _part(read, file, export, "entry_points")
    if rules == (None,):
        return EntryPoint(zone, phase, deployed=False, rules=())
    return EntryPoint(zone, phase, deployed=True, rules=rules)


def _ingress(export: Export, tunnels: Part[Any]) -> Part[Ingress]:
    if isinstance(tunnels, Unavailable):
        return Unavailable(tunnels.reason, tunnels.missing_scope, tunnels.detail)
    given = {name: file for file, name in _family(export, CONFIGURATION)}
    found: list[Ingress] = []
    for tunnel in tunnels:
        if tunnel.local:
            continue
        file = given.get(tunnel.id.lower(), f"{CONFIGURATION}-{tunnel.id}")

        def read(file: str = file, name: str = tunnel.name) -> tuple[Ingress, ...]:
            envelope = opened(export.documents[file][-1], scopes.TUNNELS)
            return parsing.ingress(row_of(envelope.value.get("result"), "TunnelConfiguration"), name)

        part = _part(read, file, export, "ingress")
        if isinstance(part, Unavailable):
            return Unavailable(part.reason, part.missing_scope, part.detail, tuple(found))
        found += part
    return tuple(found)


def _account_of(export: Export) -> str:
    """The account that the files are of, where one of them tells."""
    for file, path in (("account", ("id",)), ("zones", ("account", "id")), ("tunnels", ("account_tag",))):
        for document in export.documents.get(file, ()):
            result = document.get("result") if isinstance(document, dict) else None
            for row in result if isinstance(result, list) else [result]:
                found: Any = row
                for name in path:
                    found = found.get(name) if isinstance(found, dict) else None
                if isinstance(found, str) and found:
                    return found
    return ""


def _same_account(export: Export, expected: str) -> None:
    found = _account_of(export)
    if expected and found and found.lower() != expected:
        raise InputInvalid(
            f"These files are of account {found[:40]}, the connection is of account {expected}. Nothing was judged."
        )
