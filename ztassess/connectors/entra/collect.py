"""Owns reading one tenant into a snapshot: what stands alone at once, then what depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ztassess.connectors.api import ApiSession, fan_out, read_parts, unavailable_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.entra import client_reading as graph
from ztassess.connectors.entra.client import graph_session
from ztassess.connectors.entra.form import declared
from ztassess.connectors.entra.snapshot import P1, P2, EntraSnapshot
from ztassess.connectors.entra.snapshot_directory import (
    PRIVILEGED_ROLES,
    Federation,
    Group,
    Organization,
    Plan,
    RoleAssignment,
    User,
)
from ztassess.connectors.entra.snapshot_policies import Policy
from ztassess.connectors.errors import ConnectorError, NotFound
from ztassess.connectors.judging import NamedAccounts, rows_read
from ztassess.domain.findings import Part, Unavailable

Reader = Callable[[ApiSession], Iterable[Any]]
READERS: Final[Mapping[str, Reader]] = {
    "policies": graph.policies,
    "named_locations": graph.named_locations,
    "security_defaults": graph.security_defaults,
    "methods_policy": graph.methods_policy,
    "consent_settings": graph.consent_settings,
    "token_lifetimes": graph.token_lifetimes,
    "registrations": graph.registrations,
    "users": graph.users,
    "sign_ins": graph.sign_ins,
    "guests": graph.guests,
    "organization": graph.organization,
    "role_assignments": graph.role_assignments,
    "role_schedules": graph.role_schedules,
    "role_eligibilities": graph.role_eligibilities,
    "applications": graph.applications,
    "service_principals": graph.service_principals,
    "licenses": graph.licenses,
    "devices": graph.devices,
    "device_settings": graph.device_settings,
    "compliance_policies": graph.compliance_policies,
}
COUNT: Final = "user_count"
# Parts that a plan opens: what is told apart when Microsoft says "no license" although the plan is there.
OPENED_BY: Final = {"registrations": P1, "sign_ins": P1, "role_schedules": P2, "role_eligibilities": P2}


def collect(context: ReadContext) -> EntraSnapshot:
    """Read the tenant. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        AuthFailed: Microsoft refused the credential.
        OverPrivileged: it can do more than read.
        ConnectorError: nothing at all could be read.
    """
    with graph_session(context) as session:
        parts = read_parts(context, session, {**_bound(session), COUNT: lambda: _count(session)})
        parts["users"] = whole_users(parts["users"], parts.pop(COUNT))
        parts.update(_dependent(context, session, parts))
    return snapshot_of(context, parts)


def _bound(session: ApiSession) -> dict[str, Callable[[], Iterable[Any]]]:
    def bound(reader: Reader) -> Callable[[], Iterable[Any]]:
        return lambda: reader(session)

    return {name: bound(reader) for name, reader in READERS.items()}


def _count(session: ApiSession) -> Iterator[int]:
    found = graph.user_count(session)
    if found is not None:
        yield found


def whole_users(users: Part[User], stated: Part[int]) -> Part[User]:
    """The users, or that some are missing by Microsoft's own count."""
    total = next(iter(rows_read(stated)), None)
    if isinstance(users, Unavailable) or total is None or len(users) >= total:
        return users
    detail = f"Microsoft Graph sent {len(users)} of {total} users; what is missing was not judged."
    return Unavailable("partial_data", detail=detail, read=users)


def snapshot_of(
    context: ReadContext, parts: Mapping[str, Part[Any]], *, taken_at: datetime | None = None
) -> EntraSnapshot:
    """The snapshot of the parts read, live or from files.

    Parameters:
        taken_at: when an export was made; now if it is None.
    """
    found = dict(parts)
    organization: Part[Organization] = found["organization"]
    known = next((each.id for each in rows_read(organization)), "")
    for name, plan in OPENED_BY.items():
        found[name] = _licensed(found[name], found["licenses"], plan)
    return EntraSnapshot(
        taken_at=taken_at or context.now,
        tenant=str(context.config.get("tenant_id") or "") or known,
        declared=declared(context),
        **found,
    )


def _licensed(part: Part[Any], licenses: Part[Plan], plan: str) -> Part[Any]:
    """Microsoft sometimes says "no premium license" to tenants that have one: then nobody's plan is at fault."""
    if not isinstance(part, Unavailable) or part.reason != "missing_license":
        return part
    if not any(each.active and each.name in (plan, P2) for each in rows_read(licenses)):
        return part
    detail = f"Microsoft said that {plan} is missing, although it is active in this tenant. Try again later."
    return replace(part, reason="upstream_error", detail=detail)


def _dependent(context: ReadContext, session: ApiSession, parts: Mapping[str, Part[Any]]) -> dict[str, Part[Any]]:
    """Members of groups, and federated credentials of apps that also hold a secret."""
    groups = wanted_groups(context, parts)
    apps = [each.id for each in rows_read(parts["applications"]) if each.secrets]
    return read_parts(
        context,
        session,
        {
            "groups": lambda: fan_out(session, groups, lambda each: _group(session, each)),
            "federations": lambda: fan_out(session, apps, lambda each: _federation(session, each)),
        },
    )


def wanted_groups(context: ReadContext, parts: Mapping[str, Part[Any]]) -> list[str]:
    """Groups whose members a rule needs: with a powerful role, left out of a policy, or declared as emergency group."""
    assignments: Part[RoleAssignment] = parts["role_assignments"]
    policies: Part[Policy] = parts["policies"]
    users: Part[User] = parts["users"]
    emergency = declared(context).break_glass
    people = NamedAccounts.of(name for user in rows_read(users) for name in user.names)
    wanted = [
        *(each.principal for each in rows_read(assignments) if each.kind == "group" and each.role in PRIVILEGED_ROLES),
        *(group for each in rows_read(policies) if each.enforced for group in each.users.exclude_groups),
        *(each.strip() for each in emergency if each.strip() and "@" not in each and each.strip() not in people),
    ]
    return list(dict.fromkeys(wanted))


def _group(session: ApiSession, group: str) -> Group:
    return Group(group, _read(graph.group_members(session, group)))


def _federation(session: ApiSession, application: str) -> Federation:
    return Federation(application, _read(graph.federated_credentials(session, application)))


def _read(rows: Iterator[str]) -> Part[str]:
    """The rows of one small question; its failure is about this one object only."""
    found: list[str] = []
    try:
        found.extend(each for each in rows if each)
    except NotFound:
        return Unavailable("unsupported", detail="There is no such group or app in this tenant.")
    except ConnectorError as problem:
        return replace(unavailable_of(problem), read=tuple(found))
    return tuple(found)
