"""Owns how httpcore gets its sockets: from the guard, every read clamped to the run's deadline and counted."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Collection, Iterable
from typing import Any

import httpcore

from ztassess.connectors.errors import Blocked, TlsFailed
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard
from ztassess.connectors.netguard.sockets import CONNECT_SECONDS, open_socket, start_tls


class GuardBackend(httpcore.NetworkBackend):
    """Connects where the guard agrees.

    Parameters:
        ports: the connector's list; None accepts every port.
        connect_to: dial this host and port instead of the one httpcore asks for.

    Attributes:
        dialed: connections opened so far; unchanged after a request, it went over a kept one.
    """

    def __init__(
        self, guard: Guard, budget: Budget, ports: Collection[int] | None, connect_to: tuple[str, int] | None = None
    ) -> None:
        self._guard, self._budget, self._ports, self._connect_to = guard, budget, ports, connect_to
        self.dialed = 0

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        to_host, to_port = self._connect_to or (host, port)
        seconds = min(timeout or CONNECT_SECONDS, self._budget.remaining_seconds())
        self.dialed += 1
        sock = open_socket(self._guard, to_host, to_port, timeout=seconds, ports=self._ports)
        return GuardedStream(sock, self._budget)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise Blocked("unix: a file is no network target")


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the run, and whose every byte is counted."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock, self._budget = sock, budget
        self._peer = sock.getpeername()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._clamp(timeout)
        try:
            received = self._sock.recv(max_bytes)
        except TimeoutError as problem:
            self._budget.remaining_seconds()
            raise httpcore.ReadTimeout from problem
        except ssl.SSLError as problem:
            # In TLS 1.3 the refusal of a client without a certificate arrives here, after the handshake.
            raise TlsFailed(f"TLS was broken off by the server ({problem.reason}).", problem.reason or "") from problem
        except OSError as problem:
            raise httpcore.ReadError from problem
        self._budget.spend_wire(len(received))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._clamp(timeout)
        try:
            self._sock.sendall(buffer)
        except TimeoutError as problem:
            self._budget.remaining_seconds()
            raise httpcore.WriteTimeout from problem
        except OSError as problem:
            raise httpcore.WriteError from problem

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if server_hostname is None:
            raise Blocked("text: TLS without a name")
        seconds = min(timeout or CONNECT_SECONDS, self._budget.remaining_seconds())
        return GuardedStream(start_tls(self._sock, ssl_context, server_hostname, timeout=seconds), self._budget)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "server_addr":
            return self._peer
        if info == "socket":
            return self._sock
        if info == "is_readable":
            return _readable(self._sock)
        return None

    def _clamp(self, timeout: float | None) -> None:
        left = self._budget.remaining_seconds()
        self._sock.settimeout(left if timeout is None else min(timeout, left))


def _readable(sock: socket.socket) -> bool:
    """True if an idle connection has something to say, which between requests means that it was closed."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
