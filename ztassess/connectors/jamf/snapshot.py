"""Owns what is known of one Jamf Pro server at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.connectors.contract import Declared
from ztassess.domain.findings import Part

LISTED_YES: Final = "listed as encrypted"
LISTED_NO: Final = "listed as not encrypted"


@dataclass(frozen=True, slots=True)
class Computer:
    """One computer. None, or an empty text, means that Jamf Pro does not tell.

    Attributes:
        managed: Jamf Pro manages it.
        file_vault: state of its boot partition, such as ``ENCRYPTED`` or ``ENCRYPTING``, or what a list says.
        percent: how far encrypting or decrypting has come.
        contact: when it was last in contact.
        owner: address of its user, in lower case.
    """

    id: str
    name: str
    platform: str = "Mac"
    os_version: str = ""
    managed: bool | None = None
    file_vault: str = ""
    percent: int | None = None
    contact: datetime | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class JamfSnapshot:
    """One reading.

    Attributes:
        taken_at: timezone-aware UTC.
        server: host of the server.
    """

    taken_at: datetime
    server: str
    declared: Declared
    computers: Part[Computer]
