"""Owns which host an Access app protects, whole or in part, and whether the proxy stands before it at all.

Wildcards and precedence as in Cloudflare's "Application paths": ``*`` stands for one label or a piece of it, never for
several; the more specific definition of a path wins and inherits nothing from the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from ztassess.connectors.cloudflare.snapshot import App, Destination, Record, Zone

PUBLIC = "public"
PROTECTING = frozenset({"self_hosted", "ssh", "vnc", "rdp", "mcp", "mcp_portal"})
"""Types of apps that stand before a host. A bookmark is a link and a SaaS app lies elsewhere: both protect nothing."""
TUNNEL_SUFFIX = ".cfargotunnel.com"
ADDRESS_TYPES = ("A", "AAAA")
_LONGEST_CHAIN = 8


def clean_host(text: str) -> str:
    """A host as people write it (address, port, path, upper case), as a plain name."""
    host = text.strip().lower().rpartition("://")[2].partition("/")[0]
    return host.rpartition("@")[2].partition(":")[0].rstrip(".")


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    labels = (r"[^.]+" if label == "*" else re.escape(label).replace(r"\*", r"[^.]*") for label in pattern.split("."))
    return re.compile(r"\.".join(labels))


def matches(pattern: str, host: str) -> bool:
    """True if a host with wildcards covers this one."""
    return pattern == host or ("*" in pattern and _pattern(pattern).fullmatch(host) is not None)


def is_root(destination: Destination) -> bool:
    """The destination is the whole host, not a path of it."""
    return destination.path in ("", "/", "/*", "*")


def _weight(host: str) -> tuple[int, int]:
    return (-host.count("*"), len(host.replace("*", "")))


def public_destinations(app: App) -> tuple[Destination, ...]:
    """The hosts that an app stands before; none for apps that only link or sign in elsewhere."""
    if app.type not in PROTECTING:
        return ()
    return tuple(each for each in app.destinations if each.kind == PUBLIC and each.host)


def open_by_override(app: App, host: str) -> bool:
    """An override opens the whole host to everybody."""
    return any(
        matches(each.host, host) and any(path in ("/*", "*") for path in each.public_paths)
        for each in public_destinations(app)
    )


def reached_privately(apps: Iterable[App], host: str) -> bool:
    """An app protects this name inside the private network only: as a private destination, or as a target."""
    return any(
        host in app.targets or any(each.kind == "private" and matches(each.host, host) for each in app.destinations)
        for app in apps
    )


def covers_workers(apps: Iterable[App]) -> bool:
    """An app protects Workers, whose hosts are not told."""
    return any(each.kind.endswith(("worker", "workers")) for app in apps for each in app.destinations)


@dataclass(frozen=True, slots=True)
class Cover:
    """What protects one host.

    Attributes:
        whole: apps that decide for the host as a whole: those with the most specific definition of it.
        parts: apps of single paths, with the path.
    """

    host: str
    whole: tuple[App, ...]
    parts: tuple[tuple[App, str], ...]

    @property
    def apps(self) -> tuple[App, ...]:
        """All apps of the host, each once."""
        return tuple(dict.fromkeys((*self.whole, *(app for app, _ in self.parts))))


def cover_of(apps: Iterable[App], host: str) -> Cover:
    """The apps that protect a host."""
    roots: list[tuple[tuple[int, int], App]] = []
    parts: list[tuple[App, str]] = []
    for app in apps:
        for destination in public_destinations(app):
            if matches(destination.host, host):
                if is_root(destination):
                    roots.append((_weight(destination.host), app))
                else:
                    parts.append((app, destination.path))
    best = max((weight for weight, _ in roots), default=None)
    return Cover(host, tuple(app for weight, app in roots if weight == best), tuple(parts))


def hosts_of(apps: Iterable[App]) -> Iterator[str]:
    """Every public host that an app names, wildcards included; each once."""
    seen = dict.fromkeys(each.host for app in apps for each in public_destinations(app))
    yield from seen


class Front(Enum):
    """What stands between the world and a host, as its DNS records say."""

    PROXIED = "the proxy"
    TUNNEL = "the proxy and a tunnel"
    DIRECT = "nothing"
    ABSENT = "no record"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Names:
    """The records of the assessed zones, by name.

    Attributes:
        zones: names of the zones whose records were read.
        paused: zones in which the proxy is switched off.
        whole: False if records are missing, so that a name without a record may still have one.
    """

    zones: tuple[str, ...]
    paused: frozenset[str]
    whole: bool
    by_name: dict[str, list[Record]] = field(repr=False)

    @classmethod
    def of(cls, zones: Sequence[Zone], records: Iterable[Record], *, whole: bool = True) -> Names:
        """Index records."""
        index: dict[str, list[Record]] = {}
        for record in records:
            index.setdefault(record.name, []).append(record)
        paused = frozenset(zone.name for zone in zones if zone.paused)
        return cls(tuple(zone.name for zone in zones), paused, whole, index)

    def zone_of(self, host: str) -> str:
        """The assessed zone a host lies in; empty if none."""
        return max((z for z in self.zones if host == z or host.endswith(f".{z}")), key=len, default="")

    def records(self, host: str) -> list[Record]:
        """The records that answer for a host: its own, else those of the nearest wildcard (RFC 4592)."""
        if host in self.by_name:
            return self.by_name[host]
        zone, rest = self.zone_of(host), host
        while zone and rest != zone and "." in rest:
            rest = rest.partition(".")[2]
            if f"*.{rest}" in self.by_name:
                return self.by_name[f"*.{rest}"]
            if rest in self.by_name:  # the name exists, so a wildcard further up does not answer
                break
        return []

    def proxied(self, record: Record) -> bool | None:
        """Cloudflare stands in front of a record; never in a paused zone."""
        return False if record.zone in self.paused else record.proxied

    def front(self, host: str) -> Front:
        """What stands before a host."""
        states = {self._state(record) for record in self.records(host)}
        if Front.DIRECT in states:
            return Front.DIRECT
        if not self.whole or not self.zone_of(host):
            return Front.UNKNOWN
        return next((each for each in (Front.UNKNOWN, Front.PROXIED, Front.TUNNEL) if each in states), Front.ABSENT)

    def _state(self, record: Record) -> Front:
        tunnel = record.type == "CNAME" and record.content.endswith(TUNNEL_SUFFIX)
        proxied = self.proxied(record)
        if proxied:
            return Front.TUNNEL if tunnel else Front.PROXIED
        if tunnel:
            return Front.ABSENT  # such a name leads nowhere without the proxy
        if proxied is None or record.type not in ADDRESS_TYPES:
            return Front.UNKNOWN
        return Front.DIRECT

    def origins(self, host: str) -> tuple[list[Record], list[str]]:
        """The addresses behind a host, following aliases inside the assessed zones, and the aliases that lead out."""
        addresses: list[Record] = []
        outside: list[str] = []
        waiting, seen = [host], set[str]()
        while waiting and len(seen) < _LONGEST_CHAIN:
            name = waiting.pop()
            seen.add(name)
            found = self.records(name)
            if not found and name != host:
                outside.append(name)
            for record in found:
                if record.type in ADDRESS_TYPES:
                    addresses.append(record)
                elif record.content.endswith(TUNNEL_SUFFIX):
                    continue
                elif record.content not in seen:
                    waiting.append(record.content)
        return addresses, [*outside, *waiting]

    def leaks(self, address: str) -> list[Record]:
        """Records that give this address away, because nothing stands before them."""
        return [
            record
            for found in self.by_name.values()
            for record in found
            if record.type in ADDRESS_TYPES and record.content == address and self.proxied(record) is False
        ]
