"""Owns the checks of access to Vault itself: use is recorded, sign-in is by identity, no policy grants everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.vault.snapshot import Policy, SignIn, VaultSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
)

CHECKS: Checks[VaultSnapshot] = Checks("vault")
_IDENTITY: Final = ("oidc", "jwt", "kubernetes", "aws", "gcp", "azure", "cert", "approle")
_PASSWORDS: Final = ("userpass", "token")
_ROLES_KNOWN: Final = ("oidc", "jwt", "kubernetes", "approle")
_EVERYTHING: Final = re.compile(r"(\+/)*(\*|\+\*?)")
_DANGEROUS: Final = frozenset({"create", "update", "patch", "delete", "sudo"})


@CHECKS.check(
    "vault.audit_device_enabled",
    title="Use is recorded",
    verifies=(
        Verifies("credentials.secrets-manager", level=2),
        Verifies("identity.logging", level=1, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("audit_devices",),
)
def audit_device_enabled(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """A device that writes to nowhere records nothing."""
    devices = snapshot.audit_devices
    if isinstance(devices, Unavailable):
        yield not_checked(snapshot.address, devices)
        return
    kept = [device for device in devices if not device.discards]
    lines = tuple(Evidence("GET /v1/sys/audit", device.path, "type", device.type, "a device") for device in devices)
    if not kept:
        lost = names([device.path for device in devices])
        reason = f"{lost} writes to nowhere; nothing is recorded." if devices else "No audit device is enabled."
        none = (Evidence("GET /v1/sys/audit", snapshot.address, "devices", "0", "1 or more"),)
        yield failed(snapshot.address, reason, seen=max(1, len(devices)), evidence=lines or none)
        return
    raw = [device.path for device in kept if device.raw]
    note = f" {names(raw)} writes secrets in clear text (log_raw)." if raw else ""
    reason = f"{count(len(kept), 'audit device')} of {len(devices)} record every request.{note}"
    near = "One device: if it blocks, Vault stops." if len(kept) == 1 else ""
    yield from conclude(
        snapshot.address, (), of=(), seen=len(devices), good=reason, nothing="", evidence=lines, near_miss=near
    )


@CHECKS.check(
    "vault.strong_sign_in_methods",
    title="People and machines sign in by identity",
    verifies=(Verifies("identity.workload-identity", level=2, supporting=True),),
    severity=Severity.MEDIUM,
    parts=("sign_ins", "sign_in_roles"),
)
def strong_sign_in_methods(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """A method without a role lets nobody in, so it does not count."""
    methods = snapshot.sign_ins
    if isinstance(methods, Unavailable):
        yield not_checked(snapshot.address, methods)
        return
    empty = _without_roles(snapshot, methods)
    strong = [method for method in methods if method.type in _IDENTITY and method not in empty]
    others = [method for method in methods if method.type not in (*_IDENTITY, *_PASSWORDS)]
    listed = names([f"{method.path} ({method.type})" for method in methods])
    lines = tuple(Evidence("GET /v1/sys/auth", each.path, "type", each.type, "by identity") for each in methods)
    near = f"The {empty[0].type} method is enabled but has no role." if empty else ""
    if strong:
        weak = any(method.type == "userpass" for method in methods)
        shown = ", ".join(sorted({"OIDC" if method.type == "oidc" else method.type for method in strong}))
        near = f"userpass is still enabled next to {shown}." if weak else near
        reason = f"{len(strong)} of {count(len(methods), 'sign-in method')} go by identity: {shown}."
        yield from conclude(
            snapshot.address, (), of=(), seen=len(methods), good=reason, nothing="", evidence=lines, near_miss=near
        )
    elif others:
        reason = f"{names([method.path for method in others])}: methods of this type are not judged here."
        yield not_checked(snapshot.address, "unsupported", reason, seen=len(methods), near_miss=near)
    elif methods:
        reason = f"Only passwords and tokens sign in: {listed}."
        yield failed(snapshot.address, reason, seen=len(methods), evidence=lines, near_miss=near)
    else:
        yield not_applicable(snapshot.address, "No sign-in method was listed, not even tokens.")


def _without_roles(snapshot: VaultSnapshot, methods: tuple[SignIn, ...]) -> list[SignIn]:
    """Methods of which it is known that they have no role."""
    if isinstance(snapshot.sign_in_roles, Unavailable):
        return []
    used = {role.mount for role in snapshot.sign_in_roles}
    return [method for method in methods if method.type in _ROLES_KNOWN and method.path not in used]


@CHECKS.check(
    "vault.policies_narrow",
    title="No policy grants everything",
    verifies=(Verifies("credentials.secrets-manager", level=2),),
    severity=Severity.HIGH,
    parts=("policies", "sign_in_roles"),
)
def policies_narrow(snapshot: VaultSnapshot) -> Iterator[Verdict]:
    """A policy hurts where it is attached; attachments of tokens, users and groups are not visible to us."""
    policies = rows_read(snapshot.policies)
    broad = [policy for policy in policies if _grants(policy, _DANGEROUS)]
    roles = rows_read(snapshot.sign_in_roles)
    problems: list[Verdict] = []
    for policy in broad:
        holders = [role.label for role in roles if policy.name in role.policies]
        problems.append(_broad(policy, holders, len(policies), unread(snapshot.sign_in_roles)))
    readers = [policy.name for policy in policies if policy not in broad and _grants(policy, frozenset({"read"}))]
    yield from conclude(
        snapshot.address,
        problems,
        of=(snapshot.policies,),
        seen=len(policies),
        good=f"None of {count(len(policies), 'policy', 'policies')} grants writing or sudo everywhere.",
        nothing="There is no policy besides root.",
        near_miss=" ".join(f"Policy {name} reads every secret." for name in readers[:3]),
    )


def _broad(policy: Policy, holders: list[str], seen: int, missing: Unavailable | None) -> Verdict:
    rule = _grants(policy, _DANGEROUS)
    assert rule is not None  # noqa: S101  the caller chose it by this
    path, capabilities = rule
    source = f"GET /v1/sys/policies/acl/{policy.name}"
    line = Evidence(source, policy.name, path, ", ".join(capabilities), "no writing, no sudo")
    if holders:
        reason = (
            f'Policy {policy.name} grants {", ".join(capabilities)} on "{path}" and is attached to {names(holders)}.'
        )
        return failed(policy.name, reason, seen=seen, evidence=(line,))
    why = " Some roles could not be read." if missing is not None else ""
    reason = (
        f'Policy {policy.name} grants {", ".join(capabilities)} on "{path}"; no role that was read attaches it, but '
        f"tokens, users and groups that may are not visible.{why}"
    )
    return not_checked(policy.name, missing.reason if missing else "unsupported", reason, seen=seen)


def _grants(policy: Policy, wanted: frozenset[str]) -> tuple[str, tuple[str, ...]] | None:
    """The first rule on everything that allows one of these, with all that it allows."""
    for rule in policy.rules:
        if _EVERYTHING.fullmatch(rule.path) and wanted & set(rule.capabilities):
            return rule.path, rule.capabilities
    return None
