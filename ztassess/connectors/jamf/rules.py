"""Owns the check of computers: managed, encrypted, in contact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.devices import Device, Fact, Inventory, as_devices, flag_fact, judge_devices, seen_fact
from ztassess.connectors.jamf.snapshot import LISTED_NO, LISTED_YES, Computer, JamfSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Verdict

CHECKS: Checks[JamfSnapshot] = Checks("jamf")
SOURCE: Final = "GET computers-inventory"
ENCRYPTED: Final = frozenset({"ENCRYPTED", LISTED_YES})
ON_THE_WAY: Final = frozenset({"ENCRYPTING", "ENCRYPTING_PAUSED", "OPTIMIZING", "RESTART_NEEDED"})
BARE: Final = frozenset({"UNENCRYPTED", "DECRYPTED", "DECRYPTING", "DECRYPTING_PAUSED", "INELIGIBLE", LISTED_NO})


@CHECKS.check(
    "jamf.devices_healthy",
    title="Macs are managed and encrypted",
    verifies=(Verifies("device.managed-baseline", level=2), Verifies("device.inventory", level=2)),
    severity=Severity.HIGH,
    parts=("computers",),
)
def devices_healthy(snapshot: JamfSnapshot) -> Iterator[Verdict]:
    """A disk that is being encrypted is not encrypted; a state that says nothing is not checked."""
    yield from judge_devices(
        Inventory(
            scope=snapshot.server,
            source=SOURCE,
            devices=as_devices(snapshot.computers, lambda computer: _device(snapshot, computer)),
            noun="computer",
            good="managed, encrypted and were in contact within 30 days",
            people=snapshot.declared.people,
            aliases=snapshot.declared.aliases,
        )
    )


def _device(snapshot: JamfSnapshot, computer: Computer) -> Device:
    return Device(
        id=computer.id,
        name=computer.name,
        platform=computer.platform,
        owners=(computer.owner,) if "@" in computer.owner else (),
        facts=(
            flag_fact(
                "general.remoteManagement.managed",
                computer.managed,
                bad="it is not managed",
                unknown="whether it is managed",
            ),
            _file_vault(computer),
            seen_fact("general.lastContactTime", computer.contact, snapshot.taken_at),
        ),
        near_miss=f"Encrypting now ({_percent(computer)})." if computer.file_vault in ON_THE_WAY else "",
    )


def _file_vault(computer: Computer) -> Fact:
    field, state = "diskEncryption.bootPartitionEncryptionDetails.partitionFileVault2State", computer.file_vault
    if state in ENCRYPTED:
        return Fact(field, state, "ENCRYPTED", good=True, words="")
    if state in ON_THE_WAY:
        observed = f"{state} {_percent(computer)}"
        return Fact(field, observed, "ENCRYPTED", good=False, words=f"its disk is not encrypted yet ({observed})")
    if state in BARE:
        return Fact(field, state, "ENCRYPTED", good=False, words=f"its disk is not encrypted ({state})")
    return Fact(field, state or "absent", "ENCRYPTED", None, "whether its disk is encrypted")


def _percent(computer: Computer) -> str:
    return "percent not told" if computer.percent is None else f"{computer.percent} %"
