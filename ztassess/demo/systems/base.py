"""Owns what the story needs of a system: how it was connected, and how it looks in a given state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ztassess.connectors.contract import Preflight, ReadContext, UploadedFile


@dataclass(frozen=True, slots=True)
class System:
    """One system of the company.

    Attributes:
        slug: of the connector that reads it.
        name: of its connection.
        entered: what was typed into the connect form.
        secrets: names of the secret fields; their values are random at each seeding and open nothing.
        start: its state on the first day: a frozen dataclass.
        exports: the files its connector's upload parser takes, for a state and a moment.
        beyond: what a scan sees that an export does not hold: changes a parsed snapshot. None for uploads.
        preflight: what the test of the connection found.
        requests: how many requests one scan makes.
        seconds: how long one scan takes.
    """

    slug: str
    name: str
    start: Any
    exports: Callable[[Any, ReadContext], tuple[UploadedFile, ...]]
    beyond: Callable[[Any, Any, ReadContext], Any] | None
    preflight: Preflight | None = None
    entered: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    requests: int = 0
    seconds: int = 1
