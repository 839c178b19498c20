"""Owns the questions to Okta: one function per endpoint, each reply parsed at once into values of the snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, Row, by_link, fan_out, row_of, rows_of
from ztassess.connectors.errors import BudgetExceeded, Incomplete
from ztassess.connectors.okta import parsing, scopes
from ztassess.connectors.okta.parsing_policies import (
    SESSION,
    access_rule_of,
    policy_of,
    session_rule_of,
    token_rule_of,
)
from ztassess.connectors.okta.snapshot import (
    AdminRole,
    ApiToken,
    App,
    Assignments,
    Authenticator,
    AuthorizationServer,
    ConsoleSession,
    FactorReset,
    Factors,
    InboundProvider,
    Item,
    LogStream,
    User,
    Zone,
)
from ztassess.connectors.okta.snapshot_policies import AccessRule, Policy, SessionRule, TokenRule

T = TypeVar("T")
PAGE: Final = 200
LOG_PAGE: Final = 1000
LOG_DAYS: Final = 90
MOST_FACTOR_READS: Final = 300
# A tenth of the people without a factor is a fail; a reading of less than a tenth can show neither.
UNDECIDABLE: Final = 10
MOST_GROUPS: Final = 300
MOST_APPS: Final = 200
RESET_EVENT: Final = 'eventType eq "user.mfa.factor.reset_all"'


def _listed(
    session: ApiSession,
    path: str,
    kind: str,
    parse: Callable[[Row], T],
    *,
    scope: str,
    limit: int | None = None,
    **params: str,
) -> Iterator[T]:
    """The rows of a list, over all pages. Raises as `by_link`."""
    asked = {**params, **({} if limit is None else {"limit": str(limit)})}
    for reply in by_link(session, path, asked, scope=scope):
        for row in rows_of(reply.value, kind):
            yield parse(row)


def engine(session: ApiSession) -> str:
    """``idx`` or ``v1`` ("Retrieve the well-known org metadata")."""
    return row_of(session.get("/.well-known/okta-organization").value, "WellKnownOrgMetadata").text("pipeline", "")


def own_roles(session: ApiSession, client_id: str) -> tuple[str, ...]:
    """Admin roles of our own app ("List all client role assignments")."""
    reply = session.get(f"/oauth2/v1/clients/{quote(client_id, safe='')}/roles", scope=scopes.ROLES)
    return tuple(row.text("type") for row in rows_of(reply.value, "StandardRole"))


def token_owner(session: ApiSession) -> User:
    """Whom a static token belongs to ("Retrieve a user", with ``me``)."""
    return parsing.user_of(row_of(session.get("/api/v1/users/me", scope=scopes.USERS).value, "User"))


def policies(session: ApiSession, kind: str, limit: int | None = None) -> Iterator[Policy]:
    """Policies of one type ("List all policies")."""
    return _listed(session, "/api/v1/policies", "Policy", policy_of, scope=scopes.POLICIES, limit=limit, type=kind)


def session_rules(session: ApiSession, found: Iterable[Policy]) -> Iterator[SessionRule]:
    """Rules of global session policies ("List all policy rules")."""
    ids = [policy.id for policy in found if policy.kind == SESSION]
    for rules in fan_out(session, ids, lambda each: _rules(session, each, "OktaSignOnPolicyRule", session_rule_of)):
        yield from rules


def access_rules(session: ApiSession, policy_ids: Iterable[str]) -> Iterator[AccessRule]:
    """Rules of authentication policies ("List all policy rules")."""
    for rules in fan_out(session, policy_ids, lambda each: _rules(session, each, "AccessPolicyRule", access_rule_of)):
        yield from rules


def _rules(session: ApiSession, policy_id: str, kind: str, parse: Callable[[Row, str], T]) -> tuple[T, ...]:
    path = f"/api/v1/policies/{quote(policy_id, safe='')}/rules"
    return tuple(_listed(session, path, kind, lambda row: parse(row, policy_id), scope=scopes.POLICIES))


def apps(session: ApiSession, limit: int = PAGE) -> Iterator[App]:
    """Apps ("List all applications")."""
    return _listed(session, "/api/v1/apps", "Application", parsing.app_of, scope=scopes.APPS, limit=limit)


def assignments(session: ApiSession, found: Iterable[App]) -> Iterator[Assignments]:
    """How people got to each active app ("List all application users")."""
    active = [app for app in found if app.active and not app.service_only]

    def one(app: App) -> Assignments:
        path = f"/api/v1/apps/{quote(app.id, safe='')}/users"
        words = list(
            _listed(session, path, "AppUser", lambda row: row.text("scope", ""), scope=scopes.APPS, limit=PAGE)
        )
        by_hand, by_group = words.count("USER"), words.count("GROUP")
        return Assignments(app.id, app.label, by_hand, by_group, len(words) - by_hand - by_group)

    yield from fan_out(session, active[:MOST_APPS], one)
    _within(MOST_APPS, len(active), "apps", "assignments")


def users(session: ApiSession, limit: int = PAGE) -> Iterator[User]:
    """Users that are not deactivated ("List all users": deactivated ones are left out unless asked for)."""
    return _listed(session, "/api/v1/users", "User", parsing.user_of, scope=scopes.USERS, limit=limit)


def deactivated(session: ApiSession, limit: int = PAGE) -> Iterator[User]:
    """Deactivated users, whom "List all users" leaves out unless it is asked for that status."""
    asked = 'status eq "DEPROVISIONED"'
    return _listed(session, "/api/v1/users", "User", parsing.user_of, scope=scopes.USERS, limit=limit, filter=asked)


def factors(session: ApiSession, found: Iterable[User]) -> Iterator[Factors]:
    """Second factors of active users ("List all enrolled factors"), as many as one run may ask for.

    None at all where so few of so many could not decide anything: each costs a request of the customer's quota.
    """
    active = [user for user in found if user.status == "ACTIVE"]
    if len(active) > MOST_FACTOR_READS * UNDECIDABLE:
        raise BudgetExceeded(
            f"The factors of {len(active):,} active users were not asked for: that is one question for each, and one "
            f"run asks at most {MOST_FACTOR_READS}."
        )

    def one(user: User) -> Factors:
        reply = session.get(f"/api/v1/users/{quote(user.id, safe='')}/factors", scope=scopes.USERS)
        return parsing.factors_of(user.id, reply.value)

    yield from fan_out(session, active[:MOST_FACTOR_READS], one)
    _within(MOST_FACTOR_READS, len(active), "active users", "factors")


def _within(most: int, there: int, what: str, asked: str) -> None:
    if there > most:
        raise BudgetExceeded(f"The {asked} of {most} of {there} {what} were read; one run asks for no more.")


def roles(session: ApiSession) -> Iterator[AdminRole]:
    """Admin roles of users, their own and those of groups they are in.

    The list of assignees is not documented to hold members of groups, so groups are asked themselves.
    """
    yield from _roles_of_users(session)
    yield from _roles_of_groups(session)


def _roles_of_users(session: ApiSession) -> Iterator[AdminRole]:
    def one(user_id: str) -> tuple[AdminRole, ...]:
        reply = session.get(f"/api/v1/users/{quote(user_id, safe='')}/roles", scope=scopes.ROLES)
        return tuple(parsing.role_of(row, user_id) for row in rows_of(reply.value, "StandardRole"))

    for found in fan_out(session, list(assignees(session)), one):
        # What comes through a group is read there, with the group's name.
        yield from (role for role in found if not role.group)


def assignees(session: ApiSession) -> Iterator[str]:
    """Ids of users with admin roles ("List all users with role assignments"); pages are linked in the body."""
    path, seen = "/api/v1/iam/assignees/users", set[str]()
    while path:
        row = row_of(session.get(path, scope=scopes.ROLES).value, "RoleAssignedUsers")
        yield from (each.text("id") for each in row.rows("value"))
        path = row.text("_links.next.href", "")
        if path in seen:
            raise Incomplete("Okta sent pages in a circle; what was read is not complete.")
        if path:
            seen.add(path)
            session.context.budget.spend_page()


def _roles_of_groups(session: ApiSession) -> Iterator[AdminRole]:
    def named(row: Row) -> tuple[str, str]:
        return row.text("id"), row.text("profile.name", "") or row.text("id")

    listed = _listed(session, "/api/v1/groups", "Group", named, scope=scopes.GROUPS, limit=PAGE)
    # A mirror of who is an administrator, not a source of it; Okta lists no members of it.
    groups = [group for group in listed if group[1] != "Okta Administrators"]

    def one(group: tuple[str, str]) -> tuple[AdminRole, ...]:
        path = f"/api/v1/groups/{quote(group[0], safe='')}"
        rows = rows_of(session.get(f"{path}/roles", scope=scopes.ROLES).value, "StandardRole")
        held = [(row.text("type"), row.text("status", "")) for row in rows]
        if not held:
            return ()
        ids = _listed(session, f"{path}/users", "User", lambda row: row.text("id"), scope=scopes.GROUPS, limit=PAGE)
        return tuple(AdminRole(member, role, status, group[1]) for member in ids for role, status in held)

    for found in fan_out(session, groups[:MOST_GROUPS], one):
        yield from found
    _within(MOST_GROUPS, len(groups), "groups", "admin roles")


def roles_of_user(session: ApiSession, user_id: str) -> tuple[AdminRole, ...]:
    """Admin roles of one user ("List all user role assignments")."""
    reply = session.get(f"/api/v1/users/{quote(user_id, safe='')}/roles", scope=scopes.ROLES)
    return tuple(parsing.role_of(row, user_id) for row in rows_of(reply.value, "StandardRole"))


def tokens(session: ApiSession) -> Iterator[ApiToken]:
    """Static API tokens without their values ("List all API token metadata")."""
    return _listed(session, "/api/v1/api-tokens", "ApiToken", parsing.token_of, scope=scopes.TOKENS)


def authenticators(session: ApiSession) -> Iterator[Authenticator]:
    """Authenticators of the org ("List all authenticators"; Identity Engine)."""
    path, parse = "/api/v1/authenticators", parsing.authenticator_of
    return _listed(session, path, "Authenticator", parse, scope=scopes.AUTHENTICATORS)


def servers(session: ApiSession, limit: int = PAGE) -> Iterator[AuthorizationServer]:
    """Custom authorization servers ("List all authorization servers")."""
    path, parse = "/api/v1/authorizationServers", parsing.server_of
    return _listed(session, path, "AuthorizationServer", parse, scope=scopes.SERVERS, limit=limit)


def token_rules(session: ApiSession, found: Iterable[AuthorizationServer]) -> Iterator[TokenRule]:
    """Rules of the active policies of active servers ("List all policies", "List all policy rules")."""

    def one(server: AuthorizationServer) -> tuple[TokenRule, ...]:
        path = f"/api/v1/authorizationServers/{quote(server.id, safe='')}/policies"

        def listed(row: Row) -> tuple[str, str, str]:
            return row.text("id"), row.text("name"), row.text("status")

        policies = list(_listed(session, path, "AuthorizationServerPolicy", listed, scope=scopes.SERVERS))
        rules: list[TokenRule] = []
        for policy_id, name, status in policies:
            if status == "ACTIVE":
                rules += _token_rules(session, f"{path}/{quote(policy_id, safe='')}/rules", server, name)
        return tuple(rules)

    for rules in fan_out(session, [server for server in found if server.status == "ACTIVE"], one):
        yield from rules


def _token_rules(session: ApiSession, path: str, server: AuthorizationServer, policy: str) -> list[TokenRule]:
    def parse(row: Row) -> TokenRule:
        return token_rule_of(row, server, policy)

    return list(_listed(session, path, "AuthorizationServerPolicyRule", parse, scope=scopes.SERVERS))


def device_assurances(session: ApiSession) -> Iterator[Item]:
    """Device assurance policies ("List all device assurance policies"; Identity Engine)."""
    path, parse = "/api/v1/device-assurances", parsing.assurance_of
    return _listed(session, path, "DeviceAssurance", parse, scope=scopes.ASSURANCE)


def devices(session: ApiSession, limit: int = PAGE) -> Iterator[Item]:
    """Devices that people registered ("List all devices"; Identity Engine)."""
    return _listed(session, "/api/v1/devices", "DeviceList", parsing.device_of, scope=scopes.DEVICES, limit=limit)


def zones(session: ApiSession, limit: int = PAGE) -> Iterator[Zone]:
    """Network zones ("List all network zones")."""
    return _listed(session, "/api/v1/zones", "NetworkZone", parsing.zone_of, scope=scopes.ZONES, limit=limit)


def providers(session: ApiSession, limit: int = PAGE) -> Iterator[InboundProvider]:
    """Identity providers that people may come in from ("List all IdPs")."""
    path, parse = "/api/v1/idps", parsing.provider_of
    return _listed(session, path, "IdentityProvider", parse, scope=scopes.PROVIDERS, limit=limit)


def log_streams(session: ApiSession) -> Iterator[LogStream]:
    """Log streams ("List all log streams")."""
    return _listed(session, "/api/v1/logStreams", "LogStream", parsing.stream_of, scope=scopes.STREAMS)


def admin_console(session: ApiSession) -> Iterator[ConsoleSession]:
    """Session limits of the admin console ("Retrieve the Okta application settings")."""
    path = "/api/v1/first-party-app-settings/admin-console"
    yield parsing.console_of(session.get(path, scope=scopes.APPS).value)


def resets(session: ApiSession, limit: int = LOG_PAGE) -> Iterator[FactorReset]:
    """Events of 90 days in which all factors of somebody were reset ("List all System Log events").

    Without ``until`` Okta takes the question for a subscription, whose pages never end.
    """
    until = session.context.now
    span: dict[str, Any] = {
        "since": _moment(until - timedelta(days=LOG_DAYS)),
        "until": _moment(until),
        "filter": RESET_EVENT,
    }
    return _listed(session, "/api/v1/logs", "LogEvent", parsing.reset_of, scope=scopes.LOGS, limit=limit, **span)


def _moment(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%S.000Z}"
