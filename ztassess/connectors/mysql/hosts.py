"""Owns the patterns of hosts and schemas: what LIKE matches, and whether two patterns can mean the same client."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Network, ip_address
from typing import Final

from ztassess.connectors.mysql.snapshot import LOCAL_HOSTS

ANY_HOST: Final = "%"
_PRIVATE_WHOLE: Final = re.compile(r"(?:10|172|192)(?:\.\d+){0,1}\.%(?:\.%)*")


def is_local(host: str) -> bool:
    """True if only clients on the server's own machine match."""
    return host in LOCAL_HOSTS


def is_any(host: str) -> bool:
    """True if every client matches; a blank host means the same (MySQL manual, "Specifying Account Names")."""
    return host in (ANY_HOST, "") or set(host) <= {"%"}


def is_broad(host: str) -> bool:
    """True for a pattern that stands for a whole private network, such as ``10.%``."""
    return bool(_PRIVATE_WHOLE.fullmatch(host))


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts, escaped = [], False
    for mark in pattern:
        if escaped or mark not in "\\%_":
            parts.append(re.escape(mark))
            escaped = False
        elif mark == "\\":
            escaped = True
        else:
            parts.append(".*" if mark == "%" else ".")
    return re.compile("".join(parts), re.DOTALL | re.IGNORECASE)


def like(pattern: str, text: str) -> bool:
    """True if a LIKE pattern, ``\\`` escaping, matches the whole text; letters' case does not count.

    Schema names differ by case on some systems only. Ignoring it finds more, never less.
    """
    return bool(_expression(pattern).fullmatch(text))


def literal(pattern: str) -> str | None:
    """The one name a pattern without wildcards stands for; None if it has any."""
    if re.search(r"(?<!\\)(?:\\\\)*[%_]", pattern):
        return None
    return re.sub(r"\\(.)", r"\1", pattern)


def may_meet(one: str, other: str) -> bool:
    """True if some client can match both host patterns, so that rights of both add up.

    Rows of mysql.db and mysql.tables_priv are matched against the client's host, not against the account's (MySQL
    manual, "Access Control, Stage 2"). When in doubt, they meet.
    """
    if is_any(one) or is_any(other) or one.lower() == other.lower():
        return True
    networks = [_network(host) for host in (one, other)]
    if any(networks):
        return all(
            network is not None or _in(host, next(filter(None, networks)))
            for network, host in zip(networks, (one, other), strict=True)
        )
    if not _wild(one) and not _wild(other):
        return False
    return _meet(one.lower(), other.lower())


def _wild(host: str) -> bool:
    return "%" in host or "_" in host


def _network(host: str) -> IPv4Network | None:
    if "/" not in host:
        return None
    try:
        return IPv4Network(host, strict=False)
    except ValueError:
        return IPv4Network("0.0.0.0/0")


def _in(host: str, network: IPv4Network | None) -> bool:
    try:
        return network is not None and ip_address(host) in network
    except ValueError:
        return _wild(host)  # a pattern may hold an address of the network; a plain name does not


def _meet(one: str, other: str) -> bool:
    """Whether two LIKE patterns have a common text; states are pairs of positions."""
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        i, j = at
        if i == len(one) and j == len(other):
            return True
        a, b = one[i : i + 1], other[j : j + 1]
        if a == "%":
            todo += [(i + 1, j)] + ([(i, j + 1)] if b else [])
        if b == "%":
            todo += [(i, j + 1)] + ([(i + 1, j)] if a else [])
        if a and b and a != "%" and b != "%" and (a == b or "_" in (a, b)):
            todo.append((i + 1, j + 1))
    return False
