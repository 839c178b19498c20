"""Owns the checks of lifetimes: database leases are short, the secrets of AppRoles end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.connectors.vault.judging import DAY, HOUR, lifetime, of_types, paths
from ztassess.connectors.vault.snapshot import SYSTEM_LEASE, AppRole, DatabaseRole, Mount, VaultSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked, passed

CHECKS: Checks[VaultSnapshot] = Checks("vault")
_STORES: Final = "the databases of production (Data stores)"


@CHECKS.check(
    "vault.database_leases_short",
    title="Database leases are short",
    verifies=(Verifies("credentials.dynamic-database", level=3),),
    severity=Severity.HIGH,
    parts=("mounts", "database_roles"),
)
def database_leases_short(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """A lifetime of 0 is inherited: from the mount, else from the system, whose default is 768 hours."""
    mounts = {mount.path: mount for mount in rows_read(snapshot.mounts)}
    roles = rows_read(snapshot.database_roles)
    engines = of_types(mounts.values(), ("database",))
    problems = [
        verdict
        for role in roles
        if (verdict := _lease_problem(role, mounts.get(role.mount) or Mount(role.mount, "database"), len(roles)))
    ]
    verdicts = list(
        conclude(
            snapshot.address,
            problems,
            of=(snapshot.mounts, snapshot.database_roles),
            seen=len(roles),
            good="",
            nothing=f"{paths(engines)} has no role that issues." if engines else "There is no database engine here.",
            near_miss="A database engine is mounted but has no role." if engines and not roles else "",
        )
    )
    if [verdict.outcome.value for verdict in verdicts] == ["pass"]:
        verdicts = [_coverage(snapshot, roles, mounts)]
    yield from verdicts


def _times(role: DatabaseRole, mount: Mount) -> tuple[int, int]:
    """First lease and longest renewal in seconds, inheritance resolved; the mount's longest caps both."""
    longest = min(role.max_ttl or mount.max_seconds, mount.max_seconds)
    return min(role.default_ttl or mount.default_seconds, longest), longest


def _lease_problem(role: DatabaseRole, mount: Mount, seen: int) -> Verdict | None:
    first, longest = _times(role, mount)
    if first <= DAY and longest <= DAY:
        return None
    source = f"GET /v1/{role.mount}roles/{role.name}"
    lines = (
        Evidence(source, role.label, "default_ttl", str(role.default_ttl), f"1 to {DAY}"),
        Evidence(source, role.label, "max_ttl", str(role.max_ttl), f"1 to {DAY}"),
        Evidence("GET /v1/sys/mounts", role.mount, "config.default_lease_ttl", str(mount.default_lease_ttl), ""),
        Evidence("GET /v1/sys/mounts", role.mount, "config.max_lease_ttl", str(mount.max_lease_ttl), ""),
    )
    if first <= DAY:
        near = f"Issued for {lifetime(first)}, renewable up to {lifetime(longest)}."
        reason = f"{role.label} of {role.store}: {near[0].lower()}{near[1:-1]}; the limit is 24 h."
        return failed(role.label, reason, seen=seen, evidence=lines, level=1, near_miss=near)
    inherited = " (0 is inherited)" if not role.default_ttl else ""
    default = f", Vault's default of {SYSTEM_LEASE // HOUR} h" if inherited and first == SYSTEM_LEASE else ""
    reason = (
        f"{role.label} of {role.store} issues for {lifetime(first)}{inherited}{default}; the limit is 24 h, "
        "and the aim 1 h."
    )
    return failed(role.label, reason, seen=seen, evidence=lines, level=1)


def _coverage(snapshot: VaultSnapshot, roles: Sequence[DatabaseRole], mounts: dict[str, Mount]) -> Verdict:
    """Short leases are worth as much as the stores they are for."""
    declared, sensitive = snapshot.data_stores, snapshot.sensitive_stores
    if declared is None and sensitive is None:
        return input_missing(snapshot.address, _STORES)
    covered = {name for role in roles for name in _names_of(role)}
    every = (declared or frozenset()) | (sensitive or frozenset())
    open_ = sorted(every - covered)
    slow = [role.label for role in roles if _times(role, mounts[role.mount])[0] > HOUR]
    note = f" Longer than 1 h: {names(slow)}." if slow else ""
    base = f"{count(len(roles), 'role')} issue for at most 24 h.{note} {len(every) - len(open_)} of {len(every)}"
    line = Evidence("GET /v1/database/roles", snapshot.address, "declared stores without a role", names(open_), "none")
    if declared is not None and not open_:
        return passed(snapshot.address, f"{base} declared stores are covered.", seen=len(roles), evidence=(line,))
    if sensitive is not None:
        lacking = sorted(sensitive - covered)
        if not lacking:
            why = f"not covered: {names(open_)}" if open_ else "the other stores are not declared"
            reason = f"{base} declared stores are covered, all sensitive ones among them; {why}."
            return passed(snapshot.address, reason, seen=len(roles), evidence=(line,), level=2)
        reason = f"{base} declared stores are covered; no role issues for the sensitive {names(lacking)}."
        return failed(snapshot.address, reason, seen=len(every), evidence=(line,), level=1)
    reason = f"{base} declared stores are covered, not {names(open_)}; which ones are sensitive is not declared."
    return not_checked(snapshot.address, "input_missing", reason, seen=len(roles))


def _names_of(role: DatabaseRole) -> tuple[str, str]:
    """How a person may have written the store of a role."""
    return role.store.casefold(), f"{role.mount}{role.store}".casefold()


@CHECKS.check(
    "vault.approle_secrets_bounded",
    title="AppRole secrets end",
    verifies=(Verifies("credentials.secrets-manager", level=2),),
    severity=Severity.HIGH,
    parts=("sign_ins", "app_roles"),
)
def approle_secrets_bounded(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """0 is unlimited: a secret id with neither an end nor a number of uses is a password for ever."""
    roles = rows_read(snapshot.app_roles)
    problems = [verdict for role in roles if (verdict := _approle_problem(role, len(roles)))]
    endless = [role for role in roles if role.secret_id_num_uses == 0 and role.secret_id_ttl]
    near = "; ".join(f"{role.label}: Unlimited uses within {lifetime(role.secret_id_ttl)}." for role in endless[:3])
    unbounded = [role.label for role in roles if role.token_max_ttl == 0]
    note = f" Without a token_max_ttl of their own: {names(unbounded)}." if unbounded else ""
    methods = [method for method in rows_read(snapshot.sign_ins) if method.type == "approle"]
    yield from conclude(
        snapshot.address,
        problems,
        of=(snapshot.sign_ins, snapshot.app_roles),
        seen=len(roles),
        good=f"The secrets of {len(roles)} of {count(len(roles), 'AppRole')} end by time or number of uses.{note}",
        nothing="The AppRole method is enabled but has no role." if methods else "AppRole is not enabled.",
        near_miss=near,
    )


def _approle_problem(role: AppRole, seen: int) -> Verdict | None:
    source = f"GET /v1/auth/{role.mount}role/{role.name}"
    lines = (
        Evidence(source, role.label, "secret_id_ttl", str(role.secret_id_ttl), "above 0, or a number of uses"),
        Evidence(source, role.label, "secret_id_num_uses", str(role.secret_id_num_uses), "above 0, or an end"),
        Evidence(source, role.label, "bind_secret_id", str(role.bind_secret_id).lower(), "true"),
    )
    if not role.bind_secret_id:
        reason = f"{role.label} asks for no secret at all: whoever knows the role id signs in."
        return failed(role.label, reason, seen=seen, evidence=lines)
    if role.secret_id_ttl == 0 and role.secret_id_num_uses == 0:
        reason = f"The secrets of {role.label} never end: no lifetime and no number of uses."
        return failed(role.label, reason, seen=seen, evidence=lines)
    return None
