"""Owns the checks of people and passwords: own roles, no standing read of sensitive data, credentials that end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import MOST_NAMES, count, names
from ztassess.connectors.postgres.access import Access
from ztassess.connectors.postgres.hba import cert_only
from ztassess.connectors.postgres.judging import (
    RIGHTS_PARTS,
    blocked,
    exempt_administrators,
    graph,
    have,
    holes,
    rights,
    sensitive_tables,
    sensitive_unknown,
    service_of,
)
from ztassess.connectors.postgres.snapshot import PostgresSnapshot, RelationId, Role
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
_GENERIC: Final = frozenset(
    {
        "postgres",
        "admin",
        "administrator",
        "root",
        "dev",
        "developer",
        "developers",
        "ops",
        "devops",
        "dba",
        "user",
        "test",
        "readonly",
        "read_only",
        "support",
        "team",
        "shared",
        "guest",
        "analyst",
        "analysts",
        "reporting",
        "staging",
        "backup",
    }
)
STANDING: Final = timedelta(hours=8)
"""Longer than this is standing access (catalog: direct access by request, at most 8 h)."""
SHORT: Final = timedelta(hours=24)
YEAR: Final = timedelta(days=366)


@CHECKS.check(
    "postgres.people_have_own_roles",
    title="People do not share roles",
    verifies=(Verifies("identity.no-shared-accounts", level=2),),
    severity=Severity.HIGH,
    parts=("roles", "activity"),
)
def people_have_own_roles(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Every role of people has one person, and nobody else is seen using it."""
    humans = snapshot.declared.humans
    if not humans:
        yield not_checked(snapshot.server, "input_missing", "The roles used by people are not declared.")
        return
    why = blocked(snapshot, ("roles",))
    if why:
        yield not_checked(snapshot.server, why)
        return
    known = {role.name for role in have(snapshot.roles)}
    verdicts = [
        verdict for role, people in humans for verdict in _own_role(snapshot, role, people, known=role in known)
    ]
    if isinstance(snapshot.activity, Unavailable):
        verdicts.append(not_checked(f"{snapshot.server}/use", snapshot.activity))
    yield from verdicts
    if not verdicts:
        reason = (
            f"{len(humans)} of {count(len(humans), 'role')} of people belong to one person each, and none was in "
            "use from two places."
        )
        line = Evidence("Q1 roles, Q12 live use", snapshot.server, "people per role", "1", "1")
        yield passed(snapshot.server, reason, seen=len(humans), evidence=(line,))


def _own_role(snapshot: PostgresSnapshot, role: str, people: tuple[str, ...], *, known: bool) -> Iterator[Verdict]:
    seen, resource = len(snapshot.declared.humans), f"*/{role}"
    if not known:
        yield not_checked(
            resource, "not_configured", f"{role} is declared as a role of people, but is no role of this server."
        )
        return
    if len(people) > 1:
        line = Evidence("connect form", role, "people", str(len(people)), "1")
        yield failed(resource, f"{len(people)} people share the role {role}.", seen=seen, evidence=(line,))
    elif not people:
        generic = f"Role {role} looks generic." if role.lower() in _GENERIC else ""
        reason = f"Nobody said whose role {role} is; write {role}=person@example.com."
        yield not_checked(resource, "input_missing", reason, near_miss=generic)
    if isinstance(snapshot.activity, Unavailable):
        return
    sessions = [each for each in snapshot.activity if each.role == role]
    places = sorted({each.address for each in sessions if each.address})
    if len(places) > 1:
        line = Evidence("Q12 live use", role, "client_addr", ", ".join(places), "one address at a time")
        reason = f"{role} was connected from {len(places)} addresses at the same moment."
        yield failed(f"{resource}/use", reason, seen=seen, evidence=(line,))
    elif sessions and any(each.address is None for each in sessions) and sum(each.sessions for each in sessions) > 1:
        why = Unavailable(
            "missing_scope", "pg_read_all_stats", f"{role} has several sessions, and we may not see from where."
        )
        yield not_checked(f"{resource}/use", why)


@CHECKS.check(
    "postgres.people_cannot_browse",
    title="People have no standing read of sensitive schemas",
    verifies=(Verifies("least-privilege.human-prod-data", level=2),),
    severity=Severity.HIGH,
    parts=("databases", *RIGHTS_PARTS),
)
def people_cannot_browse(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """A person's role reads declared sensitive tables only while it is about to expire."""
    declared = snapshot.declared
    if not declared.humans or not declared.sensitive:
        lacking = "roles used by people" if not declared.humans else "schemas or tables with customer data"
        yield not_checked(snapshot.server, "input_missing", f"The {lacking} are not declared.")
        return
    why = blocked(snapshot, RIGHTS_PARTS)
    if why:
        yield not_checked(snapshot.server, why)
        return
    access, sensitive = rights(snapshot), sensitive_tables(snapshot)
    verdicts = [
        verdict
        for role, _ in declared.humans
        for verdict in _browsing(snapshot, access, role, {each.id for each in sensitive})
    ]
    unknown = sensitive_unknown(snapshot)
    if unknown:
        reason = (
            f"{names(unknown)} is declared sensitive, but was not found in "
            f"{count(len(have(snapshot.databases)), 'database')}."
        )
        verdicts.append(not_checked(f"{snapshot.server}/sensitive", "not_configured", reason))
    verdicts += holes(snapshot, RIGHTS_PARTS)
    yield from verdicts
    if not verdicts:
        pairs = len(declared.humans) * len(sensitive)
        reason = (
            f"0 of {count(len(declared.humans), 'role')} of people may read any of "
            f"{count(len(sensitive), 'sensitive table')} for longer than 8 hours."
        )
        line = Evidence("Q7 effective privileges", snapshot.server, "standing reads", "0", "0")
        yield passed(snapshot.server, reason, seen=pairs, evidence=(line,))


def _browsing(snapshot: PostgresSnapshot, access: Access, name: str, sensitive: set[RelationId]) -> Iterator[Verdict]:
    role = access.roles.get(name)
    if role is None:
        reason = f"{name} is declared as a role of people, but is no role of this server."
        yield not_checked(f"*/{name}", "not_configured", reason)
        return
    if not role.can_login:
        return
    reach = access.reach(name)
    unlimited = access.unlimited(name, reach)
    held = access.verbs(name, reach)
    if unlimited or "SELECT" in {verb for verbs in access.broad_verbs(reach).values() for verb in verbs}:
        readable = dict.fromkeys(sensitive, unlimited or "through pg_read_all_data")
    else:
        readable = {each: held[each]["SELECT"].how for each in sensitive if "SELECT" in held.get(each, {})}
    left = None if role.valid_until is None else role.valid_until - snapshot.taken_at
    if not readable or (left is not None and left <= STANDING):
        return
    ends = "never expires" if left is None else f"expires in {left.days} days"
    lines = tuple(
        Evidence(
            "Q7 effective privileges",
            f"{each.database}.{each}",
            f"SELECT of {name}",
            readable[each],
            "none, or for 8 h",
        )
        for each in sorted(readable, key=str)[:MOST_NAMES]
    )
    reason = f"{name} may read {len(readable)} of {count(len(sensitive), 'sensitive table')} and {ends}."
    near_miss = "" if left is None else f"{name} {ends}."
    yield failed(f"*/{name}", reason, seen=len(sensitive), evidence=lines, near_miss=near_miss)


@CHECKS.check(
    "postgres.passwords_short_lived",
    title="App credentials end within a day",
    verifies=(Verifies("credentials.dynamic-database", level=3),),
    severity=Severity.MEDIUM,
    parts=("roles", "memberships", "settings", "hba"),
)
def passwords_short_lived(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Each service signs in with a token of the cloud, a certificate, or a password that ends within 24 hours."""
    why = blocked(snapshot, ("roles", "memberships"))
    if why:
        yield not_checked(snapshot.server, why)
        return
    apps = _apps(snapshot)
    judged = [(role, word) for role, word in ((role, _password(snapshot, role)) for role in apps) if word != "dead"]
    if not judged:
        yield not_applicable(snapshot.server, "No service can log in with a password.")
        return
    static = [role for role, word in judged if word == "static"]
    unseen = [role for role, word in judged if word == "unseen"]
    for role in static:
        yield _static(snapshot, role, static, len(judged))
    if unseen:
        reason = (
            f"{names([role.name for role in unseen])} may sign in by certificate only, which pg_hba.conf would tell."
        )
        hba = snapshot.hba
        why = hba if isinstance(hba, Unavailable) else Unavailable("partial_data")
        yield not_checked(
            f"{snapshot.server}/hba", Unavailable(why.reason, why.missing_scope, reason), seen=len(unseen)
        )
    if not static and not unseen:
        reason = (
            f"{len(judged)} of {count(len(judged), 'service')} use a credential that ends within 24 hours or a "
            "certificate."
        )
        line = Evidence("Q1 roles, Q5 memberships, Q9 authentication", snapshot.server, "static passwords", "0", "0")
        yield passed(snapshot.server, reason, seen=len(judged), evidence=(line,))


def _apps(snapshot: PostgresSnapshot) -> list[Role]:
    """Login roles of services: those of the matrix; without one, everyone who is not declared to be something else."""
    declared = snapshot.declared
    if declared.matrix:
        return [role for role in have(snapshot.roles) if role.can_login and role.name in declared.matrix.roles]
    other = exempt_administrators(snapshot) | {snapshot.reader} | {role for role, _ in declared.humans}
    return [role for role in have(snapshot.roles) if role.can_login and role.name not in other]


def _password(snapshot: PostgresSnapshot, role: Role) -> str:
    """``short``, ``dead`` (expired), ``static`` or ``unseen`` (pg_hba.conf would tell)."""
    service = service_of(snapshot)
    if service and graph(snapshot).reach(role.name).rights & service.iam_roles:
        return "short"
    if not isinstance(snapshot.hba, Unavailable) and cert_only(snapshot.hba, role.name):
        return "short"
    left = None if role.valid_until is None else role.valid_until - snapshot.taken_at
    if left is not None and left <= timedelta(0):
        return "dead"
    if left is not None and left <= SHORT:
        return "short"
    if isinstance(snapshot.hba, Unavailable) and _certificates_possible(snapshot):
        return "unseen"
    return "static"


def _certificates_possible(snapshot: PostgresSnapshot) -> bool:
    """Client certificates need TLS and an authority to check them with; without, nobody signs in by certificate."""
    if isinstance(snapshot.settings, Unavailable):
        return True
    values = {each.name: each.value for each in snapshot.settings}
    return values.get("ssl") == "on" and values.get("ssl_ca_file", "") != ""


def _static(snapshot: PostgresSnapshot, role: Role, static: list[Role], seen: int) -> Verdict:
    left = None if role.valid_until is None else role.valid_until - snapshot.taken_at
    ends = "never ends" if left is None else f"ends in {left.days} days"
    observed = "null" if role.valid_until is None else role.valid_until.isoformat()
    line = Evidence("Q1 roles", role.name, "rolvaliduntil", observed, "within 24 hours, or a token or certificate")
    reason = f"The password of {role.name} {ends}. {len(static)} of {seen} service passwords are static."
    level = 2 if _sensitive_safe(snapshot, static) else 1 if left is not None and left <= YEAR else 0
    near_miss = "scram-sha-256 is strong but static." if _scram(snapshot) else ""
    return failed(f"*/{role.name}", reason, seen=seen, evidence=(line,), level=level, near_miss=near_miss)


def _sensitive_safe(snapshot: PostgresSnapshot, static: list[Role]) -> bool:
    """Level 2: no static password opens a sensitive table. Said only where such data is declared and all was read."""
    if not snapshot.declared.sensitive or blocked(snapshot, RIGHTS_PARTS) or snapshot.gaps.of(RIGHTS_PARTS):
        return False
    sensitive = {each.id for each in sensitive_tables(snapshot)}
    if not sensitive or sensitive_unknown(snapshot):
        return False
    access = rights(snapshot)
    for role in static:
        reach = access.reach(role.name)
        if (
            access.unlimited(role.name, reach)
            or access.broad_verbs(reach)
            or sensitive & set(access.verbs(role.name, reach))
        ):
            return False
    return True


def _scram(snapshot: PostgresSnapshot) -> bool:
    if isinstance(snapshot.settings, Unavailable):
        return False
    return any(each.name == "password_encryption" and each.value == "scram-sha-256" for each in snapshot.settings)
