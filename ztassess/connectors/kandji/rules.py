"""Owns the check of devices: enrolled, not missing, in contact, FileVault on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.devices import Device, Fact, Inventory, as_devices, flag_fact, judge_devices, seen_fact
from ztassess.connectors.judging import rows_read
from ztassess.connectors.kandji.snapshot import AppleDevice, KandjiSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, Verdict

CHECKS: Checks[KandjiSnapshot] = Checks("kandji")
SOURCE: Final = "GET /api/v1/devices"
# Whether these are encrypted hangs on their passcode, which neither the list nor the details tell.
PHONES: Final = frozenset({"iPhone", "iPad", "AppleTV", "Android"})


@CHECKS.check(
    "kandji.devices_healthy",
    title="Macs check in and are encrypted",
    verifies=(Verifies("device.managed-baseline", level=2), Verifies("device.inventory", level=2)),
    severity=Severity.HIGH,
    parts=("devices", "file_vault"),
)
def devices_healthy(snapshot: KandjiSnapshot) -> Iterator[Verdict]:
    """A device of which FileVault is not told is not encrypted for all we know."""
    disks = {each.device: each.enabled for each in rows_read(snapshot.file_vault)}
    yield from judge_devices(
        Inventory(
            scope=snapshot.tenant,
            source=SOURCE,
            devices=as_devices(
                snapshot.devices, lambda device: _device(snapshot, device, disks.get(device.id, device.encrypted))
            ),
            noun="device",
            good="enrolled, encrypted and checked in within 30 days",
            people=snapshot.declared.people,
            aliases=snapshot.declared.aliases,
        )
    )


def _device(snapshot: KandjiSnapshot, device: AppleDevice, encrypted: bool | None) -> Device:
    phone = device.platform in PHONES
    return Device(
        id=device.id,
        name=device.name,
        platform=device.platform,
        owners=(device.owner,) if device.owner else (),
        facts=(
            flag_fact("mdm_enabled", device.mdm, bad="it is not enrolled", unknown="whether it is enrolled"),
            flag_fact(
                "is_missing",
                device.missing,
                bad="it is marked as missing",
                unknown="whether it is missing",
                expected=False,
            ),
            seen_fact("last_check_in", device.checked_in, snapshot.taken_at),
            *(() if phone else (_encrypted(encrypted),)),
        ),
        partly="encryption" if phone else "",
        retired="removed" if device.removed else "",
        near_miss=_near_miss(snapshot) if encrypted is None and not phone else "",
    )


def _encrypted(encrypted: bool | None) -> Fact:
    return flag_fact(
        "filevault.filevault_enabled",
        encrypted,
        bad="FileVault is off",
        unknown="whether its disk is encrypted",
    )


def _near_miss(snapshot: KandjiSnapshot) -> str:
    missing = snapshot.file_vault
    if not isinstance(missing, Unavailable):
        return ""
    why = f"permission '{missing.missing_scope}'" if missing.missing_scope else missing.detail.rstrip(".")
    return f"FileVault could not be read: {why or missing.reason}."
