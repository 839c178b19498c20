"""What people read when a connection or a query goes wrong; nothing is judged from it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    BudgetExceeded,
    ConnectorError,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.mysql import CONNECTOR, client, queries
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

pytestmark = pytest.mark.xdist_group("mariadb")
RUNS = [CONNECTOR.collect, CONNECTOR.preflight]


@pytest.mark.parametrize("run", RUNS)
def test_wrong_password_is_told_and_tried_once(lab: Any, run: Callable[[Any], Any]) -> None:
    context = lab.context(password="canary-wrong")
    with pytest.raises(AuthFailed) as refused:
        run(context)
    assert refused.value.sentence == "Password or host refused for zt_auditor."
    assert context.budget.requests == 1


@pytest.mark.parametrize("run", RUNS)
def test_certificate_of_another_authority_stops(lab: Any, run: Callable[[Any], Any]) -> None:
    with pytest.raises(TlsFailed) as refused:
        run(lab.context(ca_certificate=trustme.CA().cert_pem.bytes().decode()))
    assert refused.value.sentence == "The server certificate does not match localhost; we do not continue without it."
    with pytest.raises(TlsFailed):
        run(lab.context(ca_certificate=""))


@pytest.mark.parametrize("run", RUNS)
def test_a_private_address_is_refused_unless_the_operator_opened_it(lab: Any, run: Callable[[Any], Any]) -> None:
    closed = lab.context()
    object.__setattr__(closed, "guard", Guard())
    with pytest.raises(Blocked):
        run(closed)


SLOW = (
    "SELECT count(*) AS Host FROM information_schema.columns a, information_schema.columns b, "
    "information_schema.columns c WHERE a.table_name > b.column_name"
)


def test_a_query_over_the_limit_leaves_a_gap_and_no_pass(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "COLUMN_GRANTS", SLOW)
    monkeypatch.setattr(client, "STATEMENT_SECONDS", 1)
    snapshot = lab.read(grant_matrix="app: shop.orders=SELECT")
    assert isinstance(snapshot.column_grants, Unavailable)
    assert snapshot.column_grants.reason == "partial_data"
    assert snapshot.users  # the others were read
    outcomes = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert outcomes["mysql.grants_match_matrix"] == "not_checked"
    assert outcomes["mysql.grants_exported"] == "not_checked"


# What a hostile or unknown server may answer to one query, each with the reason the part then carries.
ANSWERS = {
    "other columns": ("SELECT 1 AS something", "upstream_error"),
    "null instead of a name": (queries.TABLE_GRANTS.replace("Table_name", "NULL AS Table_name"), "upstream_error"),
    "a number too long": (queries.TABLE_GRANTS.replace("Host", "REPEAT('x', 20000) AS Host"), "upstream_error"),
    "no such table": ("SELECT * FROM mysql.nothing", "missing_scope"),
    "syntax of another version": ("SELECT FROM WHERE", "upstream_error"),
    "no such column": ("SELECT nothing FROM mysql.tables_priv", "unsupported"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_another_form_is_a_reason_and_no_pass(
    name: str, lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, reason = ANSWERS[name]
    monkeypatch.setattr(queries, "TABLE_GRANTS", text)
    with lab.world(
        "CREATE DATABASE shop", "CREATE TABLE shop.t (a int)", "CREATE USER a@'%'", "GRANT SELECT ON shop.t TO a@'%'"
    ):
        snapshot = lab.read(grant_matrix="a: shop.t=SELECT")
    assert isinstance(snapshot.table_grants, Unavailable)
    assert snapshot.table_grants.reason == reason
    results = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert results["mysql.grants_match_matrix"] == "not_checked"
    assert results["mysql.grants_exported"] == "not_checked"


def test_a_server_that_does_not_show_our_own_rights_is_not_read(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "OWN_TABLE", "SELECT * FROM mysql.nothing")
    for run in RUNS:
        with pytest.raises(BadAnswer, match="our own rights"):
            run(lab.context())


def test_a_probe_for_hashes_that_breaks_is_no_proof(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "HASH_PROBES", ("SELECT FROM WHERE",))
    with pytest.raises(BadAnswer, match="password hashes"):
        CONNECTOR.collect(lab.context())


def test_roles_that_cannot_be_read_back_are_a_warning(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "OWN_ROLES", "SELECT * FROM mysql.nothing")
    preflight = CONNECTOR.preflight(lab.context())
    assert preflight.warnings == ("We could not verify that this credential is read-only.",)


def test_requests_that_run_out_keep_what_was_read(lab: Any) -> None:
    context = lab.context()
    object.__setattr__(context, "budget", Budget(30, requests=16))
    snapshot = CONNECTOR.collect(context)
    assert isinstance(snapshot.users, tuple)  # type: ignore[attr-defined]
    gaps = {part: getattr(snapshot, part) for part in ("roles", "states", "settings", "schemas")}
    assert {gap.reason for gap in gaps.values() if isinstance(gap, Unavailable)} == {"partial_data"}
    assert "pass" not in {
        result.outcome.value
        for result in judge(CONNECTOR, snapshot).results
        if result.check in ("mysql.grants_match_matrix", "mysql.grants_exported", "mysql.no_global_rights")
    }


def test_a_connection_cut_in_mid_reading_is_a_gap(lab: Any) -> None:
    context = lab.context()

    def cut(part: str, seen: int) -> None:
        del seen
        if part == "users":
            with lab.server.admin() as cursor:
                cursor.execute("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'zt_auditor'")
                for (number,) in cursor.fetchall():
                    cursor.execute(f"KILL {number}")

    object.__setattr__(context, "progress", cut)
    snapshot = CONNECTOR.collect(context)
    assert isinstance(snapshot.users, tuple)  # type: ignore[attr-defined]
    assert snapshot.roles.reason == "unreachable"  # type: ignore[attr-defined]
    outcomes = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert outcomes["mysql.grants_exported"] == "not_checked"


def test_more_bytes_than_the_run_may_take_end_it(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = (
        "SELECT REPEAT('x', 1000) AS account, @@version AS version "
        "FROM information_schema.columns a, information_schema.columns b"
    )
    monkeypatch.setattr(queries, "WHO", endless)
    with pytest.raises(BudgetExceeded, match="MiB"):
        CONNECTOR.collect(lab.context())


def test_a_server_that_stops_answering_ends_with_the_run(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "WHO", "SELECT SLEEP(9) AS account")
    context = lab.context()
    object.__setattr__(context, "budget", Budget(1.0))
    with pytest.raises(BudgetExceeded):
        CONNECTOR.preflight(context)


def test_a_session_that_is_somebody_else_is_not_understood(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "WHO", "SELECT 1 AS one")
    with pytest.raises(BadAnswer, match="who we are"):
        CONNECTOR.preflight(lab.context())


@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        (lambda peer: None, Unreachable),
        (lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), BadAnswer),
        (lambda peer: peer.sendall(bytes(5000)), BadAnswer),
    ],
    ids=["hangs up", "speaks HTTP", "zeros"],
)
def test_hostile_servers_end_in_a_sentence(
    lab_context: Any, serve: Any, behavior: Any, error: type[ConnectorError]
) -> None:
    with pytest.raises(error) as raised:
        CONNECTOR.preflight(lab_context(host="127.0.0.1", port=str(serve(behavior))))
    assert raised.value.sentence.endswith(".")
    assert "canary" not in raised.value.sentence


def test_nobody_listening_is_unreachable(lab_context: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        CONNECTOR.collect(lab_context(host="127.0.0.1", port=str(port)))
