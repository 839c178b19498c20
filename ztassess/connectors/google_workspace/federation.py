"""Owns who signs in at another identity provider: by unit, from the assignments, the nearest one wins."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ztassess.connectors.google_workspace.reduction import paths_by_id, within
from ztassess.connectors.google_workspace.snapshot import ROOT, OrgUnit, SsoAssignment, WorkspaceSnapshot
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part

ELSEWHERE = frozenset({"SAML_SSO", "OIDC_SSO"})
LEGACY = "DOMAIN_WIDE_SAML_IF_ENABLED"
AT_GOOGLE = "SSO_OFF"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One unit or group and where it signs in. ``host`` is empty if the profile could not be read."""

    place: str
    assignment: SsoAssignment
    host: str

    @property
    def provider(self) -> str:
        """The other provider, for a sentence."""
        return self.host or self.assignment.profile or "another identity provider"


def elsewhere(snapshot: WorkspaceSnapshot) -> list[Elsewhere]:
    """The units and groups that are assigned to another identity provider."""
    paths = paths_by_id(snapshot.org_units, ())
    found = []
    for each in rows_read(snapshot.sso_assignments):
        if each.mode in ELSEWHERE:
            place = f"group {each.group}" if each.group else _place(paths, each)
            found.append(Elsewhere(place, each, _host(snapshot, each)))
    return found


def _place(paths: dict[str, str], assignment: SsoAssignment) -> str:
    return paths.get(assignment.unit, f"orgUnits/{assignment.unit}") if assignment.unit else ROOT


def provider_of(snapshot: WorkspaceSnapshot, unit: str) -> Elsewhere | None:
    """Where people of a unit sign in; None if at Google. The assignment of the nearest unit above them counts."""
    paths = paths_by_id(snapshot.org_units, ())
    nearest: tuple[int, SsoAssignment] | None = None
    for each in rows_read(snapshot.sso_assignments):
        if each.group or each.mode not in (*ELSEWHERE, AT_GOOGLE):
            continue
        place = _place(paths, each)
        depth = 0 if place == ROOT else len(place)
        if within(unit or ROOT, place) and (nearest is None or depth > nearest[0]):
            nearest = depth, each
    if nearest is None or nearest[1].mode == AT_GOOGLE:
        return None
    return Elsewhere(_place(paths, nearest[1]), nearest[1], _host(snapshot, nearest[1]))


def units_needed(snapshot: WorkspaceSnapshot) -> tuple[Part[OrgUnit], ...]:
    """The list of units, where an assignment is to one: without it nobody can say who is below that unit."""
    return (snapshot.org_units,) if any(each.unit for each in rows_read(snapshot.sso_assignments)) else ()


def _host(snapshot: WorkspaceSnapshot, assignment: SsoAssignment) -> str:
    for profile in rows_read(snapshot.sso_profiles):
        if profile.name == assignment.profile:
            return host_of(profile.address)
    return ""


def host_of(address: str) -> str:
    """The host of an entity id or issuer; the text itself where it is no address."""
    text = address.strip().lower()
    return urlsplit(text).hostname or text if "://" in text else text.partition("/")[0]


def same_provider(host: str, declared: str) -> bool:
    """True if a host is the declared one or below it."""
    wanted = host_of(declared)
    return bool(host) and bool(wanted) and (host == wanted or host.endswith(f".{wanted}"))
