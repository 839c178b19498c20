"""Owns what is known of one Fleet server at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.connectors.contract import Declared
from ztassess.domain.findings import Part

PHONES: Final = frozenset({"ios", "ipados", "android"})


@dataclass(frozen=True, slots=True)
class Host:
    """One host.

    Attributes:
        enrollment: ``On (automatic)``, ``Off``, ``Pending`` and the like; empty if Fleet does not tell.
        seen: when it was last in contact; None if Fleet does not tell.
        encrypted: its disk; None if the list does not tell (see `Encryption`).
        failing: how many policies it fails; None if Fleet does not tell.
        failed: names of policies that it fails.
        pending: how many policies have not run on it yet.
        policies: how many policies apply to it; None if Fleet does not tell.
        owners: addresses of its users, in lower case.
        claimed: it stands on a list that a person made.
    """

    id: str
    name: str
    platform: str
    os_version: str = ""
    enrollment: str = ""
    seen: datetime | None = None
    encrypted: bool | None = None
    failing: int | None = None
    failed: tuple[str, ...] = ()
    pending: int = 0
    policies: int | None = None
    owners: tuple[str, ...] = ()
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Encryption:
    """What the page of one host tells of its disk; None: nothing."""

    host: str
    encrypted: bool | None


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """One reading.

    Attributes:
        taken_at: timezone-aware UTC.
        server: host of the server.
        encryption: for the hosts whose list entry does not tell.
    """

    taken_at: datetime
    server: str
    declared: Declared
    hosts: Part[Host]
    encryption: Part[Encryption]
