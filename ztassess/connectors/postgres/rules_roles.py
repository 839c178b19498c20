"""Owns the checks of roles themselves: superusers, broad built-in roles, one role per service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.postgres.access import BROAD_BUILTIN, Access
from ztassess.connectors.postgres.judging import blocked, exempt_administrators, graph, have, holes
from ztassess.connectors.postgres.snapshot import Activity, PostgresSnapshot, Role
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

CHECKS: Checks[PostgresSnapshot] = Checks("postgres")
_MINIMAL: Final = Verifies("least-privilege.db-grants-minimal", level=2)
_PER_SERVICE: Final = Verifies("least-privilege.db-user-per-service", level=2)
_ATTRIBUTES: Final = (
    ("superuser", "rolsuper", "a superuser"),
    ("bypass_rls", "rolbypassrls", "exempt from row security (BYPASSRLS)"),
    ("create_role", "rolcreaterole", "allowed to create roles (CREATEROLE)"),
    ("replication", "rolreplication", "allowed to copy the whole server (REPLICATION)"),
)
_TOOLS: Final = (
    "psql", "pgadmin", "dbeaver", "datagrip", "tableplus", "pg_dump", "pg_restore", "pg_basebackup", "walreceiver",
    "barman", "pgbackrest", "wal-g", "postgres_exporter", "pg_cron", "repmgr", "patroni",
)  # fmt: skip
"""Programs people administer and back up with; anything else that is connected as a superuser looks like a service."""
_POOLERS: Final = ("pgbouncer", "pgcat", "odyssey", "supavisor", "pgpool", "rds proxy", "rdsproxy")


@CHECKS.check(
    "postgres.no_superuser_logins",
    title="Services are not superusers",
    verifies=(_MINIMAL, _PER_SERVICE),
    severity=Severity.CRITICAL,
    parts=("roles", "memberships", "activity"),
)
def no_superuser_logins(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """No login role stands above grants, by itself or by a role it can become, declared administrators apart."""
    why = blocked(snapshot, ("roles", "memberships"))
    if why:
        yield not_checked(snapshot.server, why)
        return
    access, exempt = graph(snapshot), exempt_administrators(snapshot)
    logins = [role for role in have(snapshot.roles) if role.can_login]
    judged = [role for role in logins if role.name not in exempt]
    if not judged:
        yield not_applicable(snapshot.server, f"All {count(len(logins), 'login role')} are declared administrators.")
        return
    clean = True
    scope = f"{count(len(judged), 'login role')} judged, {count(len(logins) - len(judged), 'administrator')} left out"
    for role in judged:
        found = _powers(access, role)
        if found:
            clean = False
            holder, column, phrase = found
            near_miss = "" if holder == role.name else f"{role.name} can SET ROLE to {holder}."
            how = (
                f"{role.name} is {phrase}"
                if holder == role.name
                else f"{role.name} can SET ROLE to {holder}, which is {phrase}"
            )
            line = Evidence("Q1 roles, Q5 memberships", holder, column, "true", "false")
            yield failed(f"*/{role.name}", f"{how}. {scope}.", seen=len(judged), evidence=(line,), near_miss=near_miss)
    suspects = list(_superusers_in_use(snapshot, access, exempt))
    yield from suspects
    if clean and not suspects:
        line = Evidence("Q1 roles, Q5 memberships", snapshot.server, "login roles above grants", "0", "0")
        yield passed(snapshot.server, f"No service is above grants: {scope}.", seen=len(judged), evidence=(line,))


def _powers(access: Access, role: Role) -> tuple[str, str, str] | None:
    """The first role within reach that stands above grants: its name, the catalog column, words for it."""
    for name in sorted(access.reach(role.name).become, key=lambda each: (each != role.name, each)):
        found = access.roles.get(name)
        for attribute, column, phrase in _ATTRIBUTES:
            if found is not None and getattr(found, attribute):
                return name, column, phrase
    return None


def _superusers_in_use(snapshot: PostgresSnapshot, access: Access, exempt: frozenset[str]) -> Iterator[Verdict]:
    """A declared administrator that a program is connected as right now may be a service in disguise."""
    if isinstance(snapshot.activity, Unavailable):
        return
    for name in sorted(exempt & {each.role for each in snapshot.activity}):
        role = access.roles.get(name)
        if role is None or not role.superuser:
            continue
        programs = [each.application for each in _sessions(snapshot.activity, name) if each.application]
        odd = sorted({program for program in programs if not program.lower().startswith(_TOOLS)})
        if odd:
            reason = (
                f"{name} is declared an administrator, but {names(odd)} is connected as it; services need own roles."
            )
            yield not_checked(
                f"*/{name}", "input_missing", reason, seen=len(odd), near_miss=f"{names(odd)} runs as {name}."
            )


def _sessions(activity: tuple[Activity, ...], role: str) -> list[Activity]:
    return [each for each in activity if each.role == role]


@CHECKS.check(
    "postgres.no_broad_builtin_roles",
    title="No broad built-in roles",
    verifies=(_MINIMAL,),
    severity=Severity.HIGH,
    parts=("roles", "memberships"),
)
def no_broad_builtin_roles(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Built-in roles that read or write everything, or reach the server's files, are given by declaration only."""
    why = blocked(snapshot, ("roles", "memberships"))
    if why:
        yield not_checked(snapshot.server, why)
        return
    access, exempt = graph(snapshot), exempt_administrators(snapshot)
    judged = [role for role in have(snapshot.roles) if role.can_login and role.name not in exempt]
    if not judged:
        yield not_applicable(snapshot.server, "Every login role is a declared administrator.")
        return
    clean = True
    for role in judged:
        reach = access.reach(role.name)
        for builtin in BROAD_BUILTIN:
            if builtin in reach.rights and (role.name, builtin) not in snapshot.declared.matrix.builtin:
                clean = False
                what = {"pg_read_all_data": "reads every table", "pg_write_all_data": "writes every table"}.get(
                    builtin, "reaches the server's own files or programs"
                )
                line = Evidence("Q5 memberships", role.name, "member of", builtin, "not a member")
                reason = f"{role.name} {what} through {builtin}. {count(len(judged), 'login role')} judged."
                near_miss = f"{role.name} {what} through {builtin}."
                yield failed(
                    f"*/{role.name}/{builtin}", reason, seen=len(judged), evidence=(line,), near_miss=near_miss
                )
    if clean:
        reason = f"0 of {count(len(judged), 'login role')} reach a broad built-in role that the matrix does not name."
        line = Evidence("Q5 memberships", snapshot.server, "members of broad built-in roles", "0", "0")
        yield passed(snapshot.server, reason, seen=len(judged), evidence=(line,))


@CHECKS.check(
    "postgres.one_role_per_service",
    title="Each service has its own role",
    verifies=(_PER_SERVICE,),
    severity=Severity.HIGH,
    parts=("databases", "roles", "memberships", "relations", "activity"),
)
def one_role_per_service(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Each declared service logs in as itself, owns nothing, and no other program uses its role."""
    services = snapshot.declared.matrix.roles
    if not services:
        reason = "No grant matrix is declared, so nobody can say which roles are services."
        yield not_checked(snapshot.server, "input_missing", reason)
        return
    parts = ("roles", "memberships", "relations")
    why = blocked(snapshot, parts)
    if why:
        yield not_checked(snapshot.server, why)
        return
    access = graph(snapshot)
    verdicts = [verdict for service in services for verdict in _service(snapshot, access, service, len(services))]
    verdicts += holes(snapshot, parts)
    yield from verdicts
    if not verdicts:
        reason = (
            f"{len(services)} of {count(len(services), 'declared service')} log in as a role of their own that "
            "owns no table, one program each."
        )
        line = Evidence("Q12 live use", snapshot.server, "programs per role", "1", "1")
        yield passed(snapshot.server, reason, seen=len(services), evidence=(line,))


def _service(snapshot: PostgresSnapshot, access: Access, service: str, seen: int) -> Iterator[Verdict]:
    role = access.roles.get(service)
    if role is None:
        reason = f"{service} is in the grant matrix, but is no role of this server."
        yield not_checked(f"*/{service}", "not_configured", reason)
        return
    fails = list(_structure(snapshot, access, role, seen))
    yield from fails or _use(snapshot, service, seen)


def _structure(snapshot: PostgresSnapshot, access: Access, role: Role, seen: int) -> Iterator[Verdict]:
    def fail(field: str, observed: str, expected: str, reason: str, near_miss: str = "") -> Verdict:
        line = Evidence("Q1 roles, Q2 grants, Q5 memberships", role.name, field, observed, expected)
        return failed(f"*/{role.name}/{field}", reason, seen=seen, evidence=(line,), near_miss=near_miss)

    if not role.can_login:
        yield fail(
            "rolcanlogin", "false", "true", f"{role.name} cannot log in, so the service behind it uses another role."
        )
    owned = [each.id for each in have(snapshot.relations) if each.owner == role.name]
    if owned:
        what = f"{role.name} owns {count(len(owned), 'table')}"
        reason = (
            f"{what} ({names(owned[:5])}): an owner can grant itself anything. Let a separate role own and migrate "
            "tables."
        )
        yield fail("owner", str(len(owned)), "0", reason, f"{what}: an owner can grant itself anything.")
    if role.name in snapshot.declared.administrators:
        reason = f"{role.name} is declared as a service and as an administrator; migrations need a role of their own."
        yield fail("administrator", "true", "false", reason)
    services = set(snapshot.declared.matrix.roles) - {role.name}
    shared = sorted(access.reach(role.name).rights & services)
    if shared:
        yield fail(
            "member of", names(shared), "no other service", f"{role.name} can act as the service {names(shared)} too."
        )


def _use(snapshot: PostgresSnapshot, service: str, seen: int) -> Iterator[Verdict]:
    """What Q12 shows of one service at this moment; not seen is not proven."""
    resource = f"*/{service}/use"
    if isinstance(snapshot.activity, Unavailable):
        yield not_checked(resource, snapshot.activity)
        return
    sessions = _sessions(snapshot.activity, service)
    programs = sorted({each.application for each in sessions})
    if not sessions:
        reason = f"{service} was not connected when we looked, so nobody could see how many programs use it."
        yield not_checked(resource, "partial_data", reason)
    elif any(program.lower().startswith(_POOLERS) for program in programs):
        reason = f"{service} is used by a connection pooler ({names(programs)}), which hides the programs behind it."
        yield not_checked(resource, "unsupported", reason, seen=len(sessions))
    elif "" in programs:
        reason = f"{service} connects without an application name, so nobody can tell the programs behind it apart."
        near_miss = "Set application_name in the connection settings of each service."
        yield not_checked(resource, "partial_data", reason, seen=len(sessions), near_miss=near_miss)
    elif len(programs) > 1:
        line = Evidence("Q12 live use", service, "application_name", ", ".join(programs), "one program")
        reason = f"{service} is used by {len(programs)} programs: {names(programs)}."
        yield failed(resource, reason, seen=seen, evidence=(line,))
