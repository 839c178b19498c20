"""MySQL connections against servers that only pretend: TLS stripped, methods that give the password away, garbage."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pymysql
import pytest
import trustme

from ztassess.connectors.errors import AuthFailed, BadAnswer, ConnectorError, TlsFailed, Unreachable
from ztassess.connectors.netguard import Budget, Guard, MysqlConnection, connect_mysql

LOCAL = Guard(("localhost", "127.0.0.0/8"))
Serve = Callable[[Callable[[socket.socket], None]], int]
CLIENT_SSL = 1 << 11
FLAGS = 0x00FFF7FF | 1 << 21  # everything the client likes, TLS and the rest set by the caller


def packet(number: int, payload: bytes) -> bytes:
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def greeting(*, tls: bool, plugin: bytes = b"mysql_native_password") -> bytes:
    """A server's first packet (protocol 10), as MySQL 8 sends it."""
    flags = (FLAGS & ~CLIENT_SSL) | (CLIENT_SSL if tls else 0)
    body = b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"12345678\0" + struct.pack("<H", flags & 0xFFFF)
    body += b"\x2d" + struct.pack("<H", 2) + struct.pack("<H", flags >> 16) + bytes([21]) + bytes(10)
    return packet(0, body + b"123456789012\0" + plugin + b"\0")


def error_packet(number: int, code: int, text: bytes) -> bytes:
    return packet(number, b"\xff" + struct.pack("<H", code) + b"#HY000" + text)


AUTHORITY = trustme.CA()
OK = b"\0\0\0\x02\0\0\0"


@dataclass
class Speaker:
    """A server that speaks just enough, over real TLS, and keeps every byte that it was sent."""

    script: Callable[[Any, Speaker], None]
    plain: bytes = b""
    secret: bytes = b""

    def __call__(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        connection.sendall(greeting(tls=True))
        self.plain += connection.recv(36, socket.MSG_WAITALL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        with context.wrap_socket(connection, server_side=True) as wrapped:
            self.take(wrapped)
            self.script(wrapped, self)

    def take(self, wrapped: ssl.SSLSocket) -> bytes:
        """The client's next packet."""
        sent = wrapped.recv(65_536)
        self.secret += sent
        return sent

    def sign_in(self, wrapped: ssl.SSLSocket) -> None:
        """Accept, then say yes to the session's own statements."""
        wrapped.sendall(packet(3, OK))
        for _ in range(4):  # SET NAMES, read-only, sql_mode, time limit (autocommit is on already)
            self.take(wrapped)
            wrapped.sendall(packet(1, OK))


def talk(speaker: Callable[[socket.socket], None], serve: Serve, budget: Budget | None = None) -> MysqlConnection:
    ca_pem = AUTHORITY.cert_pem.bytes().decode()
    keywords = {"host": "127.0.0.1", "port": serve(speaker), "user": "canary-user", "password": "canary-secret"}
    return connect_mysql(LOCAL, budget or Budget(5), ca_pem=ca_pem, **keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize("plugin", [b"mysql_native_password", b"caching_sha2_password", b"mysql_clear_password", b""])
def test_a_server_or_a_stranger_that_strips_tls_gets_nothing(plugin: bytes, serve: Serve) -> None:
    heard: list[bytes] = []

    def without_tls(connection: socket.socket) -> None:
        connection.sendall(greeting(tls=False, plugin=plugin))
        connection.settimeout(5)
        while piece := connection.recv(4096):
            heard.append(piece)

    with pytest.raises(TlsFailed, match="does not offer TLS"):
        talk(without_tls, serve)
    assert b"".join(heard) == b""


def test_a_client_that_forgot_tls_would_be_stopped_at_the_socket(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second wall: even if pymysql fell back to plain text, nothing longer than the request for TLS leaves."""
    heard: list[bytes] = []

    def without_tls(connection: socket.socket) -> None:
        connection.sendall(greeting(tls=False))
        connection.settimeout(5)
        while piece := connection.recv(4096):
            heard.append(piece)

    real = pymysql.connections.Connection.__init__

    def preferring(self: Any, **given: Any) -> None:
        real(self, **given)
        self._ssl_required = False

    monkeypatch.setattr(pymysql.connections.Connection, "__init__", preferring)
    with pytest.raises(TlsFailed):
        talk(without_tls, serve)
    assert b"canary" not in b"".join(heard)


def test_nothing_but_the_request_for_tls_goes_out_in_the_clear(serve: Serve) -> None:
    speaker = Speaker(lambda wrapped, self: self.sign_in(wrapped))
    with talk(speaker, serve):
        pass
    assert len(speaker.plain) == 36
    assert b"canary" not in speaker.plain
    assert b"canary-user" in speaker.secret
    assert b"canary-secret" not in speaker.secret  # scrambled, even inside TLS


def test_a_certificate_of_a_stranger_ends_before_any_name_is_sent(serve: Serve) -> None:
    speaker = Speaker(lambda wrapped, self: self.sign_in(wrapped))
    with pytest.raises(TlsFailed, match="does not match"):
        connect_mysql(
            LOCAL,
            Budget(5),
            host="127.0.0.1",
            port=serve(speaker),
            user="canary-user",
            password="canary-secret",
            ca_pem=trustme.CA().cert_pem.bytes().decode(),
        )
    assert speaker.secret == b""


@pytest.mark.parametrize(
    "plugin", [b"mysql_clear_password", b"dialog", b"mysql_old_password", b"client_ed25519", b"evil\x1b[31m", b"x" * 99]
)
def test_a_way_to_sign_in_that_gives_the_password_away_is_refused(plugin: bytes, serve: Serve) -> None:
    def switch(wrapped: ssl.SSLSocket, speaker: Speaker) -> None:
        wrapped.sendall(packet(3, b"\xfe" + plugin + b"\0" + b"x" * 20 + b"\0"))
        speaker.take(wrapped)

    speaker = Speaker(switch)
    with pytest.raises(AuthFailed, match="sign in by") as caught:
        talk(speaker, serve)
    assert b"canary-secret" not in speaker.secret
    assert caught.value.sentence.isprintable()


def test_the_full_exchange_of_caching_sha2_is_done_inside_tls_only(serve: Serve) -> None:
    """MySQL's default: if the server has no cached digest, the password itself goes over the verified connection."""

    def full(wrapped: ssl.SSLSocket, speaker: Speaker) -> None:
        wrapped.sendall(packet(3, b"\xfecaching_sha2_password\0" + b"y" * 20 + b"\0"))
        speaker.take(wrapped)
        wrapped.sendall(packet(5, b"\x01\x04"))
        speaker.take(wrapped)
        wrapped.sendall(packet(7, OK))
        for _ in range(4):
            speaker.take(wrapped)
            wrapped.sendall(packet(1, OK))

    speaker = Speaker(full)
    with talk(speaker, serve):
        pass
    assert b"canary-secret\0" in speaker.secret
    assert b"canary" not in speaker.plain


def test_a_server_that_asks_for_a_file_gets_none(serve: Serve) -> None:
    def ask(wrapped: ssl.SSLSocket, speaker: Speaker) -> None:
        speaker.sign_in(wrapped)
        speaker.take(wrapped)
        wrapped.sendall(packet(1, b"\xfb/etc/passwd"))
        speaker.take(wrapped)

    speaker = Speaker(ask)
    with talk(speaker, serve) as connection, pytest.raises(BadAnswer):
        connection.rows("SELECT 1")
    assert connection.closed
    assert b"root:" not in speaker.secret


def _silence(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(4096):
        pass


def _drip(connection: socket.socket) -> None:
    for byte in greeting(tls=True):
        connection.sendall(bytes([byte]))
        if connection.recv(1, socket.MSG_PEEK) == b"":
            return


def _http(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _garbage(connection: socket.socket) -> None:
    connection.sendall(packet(0, bytes(range(9, 256))))


def _garbled_version(connection: socket.socket) -> None:
    connection.sendall(greeting(tls=True).replace(b"8.0.36", b"hello!"))


def _empty_packets(connection: socket.socket) -> None:
    connection.sendall(packet(0, b"") * 100)


def _announces_much(connection: socket.socket) -> None:
    connection.sendall(b"\xff\xff\xff\0" + bytes(100_000))
    connection.recv(1)


def _garbage_for_tls(connection: socket.socket) -> None:
    connection.sendall(greeting(tls=True))
    connection.recv(36)
    connection.sendall(b"\0" * 400)


def _too_many(connection: socket.socket) -> None:
    connection.sendall(packet(0, b"\xff" + struct.pack("<H", 1040) + b"Too many canary connections"))


def _not_from_here(connection: socket.socket) -> None:
    connection.sendall(packet(0, b"\xff" + struct.pack("<H", 1130) + b"Host canary is not allowed"))


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        (_silence, Unreachable),
        (_drip, Unreachable),
        (_http, BadAnswer),
        (_garbage, BadAnswer),
        (_garbled_version, BadAnswer),
        (_empty_packets, BadAnswer),
        (_announces_much, Unreachable),
        (_garbage_for_tls, TlsFailed),
        (_too_many, Unreachable),
        (_not_from_here, AuthFailed),
        (lambda connection: connection.close(), Unreachable),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_hostile_listener_gets_a_named_error(
    handle: Any, error: type[ConnectorError], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    if handle in (_silence, _drip, _announces_much):  # these would use up the time there is
        monkeypatch.setattr("ztassess.connectors.netguard.mysql._HANDSHAKE_SECONDS", 0.5)
    with pytest.raises(error) as caught:
        talk(handle, serve)
    assert "canary" not in caught.value.sentence.replace("canary-user", "")


def test_listener_is_reached_where_the_operator_allows_it(serve: Serve) -> None:
    """The control of the tests of denied addresses: the same listener counts a connection once loopback is listed."""
    accepted: list[object] = []

    def count(connection: socket.socket) -> None:
        accepted.append(connection)

    with pytest.raises(ConnectorError):
        talk(count, serve)
    assert len(accepted) == 1
