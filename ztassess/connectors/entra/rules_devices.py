"""Owns the checks of devices: known, healthy, demanded at sign-in; and of sign-in risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from ztassess.connectors.entra.conditional_access import blocks, coverage, demands_mfa
from ztassess.connectors.entra.enforcement import SOURCE, device_for_everyone, evidence_of, left_out, states
from ztassess.connectors.entra.proving import each_of, one_enough
from ztassess.connectors.entra.snapshot import INTUNE_PLANS, P2, EntraSnapshot, break_glass, has_plan, labels, people
from ztassess.connectors.entra.snapshot_devices import Device
from ztassess.connectors.entra.snapshot_policies import Policy
from ztassess.connectors.judging import conclude, count, excluded, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Outcome,
    Part,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_checked,
)

CHECKS: Checks[EntraSnapshot] = Checks("entra")
DEVICES: Final = "GET /deviceManagement/managedDevices"
FRESH: Final = timedelta(days=30)
RISKS: Final = ("high", "medium")
TRUSTED: Final = "AllTrusted"
NO_INTUNE: Final = Unavailable("missing_license", detail="No Intune license in this tenant.")
NO_P2: Final = Unavailable(
    "missing_license",
    detail="Sign-in risk needs Entra ID P2, which your tenant does not have. Not checked: this is not a failure.",
)


def _devices(snapshot: EntraSnapshot) -> Part[Device]:
    """The devices, or that there is no license to know any: an empty list says nothing then."""
    if unread(snapshot.devices) or rows_read(snapshot.devices):
        return snapshot.devices
    licensed = has_plan(snapshot, *INTUNE_PLANS)
    if isinstance(licensed, Unavailable):
        return replace(licensed, read=())  # what was read of it are licenses, not devices
    return snapshot.devices if licensed else NO_INTUNE


def _fresh(snapshot: EntraSnapshot, device: Device) -> bool:
    return device.synced is not None and snapshot.taken_at - device.synced <= FRESH


@CHECKS.check(
    "entra.devices_known",
    title="Devices that belong to people are known",
    verifies=(Verifies("device.inventory", level=2),),
    severity=Severity.MEDIUM,
    parts=("devices", "users", "licenses"),
)
def devices_known(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Every person has at least one device that spoke to Intune within 30 days."""
    devices = _devices(snapshot)
    fresh = [each for each in rows_read(devices) if _fresh(snapshot, each)]
    ids, upns = {each.user_id for each in fresh}, {each.upn.casefold() for each in fresh if each.upn}
    members, emergency = people(snapshot)
    without = [user.upn for user in members if user.id not in ids and user.upn.casefold() not in upns]
    near = f"{len(without)} people sign in without a known device." if without else ""
    line = Evidence(
        DEVICES, snapshot.scope, "people with a device", f"{len(members) - len(without)} of {len(members)}", "all"
    )
    left = excluded([user.upn for user in emergency])
    problems = []
    if without and unread(devices) is None:
        reason = f"{len(without)} of {count(len(members), 'person', 'people')} have no device that was seen in the "
        reason += f"last 30 days: {names(without)}.{left}"
        lines = each_of(without, "no device", line)
        problems.append(failed(snapshot.scope, reason, seen=len(members), evidence=lines, near_miss=near))
    yield from conclude(
        snapshot.scope,
        problems,
        of=(devices, snapshot.users),
        seen=len(members),
        good=f"All {count(len(members), 'person', 'people')} have a known device, of {len(rows_read(devices))} managed."
        f"{left}",
        nothing="The tenant has no enabled members.",
        evidence=(line,),
    )


@CHECKS.check(
    "entra.devices_healthy",
    title="Devices meet the baseline",
    verifies=(Verifies("device.managed-baseline", level=2),),
    severity=Severity.HIGH,
    parts=("devices", "device_settings", "compliance_policies", "licenses"),
)
def devices_healthy(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Compliant, encrypted and recently seen; and `compliant` means something, for a policy is assigned."""
    devices = _devices(snapshot)
    rows = rows_read(devices)
    of: list[Part[Any]] = [devices]
    problems: list[Verdict] = []
    if rows or unread(devices):
        of += [snapshot.device_settings, snapshot.compliance_policies]
        problems += _meaning(snapshot, rows)
    for device in rows:
        problems += _device(snapshot, device, len(rows))
    line = Evidence(DEVICES, snapshot.scope, "complianceState", f"{len(rows)} compliant", "all compliant")
    yield from conclude(
        snapshot.scope,
        problems,
        of=of,
        seen=len(rows),
        good=f"All {count(len(rows), 'device')} are compliant with an assigned policy, encrypted and seen in 30 days.",
        nothing="Intune manages no devices.",
        evidence=(line,),
    )


def _meaning(snapshot: EntraSnapshot, rows: tuple[Device, ...]) -> list[Verdict]:
    """Whether ``compliant`` proves anything in this tenant."""
    found: list[Verdict] = []
    compliant = sum(each.compliance == "compliant" for each in rows)
    near = f"{compliant} devices are 'compliant' only because no policy is assigned."
    settings = next(iter(rows_read(snapshot.device_settings)), None)
    if settings is not None and settings.secure_by_default is False:
        line = Evidence("GET /deviceManagement", snapshot.scope, "settings.secureByDefault", "false", "true")
        reason = "Devices without a compliance policy count as compliant (secureByDefault is off)."
        found.append(
            failed(f"{snapshot.scope}/settings", reason, seen=max(1, len(rows)), evidence=(line,), near_miss=near)
        )
    told = settings is not None and settings.secure_by_default is not None
    if not told and unread(snapshot.device_settings) is None:
        reason = "Intune did not say whether devices without a policy count as compliant."
        found.append(not_checked(f"{snapshot.scope}/settings", "partial_data", reason, seen=len(rows)))
    policies = rows_read(snapshot.compliance_policies)
    if unread(snapshot.compliance_policies) is None and not any(each.assignments for each in policies):
        if any(each.assignments is None for each in policies):
            reason = "Intune did not say to whom its compliance policies are assigned."
            found.append(not_checked(f"{snapshot.scope}/policies", "partial_data", reason, seen=len(rows)))
        else:
            source = "GET /deviceManagement/deviceCompliancePolicies"
            line = Evidence(source, snapshot.scope, "assignments", f"0 of {len(policies)} assigned", "at least 1")
            reason = f"No compliance policy is assigned to anyone, of {count(len(policies), 'policy', 'policies')}."
            resource = f"{snapshot.scope}/policies"
            found.append(failed(resource, reason, seen=max(1, len(rows)), evidence=(line,), near_miss=near))
    return found


def _device(snapshot: EntraSnapshot, device: Device, seen: int) -> Iterator[Verdict]:
    name = device.name or device.id
    owner = f" of {device.upn}" if device.upn else ""
    wrong: list[tuple[str, str, str, str]] = []
    if device.compliance is not None and device.compliance != "compliant":
        wrong.append(("complianceState", device.compliance, "compliant", f"is {device.compliance}"))
    if device.encrypted is False:
        wrong.append(("isEncrypted", "false", "true", "is not encrypted"))
    if device.synced is not None and not _fresh(snapshot, device):
        wrong.append(("lastSyncDateTime", f"{device.synced:%Y-%m-%d}", "30 days or newer", "was not seen for 30 days"))
    if wrong:
        lines = tuple(Evidence(DEVICES, name, field, value, expected) for field, value, expected, _ in wrong)
        reason = f"{name}{owner} {' and '.join(each[3] for each in wrong)}, as one of {count(seen, 'device')}."
        yield failed(device.id, reason, seen=seen, evidence=lines)
    silent = [
        field
        for field, value in (
            ("complianceState", device.compliance),
            ("isEncrypted", device.encrypted),
            ("lastSyncDateTime", device.synced),
        )
        if value is None
    ]
    if silent and not wrong:
        yield not_checked(device.id, "partial_data", f"Intune did not say {names(silent)} of {name}{owner}.", seen=seen)


@CHECKS.check(
    "entra.compliant_device_required",
    title="Access demands a managed device",
    verifies=(
        Verifies("device.posture-gate", level=2),
        Verifies("device.managed-baseline", level=2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("policies", "devices", "device_settings", "compliance_policies"),
)
def compliant_device_required(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """A policy for everyone demands it, and `compliant` is not known to be empty."""
    found = device_for_everyone(snapshot)
    unhealthy = any(each.outcome is Outcome.FAIL for each in devices_healthy(snapshot))
    shown = found.policies or ((found.best,) if found.best else ())
    bad = f"None of {states(snapshot)} demands a compliant device of everyone at every app."
    near = " ".join(found.gaps)
    if found.policies and unhealthy:
        bad = "A compliant device is demanded, but devices fail the baseline that would make that mean something."
        near = bad
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.policies,),
        proved=bool(found.policies) and not unhealthy,
        good=f"{names([each.name for each in found.policies])}: a compliant device is demanded of everyone."
        f"{left_out(snapshot, found.policies)}",
        bad=bad,
        seen=len(rows_read(snapshot.policies)),
        evidence=evidence_of(shown, "compliantDevice alone or with AND"),
        near_miss="" if near == bad else near,
    )


@CHECKS.check(
    "entra.sign_in_risk_used",
    title="Risky sign-ins are challenged",
    verifies=(Verifies("device.context-signals", level=2),),
    severity=Severity.MEDIUM,
    parts=("policies", "named_locations", "licenses"),
)
def sign_in_risk_used(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """High and medium risk are challenged for all users. Skipping trusted places alone is less than that."""
    licensed = has_plan(snapshot, P2)
    policies = rows_read(snapshot.policies)
    handled = [level for level in RISKS if any(_reacts(snapshot, each, level) for each in policies)]
    related = [each for each in policies if each.sign_in_risk]
    if isinstance(licensed, Unavailable) or not licensed:
        yield not_checked(snapshot.scope, licensed if isinstance(licensed, Unavailable) else NO_P2, seen=len(policies))
        return
    near = f"Only '{handled[0]}' risk is handled." if len(handled) == 1 else ""
    if not handled:
        near = " ".join(f"'{each.name}' is report-only." for each in related if each.state.startswith("enabledFor"))
    trusting = [each.name for each in policies if _trusts_places(snapshot, each)]
    if trusting and len(handled) < len(RISKS):
        near = f"{near} {names(trusting)} only skip trusted places.".strip()
    lines = tuple(
        Evidence(SOURCE, each.id, "signInRiskLevels", f"{each.state}; {','.join(each.sign_in_risk)}", "high, medium")
        for each in related
    )
    none = Evidence(SOURCE, snapshot.scope, "policies with signInRiskLevels", "0", "at least 1")
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.policies,),
        proved=len(handled) == len(RISKS),
        good=f"Sign-ins of high and medium risk are challenged or blocked for everyone.{left_out(snapshot, related)}",
        bad=f"Of {states(snapshot)}, none challenges sign-ins of high and medium risk for everyone.",
        seen=len(policies),
        evidence=lines or (none,),
        level=1 if trusting and len(handled) < len(RISKS) else None,
        near_miss=near,
    )


def _reacts(snapshot: EntraSnapshot, policy: Policy, level: str) -> bool:
    """It challenges or blocks this risk for everyone, with no other condition."""
    if policy.grant is None or level not in policy.sign_in_risk:
        return False
    if not (demands_mfa(policy.grant) or blocks(policy.grant)):
        return False
    return _everyone_but_for(snapshot, policy, "signInRiskLevels")


def _trusts_places(snapshot: EntraSnapshot, policy: Policy) -> bool:
    """It demands MFA of everyone except from trusted places."""
    if policy.grant is None or not demands_mfa(policy.grant) or not policy.excluded_locations:
        return False
    trusted = {TRUSTED, *(each.id for each in rows_read(snapshot.named_locations) if each.trusted)}
    return set(policy.excluded_locations) <= trusted and _everyone_but_for(snapshot, policy, "locations")


def _everyone_but_for(snapshot: EntraSnapshot, policy: Policy, allowed: str) -> bool:
    """It covers everyone at every app if this one condition is set aside."""
    conditions = tuple(each for each in policy.conditions if each.field != allowed)
    aside = replace(policy, conditions=conditions)
    others = [each for each in rows_read(snapshot.policies) if each.id != policy.id]
    found = coverage(
        [*others, aside],
        lambda each: each is aside,
        break_glass(snapshot),
        related=lambda _: False,
        lacks=lambda _: "",
        labels=labels(snapshot),
    )
    return bool(found.policies)
