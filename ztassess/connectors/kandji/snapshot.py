"""Owns what is known of one Kandji (Iru) tenant at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.contract import Declared
from ztassess.domain.findings import Part


@dataclass(frozen=True, slots=True)
class AppleDevice:
    """One device. None means that the tenant does not tell.

    Attributes:
        platform: ``Mac``, ``iPhone``, ``iPad``, ``AppleTV``, ``Windows`` or ``Android``.
        mdm: its enrollment is in force.
        missing: it is marked as missing.
        removed: it was removed from the tenant.
        checked_in: when it was last in contact.
        owner: address of its user, in lower case.
        encrypted: as a person's list says; the list of devices itself does not tell (see `FileVault`).
    """

    id: str
    name: str
    platform: str
    os_version: str = ""
    mdm: bool | None = None
    missing: bool | None = None
    removed: bool = False
    checked_in: datetime | None = None
    owner: str = ""
    encrypted: bool | None = None


@dataclass(frozen=True, slots=True)
class FileVault:
    """What the details of one Mac tell of its disk; None: nothing."""

    device: str
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class KandjiSnapshot:
    """One reading.

    Attributes:
        taken_at: timezone-aware UTC.
        tenant: name of the tenant.
        file_vault: of the Macs; asked one by one.
    """

    taken_at: datetime
    tenant: str
    declared: Declared
    devices: Part[AppleDevice]
    file_vault: Part[FileVault]
