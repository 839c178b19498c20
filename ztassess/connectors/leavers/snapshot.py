"""Owns the frozen picture of who left, and of what every system told about accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.joining import Names
from ztassess.domain.findings import Part
from ztassess.domain.roster import Leaver, SharedView


@dataclass(frozen=True, slots=True)
class LeaversSnapshot:
    """Everyone who left, beside the views of all connections.

    Attributes:
        listed: the uploaded list.
        left: the uploaded list and what was declared as facts, each person once. An empty tuple: nobody, as declared.
        tools: how many tools were declared; None if nobody listed them.
        break_glass: declared emergency accounts; nobody's, so nobody is missed among them.
    """

    taken_at: datetime
    listed: Part[Leaver]
    left: Part[Leaver]
    views: Part[SharedView]
    names: Names
    tools: int | None = None
    break_glass: tuple[str, ...] = ()
