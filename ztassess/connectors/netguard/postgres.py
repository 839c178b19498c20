"""Owns connections to PostgreSQL: fixed keywords, the pinned number, waits that end, errors in plain words."""

from __future__ import annotations

import socket
import struct
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    BudgetExceeded,
    ConnectorError,
    DatabaseRefused,
    InputInvalid,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard, Pinned
from ztassess.connectors.netguard.sockets import CONNECT_SECONDS, system_roots

_R = TypeVar("_R")
# Managed databases listen on many ports (6432, 6543, 25060; Aiven picks one at random), never on a system service's.
PORTS = range(1024, 65536)
_MAX_TRIES = 4
_RECEIVED_AT = 128  # offset of tcpi_bytes_received in struct tcp_info, linux/tcp.h


class GuardedConnection(psycopg.Connection[TupleRow]):
    """A connection whose waits end with the run: libpq waits for ever on a server that stops answering."""

    budget: Budget

    def wait(self, gen: PQGen[_R], interval: float = 0.1, timeout: float | None = None) -> _R:
        """As psycopg's, but within the budget.

        Raises:
            BudgetExceeded: time or bytes ran out; the connection is closed.
        """
        left = self.budget.remaining_seconds()
        try:
            return super().wait(self._counted(gen), interval, left if timeout is None else min(left, timeout))
        except psycopg.errors._WaitTimeout:  # noqa: SLF001  psycopg has no public name for it
            if timeout is not None and timeout < left:
                raise
            self.pgconn.finish()
            raise BudgetExceeded("The database stopped answering; what was read until then is kept.") from None
        except BudgetExceeded:
            self.pgconn.finish()
            raise

    def _counted(self, gen: PQGen[_R]) -> Generator[Any, Any, _R]:
        """Pass every wait through, spending the bytes that arrived: libpq keeps a whole result in memory."""
        before = _received(self.pgconn.socket)
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send((yield wanted))
                after = _received(self.pgconn.socket)
                self.budget.spend_wire(after - before)
                before = after
        except StopIteration as stop:
            found: _R = stop.value
            return found


_FIXED: dict[str, Any] = {
    "sslmode": "verify-full",
    "gssencmode": "disable",
    "sslcertmode": "disable",
    "require_auth": "scram-sha-256",
    "passfile": "/nonexistent",
    "application_name": "ztassess",
    "prepare_threshold": None,
}
"""What no field may change."""


def connect_postgres(
    guard: Guard,
    budget: Budget,
    *,
    host: str,
    port: int,
    dbname: str,
    user: str,
    password: str,
    ca_pem: str = "",
    statement_seconds: int = 10,
) -> GuardedConnection:
    """Connect to one database, read-only, over verified TLS.

    Never a connection string: only fixed keywords, so that no field can add ``service``, ``passfile`` or a second host.

    Parameters:
        ca_pem: the authority that signed the server's certificate; empty means the system's authorities.
        statement_seconds: the server stops a query that runs longer.

    Raises:
        InputInvalid: a value that no server has.
        Blocked: refused by policy.
        Unreachable: nothing answered in time.
        TlsFailed: no TLS, or a certificate that does not match.
        AuthFailed: user, password, database or address refused by the server.
        BudgetExceeded: the run is over.
    """
    for label, value in (("database", dbname), ("user", user)):
        _refuse(label, value)
    if "\0" in password:
        raise InputInvalid("The password contains a character that no server accepts.")
    pinned = guard.pin(host, port, ports=PORTS)
    with _authorities(guard, ca_pem) as roots:
        for ip in pinned.addresses[:_MAX_TRIES]:
            budget.spend_request()
            try:
                connection = GuardedConnection.connect(
                    host=pinned.host,
                    hostaddr=ip,
                    port=pinned.port,
                    dbname=dbname,
                    user=user,
                    password=password,
                    sslrootcert=roots,
                    connect_timeout=int(max(2, min(CONNECT_SECONDS, budget.remaining_seconds()))),
                    options=f"-c default_transaction_read_only=on -c statement_timeout={statement_seconds * 1000}",
                    **_FIXED,
                )
            except psycopg.OperationalError as failed:
                problem = failed
                if _nothing_answered(failed):
                    continue
                raise _named(failed, pinned, dbname, user) from None
            connection.budget = budget
            connection.read_only = True
            return connection
    raise Unreachable(how="timeout" if isinstance(problem, psycopg.errors.ConnectionTimeout) else "refused") from None


def _refuse(label: str, value: str) -> None:
    if not value or len(value) > 63 or value[0] in "/@" or any(mark in value for mark in ",=\0"):  # noqa: PLR2004  NAMEDATALEN - 1
        raise InputInvalid(
            f"The {label} name cannot be used: 1 to 63 characters, no comma, no '=', no leading '/' or '@'."
        )


@contextmanager
def _authorities(guard: Guard, ca_pem: str) -> Iterator[str]:
    """Path of the PEM file libpq verifies with; a temporary one where it is not the system's alone."""
    if not ca_pem and not guard.extra_ca:
        yield system_roots()
        return
    text = ca_pem or Path(system_roots()).read_text() + "\n" + Path(guard.extra_ca).read_text()
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(text)
        file.flush()
        yield file.name


def _nothing_answered(problem: psycopg.OperationalError) -> bool:
    return isinstance(problem, psycopg.errors.ConnectionTimeout) or any(
        text in str(problem)
        for text in ("Connection refused", "No route to host", "Network is unreachable", "timeout expired")
    )


# libpq gives connection errors as text only. A server that speaks another language falls through to the last line.
_SENTENCES: tuple[tuple[tuple[str, ...], type[ConnectorError], str], ...] = (
    (("password authentication failed", "no password supplied"), AuthFailed, "Password refused for {user}."),
    (
        ("authentication method requirement",),
        AuthFailed,
        "{user} has an older kind of password: set it again with password_encryption = 'scram-sha-256'.",
    ),
    (
        ("no pg_hba.conf entry", "pg_hba.conf rejects"),
        AuthFailed,
        "The server does not let {user} in from here: see pg_hba.conf.",
    ),
    (("permission denied for database",), DatabaseRefused, "{user} may not connect to {db}: GRANT CONNECT."),
    ((' role "', "is not permitted to log in"), AuthFailed, "{user} may not sign in, or does not exist."),
    ((' database "',), DatabaseRefused, "There is no database {db}, or {user} may not connect to it: GRANT CONNECT."),
    (
        ("invalid response to SSL negotiation", "expected authentication request"),
        BadAnswer,
        "{host} answers on this port, but not as PostgreSQL does; check the port.",
    ),
    (
        ("server closed the connection unexpectedly", "Connection reset by peer"),
        Unreachable,
        "{host} hung up before the connection stood; check the port, or try again later.",
    ),
    (("does not support SSL",), TlsFailed, "{host} does not offer TLS; we do not continue without it."),
    (
        ("certificate", "SSL", "root.crt"),
        TlsFailed,
        "The server certificate does not match {host}; we do not continue without it.",
    ),
    (
        ("too many connections", "remaining connection slots", "too many clients", "starting up", "shutting down"),
        Unreachable,
        "The database takes no more connections just now.",
    ),
    (
        ("unsupported startup parameter",),
        InputInvalid,
        "{host} is a connection pooler; give the address of the server itself.",
    ),
)


def _named(problem: psycopg.OperationalError, pinned: Pinned, dbname: str, user: str) -> ConnectorError:
    text = str(problem)
    for marks, kind, sentence in _SENTENCES:
        if any(mark in text for mark in marks):
            return kind(sentence.format(user=user, db=dbname, host=pinned.host))
    return AuthFailed(f"{pinned.host} refused the connection for {user} to {dbname}.")


def _received(descriptor: int) -> int:
    """Bytes the kernel has received on a TCP connection so far."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=descriptor)
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED_AT + 8)
    finally:
        sock.detach()
    return int(struct.unpack_from("=Q", info, _RECEIVED_AT)[0])
