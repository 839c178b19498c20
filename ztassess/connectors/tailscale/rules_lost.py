"""Owns the check that lost devices are thrown out within an hour of the report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.tailscale.judging import CHANGES, DEVICES
from ztassess.connectors.tailscale.snapshot import Device, LostDevice, TailscaleSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_applicable, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
IN_TIME: Final = timedelta(hours=1)
# A device that was deleted, or whose key was ended, cannot connect any more.
_GONE: Final = frozenset({("DELETE", ""), ("EXPIRED", "KEY_EXPIRY_TIME")})


@CHECKS.check(
    "tailscale.lost_devices_gone",
    title="Reported devices are removed in time",
    verifies=(Verifies("device.lost-device", 2),),
    severity=Severity.MEDIUM,
    parts=("devices", "changes"),
)
def lost_devices_gone(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Each reported device was deleted, or its key ended, within an hour; when it went is in the audit log."""
    reports = snapshot.declared.lost
    if not reports:
        yield not_applicable(snapshot.tailnet, "No device was reported lost.")
        return
    judged = [_judge(snapshot, report, len(reports)) for report in reports]
    yield from conclude(
        snapshot.tailnet,
        [each for each in judged if isinstance(each, Verdict)],
        of=[snapshot.devices],
        seen=len(reports),
        good=f"{len(reports)} of {count(len(reports), 'lost device')} were out within an hour of the report.",
        nothing="No device was reported lost.",
        evidence=tuple(each for each in judged if isinstance(each, Evidence)),
        near_miss=" ".join(f"{each.observed}." for each in judged if isinstance(each, Evidence)),
    )


def _judge(snapshot: TailscaleSnapshot, report: LostDevice, of: int) -> Verdict | Evidence:
    """What is wrong, or why nobody can tell; the observed fact if the device was out in time."""
    if report.reported > snapshot.taken_at:
        reason = f"{report.device} is said to be reported after this reading."
        return not_checked(report.device, "input_missing", reason, seen=of)
    present = [each for each in rows_read(snapshot.devices) if not each.external and _is(each, report.device)]
    over = report.reported + IN_TIME
    open_ = [each for each in present if not _ended(each, min(over, snapshot.taken_at))]
    if open_:
        if snapshot.taken_at <= over:
            reason = f"{report.device} can still connect; the hour since its report is not over."
            return not_checked(report.device, "partial_data", reason, seen=of)
        return _still_there(report, open_, of)
    if present:
        ended = max(each.expires for each in present if each.expires is not None)
        minutes = _minutes(report, ended)
        return Evidence(DEVICES, report.device, "expires", f"Expired after {minutes} min", "at most 60 min")
    missing = unread(snapshot.devices)
    if missing is not None:
        return not_checked(report.device, missing, seen=of)
    return _by_log(snapshot, report, of)


def _is(device: Device, named: str) -> bool:
    wanted = named.lower()
    return wanted in (device.id.lower(), device.name, device.name.partition(".")[0], device.hostname.lower()) or (
        wanted in device.serials
    )


def _ended(device: Device, by: datetime) -> bool:
    """Its key had ended by then. A date means nothing where key expiry is off."""
    return device.key_expiry_disabled is False and device.expires is not None and device.expires <= by


def _still_there(report: LostDevice, open_: list[Device], of: int) -> Verdict:
    def state(device: Device) -> str:
        return f"expires {device.expires:%F %R}" if device.expires else "never expires"

    lines = tuple(
        Evidence(
            DEVICES, each.label, "keyExpiryDisabled, expires", f"{each.key_expiry_disabled}, {state(each)}", "gone"
        )
        for each in open_
    )
    reason = f"{report.device}, reported on {report.reported:%Y-%m-%d %H:%M} UTC, was not out within an hour: "
    reason += f"{names([each.label for each in open_])}; one of {count(of, 'lost device')}."
    return failed(report.device, reason, seen=of, evidence=lines)


def _by_log(snapshot: TailscaleSnapshot, report: LostDevice, of: int) -> Verdict | Evidence:
    """The device is not there any more; only the audit log knows since when, and that it ever was."""
    if isinstance(snapshot.changes, Unavailable):
        reason = f"{report.device} is not there any more, but nobody can tell since when: {snapshot.changes.detail}"
        return not_checked(report.device, snapshot.changes, reason, seen=of)
    gone: dict[str, datetime] = {}
    for each in snapshot.changes:
        name = each.target_name
        same = report.device.lower() in (each.target.lower(), name, name.partition(".")[0])
        if same and each.target_kind == "NODE" and (each.action, each.property) in _GONE:
            gone[each.target] = min(each.at, gone.get(each.target, each.at))
    if not gone:
        reason = f"{report.device} is not there, and the audit log of the last 90 days does not say since when."
        return not_checked(report.device, "partial_data", reason, seen=of)
    last = max(gone.values())
    minutes = _minutes(report, last)
    line = Evidence(CHANGES, report.device, "eventTime", f"Removed after {minutes} min", "at most 60 min")
    if last <= report.reported + IN_TIME:
        return line
    reason = f"{report.device} was removed {minutes} minutes after its report; one of {count(of, 'lost device')}."
    return failed(report.device, reason, seen=of, evidence=(line,), near_miss=f"Removed after {minutes} min.")


def _minutes(report: LostDevice, moment: datetime) -> int:
    """Whole minutes since the report, rounded up; 0 if it was out before."""
    return max(0, -int(-(moment - report.reported).total_seconds() // 60))
