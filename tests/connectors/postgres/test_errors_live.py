"""What people read when a connection or a query goes wrong; nothing is judged from it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import trustme

from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    BudgetExceeded,
    ConnectorError,
    DatabaseRefused,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.postgres import CONNECTOR, client
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

pytestmark = pytest.mark.postgres


def test_wrong_password_is_told_and_tried_once(lab: Any) -> None:
    context = lab.context(password="wrong", databases="one, two, three")
    with pytest.raises(AuthFailed) as refused:
        CONNECTOR.collect(context)
    assert refused.value.sentence == "Password refused for zt_auditor."
    assert not isinstance(refused.value, DatabaseRefused)
    assert context.budget.requests == 1


@pytest.mark.parametrize("run", [CONNECTOR.collect, CONNECTOR.preflight])
def test_unknown_database_is_told(lab: Any, run: Callable[[Any], Any]) -> None:
    with pytest.raises(DatabaseRefused, match="GRANT CONNECT"):
        run(lab.context(databases="nowhere"))


def test_no_connect_right_is_told(lab: Any) -> None:
    with lab.database(fresh=True) as name:
        with lab.server.admin() as admin:
            admin.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        with pytest.raises(DatabaseRefused) as refused:
            lab.read(databases=name)
    assert refused.value.sentence == f"zt_auditor may not connect to {name}: GRANT CONNECT."


def test_all_without_a_way_into_postgres_says_to_name_databases(lab: Any) -> None:
    with lab.server.admin() as admin:
        admin.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        try:
            for run in (CONNECTOR.collect, CONNECTOR.preflight):
                with pytest.raises(DatabaseRefused, match="instead of all"):
                    run(lab.context())
        finally:
            admin.execute("GRANT CONNECT ON DATABASE postgres TO PUBLIC")


def test_certificate_of_another_authority_stops(lab: Any) -> None:
    other = trustme.CA().cert_pem.bytes().decode()
    with pytest.raises(TlsFailed) as refused:
        lab.read(ca_certificate=other)
    assert refused.value.sentence == "The server certificate does not match localhost; we do not continue without it."


def test_certificate_without_our_authority_stops(lab: Any) -> None:
    with pytest.raises(TlsFailed):
        lab.read(ca_certificate="")


def test_a_private_address_is_refused_unless_the_operator_opened_it(lab: Any) -> None:
    closed = lab.context()
    object.__setattr__(closed, "guard", Guard())
    for run in (CONNECTOR.collect, CONNECTOR.preflight):
        with pytest.raises(Blocked):
            run(closed)


def test_a_query_over_the_limit_leaves_a_gap_and_no_pass(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = client.queries.query
    slow = "SELECT pg_sleep(5), 1 AS nspname"
    monkeypatch.setattr(client.queries, "query", lambda number: slow if number == "Q3" else real(number))
    monkeypatch.setattr(client, "STATEMENT_SECONDS", 1)
    with lab.database("CREATE TABLE orders (id int)", roles=("reporting LOGIN",)) as name:
        snapshot = lab.read(databases=name, grant_matrix="reporting: public.orders=SELECT")
    assert isinstance(snapshot.column_grants, Unavailable)
    assert snapshot.column_grants.reason == "partial_data"
    assert "was stopped" in snapshot.column_grants.detail
    assert snapshot.relations  # the others were read
    outcomes = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert outcomes["postgres.grants_match_matrix"] == "not_checked"
    assert outcomes["postgres.grants_exported"] == "not_checked"


def test_a_server_that_is_no_postgresql_inside_gives_no_verdict(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.queries, "query", lambda number: "SELECT 1 AS something")
    snapshot = lab.read()
    assert isinstance(snapshot.roles, Unavailable)
    assert not {result.outcome.value for result in judge(CONNECTOR, snapshot).results} & {"pass", "fail"}


def test_time_that_runs_out_keeps_what_was_read(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with lab.database("CREATE TABLE a (id int)") as one, lab.database("CREATE TABLE b (id int)") as two:
        context = lab.context(databases=f"{one}, {two}")
        budget = Budget(30, requests=20)
        object.__setattr__(context, "budget", budget)
        snapshot = CONNECTOR.collect(context)
    assert [each.name for each in snapshot.databases] == [one]
    assert {gap.why.reason for gap in snapshot.gaps.entries if gap.database == two} == {"partial_data"}


def test_a_connection_cut_in_mid_reading_is_a_gap(lab: Any) -> None:
    with lab.database("CREATE TABLE a (id int)") as one, lab.database("CREATE TABLE b (id int)") as two:
        context = lab.context(databases=f"{one}, {two}")

        def cut(part: str, seen: int) -> None:
            del seen
            if part == "view_sources":
                with lab.server.admin() as admin:
                    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                    admin.execute(end, [one])

        object.__setattr__(context, "progress", cut)
        snapshot = CONNECTOR.collect(context)
    assert {gap.why.reason for gap in snapshot.gaps.entries if gap.database == one} == {"unreachable"}
    assert [each.name for each in snapshot.databases] == [two]


Behavior = Callable[[socket.socket], None]


@pytest.fixture
def listener() -> Iterator[Callable[[Behavior], int]]:
    """Starts a hostile server; returns its port."""
    opened: list[socket.socket] = []

    def start(behavior: Behavior) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def serve() -> None:
            while True:
                try:
                    accepted, _ = listening.accept()
                except OSError:
                    return
                with accepted:
                    behavior(accepted)

        threading.Thread(target=serve, daemon=True).start()
        return int(listening.getsockname()[1])

    yield start
    for each in opened:
        each.close()


def _hang_up(peer: socket.socket) -> None:
    peer.recv(64)


def _speak_http(peer: socket.socket) -> None:
    peer.recv(64)
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _refuse_tls(peer: socket.socket) -> None:
    peer.recv(64)
    peer.sendall(b"N")
    peer.recv(64)


def _garbage(peer: socket.socket) -> None:
    peer.recv(64)
    peer.sendall(b"S" + bytes(200))


def _silence(peer: socket.socket) -> None:
    peer.settimeout(8)
    try:
        while peer.recv(64):
            pass
    except OSError:
        return


@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        (_hang_up, Unreachable),
        (_speak_http, BadAnswer),
        (_refuse_tls, TlsFailed),
        (_garbage, ConnectorError),
        (_silence, Unreachable),
    ],
)
def test_hostile_servers_end_in_a_sentence(
    lab_context: Any, listener: Callable[[Behavior], int], behavior: Behavior, error: type[ConnectorError]
) -> None:
    context = lab_context(host="127.0.0.1", port=str(listener(behavior)))
    with pytest.raises(error) as raised:
        CONNECTOR.preflight(context)
    assert raised.value.sentence.endswith(".")
    assert "canary" not in raised.value.sentence


def test_nobody_listening_is_unreachable(lab_context: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        CONNECTOR.collect(lab_context(host="127.0.0.1", port=str(port)))


def test_a_server_that_stops_answering_ends_with_the_run(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.queries, "OWN_ROLE", "SELECT pg_sleep(9)")
    context = lab.context()
    object.__setattr__(context, "budget", Budget(1.5))
    before = time.monotonic()
    with pytest.raises(BudgetExceeded):
        CONNECTOR.preflight(context)
    assert time.monotonic() - before < 8  # a bound on waiting, not a timing of ours


def test_more_bytes_than_the_run_may_take_end_it(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "SELECT repeat('x', 1000) AS rolname FROM generate_series(1, 1000000)"
    monkeypatch.setattr(client.queries, "OWN_ROLE", endless)
    with pytest.raises(BudgetExceeded, match="MiB"):
        CONNECTOR.collect(lab.context())


def test_notices_do_not_reach_anybody(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flood = "DO $$ BEGIN FOR i IN 1..2000 LOOP RAISE NOTICE 'notice-canary %', i; END LOOP; END $$"
    with lab.database() as name:
        context = lab.context(databases=name)
        with client.open_session(context, name) as session:
            session.connection.execute(flood)
            assert client.own_rights(session) == ()


def test_our_session_cannot_write(lab: Any) -> None:
    with (
        lab.database("CREATE TABLE anyone (id int)", "GRANT ALL ON anyone TO PUBLIC") as name,
        client.open_session(lab.context(databases=name), name) as session,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        session.connection.execute("INSERT INTO anyone VALUES (1)")
