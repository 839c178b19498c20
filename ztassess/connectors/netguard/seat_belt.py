"""Owns the second wall of a worker process: an audit hook on every Python socket, and a clean environment."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Collection, MutableMapping, Sequence
from contextlib import suppress
from ipaddress import ip_network
from typing import Any

from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.netguard.addresses import Network, parsed_address
from ztassess.connectors.netguard.guard import Guard

_AMBIENT_PREFIXES = ("PG", "AWS_", "BOTO_")
_AMBIENT = frozenset({"KUBECONFIG", "NETRC", "SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
_REFRESH_SECONDS = 15.0


def scrub_environment(
    environment: MutableMapping[str, str] | None = None, *, keep: Collection[str] = ()
) -> tuple[str, ...]:
    """Remove what libraries would pick up behind a connector's back: proxies, ``PG*``, ``AWS_*``, kubeconfig, netrc.

    Parameters:
        environment: the process's own when None.
        keep: names that stay, such as the installation's AWS variables where it assumes customers' roles itself.

    Returns:
        The names that were removed, for the start-up log; never their values.
    """
    found = os.environ if environment is None else environment
    gone = tuple(
        name
        for name in sorted(found)
        if name not in keep
        and (name.upper().endswith("_PROXY") or name.startswith(_AMBIENT_PREFIXES) or name in _AMBIENT)
    )
    for name in gone:
        del found[name]
    return gone


def install_seat_belt(guard: Guard, internal: Sequence[str]) -> None:
    """Refuse, for the rest of the process, every Python socket to an address the guard would refuse.

    It cannot be taken out again. C code (libpq) connects outside of it: there the guard itself and the network's own
    rules are the walls.

    Parameters:
        internal: what the process itself needs, denied or not: ``host:port``, ``[address]:port``, ``cidr``, or the
            path of a unix socket (database, Redis, mail).

    Raises:
        InputInvalid: an entry is none of these.
    """
    hook = _SeatBelt(guard, internal)
    sys.addaudithook(hook)


class _SeatBelt:
    def __init__(self, guard: Guard, internal: Sequence[str]) -> None:
        self._guard = guard
        self._paths = frozenset(entry for entry in internal if entry.startswith(("/", "@")))
        self._targets, self._networks = _targets(entry for entry in internal if not entry.startswith(("/", "@")))
        self._numbers: frozenset[tuple[str, int]] = frozenset()
        self._looked_up = 0.0
        self._lock = threading.Lock()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            family = getattr(arguments[0], "family", None)
            if family in (socket.AF_INET, socket.AF_INET6):
                self._judge(str(arguments[1][0]), int(arguments[1][1]))
            elif family == socket.AF_UNIX:
                self._judge_path(arguments[1])

    def _judge(self, host: str, port: int) -> None:
        address = parsed_address(host.partition("%")[0])
        if address is None:
            # The C library would resolve this name after us, so only the installation's own names may pass.
            if (host.lower(), port) not in self._targets:
                raise Blocked(f"seat belt: {host}:{port} is a name")
            return
        if self._guard.address_ok(str(address)) and "%" not in host:
            return
        if any(address in network for network in self._networks) or self._internal(str(address), port):
            return
        raise Blocked(f"seat belt: {address}:{port}")

    def _judge_path(self, path: Any) -> None:
        text = os.fsdecode(path) if isinstance(path, bytes | str) else ""
        if text not in self._paths:
            raise Blocked("seat belt: a unix socket")

    def _internal(self, address: str, port: int) -> bool:
        """Internal names move (a restarted database), so an unknown number looks them up again, every 15 s at most."""
        if (address, port) in self._numbers:
            return True
        with self._lock:
            if time.monotonic() - self._looked_up > _REFRESH_SECONDS or not self._looked_up:
                self._looked_up = time.monotonic()
                self._numbers = frozenset(self._resolved())
        return (address, port) in self._numbers

    def _resolved(self) -> set[tuple[str, int]]:
        found: set[tuple[str, int]] = set()
        for host, port in self._targets:
            with suppress(OSError):  # a name that does not resolve now simply opens nothing
                found.update(
                    (str(record[4][0]), port) for record in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                )
        return found


def _targets(entries: Any) -> tuple[frozenset[tuple[str, int]], tuple[Network, ...]]:
    targets: set[tuple[str, int]] = set()
    networks: list[Network] = []
    for entry in entries:
        try:
            networks.append(ip_network(entry))
        except ValueError:
            host, _, port = entry.rpartition(":")
            if not host or not port.isdigit():
                raise InputInvalid(f"Internal target {entry[:80]!r} is not host:port, a network or a path.") from None
            targets.add((host.strip("[]").lower(), int(port)))
    return frozenset(targets), tuple(networks)
