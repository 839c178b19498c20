"""Owns the frozen picture of what several systems told, and what the organization declared about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.joining import Names
from ztassess.domain.findings import Part
from ztassess.domain.roster import SharedView


@dataclass(frozen=True, slots=True)
class AcrossSnapshot:
    """The newest views of all connections at one moment.

    Attributes:
        views: one for each connection that tells anything.
        internal_hosts: declared host names for the company's own people; None if nobody declared them.
        break_glass: declared emergency accounts.
    """

    taken_at: datetime
    views: Part[SharedView]
    names: Names
    internal_hosts: tuple[str, ...] | None = None
    break_glass: tuple[str, ...] = ()
