"""Owns what is known of one JumpCloud organization at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.contract import Declared
from ztassess.domain.findings import Part


@dataclass(frozen=True, slots=True)
class User:
    """One user. None, or an empty text, means that JumpCloud does not tell.

    Attributes:
        state: ``STAGED``, ``ACTIVATED`` or ``SUSPENDED``.
        required: the user portal asks for a second factor.
        configured: a second factor was set up.
        enrolled: state over all factors, such as ``ENROLLED`` or ``NOT_ENROLLED``.
        exclusion: the user may still sign in without one.
        exclusion_until: until when.
        role: name of the administrator role; empty if none is shown.
        technical: it binds directories or file shares and is no person.
    """

    id: str
    username: str
    email: str
    organization: str = ""
    activated: bool | None = None
    suspended: bool | None = None
    state: str = ""
    required: bool | None = None
    configured: bool | None = None
    enrolled: str = ""
    exclusion: bool | None = None
    exclusion_until: datetime | None = None
    role: str = ""
    technical: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """One system with the JumpCloud agent, or one line of a person's list (`claimed`).

    Attributes:
        contact: when it was last in contact; None if JumpCloud does not tell.
        encrypted: its disk; None if JumpCloud does not tell.
        owner: id of its primary user; of a list, their address.
    """

    id: str
    name: str
    platform: str
    os_version: str = ""
    organization: str = ""
    contact: datetime | None = None
    encrypted: bool | None = None
    owner: str = ""
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class JumpCloudSnapshot:
    """One reading.

    Attributes:
        taken_at: timezone-aware UTC.
        organization: its id, as far as it is known.
    """

    taken_at: datetime
    organization: str
    declared: Declared
    users: Part[User]
    systems: Part[System]
