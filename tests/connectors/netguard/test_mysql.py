"""MySQL connections against a real MariaDB, and against listeners that only pretend to be one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import trustme

from tests.services.mariadb import MariadbUnavailable, start_mariadb
from ztassess.connectors.errors import (
    AuthFailed,
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
