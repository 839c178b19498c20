"""PostgreSQL connections against a real server, and against listeners that only pretend to be one."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import trustme

from tests.services.postgres import PostgresUnavailable, start_postgres
from ztassess.connectors.errors import (
    AuthFailed,
    Blocked,
    BudgetExceeded,
    ConnectorError,
    InputInvalid,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.netguard import Budget, Guard, connect_postgres
from ztassess.connectors.netguard.postgres import GuardedConnection

LOCAL = Guard(("localhost", "127.0.0.0/8"))
SETUP = """
CREATE ROLE auditor LOGIN PASSWORD 'right';
CREATE ROLE locked PASSWORD 'right';
SET password_encryption = 'md5';
CREATE ROLE old LOGIN PASSWORD 'right';
RESET password_encryption;
CREATE ROLE barred LOGIN PASSWORD 'right';
CREATE DATABASE shut;
REVOKE CONNECT ON DATABASE shut FROM PUBLIC;
CREATE TABLE t (a int);
GRANT ALL ON t TO auditor
"""
ACCESS = (
    "local all all trust\nhostssl all barred all reject\nhostssl all old all md5\nhostssl all all all scram-sha-256\n"
)
Serve = Callable[[Callable[[socket.socket], None]], int]
pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Server:
    port: int
    ca_pem: str

    def connect(self, budget: Budget | None = None, guard: Guard = LOCAL, **other: Any) -> GuardedConnection:
        """Connect as `auditor`, or as said."""
        keywords = {
            "host": "localhost",
            "port": self.port,
            "dbname": "postgres",
            "user": "auditor",
            "password": "right",
        }
        return connect_postgres(guard, budget or Budget(), **{**keywords, "ca_pem": self.ca_pem, **other})


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A real server of our own, with one role for each way to be refused."""
    try:
        server = start_postgres()
    except PostgresUnavailable as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    if server.data is None:
        pytest.skip("The server given by environment must not get these roles and access rules.")
    with server.admin() as admin, server.hba(ACCESS):
        for statement in SETUP.split(";"):
            admin.execute(statement)  # type: ignore[call-overload]  # our own words
        admin.execute("SELECT pg_reload_conf()")
        yield Server(server.port, server.ca_pem)
    server.stop()


def test_connection_is_verified_read_only_and_bounded(postgres: Server) -> None:
    budget = Budget()
    with postgres.connect(budget, statement_seconds=7) as connection:
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("7s",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("INSERT INTO t VALUES (1)")
    assert budget.requests == 1
    assert budget.wire_bytes > 0


def test_environment_of_libpq_changes_nothing(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "/var/run/postgresql")
    monkeypatch.setenv("PGHOSTADDR", "10.0.0.1")
    monkeypatch.setenv("PGSSLMODE", "disable")
    monkeypatch.setenv("PGREQUIREAUTH", "none")
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=off")
    with postgres.connect() as connection:
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)


REFUSALS: dict[str, tuple[dict[str, Any], type[ConnectorError], str]] = {
    "wrong password": ({"password": "wrong"}, AuthFailed, "Password refused for auditor"),
    "empty password": ({"password": ""}, AuthFailed, "Password refused for auditor"),
    "unknown user": ({"user": "nobody"}, AuthFailed, "Password refused for nobody"),
    "no login right": ({"user": "locked"}, AuthFailed, "locked may not sign in"),
    "barred by pg_hba.conf": ({"user": "barred"}, AuthFailed, "pg_hba.conf"),
    "old password kind": ({"user": "old"}, AuthFailed, "older kind of password"),
    "unknown database": ({"dbname": "nothing"}, AuthFailed, "no database nothing"),
    "no right to connect": ({"dbname": "shut"}, AuthFailed, "GRANT CONNECT"),
    "system authorities": ({"ca_pem": ""}, TlsFailed, "does not match localhost"),
    "strangers authority": ({"ca_pem": trustme.CA().cert_pem.bytes().decode()}, TlsFailed, "does not match localhost"),
    "certificate for another name": (
        {"host": "db.internal", "guard": Guard(("db.internal",), resolver=lambda name, seconds: ("127.0.0.1",))},
        TlsFailed,
        "does not match db.internal",
    ),
    "no certificate at all": ({"ca_pem": "hello"}, TlsFailed, "certificate"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_is_named_and_shows_no_password(name: str, postgres: Server) -> None:
    other, error, sentence = REFUSALS[name]
    with pytest.raises(error) as caught:
        postgres.connect(**other)
    assert sentence in caught.value.sentence
    assert (other.get("password") or "right") not in caught.value.sentence
    assert caught.value.__cause__ is None  # libpq's text may quote what was sent


@pytest.mark.parametrize(
    "other",
    [
        *({"dbname": value} for value in ("host=10.0.0.1", "/run", "@x", "a,b", "", "x" * 64, "a\0b")),
        *({"user": value} for value in ("", "a=b host=10.0.0.1", "/x", "a,b", "u\0")),
        {"password": "a\0b"},
    ],
)
def test_value_that_libpq_could_read_as_more_is_refused(other: dict[str, str], postgres: Server) -> None:
    with pytest.raises(InputInvalid):
        postgres.connect(**other)


DSN_SHAPED = [
    *(
        "/var/run/postgresql",
        "/run",
        "@abstract",
        "localhost,10.0.0.1",
        "10.0.0.1,localhost",
        "",
        " ",
        "localhost ",
        "*",
    ),
    *(
        "host=10.0.0.1",
        "localhost host=10.0.0.1",
        "localhost hostaddr=10.0.0.1",
        "localhost sslmode=disable",
        "localhost' x='",
    ),
    *(
        "postgres://10.0.0.1/x",
        "postgresql://localhost/",
        "postgresql://10.0.0.1",
        "localhost/../",
        "localhost\\",
        "local\nhost",
    ),
    *(
        "localhost;10.0.0.1",
        "localhost:5432",
        "user@localhost",
        "localhost?host=10.0.0.1",
        "localhost#",
        "%2Ftmp",
        "service=x",
    ),
    *(
        "localhost\0",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0",
        "127.0.0.1,127.0.0.1",
        "[::1]",
        "::ffff:127.0.0.1",
        "::1%lo",
    ),
    *(
        "fe80::1%eth0",
        "passfile=/etc/shadow",
        "sslkey=/etc/ssl/key",
        "sslrootcert=/etc/passwd",
        "169.254.169.254",
        "10.0.0.1",
    ),
    *("db", "db.internal", "metadata.google.internal", "ｌocalhost", "localhost\t", "-", "..", "a..b"),
]


@pytest.mark.parametrize("host", DSN_SHAPED, ids=range(len(DSN_SHAPED)))
def test_dsn_shaped_host_reaches_no_listener(host: str, serve: Serve, lab: Any) -> None:
    """libpq connects outside of Python: a real listener on the denied address itself would notice."""
    accepted: list[object] = []
    port = serve(accepted.append)
    keywords = {"dbname": "shop", "user": "u", "password": "p"}
    with pytest.raises((Blocked, Unreachable)):
        connect_postgres(Guard(), Budget(seconds=5), host=host, port=port, **keywords)  # type: ignore[arg-type]
    assert accepted == []
    assert lab.connects == []


def test_listener_is_reached_where_the_operator_allows_it(serve: Serve) -> None:
    """The control of the test above: the same listener counts a connection once loopback is listed."""
    accepted: list[object] = []
    port = serve(accepted.append)
    with pytest.raises(ConnectorError):
        connect_postgres(LOCAL, Budget(seconds=5), host="127.0.0.1", port=port, dbname="shop", user="u", password="p")
    assert len(accepted) == 1


@pytest.mark.parametrize("name", ["loop", "mixed", "meta", "ten"])
def test_name_that_resolves_to_a_denied_address_reaches_no_listener(name: str, serve: Serve, lab: Any) -> None:
    accepted: list[object] = []
    port = serve(accepted.append)
    keywords = {"dbname": "shop", "user": "u", "password": "p"}
    with pytest.raises(Blocked):
        connect_postgres(Guard(), Budget(), host=f"{name}.attacker.example", port=port, **keywords)  # type: ignore[arg-type]
    assert accepted == []


def test_low_ports_are_refused() -> None:
    with pytest.raises(Blocked):
        connect_postgres(Guard(), Budget(), host="shop.example", port=22, dbname="shop", user="u", password="p")


def _no_tls(connection: socket.socket) -> None:
    connection.recv(8)
    connection.sendall(b"N")
    connection.recv(1)


def _error_before_tls(connection: socket.socket) -> None:
    connection.recv(8)
    text = b"SFATAL\0C53300\0Msorry, too many clients already\0\0"
    connection.sendall(b"E" + struct.pack(">I", len(text) + 4) + text)


def _silence(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(4096):
        pass


def _garbage(connection: socket.socket) -> None:
    connection.recv(8)
    connection.sendall(bytes(range(256)) * 1000)


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        (_no_tls, TlsFailed),
        (_error_before_tls, ConnectorError),
        (_silence, Unreachable),
        (_garbage, ConnectorError),
        (lambda connection: connection.close(), ConnectorError),
    ],
    ids=["no TLS", "error before TLS", "silence", "garbage", "closed at once"],
)
def test_hostile_listener_gets_a_named_error(handle: Any, error: type[ConnectorError], serve: Serve) -> None:
    port = serve(handle)
    with pytest.raises(error):
        connect_postgres(LOCAL, Budget(seconds=2), host="127.0.0.1", port=port, dbname="shop", user="u", password="p")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        connect_postgres(LOCAL, Budget(), host="localhost", port=port, dbname="shop", user="u", password="p")
    assert caught.value.how == "refused"


def test_endless_rows_end_with_the_budget(postgres: Server) -> None:
    with (
        postgres.connect(Budget(wire_bytes=512 * 1024)) as connection,
        pytest.raises(BudgetExceeded),
    ):
        connection.execute("SELECT repeat('x', 1000) FROM generate_series(1, 10000000)")
    assert connection.closed


def test_query_that_never_answers_ends_with_the_budget(postgres: Server) -> None:
    connection = postgres.connect(Budget(seconds=2), statement_seconds=600)
    with pytest.raises(BudgetExceeded):
        connection.execute("SELECT pg_sleep(600)")
    assert connection.closed


def test_server_stops_a_long_query_before_that(postgres: Server) -> None:
    with (
        postgres.connect(Budget(seconds=30), statement_seconds=1) as connection,
        pytest.raises(psycopg.errors.QueryCanceled),
    ):
        connection.execute("SELECT pg_sleep(600)")
