"""Owns turning Graph's policy objects into the snapshot's; what is not named here never enters it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.entra.snapshot_policies import (
    ALL,
    Apps,
    Condition,
    ConsentSettings,
    Frequency,
    Grant,
    Method,
    MethodsPolicy,
    NamedLocation,
    Policy,
    SecurityDefaults,
    Strength,
    Targets,
    TokenLifetime,
)
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.netguard import parse_json

# Read elsewhere, or judged as the subject of a policy; every other condition narrows it, known to us or not.
_JUDGED_CONDITIONS: Final = frozenset({"users", "applications", "clientAppTypes"})
_USERS: Final = frozenset(
    {
        "includeUsers",
        "excludeUsers",
        "includeGroups",
        "excludeGroups",
        "includeRoles",
        "excludeRoles",
        "includeGuestsOrExternalUsers",
        "excludeGuestsOrExternalUsers",
    }
)
_SPAN: Final = re.compile(r"(?:(\d{1,5})\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d{1,7})?")
_HOURS: Final = {"hours": 1, "days": 24}


def policy(row: Row) -> Policy:
    """A ``conditionalAccessPolicy``."""
    conditions = tuple(_conditions(row))
    return Policy(
        id=row.text("id"),
        name=row.text("displayName", ""),
        state=row.text("state"),
        users=_targets(row),
        apps=_apps(row),
        clients=row.texts("conditions.clientAppTypes", ()),
        sign_in_risk=row.texts("conditions.signInRiskLevels", ()),
        excluded_locations=row.texts("conditions.locations.excludeLocations", ()),
        conditions=conditions,
        grant=_grant(row),
        frequency=_frequency(row),
        persistent_browser=_persistent_browser(row),
    )


def _targets(row: Row) -> Targets:
    at = "conditions.users"
    known = _USERS
    other = tuple(
        name
        for name in row.keys(at)
        if name.startswith("exclude") and name not in known and "@" not in name and _says(_inside(row, at), name)
    )
    return Targets(
        include_users=row.texts(f"{at}.includeUsers", ()),
        exclude_users=row.texts(f"{at}.excludeUsers", ()),
        include_groups=row.texts(f"{at}.includeGroups", ()),
        exclude_groups=row.texts(f"{at}.excludeGroups", ()),
        include_roles=row.texts(f"{at}.includeRoles", ()),
        exclude_roles=row.texts(f"{at}.excludeRoles", ()),
        include_guests=_guests(row, f"{at}.includeGuestsOrExternalUsers"),
        exclude_guests=_guests(row, f"{at}.excludeGuestsOrExternalUsers"),
        exclude_other=other,
    )


def _guests(row: Row, at: str) -> str:
    return row.text(f"{at}.guestOrExternalUserTypes", "some kinds") if row.has(at) else ""


def _apps(row: Row) -> Apps:
    at = "conditions.applications"
    return Apps(
        include=row.texts(f"{at}.includeApplications", ()),
        exclude=row.texts(f"{at}.excludeApplications", ()),
        instead=(
            *row.texts(f"{at}.includeUserActions", ()),
            *row.texts(f"{at}.includeAuthenticationContextClassReferences", ()),
        ),
        filtered=row.has(f"{at}.applicationFilter"),
    )


def _conditions(row: Row) -> Iterable[Condition]:
    inside = _inside(row, "conditions")
    for name in sorted(inside):
        if name in _JUDGED_CONDITIONS or "@" in name or not _says(inside, name):
            continue
        read: Callable[[Row], str] | None = _NARROWING.get(name)
        value = read(row) if read else "set"
        if value:
            yield Condition(name, value)


def _locations(row: Row) -> str:
    include = row.texts("conditions.locations.includeLocations", ())
    exclude = row.texts("conditions.locations.excludeLocations", ())
    if exclude:
        return f"except {', '.join(exclude)}"
    return "" if ALL in include else f"only {', '.join(include)}"


def _platforms(row: Row) -> str:
    include = row.texts("conditions.platforms.includePlatforms", ())
    exclude = row.texts("conditions.platforms.excludePlatforms", ())
    if exclude:
        return f"except {', '.join(exclude)}"
    return "" if "all" in include else f"only {', '.join(include)}"


def _devices(row: Row) -> str:
    mode = row.text("conditions.devices.deviceFilter.mode", "")
    return f"device filter ({mode})" if mode else "set"


def _flows(row: Row) -> str:
    methods = row.text("conditions.authenticationFlows.transferMethods", "none")
    return "" if methods == "none" else methods


def _risk(field: str) -> Callable[[Row], str]:
    return lambda row: ", ".join(row.texts(f"conditions.{field}", ()))


_NARROWING: Final[dict[str, Callable[[Row], str]]] = {
    "locations": _locations,
    "platforms": _platforms,
    "devices": _devices,
    "authenticationFlows": _flows,
    "signInRiskLevels": _risk("signInRiskLevels"),
    "userRiskLevels": _risk("userRiskLevels"),
    "servicePrincipalRiskLevels": _risk("servicePrincipalRiskLevels"),
    "insiderRiskLevels": lambda row: row.text("conditions.insiderRiskLevels", ""),
}


def _inside(row: Row, path: str) -> dict[str, Any]:
    """The raw object at a path: only to learn whether a field that we may not know says anything."""
    return row.row(path).value if row.has(path) else {}


def _says(inside: dict[str, Any], name: str) -> bool:
    return _filled(inside.get(name))


def _filled(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_filled(each) for name, each in value.items() if "@" not in name)
    return value not in (None, "", [], False)


def _grant(row: Row) -> Grant | None:
    at = "grantControls"
    if not row.has(at):
        return None
    strength = None
    if row.has(f"{at}.authenticationStrength"):
        strength = Strength(
            row.text(f"{at}.authenticationStrength.displayName", ""),
            row.texts(f"{at}.authenticationStrength.allowedCombinations", None),
        )
    return Grant(
        operator=row.text(f"{at}.operator", ""),
        controls=row.texts(f"{at}.builtInControls", ()),
        strength=strength,
        others=(*row.texts(f"{at}.customAuthenticationFactors", ()), *row.texts(f"{at}.termsOfUse", ())),
    )


def _frequency(row: Row) -> Frequency | None:
    at = "sessionControls.signInFrequency"
    if not row.has(at) or not row.flag(f"{at}.isEnabled", absent=False):
        return None
    second = row.text(f"{at}.authenticationType", "") == "secondaryAuthentication"
    if row.text(f"{at}.frequencyInterval", "") == "everyTime":
        return Frequency(every_time=True, hours=None, second_factor_only=second)
    value, unit = row.number(f"{at}.value", None), _HOURS.get(row.text(f"{at}.type", ""))
    hours = value * unit if value is not None and value > 0 and unit is not None else None
    return Frequency(every_time=False, hours=hours, second_factor_only=second)


def _persistent_browser(row: Row) -> str:
    at = "sessionControls.persistentBrowser"
    if not row.has(at) or not row.flag(f"{at}.isEnabled", absent=False):
        return ""
    return row.text(f"{at}.mode", "")


def named_location(row: Row) -> NamedLocation:
    """A ``namedLocation``; only those of addresses can be trusted."""
    return NamedLocation(row.text("id"), row.text("displayName", ""), row.flag("isTrusted", None))


def security_defaults(row: Row) -> SecurityDefaults:
    """An ``identitySecurityDefaultsEnforcementPolicy``."""
    return SecurityDefaults(row.flag("isEnabled"))


def methods_policy(row: Row) -> MethodsPolicy:
    """An ``authenticationMethodsPolicy``."""
    return MethodsPolicy(
        row.text("policyMigrationState", None),
        tuple(_method(each) for each in row.rows("authenticationMethodConfigurations")),
    )


def _method(row: Row) -> Method:
    targets = tuple(each.text("id", "") for each in row.rows("includeTargets", ()))
    return Method(row.text("id"), row.text("state", ""), tuple(each for each in targets if each))


def consent_settings(row: Row) -> ConsentSettings:
    """An ``authorizationPolicy``."""
    return ConsentSettings(row.texts("defaultUserRolePermissions.permissionGrantPoliciesAssigned", None))


def token_lifetime(row: Row) -> TokenLifetime:
    """A ``tokenLifetimePolicy``; its definition is a list holding JSON as text."""
    seconds = None
    for text in row.texts("definition", ()):
        seconds = _access_token_seconds(text)
    return TokenLifetime(
        row.text("id"), row.text("displayName", ""), row.flag("isOrganizationDefault", absent=False), seconds
    )


def _access_token_seconds(text: str) -> int | None:
    try:
        outer = row_of(parse_json(text.encode()), "definition").value.get("TokenLifetimePolicy")
    except BadAnswer:
        return None
    span = outer.get("AccessTokenLifetime") if isinstance(outer, dict) else None
    found = _SPAN.fullmatch(span) if isinstance(span, str) else None
    if found is None:
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
