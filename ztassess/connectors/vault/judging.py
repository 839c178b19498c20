"""Owns the words that Vault's rules share: lifetimes for people, engines by type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ztassess.connectors.judging import names
from ztassess.connectors.vault.snapshot import Mount

HOUR: Final = 3_600
DAY: Final = 86_400
DYNAMIC: Final = ("database", "aws", "gcp", "azure", "pki", "ssh")
CLOUD_ENGINES: Final = ("aws", "gcp", "azure")
STORING: Final = ("kv", "generic")


def lifetime(seconds: int) -> str:
    """``45 s``, ``30 min``, ``12 h``, ``32 days``."""
    for unit, word in ((DAY, "day"), (HOUR, "h"), (60, "min")):
        if seconds >= unit and (seconds % unit == 0 or seconds >= 2 * unit):
            number = round(seconds / unit)
            return f"{number} {word}s" if word == "day" and number != 1 else f"{number} {word}"
    return f"{seconds} s"


def of_types(mounts: Iterable[Mount], types: Iterable[str]) -> tuple[Mount, ...]:
    """The engines of these types."""
    wanted = frozenset(types)
    return tuple(mount for mount in mounts if mount.type in wanted)


def paths(mounts: Iterable[Mount]) -> str:
    """Their paths for a sentence."""
    return names([mount.path for mount in mounts])
