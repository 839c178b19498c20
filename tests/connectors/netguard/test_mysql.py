"""MySQL connections against a real MariaDB, and against listeners that only pretend to be one."""

from __future__ import annotations

import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pymysql
import pytest
import trustme

from tests.services.mariadb import MariadbUnavailable, start_mariadb
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    BudgetExceeded,
    ConnectorError,
    InputInvalid,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.netguard import Budget, Guard, MysqlConnection, QueryRefused, connect_mysql

LOCAL = Guard(("localhost", "127.0.0.0/8"))
PASSWORD = "canary-right-ä"
SETUP = (
    f"CREATE USER auditor@'%' IDENTIFIED BY '{PASSWORD}'",
    f"CREATE USER locked@'%' IDENTIFIED BY '{PASSWORD}' ACCOUNT LOCK",
    f"CREATE USER expired@'%' IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE",
    f"CREATE USER elsewhere@'10.0.0.1' IDENTIFIED BY '{PASSWORD}'",
    f"CREATE USER certified@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE X509",
    "CREATE USER socketed@'%' IDENTIFIED VIA unix_socket",
    "CREATE DATABASE shop",
    "CREATE TABLE shop.t (a int)",
    "GRANT ALL ON shop.* TO auditor@'%'",
    "SET GLOBAL disconnect_on_expired_password = ON",
)
Serve = Callable[[Callable[[socket.socket], None]], int]
pytestmark = pytest.mark.xdist_group("mariadb")


@dataclass(frozen=True)
class Server:
    port: int
    ca_pem: str
    run: Callable[..., None]

    def connect(self, budget: Budget | None = None, guard: Guard = LOCAL, **other: Any) -> MysqlConnection:
        """Connect as `auditor`, or as said."""
        keywords = {"host": "localhost", "port": self.port, "user": "auditor", "password": PASSWORD}
        return connect_mysql(guard, budget or Budget(30), **{**keywords, "ca_pem": self.ca_pem, **other})


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    """A real server of our own, with one account for each way to be refused."""
    try:
        server = start_mariadb()
    except MariadbUnavailable as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    server.run(*SETUP)
    yield Server(server.port, server.ca_pem, server.run)
    server.stop()


def test_connection_is_verified_read_only_and_bounded(mariadb: Server) -> None:
    budget = Budget(30)
    with mariadb.connect(budget, statement_seconds=7) as connection:
        (row,) = connection.rows(
            "SELECT CURRENT_USER() AS me, @@tx_read_only AS read_only, @@max_statement_time AS seconds, "
            "@@sql_mode AS mode, NULL AS nothing, @@local_infile AS theirs"
        )
        assert row["me"] == "auditor@%"
        assert row["read_only"] == "1"
        assert row["seconds"] == "7.000000"
        assert row["mode"] == ""
        assert row["nothing"] is None
        (status,) = connection.rows("SHOW SESSION STATUS LIKE 'Ssl_version'")
        assert str(status["Value"]).startswith("TLSv1.")
        with pytest.raises(QueryRefused) as refused:
            connection.rows("INSERT INTO shop.t VALUES (1)")
        assert refused.value.number == 1792
        assert connection.rows("SELECT count(*) AS n FROM shop.t") == [{"n": "0"}]
    assert connection.closed
    assert budget.requests > 1
    assert budget.wire_bytes > 0


def test_option_files_and_environment_change_nothing(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".my.cnf").write_text("[client]\nhost=10.0.0.1\nuser=root\nssl-verify-server-cert=0\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MYSQL_HOST", "10.0.0.1")
    monkeypatch.setenv("MYSQL_PWD", "wrong")
    with mariadb.connect() as connection:
        assert connection.rows("SELECT 1 AS one") == [{"one": "1"}]


REFUSALS: dict[str, tuple[dict[str, Any], type[ConnectorError], str]] = {
    "wrong password": ({"password": "canary-wrong"}, AuthFailed, "Password or host refused for auditor."),
    "empty password": ({"password": ""}, AuthFailed, "Password or host refused for auditor."),
    "unknown user": ({"user": "nobody"}, AuthFailed, "Password or host refused for nobody."),
    "not from this host": ({"user": "elsewhere"}, AuthFailed, "Password or host refused for elsewhere."),
    "certificate of ours wanted": ({"user": "certified"}, AuthFailed, "Password or host refused for certified."),
    "local socket only": ({"user": "socketed"}, AuthFailed, "socketed"),
    "locked": ({"user": "locked"}, AuthFailed, "locked is locked"),
    "expired": ({"user": "expired"}, AuthFailed, "has expired"),
    "system authorities": ({"ca_pem": ""}, TlsFailed, "does not match localhost"),
    "strangers authority": ({"ca_pem": trustme.CA().cert_pem.bytes().decode()}, TlsFailed, "does not match localhost"),
    "certificate for another name": (
        {"host": "db.internal", "guard": Guard(("db.internal",), resolver=lambda name, seconds: ("127.0.0.1",))},
        TlsFailed,
        "does not match db.internal",
    ),
    "no certificate at all": ({"ca_pem": "hello"}, TlsFailed, "PEM"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_is_named_and_shows_no_password(name: str, mariadb: Server) -> None:
    other, error, sentence = REFUSALS[name]
    with pytest.raises(error) as caught:
        mariadb.connect(**other)
    assert sentence in caught.value.sentence
    assert "canary" not in caught.value.sentence
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(
    "other", [{"user": ""}, {"user": "x" * 129}, {"user": "a\0b"}, {"password": "a\0b"}], ids=["0", "129", "nul", "pw"]
)
def test_value_that_no_server_has_is_refused(other: dict[str, str], mariadb: Server) -> None:
    with pytest.raises(InputInvalid):
        mariadb.connect(**other)


@pytest.mark.parametrize("name", ["loop", "mixed", "meta", "ten"])
def test_name_that_resolves_to_a_denied_address_reaches_no_listener(name: str, serve: Serve, lab: Any) -> None:
    accepted: list[object] = []
    port = serve(accepted.append)
    with pytest.raises(Blocked):
        connect_mysql(Guard(), Budget(), host=f"{name}.attacker.example", port=port, user="u", password="p")
    assert accepted == []
    assert lab.connects == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "/run/mysqld/mysqld.sock", "::1", "a,b"])
def test_private_address_or_socket_path_is_refused(host: str, serve: Serve) -> None:
    accepted: list[object] = []
    with pytest.raises((Blocked, Unreachable)):
        connect_mysql(Guard(), Budget(5), host=host, port=serve(accepted.append), user="u", password="p")
    assert accepted == []


def test_low_ports_are_refused() -> None:
    with pytest.raises(Blocked):
        connect_mysql(Guard(), Budget(), host="shop.example", port=22, user="u", password="p")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        connect_mysql(LOCAL, Budget(), host="localhost", port=port, user="u", password="p")
    assert caught.value.how == "refused"


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


def test_endless_rows_end_with_the_budget(mariadb: Server) -> None:
    with (
        mariadb.connect(Budget(30, wire_bytes=512 * 1024)) as connection,
        pytest.raises(BudgetExceeded, match="MiB"),
    ):
        connection.rows("SELECT repeat('x', 1000) AS x FROM information_schema.columns a, information_schema.columns b")
    assert connection.closed


def test_one_huge_row_ends_with_the_budget(mariadb: Server) -> None:
    budget = Budget(30, wire_bytes=256 * 1024)
    with mariadb.connect(budget) as connection, pytest.raises(BudgetExceeded):
        connection.rows("SELECT repeat('x', 15000000) AS x")
    assert budget.wire_bytes < 512 * 1024


def test_query_that_never_answers_ends_with_the_budget(mariadb: Server) -> None:
    connection = mariadb.connect(Budget(seconds=2), statement_seconds=600)
    with pytest.raises(BudgetExceeded):
        connection.rows("SELECT sleep(600)")
    assert connection.closed
    with pytest.raises(ConnectorError):
        connection.rows("SELECT 1")


def test_server_stops_a_long_query_before_that_and_the_session_lives_on(mariadb: Server) -> None:
    with mariadb.connect(statement_seconds=1) as connection:
        with pytest.raises(QueryRefused) as stopped:
            connection.rows("SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
                            "information_schema.columns c WHERE a.table_name > b.column_name")  # fmt: skip
        assert stopped.value.number == 1969
        assert connection.rows("SELECT 1 AS one") == [{"one": "1"}]


def test_a_connection_that_the_server_ends_is_told(mariadb: Server) -> None:
    with mariadb.connect() as connection:
        (row,) = connection.rows("SELECT CONNECTION_ID() AS id")
        mariadb.run(f"KILL {row['id']}")
        with pytest.raises(Unreachable):
            connection.rows("SELECT 1")
        assert connection.closed


def test_requests_are_counted_against_the_budget(mariadb: Server) -> None:
    with pytest.raises(BudgetExceeded):
        mariadb.connect(Budget(30, requests=2))
