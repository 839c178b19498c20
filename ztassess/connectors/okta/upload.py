"""Owns reading an export of Okta's replies into the same snapshot as the live reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.okta import parsing
from ztassess.connectors.okta.parsing_policies import (
    ACCESS,
    SESSION,
    access_rule_of,
    policy_of,
    session_rule_of,
    token_rule_of,
)
from ztassess.connectors.okta.signing_in import org_host
from ztassess.connectors.okta.snapshot import (
    CLASSIC,
    AdminRole,
    App,
    Assignments,
    OktaSnapshot,
    SignedIn,
)
from ztassess.connectors.okta.upload_format import KNOWN, UPLOADS
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
INCOMPLETE: Final = Unavailable(
    "partial_data", detail='The export does not say that it is whole: add export.json with {"complete": true}.'
)
_PAGE = re.compile(r"-\d{1,3}$")


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> OktaSnapshot:
    """The snapshot of an export. Any set of files will do; what is not there is ``input_missing``.

    Raises:
        InputInvalid: no file, one that is not ours, damaged or of another form, or one of another org.
    """
    export = read_export(files, KNOWN, vendor="Okta")
    moment = taken_at(context, export.about.get("taken_at"))
    try:
        picture = _Picture(export)
        parts = picture.parts()
        org, engine = _org(context, export), picture.engine()
    except BadAnswer as problem:
        raise InputInvalid(f"{problem.sentence} Export again; nothing was judged from it.") from problem
    return OktaSnapshot(moment, org, engine, SignedIn("export"), context.declared, **parts)


def _org(context: ReadContext, export: Export) -> str:
    """The org of the export: as it says itself, or as its links do; it must be the entered one, and only one.

    Raises:
        InputInvalid: files of several orgs, or of another one than was entered.
    """
    stated = parsing.host_of(str(export.about.get("org", "")))
    hosts = {stated} if stated else set()
    for name in ("apps", "policies", "users", "deactivated"):
        for document in export.documents.get(name, ()):
            for row in rows_of(document, "Application" if name == "apps" else "Policy"):
                href = row.value.get("_links", {})
                for link in ("accessPolicy", "self"):
                    found = href.get(link) if isinstance(href, dict) else None
                    host = parsing.host_of(str(found.get("href", ""))) if isinstance(found, dict) else ""
                    hosts |= {host} if host else set()
    if len(hosts) > 1:
        raise InputInvalid(f"These files come from different orgs: {', '.join(sorted(hosts)[:3])}.")
    entered = org_host(context)
    found_host = next(iter(hosts), "")
    if entered and found_host and entered != found_host:
        raise InputInvalid(f"This export is of {found_host}, but this connection is to {entered}.")
    return entered or found_host or "org"


class _Picture:
    """The files of one export, by what they hold."""

    def __init__(self, export: Export) -> None:
        self.export = export

    def engine(self) -> str:
        """As the organization file says; empty without it."""
        documents = self.export.documents.get("organization", ())
        return row_of(documents[0], "WellKnownOrgMetadata").text("pipeline", "") if documents else ""

    def parts(self) -> dict[str, Part[Any]]:
        """All parts of the snapshot."""
        policies = self.rows("policies", "Policy", policy_of)
        parts: dict[str, Part[Any]] = {
            "session_policies": self.of_kind(policies, SESSION),
            "access_policies": self.of_kind(policies, ACCESS),
            "apps": self.rows("apps", "Application", parsing.app_of),
            "users": self.rows("users", "User", parsing.user_of),
            "deactivated": self.rows("deactivated", "User", parsing.user_of),
            "tokens": self.rows("api-tokens", "ApiToken", parsing.token_of),
            "authenticators": self.rows("authenticators", "Authenticator", parsing.authenticator_of),
            "servers": self.rows("authorizationServers", "AuthorizationServer", parsing.server_of),
            "device_assurances": self.rows("device-assurances", "DeviceAssurance", parsing.assurance_of),
            "devices": self.rows("devices", "DeviceList", parsing.device_of),
            "zones": self.rows("zones", "NetworkZone", parsing.zone_of),
            "providers": self.rows("idps", "IdentityProvider", parsing.provider_of),
            "log_streams": self.rows("logStreams", "LogStream", parsing.stream_of),
            "resets": self.rows("logs", "LogEvent", parsing.reset_of),
        }
        consoles = self.export.documents.get("admin-console")
        parts["admin_console"] = tuple(map(parsing.console_of, consoles)) if consoles else _absent("admin-console")
        parts["session_rules"] = self.session_rules(parts["session_policies"])
        parts["access_rules"] = self.access_rules(parts["apps"], parts["access_policies"])
        parts["assignments"] = self.assignments(parts["apps"])
        parts["factors"] = self.factors(parts["users"])
        parts["token_rules"] = self.token_rules(parts["servers"])
        parts["roles"] = self.roles(parts["users"])
        return parts

    def of_kind(self, policies: Part[Any], kind: str) -> Part[Any]:
        """Policies of one type; none of it at all was not exported, for every org has both."""
        if isinstance(policies, Unavailable):
            return replace(policies, read=tuple(each for each in policies.read if each.kind == kind))
        found = tuple(each for each in policies if each.kind == kind)
        if kind == ACCESS and self.engine() == CLASSIC:
            return Unavailable("unsupported", detail="The Classic engine has no such policies.")
        return found or _absent(f"policies ({kind})")

    def rows(self, name: str, kind: str, parse: Callable[[Row], T]) -> Part[T]:
        """The rows of a list."""
        documents = self.export.documents.get(name)
        if documents is None:
            return _absent(name)
        found = tuple(parse(row) for document in documents for row in rows_of(document, kind))
        return found if self.export.complete else replace(INCOMPLETE, read=found)

    def family(self, prefix: str, key: str, kind: str) -> list[Row] | None:
        """The rows of one member of a family of files, over its pages; None if there is no such file."""
        wanted = f"{prefix}-{key}"
        names = [name for name in self.export.documents if name == wanted or _PAGE.sub("", name) == wanted]
        if not names:
            return None
        return [row for name in names for document in self.export.documents[name] for row in rows_of(document, kind)]

    def each(
        self, over: Part[Any], prefix: str, kind: str, keys: Iterable[str], parse: Callable[[str, list[Row]], list[Any]]
    ) -> Part[Any]:
        """What hangs on a list: the rows of each member's file; a member without one is a hole."""
        rows: list[Any] = []
        lacking: list[str] = []
        for key in dict.fromkeys(keys):
            found = self.family(prefix, key, kind)
            if found is None:
                lacking.append(key)
            else:
                rows += parse(key, found)
        if isinstance(over, Unavailable):
            return replace(over, read=tuple(rows))
        if lacking:
            detail = f"{prefix}-{lacking[0]}.json and {len(lacking) - 1} more of this kind are not in the export."
            return Unavailable("input_missing", detail=detail, read=tuple(rows))
        return tuple(rows)

    def session_rules(self, policies: Part[Any]) -> Part[Any]:
        keys = [policy.id for policy in _have(policies) if policy.active]
        kind = "OktaSignOnPolicyRule"
        return self.each(policies, "rules", kind, keys, lambda key, rows: [session_rule_of(row, key) for row in rows])

    def access_rules(self, apps: Part[Any], policies: Part[Any]) -> Part[Any]:
        linked = [app.policy_id for app in _have(apps) if app.active and app.policy_id]
        listed = [policy.id for policy in _have(policies) if policy.active]
        kind = "AccessPolicyRule"
        return self.each(
            apps, "rules", kind, (*linked, *listed), lambda key, rows: [access_rule_of(row, key) for row in rows]
        )

    def assignments(self, apps: Part[Any]) -> Part[Any]:
        active: dict[str, App] = {app.id: app for app in _have(apps) if app.active and not app.service_only}

        def one(key: str, rows: list[Row]) -> list[Assignments]:
            words = [row.text("scope", "") for row in rows]
            by_hand, by_group = words.count("USER"), words.count("GROUP")
            return [Assignments(key, active[key].label, by_hand, by_group, len(words) - by_hand - by_group)]

        return self.each(apps, "appUsers", "AppUser", active, one)

    def factors(self, users: Part[Any]) -> Part[Any]:
        keys = [user.id for user in _have(users) if user.status == "ACTIVE"]

        def one(key: str, rows: list[Row]) -> list[Any]:
            return [parsing.factors_of(key, [row.value for row in rows])]

        return self.each(users, "factors", "UserFactor", keys, one)

    def token_rules(self, servers: Part[Any]) -> Part[Any]:
        found: list[Any] = []
        for server in _have(servers):
            if server.status != "ACTIVE":
                continue
            policies = self.family("serverPolicies", server.id, "AuthorizationServerPolicy")
            if policies is None:
                return Unavailable("input_missing", detail=f"serverPolicies-{server.id}.json is not in the export.")
            for policy in policies:
                if policy.text("status") != "ACTIVE":
                    continue
                key = f"{server.id}-{policy.text('id')}"
                rules = self.family("serverRules", key, "AuthorizationServerPolicyRule")
                if rules is None:
                    detail = f"serverRules-{key}.json is not in the export."
                    return Unavailable("input_missing", detail=detail, read=tuple(found))
                found += [token_rule_of(row, server, policy.text("name")) for row in rules]
        return replace(servers, read=tuple(found)) if isinstance(servers, Unavailable) else tuple(found)

    def roles(self, users: Part[Any]) -> Part[Any]:
        """Roles of users, and those of groups: without the groups, what comes through them is not seen."""
        own = self.each(users, "userRoles", "StandardRole", [user.id for user in _have(users)], _own_roles)
        groups = self.rows("groups", "Group", lambda row: (row.text("id"), row.text("profile.name", "")))
        named = dict(_have(groups))

        def through(key: str, rows: list[Row]) -> list[AdminRole]:
            held = [(row.text("type"), row.text("status", "")) for row in rows]
            if not held:
                return []
            members = self.family("groupUsers", key, "User")
            if members is None:
                raise InputInvalid(f"Group {named[key] or key} has a role, so groupUsers-{key}.json is needed too.")
            return [AdminRole(row.text("id"), *each, named[key] or key) for row in members for each in held]

        by_group = self.each(groups, "groupRoles", "StandardRole", named, through)
        rows = (*_have(own), *_have(by_group))
        hole = next((part for part in (own, by_group) if isinstance(part, Unavailable)), None)
        return rows if hole is None else replace(hole, read=rows)


def _own_roles(key: str, rows: list[Row]) -> list[AdminRole]:
    return [role for role in (parsing.role_of(row, key) for row in rows) if not role.group]


def _have(part: Part[T]) -> tuple[T, ...]:
    return part.read if isinstance(part, Unavailable) else part


def _absent(name: str) -> Unavailable:
    return Unavailable("input_missing", detail=f"The export does not hold {name}.")


__all__ = ["UPLOADS", "parse_upload"]
