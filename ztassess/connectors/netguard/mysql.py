"""Owns connections to MySQL and MariaDB: the pinned number, TLS before any credential, waits that end, plain words."""

from __future__ import annotations

import re
import ssl
import struct
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    BudgetExceeded,
    ConnectorError,
    InputInvalid,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard
from ztassess.connectors.netguard.sockets import CONNECT_SECONDS, connect_pinned, tls_context

if TYPE_CHECKING:
    import socket
    from io import BufferedReader

# Managed databases listen on many ports (3306, 25060, 33061; some pick one at random), never on a system service's.
PORTS: Final = range(1024, 65536)
UNKNOWN_VARIABLE: Final = 1193
_HANDSHAKE_SECONDS: Final = 10.0  # greeting, TLS and sign-in together, each wait at most CONNECT_SECONDS
_GRACE_SECONDS: Final = 5.0  # beyond the server's own limit of a statement
_PIECE: Final = 65_536
_TLS_REQUEST_BYTES: Final = 36  # a packet of flags only; everything longer may hold a credential
_LONGEST_USER: Final = 128  # MariaDB; MySQL's is 32
_METHODS: Final = frozenset({"mysql_native_password", "caching_sha2_password", "sha256_password"})
"""Ways to sign in that never hand the password itself to anybody but a server whose certificate was verified.

Not among them: ``mysql_clear_password`` and ``dialog`` (they pass on passwords of people, typed for PAM or LDAP),
``mysql_old_password`` (broken), ``client_ed25519`` (needs a library that is not installed).
"""
_WORD: Final = re.compile(r"[a-z0-9_]{1,40}", re.IGNORECASE)
# pymysql reads packets without checking them, so garbage ends in any of these.
_GARBLED: Final = (
    IndexError,
    KeyError,
    ValueError,  # UnicodeDecodeError too
    TypeError,
    AssertionError,
    AttributeError,
    RuntimeError,  # the server asked for a file of ours (LOCAL INFILE)
    struct.error,
)


class QueryRefused(ConnectorError):
    """The server refused or stopped one query; the connection stands.

    Attributes:
        number: the server's error number, such as 1142.
    """

    code = "upstream_error"

    def __init__(self, number: int) -> None:
        super().__init__(f"The server answered with error {number}.")
        self.number = number


class _Wire(Connection):
    """pymysql's protocol over a socket that was handed to it; every wait and every byte is bounded."""

    budget: Budget
    wait: float = CONNECT_SECONDS
    deadline: float = 0.0
    signed_in = False

    if TYPE_CHECKING:  # pymysql's own, which its stubs leave out
        _sock: socket.socket
        _rfile: BufferedReader

        def _force_close(self) -> None: ...

    def _read_bytes(self, num_bytes: int) -> bytes:
        """As pymysql's, but piece by piece: a server may announce more than it sends, or send one byte a minute."""
        received = bytearray()
        while len(received) < num_bytes:
            try:
                self._sock.settimeout(self._left())
                piece = self._rfile.read1(min(num_bytes - len(received), _PIECE))
            except OSError as problem:
                self._give_up(problem)
            except BudgetExceeded:
                self._force_close()
                raise
            if not piece:
                self._give_up(ConnectionResetError())
            received += piece
            try:
                self.budget.spend_wire(len(piece))
            except BudgetExceeded:
                self._force_close()
                raise
        return bytes(received)

    def _write_bytes(self, data: bytes) -> None:
        """As pymysql's, but nothing that may hold a credential leaves before TLS stands."""
        if not isinstance(self._sock, ssl.SSLSocket) and len(data) > _TLS_REQUEST_BYTES:
            self._force_close()
            raise TlsFailed("The server does not offer TLS; we do not continue without it.")
        try:
            self._sock.settimeout(self._left())  # the TLS handshake that may follow counts on it too
            self._sock.sendall(data)
        except OSError as problem:
            self._give_up(problem)

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        """As pymysql's, but only by the ways we know to be safe: the server asks for one, and we may refuse it."""
        name = plugin_name.decode("ascii", "replace")
        if name not in _METHODS:
            self._force_close()
            shown = name if _WORD.fullmatch(name) else "another method"
            raise AuthFailed(
                f"The server wants us to sign in by {shown}; give our account mysql_native_password or "
                "caching_sha2_password."
            )
        return super()._process_auth(plugin_name, auth_packet, handler)  # type: ignore[misc]  # not in the stubs

    def _left(self) -> float:
        left = min(self.budget.remaining_seconds(), self.wait, self.deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError
        return left

    def _give_up(self, problem: OSError) -> NoReturn:
        self._force_close()
        if isinstance(problem, TimeoutError) and self.signed_in:
            raise BudgetExceeded("The database stopped answering; what was read until then is kept.") from None
        how = "timeout" if isinstance(problem, TimeoutError) else "closed"
        if self.signed_in:
            raise Unreachable("The connection to the database was lost.", how=how) from None
        raise Unreachable(how=how) from None


class MysqlConnection:
    """A signed-in, read-only session. Made by `connect_mysql`; close it, or use it in a ``with``."""

    def __init__(self, wire: _Wire, statement_seconds: int) -> None:
        self._wire, self._statement_seconds = wire, statement_seconds

    def __enter__(self) -> MysqlConnection:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """True once nothing can be asked any more."""
        return not self._wire.open

    def close(self) -> None:
        """Hang up without a word: a farewell could wait for a server that does not read."""
        self._wire._force_close()  # noqa: SLF001  our own class; pymysql's close() raises if called twice

    def rows(self, text: str) -> list[dict[str, str | None]]:
        """All rows of one query, every value as the server's text; NULL is None.

        Raises:
            QueryRefused: the server refused or stopped it.
            Unreachable: the connection was lost.
            BudgetExceeded: time or bytes are used up; the connection is closed.
            BadAnswer: the answer is not of this protocol; the connection is closed.
        """
        self._wire.budget.spend_request()
        self._wire.wait = self._statement_seconds + _GRACE_SECONDS
        self._wire.deadline = time.monotonic() + self._wire.wait
        try:
            with self._wire.cursor(DictCursor) as cursor:
                cursor.execute(text)
                return [{name: _text(value) for name, value in row.items()} for row in cursor.fetchall()]
        except pymysql.MySQLError as problem:
            number = _number(problem)
            if number and not self.closed and number not in _BUSY:
                raise QueryRefused(number) from None
            self.close()
            if isinstance(problem, pymysql.InternalError):
                raise BadAnswer("The server's answer is not of the MySQL protocol.") from None
            raise Unreachable("The connection to the database was lost.", how="closed") from None
        except _GARBLED:
            self.close()
            raise BadAnswer("The server's answer is not of the MySQL protocol.") from None


def _text(value: Any) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def connect_mysql(
    guard: Guard,
    budget: Budget,
    *,
    host: str,
    port: int,
    user: str,
    password: str,
    ca_pem: str = "",
    statement_seconds: int = 10,
) -> MysqlConnection:
    """Sign in over verified TLS, read-only, with no default database and no way to ask us for a file.

    pymysql never dials and reads no option file: it gets a socket that is connected to a judged address. The greeting
    of this protocol comes before TLS, so a stranger on the way may change it: that can end the attempt, nothing worse.

    Parameters:
        ca_pem: the authority that signed the server's certificate; empty means the system's authorities.
        statement_seconds: the server stops a query that runs longer; a little later we hang up.

    Raises:
        InputInvalid: a value that no server has.
        Blocked: refused by policy.
        Unreachable: nothing answered in time.
        TlsFailed: no TLS, or a certificate that does not match.
        AuthFailed: user, password or our address refused by the server.
        BadAnswer: something else than MySQL answers there.
        BudgetExceeded: the run is over.
    """
    if not user or len(user) > _LONGEST_USER or "\0" in user:
        raise InputInvalid("The user name cannot be used: 1 to 128 characters.")
    if "\0" in password:
        raise InputInvalid("The password contains a character that no server accepts.")
    context = tls_context(guard, ca_pem=ca_pem)
    pinned = guard.pin(host, port, ports=PORTS)
    budget.spend_request()
    sock = connect_pinned(guard, pinned, timeout=min(CONNECT_SECONDS, budget.remaining_seconds()))
    wire = _Wire(
        host=pinned.host,  # for SNI and the certificate's name only
        port=pinned.port,
        user=user,
        password=password.encode(),
        ssl=context,
        **_FIXED,
    )
    wire.budget, wire.deadline = budget, time.monotonic() + _HANDSHAKE_SECONDS
    _sign_in(wire, sock, pinned.host, user)
    connection = MysqlConnection(wire, statement_seconds)
    try:
        _settle(connection, statement_seconds)
    except QueryRefused as problem:
        connection.close()
        raise BadAnswer(f"{pinned.host} refuses a read-only session (error {problem.number}).") from None
    except BaseException:
        connection.close()
        raise
    return connection


_FIXED: Final[dict[str, Any]] = {
    "charset": "utf8mb4",
    "conv": {},
    "autocommit": True,
    "local_infile": False,
    "program_name": "ztassess",
    "defer_connect": True,
}
"""What no field may change."""


def _sign_in(wire: _Wire, sock: socket.socket, host: str, user: str) -> None:
    try:
        wire.connect(sock)
    except pymysql.MySQLError as problem:
        raise _named(problem, host, user) from None
    except _GARBLED:
        raise _not_mysql(host) from None
    finally:
        if not wire.open:
            sock.close()
    wire.signed_in = True


def _settle(connection: MysqlConnection, statement_seconds: int) -> None:
    """Make the session read-only and short of breath; one of the two names of the limit exists."""
    connection.rows("SET SESSION TRANSACTION READ ONLY")
    connection.rows("SET SESSION sql_mode = ''")  # PAD_CHAR_TO_FULL_LENGTH would pad every name
    for limit in (
        f"SET SESSION max_statement_time = {statement_seconds:d}",
        f"SET SESSION max_execution_time = {statement_seconds * 1000:d}",
    ):
        try:
            connection.rows(limit)
        except QueryRefused as problem:
            if problem.number != UNKNOWN_VARIABLE:
                raise
        else:
            return


_NO_TLS = 2026
_BUSY: Final = frozenset({1040, 1053, 1203, 1226, 1927})
_SENTENCES: Final[tuple[tuple[frozenset[int], type[ConnectorError], str], ...]] = (
    (frozenset({1045, 1698, 1129, 1130}), AuthFailed, "Password or host refused for {user}."),
    (frozenset({3118, 4151}), AuthFailed, "{user} is locked on the server: ALTER USER ... ACCOUNT UNLOCK."),
    (frozenset({1820, 1862}), AuthFailed, "The password of {user} has expired; set a new one."),
    (frozenset({1251, 1275, 1524, 2059}), AuthFailed, "{user} signs in by a method that we do not speak."),
    (frozenset({3159}), TlsFailed, "The server requires TLS; the CA file is needed."),
    (frozenset({_NO_TLS}), TlsFailed, "{host} does not offer TLS; we do not continue without it."),
    (_BUSY, Unreachable, "The database takes no more connections just now."),
)


def _number(problem: pymysql.MySQLError) -> int:
    number = problem.args[0] if problem.args else 0
    return number if isinstance(number, int) else 0


def _named(problem: pymysql.MySQLError, host: str, user: str) -> ConnectorError:
    """Our error for one of pymysql's; the server's own text is never passed on: before TLS, anybody may write it."""
    cause = getattr(problem, "original_exception", None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TlsFailed(
            f"The server certificate does not match {host}; we do not continue without it.", cause.reason or ""
        )
    if isinstance(cause, ssl.SSLError):
        return TlsFailed(f"{host}: TLS failed ({cause.reason or 'no reason given'}).", cause.reason or "")
    if isinstance(cause, OSError):
        return Unreachable(how="timeout" if isinstance(cause, TimeoutError) else "closed")
    number = _number(problem)
    for numbers, kind, sentence in _SENTENCES:
        if number in numbers:
            return kind(sentence.format(user=user, host=host))
    if not number or isinstance(problem, pymysql.InternalError):
        return _not_mysql(host)
    return AuthFailed(f"{host} refused the connection for {user} (error {number}).")


def _not_mysql(host: str) -> BadAnswer:
    return BadAnswer(f"{host} answers on this port, but not as MySQL does; check the port.")
