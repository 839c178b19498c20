"""Owns the checks of devices: they sign in again, wait for approval, and belong to people we know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import NamedAccounts, conclude, count, excluded, input_missing, names, unread
from ztassess.connectors.tailscale.judging import (
    CHANGES,
    DEVICES,
    SETTINGS,
    first,
    left_out,
    lines_of,
    own_devices,
    people_devices,
)
from ztassess.connectors.tailscale.snapshot import Change, Device, TailscaleSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
GOOD_DAYS: Final = 90
MOST_DAYS: Final = 180
STALE: Final = timedelta(days=90)
LOCK: Final = "TKA"
_ON: Final = frozenset({"ENABLE", "CREATE"})
_OFF: Final = frozenset({"DISABLE", "DELETE"})


@CHECKS.check(
    "tailscale.user_key_expiry_on",
    title="User devices must sign in again",
    verifies=(
        Verifies("proxy.vpn-retired", 2, supporting=True),
        Verifies("device.inventory", 2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("devices", "settings"),
)
def user_key_expiry_on(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """No device of a person keeps its key for ever, and the tailnet's duration is at most 180 days."""
    devices = people_devices(snapshot)
    settings = first(snapshot.settings)
    days = settings.key_days if settings else None
    problems = [*_endless(devices), *_too_long(snapshot.tailnet, days, len(devices))]
    if days is None and not unread(snapshot.settings):
        reason = "Tailscale did not tell after how many days devices must sign in again (devicesKeyDurationDays)."
        problems.append(not_checked(snapshot.tailnet, "partial_data", reason, seen=len(devices)))
    note = f"{days} days between sign-ins." if days and days > GOOD_DAYS else ""
    yield from conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.devices, snapshot.settings],
        seen=len(devices),
        good=f"{len(devices)} of {count(len(devices), 'device')} of people must sign in again, after at most "
        f"{days} days.{left_out(snapshot)}",
        nothing=f"No device belongs to a person.{left_out(snapshot)}",
        evidence=(Evidence(SETTINGS, snapshot.tailnet, "devicesKeyDurationDays", str(days), f"at most {GOOD_DAYS}"),),
        near_miss=note,
    )


def _endless(devices: tuple[Device, ...]) -> Iterator[Verdict]:
    endless = [each for each in devices if each.key_expiry_disabled or each.never_expires]
    if endless:
        expected = "false, and a date"
        lines = [
            Evidence(
                DEVICES,
                each.label,
                "keyExpiryDisabled" if each.key_expiry_disabled else "expires",
                "true" if each.key_expiry_disabled else "0001-01-01",
                expected,
            )
            for each in endless
        ]
        whose = names([f"{each.label} ({each.user or 'no owner'})" for each in endless])
        reason = f"{len(endless)} of {count(len(devices), 'device')} of people never have to sign in again: {whose}."
        yield failed("devices without key expiry", reason, seen=len(devices), evidence=lines_of(lines))
    unsaid = [each.label for each in devices if each.key_expiry_disabled is None]
    if unsaid:
        reason = f"Tailscale did not tell whether the keys of {names(unsaid)} expire."
        yield not_checked("devices of unknown key expiry", "partial_data", reason, seen=len(devices))


def _too_long(tailnet: str, days: int | None, devices: int) -> Iterator[Verdict]:
    if days is None or 0 < days <= MOST_DAYS:
        return
    line = Evidence(SETTINGS, tailnet, "devicesKeyDurationDays", str(days), f"at most {GOOD_DAYS}")
    reason = f"Devices must sign in again only after {days} days." if days > 0 else "Keys of devices have no duration."
    yield failed(tailnet, reason, seen=max(1, devices), evidence=(line,), near_miss=f"{days} days between sign-ins.")


@CHECKS.check(
    "tailscale.device_approval_on",
    title="New devices wait for approval",
    verifies=(Verifies("device.inventory", 2),),
    severity=Severity.MEDIUM,
    parts=("settings", "devices", "changes"),
)
def device_approval_on(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Device approval is on, or tailnet lock is on and every device is signed."""
    settings = first(snapshot.settings)
    if settings is None:
        yield not_checked(snapshot.tailnet, unread(snapshot.settings) or "partial_data")
        return
    if settings.devices_approval is None:
        reason = "Tailscale did not show whether devices wait for approval (devicesApprovalOn)."
        yield not_checked(snapshot.tailnet, "partial_data", reason)
        return
    line = Evidence(SETTINGS, snapshot.tailnet, "devicesApprovalOn", str(settings.devices_approval).lower(), "true")
    if settings.devices_approval:
        good = "New devices wait for an administrator's approval."
        yield from conclude(snapshot.tailnet, [], of=(), seen=1, good=good, nothing="", evidence=(line,))
        return
    yield from _by_lock(snapshot, line, users_approved=bool(settings.users_approval))


def _by_lock(snapshot: TailscaleSnapshot, line: Evidence, *, users_approved: bool) -> Iterator[Verdict]:
    """Tailnet lock is seen by its line in the audit log, or by a device that fails it; an empty error says nothing."""
    devices = own_devices(snapshot)
    unsigned = [each.label for each in devices if each.lock_error]
    if unsigned:
        reason = f"Approval is off. Tailnet lock is on, but {len(unsigned)} of {count(len(devices), 'device')} "
        reason += f"have an error in their signature: {names(unsigned)}."
        yield not_checked(snapshot.tailnet, "partial_data", reason, seen=len(devices))
        return
    switched = _switched(snapshot)
    if switched is not None and switched.action in _ON:
        lock = Evidence(CHANGES, snapshot.tailnet, f"TAILNET.{switched.action}.{LOCK}", f"{switched.at:%F}", "on")
        yield from conclude(
            snapshot.tailnet,
            [],
            of=[snapshot.devices],
            seen=len(devices),
            good=f"Tailnet lock is on, and {len(devices)} of {count(len(devices), 'device')} are signed.",
            nothing="The tailnet has no device.",
            evidence=(line, lock),
        )
        return
    near = "Users are approved, devices are not." if users_approved else ""
    reason = "Whoever signs in adds a device at once: device approval is off. Tailnet lock is not seen either: "
    reason += "Tailscale tells it only by a device that fails it, or by a line of the audit log's last 90 days."
    yield failed(snapshot.tailnet, reason, seen=max(1, len(devices)), evidence=(line,), near_miss=near)


def _switched(snapshot: TailscaleSnapshot) -> Change | None:
    """How tailnet lock was switched last, as far as the audit log reaches; of a log in part, nobody can tell."""
    changes = () if isinstance(snapshot.changes, Unavailable) else snapshot.changes
    found = [
        each
        for each in changes
        if each.target_kind == "TAILNET" and each.property == LOCK and each.action in _ON | _OFF
    ]
    return max(found, key=lambda each: each.at, default=None)


@CHECKS.check(
    "tailscale.devices_known",
    title="Devices belong to known people",
    verifies=(Verifies("device.inventory", 2), Verifies("proxy.inventory", 1)),
    severity=Severity.MEDIUM,
    parts=("devices",),
)
def devices_known(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Each device without a tag belongs to somebody on the list of people, and was seen within 90 days."""
    devices = people_devices(snapshot)
    spared = NamedAccounts.of(snapshot.declared.break_glass)
    emergency = [each for each in devices if each.user in spared]
    judged = [each for each in devices if each not in emergency]
    problems = [*_stale(snapshot, devices)]
    if snapshot.declared.people is None:
        problems.append(input_missing(snapshot.tailnet, "the people who work here"))
    else:
        problems += _strangers(snapshot, judged, snapshot.declared.people)
    yield from conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.devices],
        seen=len(devices),
        good=f"{len(judged)} of {count(len(judged), 'device')} belong to people on your list and were seen within "
        f"90 days.{excluded(sorted({each.user for each in emergency}))}{left_out(snapshot)}",
        nothing=f"No device belongs to a person.{left_out(snapshot)}",
        evidence=(Evidence(DEVICES, snapshot.tailnet, "user, lastSeen", f"{len(judged)} known and in use", "all"),),
    )


def _strangers(snapshot: TailscaleSnapshot, judged: list[Device], people: tuple[str, ...]) -> Iterator[Verdict]:
    known = {each.strip().casefold() for each in people}
    known |= {name.casefold() for name, address in snapshot.declared.aliases if address.casefold() in known}
    strange = [each for each in judged if each.user.casefold() not in known]
    if not strange:
        return
    lines = [Evidence(DEVICES, each.label, "user", each.user or "none", "on the list of people") for each in strange]
    whose = names([f"{each.label} ({each.user or 'no owner'})" for each in strange])
    reason = f"{len(strange)} of {count(len(judged), 'device')} belong to nobody on your list: {whose}."
    yield failed("devices of strangers", reason, seen=len(judged), evidence=lines_of(lines))


def _stale(snapshot: TailscaleSnapshot, devices: tuple[Device, ...]) -> Iterator[Verdict]:
    """Not connected, and last seen too long ago or never; a connected device has no ``lastSeen``."""
    away = [each for each in devices if not each.connected]
    old = [each for each in away if each.last_seen is not None and snapshot.taken_at - each.last_seen > STALE]
    old += [each for each in away if each.last_seen is None and each.connected is False]
    if old:
        lines = [
            Evidence(DEVICES, each.label, "lastSeen", f"{each.last_seen:%F}" if each.last_seen else "never", "90 days")
            for each in old
        ]
        near = f"{count(len(old), 'device')} unseen for 90 days."
        reason = f"{len(old)} of {count(len(devices), 'device')} of people were not seen for 90 days: "
        reason += f"{names([each.label for each in old])}."
        yield failed("stale devices", reason, seen=len(devices), evidence=lines_of(lines), near_miss=near)
    unsaid = [each.label for each in away if each.last_seen is None and each.connected is None]
    if unsaid:
        reason = f"Tailscale did not tell when {names(unsaid)} were last seen."
        yield not_checked("devices not dated", "partial_data", reason, seen=len(devices))
