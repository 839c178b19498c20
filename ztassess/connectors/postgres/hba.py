"""Owns how pg_hba.conf decides: the first line that matches wins, so a line hidden by earlier ones does not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from ztassess.connectors.postgres.snapshot import HbaLine

Network = IPv4Network | IPv6Network
LOCAL: Final = "local"
_PLAIN_TYPES: Final = frozenset({"host", "hostnossl", "hostnogssenc"})
"""Types that accept a connection without TLS. ``hostgssenc`` is encrypted by Kerberos."""
_COVERED_TYPES: Final = {
    "host": frozenset({"host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"}),
    "hostnogssenc": frozenset({"hostnogssenc", "hostssl", "hostnossl"}),
    "hostnossl": frozenset({"hostnossl", "hostgssenc"}),
}
"""Which types a line's type takes all connections of; every type also covers itself (documentation, pg_hba.conf)."""


def deciding(lines: Sequence[HbaLine]) -> Iterator[HbaLine]:
    """The lines that some connection can still reach, in order; lines with an error never match."""
    earlier: list[HbaLine] = []
    for line in sorted((each for each in lines if not each.error), key=lambda each: each.number):
        if not any(_covers(before, line) for before in earlier):
            yield line
        earlier.append(line)


def is_remote(line: HbaLine) -> bool:
    """True if connections over the network, other than from the machine itself, can match the line."""
    if line.type == LOCAL or line.address == "samehost":
        return False
    network = network_of(line)
    return network is None or not network.is_loopback


def network_of(line: HbaLine) -> Network | None:
    """The addresses of a line; None for names, ``all`` and ``samenet``, which may be any."""
    try:
        return ip_network(f"{line.address}/{line.netmask}" if line.netmask else line.address, strict=False)
    except ValueError:
        pass
    try:  # a netmask of an IPv6 network, which the standard library takes as a prefix only
        prefix = int(ip_network(line.netmask).network_address).bit_count()
        return ip_network(f"{line.address}/{prefix}", strict=False)
    except ValueError:
        return None


def plain_lines(lines: Sequence[HbaLine]) -> Iterator[HbaLine]:
    """The remote lines over which a connection without TLS gets in."""
    earlier: list[HbaLine] = []
    for line in sorted((each for each in lines if not each.error), key=lambda each: each.number):
        if line.type in _PLAIN_TYPES and is_remote(line) and line.method != "reject":
            plain = replace(line, type="hostnossl")
            if not any(_covers(before, plain) for before in earlier):
                yield line
        earlier.append(line)


def cert_only(lines: Sequence[HbaLine], role: str) -> bool:
    """True if every line this role can reach asks for a client certificate, or refuses."""
    mine = [line for line in deciding(lines) if _may_be(role, line.users) and line.databases != ("replication",)]
    return any(line.method == "cert" for line in mine) and all(line.method in ("cert", "reject") for line in mine)


def for_databases(lines: Sequence[HbaLine], databases: frozenset[str]) -> tuple[HbaLine, ...]:
    """The deciding remote lines that let somebody into any of these databases."""
    return tuple(
        line
        for line in deciding(lines)
        if is_remote(line) and line.method != "reject" and any(_may_be(name, line.databases) for name in databases)
    )


def _may_be(name: str, entries: Sequence[str]) -> bool:
    """True if an entry is, or may be, this name: groups, patterns and same-name rules are taken for a match."""
    return any(entry in ("all", name) or entry.startswith(("+", "/", "same")) for entry in entries)


def _covers(before: HbaLine, line: HbaLine) -> bool:
    """True if every connection that matches ``line`` matches ``before`` already."""
    same_type = before.type == line.type or line.type in _COVERED_TYPES.get(before.type, frozenset())
    return (
        same_type
        and _names_cover(before.databases, line.databases, all_but="replication")
        and _names_cover(before.users, line.users)
        and (line.type == LOCAL or _addresses_cover(before, line))
    )


def _names_cover(before: Sequence[str], names: Sequence[str], all_but: str = "") -> bool:
    return all(name in before or ("all" in before and name != all_but) for name in names)


def _addresses_cover(before: HbaLine, line: HbaLine) -> bool:
    if before.address in ("all", line.address) and (before.address == "all" or before.netmask == line.netmask):
        return True
    outer, inner = network_of(before), network_of(line)
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network):
        return inner.subnet_of(outer)
    return False
