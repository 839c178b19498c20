"""Owns the checks of engines: secrets are issued, cloud credentials end, certificates are for named hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.vault.judging import CLOUD_ENGINES, DAY, DYNAMIC, HOUR, STORING, lifetime, of_types, paths
from ztassess.connectors.vault.snapshot import CertificateRole, CloudRole, Mount, VaultSnapshot
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

CHECKS: Checks[VaultSnapshot] = Checks("vault")
LONGEST_CERTIFICATE: Final = 90 * DAY
_MOUNTS: Final = "GET /v1/sys/mounts"
_STATIC_KEYS: Final = ("iam_user", "service_account_key")
_TEMPORARY: Final = ("assumed_role", "federation_token", "session_token", "access_token")


@CHECKS.check(
    "vault.dynamic_engine_in_use",
    title="Secrets are issued, not only stored",
    verifies=(Verifies("credentials.secrets-manager", level=2),),
    severity=Severity.HIGH,
    parts=("mounts", "engine_roles", "static_roles"),
)
def dynamic_engine_in_use(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """One role of one issuing engine proves the use; an engine without roles issues nothing."""
    if isinstance(snapshot.mounts, Unavailable):
        yield not_checked(snapshot.address, snapshot.mounts)
        return
    engines = of_types(snapshot.mounts, DYNAMIC)
    storing = of_types(snapshot.mounts, STORING)
    roles, static = rows_read(snapshot.engine_roles), rows_read(snapshot.static_roles)
    if roles:
        used = sorted({role.mount for role in roles})
        reason = (
            f"{count(len(roles), 'role')} of {names(used)} issue secrets when needed, in {len(used)} of "
            f"{count(len(engines), 'engine')} that can; {count(len(storing), 'key-value engine')} beside them."
        )
        line = Evidence(_MOUNTS, snapshot.address, "roles of issuing engines", str(len(roles)), "1 or more")
        yield passed(snapshot.address, reason, seen=len(engines), evidence=(line,))
    elif engines and isinstance(snapshot.engine_roles, Unavailable):
        yield not_checked(snapshot.address, snapshot.engine_roles, seen=len(engines))
    elif engines:
        near = f"A {engines[0].type} engine is mounted but has no role."
        if static:
            near = f"Only static roles: {names([role.label for role in static])} change the password of one account."
        yield _only_stored(snapshot, engines, f"{paths(engines)} can issue secrets but has no role.", near)
    elif storing:
        yield _only_stored(snapshot, storing, f"{paths(storing)} only stores secrets; none is issued.", "")
    else:
        yield not_applicable(snapshot.address, "No engine here stores or issues secrets.")


def _only_stored(snapshot: VaultSnapshot, mounts: tuple[Mount, ...], reason: str, near: str) -> Verdict:
    """Stored in a manager is level 1."""
    line = Evidence(_MOUNTS, snapshot.address, "types", names(sorted({m.type for m in mounts})), "a role that issues")
    return failed(snapshot.address, reason, seen=len(mounts), evidence=(line,), level=1, near_miss=near)


@CHECKS.check(
    "vault.cloud_roles_temporary",
    title="Cloud credentials are temporary",
    verifies=(Verifies("credentials.no-static-cloud-keys", level=2, supporting=True),),
    severity=Severity.HIGH,
    parts=("mounts", "cloud_roles", "static_roles"),
)
def cloud_roles_temporary(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """Tokens that end by themselves within an hour; keys of users and service accounts work until deleted."""
    mounts = {mount.path: mount for mount in rows_read(snapshot.mounts)}
    roles = rows_read(snapshot.cloud_roles)
    static = [role for role in rows_read(snapshot.static_roles) if role.engine == "aws"]
    seen = len(roles) + len(static)
    problems = [verdict for role in roles if (verdict := _cloud_problem(role, mounts.get(role.mount), seen))]
    for each in static:
        line = Evidence(f"LIST /v1/{each.mount}static-roles", each.label, "static role", each.name, "none")
        reason = f"{each.label} hands out the access key of one IAM user; it stays valid between rotations."
        problems.append(failed(each.label, reason, seen=seen, evidence=(line,)))
    engines = of_types(mounts.values(), CLOUD_ENGINES)
    yield from conclude(
        snapshot.address,
        problems,
        of=(snapshot.mounts, snapshot.cloud_roles, *_relevant_static(snapshot, engines)),
        seen=seen,
        good=f"{seen} of {count(seen, 'cloud role')} issue credentials that end within an hour.",
        nothing=f"No role of {paths(engines)} issues anything." if engines else "There is no cloud engine here.",
        near_miss=f"A {engines[0].type} engine is mounted but has no role." if engines and not seen else "",
    )


def _relevant_static(snapshot: VaultSnapshot, engines: tuple[Mount, ...]) -> tuple[Unavailable, ...]:
    """Static roles matter for AWS only; of databases they are another check's business."""
    missing = unread(snapshot.static_roles)
    return (missing,) if missing is not None and any(mount.type == "aws" for mount in engines) else ()


def _cloud_problem(role: CloudRole, mount: Mount | None, seen: int) -> Verdict | None:
    source = f"GET /v1/{role.mount}roles/{role.name}"
    keys = [kind for kind in role.credentials if kind in _STATIC_KEYS]
    observed = ", ".join(role.credentials) or "none"
    line = Evidence(source, role.label, "credential_type", observed, "a kind that ends by itself")
    if keys:
        what = "IAM users" if "iam_user" in keys else "keys of service accounts"
        near = f"{role.label} issues {what}."
        return failed(
            role.label, f"{near} Such keys work until they are deleted.", seen=seen, evidence=(line,), near_miss=near
        )
    if not role.credentials or any(kind not in _TEMPORARY for kind in role.credentials):
        reason = f"{role.label} issues {observed}; whether that ends by itself is not visible here."
        return not_checked(role.label, "unsupported", reason, seen=seen)
    if role.max_ttl is None:
        return None
    longest = role.max_ttl or (mount.max_seconds if mount else 0)
    if 0 < longest <= HOUR:
        return None
    stated = "set by nothing we could read" if not longest else f"up to {lifetime(longest)}"
    ttl = Evidence(source, role.label, "max_sts_ttl", str(role.max_ttl), f"1 to {HOUR}")
    reason = f"{role.label} issues temporary credentials, but {stated}; the limit is 1 h."
    return failed(role.label, reason, seen=seen, evidence=(line, ttl), level=1, near_miss=f"Temporary, but {stated}.")


@CHECKS.check(
    "vault.pki_names_restricted",
    title="Certificates are issued for named hosts",
    verifies=(Verifies("identity.workload-identity", level=2, supporting=True),),
    severity=Severity.MEDIUM,
    parts=("mounts", "certificate_roles"),
)
def pki_names_restricted(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """A role that signs any name, or for longer than 90 days, gives an identity to whoever may call it."""
    mounts = {mount.path: mount for mount in rows_read(snapshot.mounts)}
    roles = rows_read(snapshot.certificate_roles)
    problems = [
        verdict
        for role in roles
        if (verdict := _certificate_problem(snapshot, role, mounts.get(role.mount), len(roles)))
    ]
    engines = of_types(mounts.values(), ("pki",))
    yield from conclude(
        snapshot.address,
        problems,
        of=(snapshot.mounts, snapshot.certificate_roles),
        seen=len(roles),
        good=f"{len(roles)} of {count(len(roles), 'certificate role')} sign named hosts for at most 90 days.",
        nothing=f"{paths(engines)} has no role." if engines else "There is no certificate engine here.",
    )


def _certificate_problem(
    snapshot: VaultSnapshot, role: CertificateRole, mount: Mount | None, seen: int
) -> Verdict | None:
    longest = role.max_ttl or (mount.max_seconds if mount else 0)
    if role.not_after is not None:
        longest = max(0, int((role.not_after - snapshot.taken_at).total_seconds()))
    source = f"GET /v1/{role.mount}roles/{role.name}"
    lines = (
        Evidence(source, role.label, "allow_any_name", str(role.any_name).lower(), "false"),
        Evidence(source, role.label, "max_ttl", str(role.max_ttl), f"at most {LONGEST_CERTIFICATE}"),
    )
    if role.any_name:
        near = f"{role.label} may sign any name for {lifetime(longest)}."
        return failed(role.label, near, seen=seen, evidence=lines, near_miss=near)
    if longest > LONGEST_CERTIFICATE:
        reason = f"{role.label} signs certificates of up to {lifetime(longest)}; the limit is 90 days."
        return failed(role.label, reason, seen=seen, evidence=lines)
    return None
