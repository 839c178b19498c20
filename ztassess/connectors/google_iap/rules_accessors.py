"""Owns the checks of who passes IAP: not everybody, not the whole company, and not without a known device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ztassess.connectors.google_iap.apps import find_apps
from ztassess.connectors.google_iap.conditions import device_demanded, named_levels
from ztassess.connectors.google_iap.doors import Door, Way, doors, parts_of_doors, unread_door
from ztassess.connectors.google_iap.judging import IAP_POLICY, POLICY, place, public_of
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_access import AccessLevel
from ztassess.connectors.google_iap.snapshot_resources import RunService
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[CloudSnapshot] = Checks("google_iap")
PARTS = ("projects", "backends", "run_services", "iap_policies", "policies", "ancestors")
NO_DOOR = "No backend or Cloud Run service of the listed projects has IAP on."


def _unread(found: list[Door], snapshot: CloudSnapshot) -> list[Verdict]:
    """A verdict for each door whose own policy is not known, where the part as a whole claims to be."""
    return [
        not_checked(door.id, why, seen=len(found))
        for door in found
        if (why := unread_door(door, snapshot)) is not None and not isinstance(snapshot.iap_policies, Unavailable)
    ]


def _line(way: Way, members: list[str], expected: str) -> Evidence:
    source = IAP_POLICY if way.on_iap else POLICY
    return Evidence(source, way.resource, "bindings[].members", f"{way.binding.role}: {names(members)}", expected)


def _where(way: Way, door: Door) -> str:
    """Where a binding was made, for a sentence; empty if at the door itself."""
    if way.resource == door.id:
        return ""
    return " (given for all of IAP)" if way.on_iap else f" (inherited from {place(way.resource)})"


@checks.check(
    "google_iap.accessors_not_public",
    title="No public accessor",
    verifies=(Verifies("proxy.app-policies", 2), Verifies("proxy.front-internal-apps", 2)),
    severity=Severity.CRITICAL,
    parts=PARTS,
)
def accessors_not_public(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No binding that lets people through IAP names everybody, on the service or above it."""
    found = doors(snapshot)
    problems = [verdict for door in found if (verdict := _public(door, len(found))) is not None]
    yield from conclude(
        snapshot.scope,
        problems + ([] if problems else _unread(found, snapshot)),
        of=parts_of_doors(snapshot),
        seen=len(found),
        good=f"None of {count(len(found), 'app')} behind IAP admits everybody "
        f"({count(sum(len(door.accessors) for door in found), 'binding')} read).",
        nothing=NO_DOOR,
    )


def _public(door: Door, seen: int) -> Verdict | None:
    for way in door.ways:
        members = public_of(way.binding)
        # On IAP's own resources any role is about passing or ruling it; elsewhere only the accessor counts.
        if not members or not (way.lets_in or way.on_iap):
            continue
        near = ""
        if "allAuthenticatedUsers" in members:
            near = "allAuthenticatedUsers means any Google account in the world."
        return failed(
            door.id,
            f"{door.name} admits {names(members)}{_where(way, door)}. {seen} apps behind IAP were looked at.",
            seen=seen,
            evidence=(_line(way, members, "no allUsers, no allAuthenticatedUsers"),),
            level=0,
            near_miss=near,
        )
    return None


@checks.check(
    "google_iap.accessors_not_whole_domain",
    title="Accessors are groups, not the domain",
    verifies=(Verifies("proxy.app-policies", 2),),
    severity=Severity.MEDIUM,
    parts=PARTS,
)
def accessors_not_whole_domain(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No binding that lets people through IAP names a whole domain."""
    found = doors(snapshot)
    problems = [verdict for door in found if (verdict := _domain(door, len(found))) is not None]
    admitting = [door for door in found if door.accessors]
    yield from conclude(
        snapshot.scope,
        problems + ([] if problems else _unread(found, snapshot)),
        of=parts_of_doors(snapshot),
        seen=len(admitting),
        good=f"{count(len(admitting), 'app')} behind IAP name groups or people, none a whole domain.",
        nothing="No app behind IAP admits anybody." if found else NO_DOOR,
    )


def _domain(door: Door, seen: int) -> Verdict | None:
    for way in door.accessors:
        members = [member for member in way.binding.members if member.startswith("domain:")]
        if members:
            return failed(
                door.id,
                f"{door.name} admits everybody of {names(members)}{_where(way, door)}. "
                f"{seen} apps behind IAP were looked at.",
                seen=seen,
                evidence=(_line(way, members, "groups"),),
                near_miss=f"{door.name} admits {members[0]}.",
            )
    return None


@dataclass(frozen=True, slots=True)
class Levels:
    """The access levels by name, and why they are not all there."""

    by_name: dict[str, AccessLevel]
    missing: Unavailable | None


@checks.check(
    "google_iap.access_level_required",
    title="Access depends on device or context",
    verifies=(Verifies("device.posture-gate", 2),),
    severity=Severity.HIGH,
    parts=(*PARTS, "access_levels", "routes"),
)
def access_level_required(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Every binding that lets people into a sensitive app asks for an access level that looks at the device."""
    if snapshot.inputs.sensitive_tools is None:
        yield input_missing(snapshot.scope, "the sensitive tools")
        return
    part = snapshot.access_levels
    levels = Levels({level.name: level for level in rows_read(part)}, part if isinstance(part, Unavailable) else None)
    sensitive = _sensitive(snapshot)
    judged = [verdict for door in sensitive if (verdict := _gate(door, levels, len(sensitive))) is not None]
    failing = any(verdict.reason_code == "" for verdict in judged)
    yield from conclude(
        snapshot.scope,
        judged + ([] if failing else _unread(sensitive, snapshot)),
        of=(*parts_of_doors(snapshot), snapshot.routes),
        seen=sum(1 for door in sensitive if door.accessors),
        good=f"Every binding of {count(len(sensitive), 'sensitive app')} behind IAP asks for a device.",
        nothing="No sensitive tool was found behind IAP, or nobody may pass.",
    )


def _sensitive(snapshot: CloudSnapshot) -> list[Door]:
    """The doors of sensitive tools: by host, or by the name of the backend or service."""
    named = snapshot.inputs.sensitive_tools or ()
    apps = find_apps(snapshot, named)
    links = {backend.link for app in apps for backend in app.backends}
    services = {service.name for app in apps for service in app.services}
    return [
        door
        for door in doors(snapshot)
        if door.name.lower() in named
        or (door.thing.name in services if isinstance(door.thing, RunService) else door.thing.link in links)
    ]


def _gate(door: Door, levels: Levels, seen: int) -> Verdict | None:
    """The worst that can be said of the ways through one door; None if all of them ask for a device."""
    bare = [way for way in door.accessors if not way.binding.condition]
    asking = [way for way in door.accessors if way.binding.condition]
    if bare:
        near = "A second binding without condition opens the same door." if asking else ""
        reason = f"{door.name} admits {names(bare[0].binding.members)} from any device{_where(bare[0], door)}."
        line = Evidence(IAP_POLICY, bare[0].resource, "bindings[].condition", "none", "an access level")
        return failed(door.id, reason, seen=seen, evidence=(line,), near_miss=near)
    unclear = None
    for way in asking:
        answer = device_demanded(way.binding.condition, levels.by_name)
        if answer is True:
            continue
        if answer is None or _depends(way, levels):
            unclear = unclear or way
            continue
        return _no_device(door, way, levels, seen)
    if unclear is None:
        return None
    why = levels.missing or Unavailable(
        "unsupported", detail=f"{door.name}: a condition or a custom access level is not of a kind that we judge."
    )
    return not_checked(door.id, why, seen=seen)


def _depends(way: Way, levels: Levels) -> bool:
    """True if levels that we could not read may be what the condition asks for."""
    named = named_levels(way.binding.condition)
    return levels.missing is not None and bool(named)


def _no_device(door: Door, way: Way, levels: Levels, seen: int) -> Verdict:
    named = named_levels(way.binding.condition)
    gone = [name for name in named if name not in levels.by_name]
    networks = [
        name for name in named if name in levels.by_name and any(c.networks for c in levels.by_name[name].conditions)
    ]
    what = (
        f"names {names(gone)}, which does not exist"
        if gone
        else f"looks at the network only ({names(networks)}): context, not device"
        if networks
        else "looks at no device"
    )
    line = Evidence(
        IAP_POLICY, way.resource, "bindings[].condition", way.binding.condition[:200], "a level with a devicePolicy"
    )
    return failed(door.id, f"{door.name}: a binding's condition {what}.", seen=seen, evidence=(line,))
