"""Owns the checks of devices: everyone's is known, and each of them is approved, encrypted and fresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ztassess.connectors.google_workspace.judgment import emails, one_each, people
from ztassess.connectors.google_workspace.snapshot import Device, User, WorkspaceSnapshot
from ztassess.connectors.judging import conclude, count, excluded, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
FRESH = timedelta(days=30)
DEVICES, DEVICE_USERS = "GET v1/devices", "GET v1/devices/-/deviceUsers"
OUT_OF_USE = frozenset({"BLOCKED", "WIPING", "WIPED"})
UNKNOWN = frozenset({"", "MANAGEMENT_STATE_UNSPECIFIED"})
UNENCRYPTED = frozenset({"NOT_ENCRYPTED", "UNSUPPORTED_BY_DEVICE"})


@CHECKS.check(
    "google_workspace.devices_known",
    title="People's devices are known",
    verifies=(Verifies("device.inventory", level=2),),
    severity=Severity.MEDIUM,
    parts=("users", "device_users", "mobile_users", "chrome_users"),
)
def devices_known(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Each person has at least one device that reported within 30 days."""
    lists = (snapshot.device_users, snapshot.mobile_users, snapshot.chrome_users)
    known = {
        each.email
        for part in lists
        for each in rows_read(part)
        if each.last_sync and snapshot.taken_at - each.last_sync <= FRESH
    }
    ours, apart = people(snapshot)
    without = [user for user in ours if user.email not in known]
    whole = not any(isinstance(part, Unavailable) for part in lists)
    near = f"{count(len(without), 'person', 'people')} without a known device." if without else ""

    def verdict(user: User) -> Verdict:
        line = Evidence(DEVICE_USERS, user.email, "lastSyncTime", "no device of 30 days", "one device or more")
        share = f"{len(without)} of {count(len(ours), 'person', 'people')}"
        reason = f"{user.email} has no device that reported in 30 days, as {share}."
        return failed(user.email, reason, seen=len(ours), evidence=(line,), near_miss=near)

    # Who has no device in half of the lists may have one in the other half.
    yield from conclude(
        snapshot.domain,
        one_each(snapshot, without, verdict) if whole else [],
        of=(snapshot.users, *(lists if without else lists[:1])),
        seen=len(ours),
        good=f"{len(ours)} of {count(len(ours), 'person', 'people')} have a device that reported in 30 days."
        f"{excluded(emails(apart))}",
        nothing=f"There are no active accounts to judge.{excluded(emails(apart))}",
        evidence=(Evidence(DEVICE_USERS, snapshot.domain, "people without device", "0", "0"),),
        near_miss="" if without and whole else near,
    )


@CHECKS.check(
    "google_workspace.devices_healthy",
    title="Devices are approved and encrypted",
    verifies=(Verifies("device.managed-baseline", level=2),),
    severity=Severity.HIGH,
    parts=("devices", "device_users"),
)
def devices_healthy(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Blocked and wiped devices get no company data; they are counted and left out."""
    devices = rows_read(snapshot.devices)
    out = [device for device in devices if device.management in OUT_OF_USE]
    used = [device for device in devices if device.management not in OUT_OF_USE]
    owners = _owners(snapshot)
    bad = [(device, wrong) for device in used if (wrong := _wrong(snapshot, device))]
    silent = [(device, gap) for device in used if not _wrong(snapshot, device) and (gap := _silent(device))]
    unencrypted = [device for device, gap in silent if "encryption" in gap]
    near = f"{count(len(unencrypted), 'device does', 'devices do')} not report encryption." if unencrypted else ""
    left = f" {count(len(out), 'blocked or wiped device is', 'blocked or wiped devices are')} left out." if out else ""

    def broken(each: tuple[Device, list[tuple[str, str, str]]]) -> Verdict:
        device, wrong = each
        lines = tuple(Evidence(DEVICES, device.id, field, seen, expected) for field, seen, expected in wrong)
        what = ", ".join(f"{field} is {seen}" for field, seen, _ in wrong)
        reason = f"{_name(device, owners)}: {what}; {len(bad)} of {count(len(used), 'device')} in use."
        return failed(f"devices/{device.id}", reason, seen=len(used), evidence=lines, near_miss=near)

    def quiet(each: tuple[Device, str]) -> Verdict:
        device, gap = each
        reason = f"{_name(device, owners)} does not report {gap}."
        return not_checked(f"devices/{device.id}", "partial_data", reason, seen=len(used), near_miss=near)

    yield from conclude(
        snapshot.domain,
        [*one_each(snapshot, bad, broken), *one_each(snapshot, silent, quiet)],
        of=(snapshot.devices,),
        seen=len(used),
        good=f"{len(used)} of {count(len(used), 'device')} in use are approved, encrypted and fresh (30 days).{left}",
        nothing=f"No device in use is listed.{left}",
        evidence=(Evidence(DEVICES, snapshot.domain, "managementState, encryptionState", "all good", "all good"),),
    )


def _wrong(snapshot: WorkspaceSnapshot, device: Device) -> list[tuple[str, str, str]]:
    found = []
    if device.management not in UNKNOWN | {"APPROVED"}:
        found.append(("managementState", device.management, "APPROVED"))
    if device.encryption in UNENCRYPTED:
        found.append(("encryptionState", device.encryption, "ENCRYPTED"))
    if device.compromised == "COMPROMISED":
        found.append(("compromisedState", device.compromised, "UNCOMPROMISED"))
    if device.last_sync is not None and snapshot.taken_at - device.last_sync > FRESH:
        found.append(("lastSyncTime", f"{device.last_sync:%Y-%m-%d}", "30 days or less"))
    return found


def _silent(device: Device) -> str:
    gaps = [
        *(["its approval"] if device.management in UNKNOWN else []),
        *(["its encryption"] if device.encryption != "ENCRYPTED" else []),
        *(["when it last reported"] if device.last_sync is None else []),
    ]
    return names(gaps)


def _owners(snapshot: WorkspaceSnapshot) -> dict[str, str]:
    return {each.device: each.email for each in rows_read(snapshot.device_users) if each.device and each.email}


def _name(device: Device, owners: dict[str, str]) -> str:
    kind = device.label.replace("_", " ").lower().replace("mac os", "macOS").replace("ios", "iOS") or "device"
    owner = owners.get(device.id)
    return f"The {kind} device of {owner}" if owner else f"The {kind} device {device.id}"
