"""Owns the check of systems: in contact and encrypted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ztassess.connectors.devices import FRESH, Device, Fact, Inventory, as_devices, flag_fact, judge_devices, seen_fact
from ztassess.connectors.judging import count, rows_read
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot, System
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Verdict

CHECKS: Checks[JumpCloudSnapshot] = Checks("jumpcloud")
SOURCE: Final = "GET /api/systems"
PHONES: Final = frozenset({"ios", "ipados", "android", "tvos"})


@CHECKS.check(
    "jumpcloud.devices_healthy",
    title="Systems are in contact and encrypted",
    verifies=(Verifies("device.managed-baseline", level=2), Verifies("device.inventory", level=2)),
    severity=Severity.MEDIUM,
    parts=("systems", "users"),
)
def devices_healthy(snapshot: JumpCloudSnapshot) -> Iterator[Verdict]:
    """A listed system has the agent, so it is managed; users are read only to name its owner."""
    systems = rows_read(snapshot.systems)
    owners = {user.id: user.email for user in rows_read(snapshot.users) if user.email}
    silent = sum(1 for system in systems if system.contact and snapshot.taken_at - system.contact > FRESH)
    near = f"{count(silent, 'system is', 'systems are')} silent." if silent else ""
    yield from judge_devices(
        Inventory(
            scope=snapshot.organization,
            source=SOURCE,
            devices=as_devices(snapshot.systems, lambda system: _device(snapshot, system, owners, near)),
            noun="system",
            good="encrypted and were in contact within 30 days",
            people=snapshot.declared.people,
            aliases=snapshot.declared.aliases,
        )
    )


def _device(snapshot: JumpCloudSnapshot, system: System, owners: Mapping[str, str], near: str) -> Device:
    phone = system.platform.lower() in PHONES
    owner = system.owner if system.claimed else owners.get(system.owner, "")
    contact = seen_fact("lastContact", system.contact, snapshot.taken_at)
    disk = flag_fact(
        "fde.active", system.encrypted, bad="its disk is not encrypted", unknown="whether its disk is encrypted"
    )
    return Device(
        id=system.id,
        name=system.name,
        platform=system.platform,
        owners=(owner,) if owner else (),
        facts=(*((_CLAIMED,) if system.claimed else ()), *(() if phone else (disk,)), contact),
        partly="encryption" if phone else "",
        near_miss=near,
    )


_CLAIMED: Final = Fact("agent", "absent", "listed by JumpCloud", None, "whether it is managed")
