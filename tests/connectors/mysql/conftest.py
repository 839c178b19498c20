"""One real MariaDB per session, accounts and schemas per test, and a way to read them as the scan does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from types import SimpleNamespace
from typing import Any

import pytest

from tests.services.mariadb import MariadbServer, MariadbUnavailable, client_path, start_mariadb
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.mysql import CONNECTOR
from ztassess.connectors.mysql.declared import declarations
from ztassess.connectors.mysql.snapshot import (
    Account,
    AccountId,
    AccountState,
    ColumnGrant,
    MysqlSnapshot,
    RoleEdge,
    SchemaGrant,
    Setting,
    TableGrant,
    TableId,
)
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import parse_form
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Unavailable

READER = "zt_auditor"
READER_PASSWORD = "canary-7f3a-only-read"
HASH = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
"""The hash of a known word, as MariaDB stores it; must never come back from a reading."""
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEPT_SCHEMAS = ("information_schema", "performance_schema", "mysql", "sys", "ztassess")


def grant(title: str) -> list[str]:
    """The statements of a grant to copy, with a password put in."""
    (found,) = (each for each in CONNECTOR.grants if each.title == title)
    text = "\n".join(line for line in found.text.splitlines() if not line.startswith("--"))
    return [part.strip() for part in text.replace("CHANGE-ME", READER_PASSWORD).split(";\n") if part.strip()]


@pytest.fixture(scope="session")
def server() -> Iterator[MariadbServer]:
    """The session's server, with the account and the view that the product tells people to make."""
    try:
        started = start_mariadb()
    except MariadbUnavailable as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    started.run(*grant("Read-only account (MariaDB)"), *grant("Recommended: state of accounts (MariaDB)"))
    yield started
    started.stop()


@dataclass(frozen=True)
class Lab:
    """The server, seen from a test: make a world, read it as the product does."""

    server: MariadbServer

    @contextmanager
    def world(self, *statements: str) -> Iterator[None]:
        """These statements run by the administrator; whatever they made is gone afterwards."""
        try:
            self.server.run(*statements)
            yield
        finally:
            self._clean()

    def _clean(self) -> None:
        with self.server.admin() as cursor:
            cursor.execute("SELECT User, Host, is_role FROM mysql.user")
            for user, host, is_role in cursor.fetchall():
                if user == "PUBLIC":
                    cursor.execute("DELETE FROM mysql.global_priv WHERE User = 'PUBLIC'")
                    cursor.execute("DELETE FROM mysql.db WHERE User = 'PUBLIC'")
                elif is_role == "Y":
                    cursor.execute(f"DROP ROLE `{user}`")
                elif user not in ("root", "mariadb.sys", READER) or host not in ("localhost", "%"):
                    cursor.execute("DROP USER %s@%s", (user, host))
            cursor.execute("DELETE FROM mysql.db WHERE User = ''")
            cursor.execute("FLUSH PRIVILEGES")
            cursor.execute("SHOW DATABASES")
            for (schema,) in cursor.fetchall():
                if schema not in KEPT_SCHEMAS:
                    quoted = schema.replace("`", "``")
                    cursor.execute(f"DROP DATABASE `{quoted}`")
            cursor.execute("SET GLOBAL require_secure_transport = OFF")

    @contextmanager
    def without(self, statement: str, *back: str) -> Iterator[None]:
        """Our own account with one grant less, or more."""
        self.server.run(statement)
        try:
            yield
        finally:
            self.server.run(*back)

    def context(self, *, password: str = READER_PASSWORD, **entered: str) -> ReadContext:
        """What a scan of this server is given."""
        server = self.server
        target = {"host": server.host, "port": str(server.port), "ca_certificate": server.ca_pem, "user": READER}
        return context(password=password, **{**target, **entered})

    def export(self) -> bytes:
        """What the shipped script prints, run by the real client with the options the page tells people."""
        program = client_path()
        assert program, "the client comes with the server"
        command = [program, "--no-defaults", "--batch", "--raw", f"--socket={self.server.socket}", "--user=root"]
        script = files("ztassess.connectors.mysql") / CONNECTOR.uploads[0].download
        with as_file(script) as path, path.open("rb") as text:
            environment = {**os.environ, "MYSQL_PWD": self.server.password}
            done = subprocess.run(command, stdin=text, capture_output=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr == b""
        return done.stdout

    def read(self, **entered: Any) -> MysqlSnapshot:
        """One live reading."""
        snapshot = CONNECTOR.collect(self.context(**entered))
        assert isinstance(snapshot, MysqlSnapshot)
        return snapshot

    def findings(self, check: str, **entered: Any) -> list[Finding]:
        """What one check says about one live reading."""
        return judge(check, self.read(**entered))


def context(*, password: str = READER_PASSWORD, declared: Declared | None = None, **entered: str) -> ReadContext:
    """What a scan is given: the form parsed by the product's own parser."""
    values, problems = parse_form(CONNECTOR, {"host": "db", **entered}, {"password": password})
    assert not problems, problems
    return ReadContext(
        config=values,
        secrets={"password": password},
        guard=Guard(("localhost", "127.0.0.0/8", "::1/128")),
        budget=Budget(30),
        now=NOW,
        declared=declared or Declared(),
    )


def judge(check: str, snapshot: MysqlSnapshot) -> list[Finding]:
    """The findings of one check, which keeps the rules' own conventions whatever it found."""
    found = evaluate([CONNECTOR.checks[f"mysql.{check}"]], snapshot)
    words = [finding.verdict.outcome.value for finding in found]
    assert "error" not in words, found
    assert found[0].verdict.resource != "rule", "the rule said nothing"
    assert len(found) == 1 or not {"pass", "not_applicable"} & set(words), "a pass stands alone"
    resources = [finding.verdict.resource for finding in found]
    assert len(set(resources)) == len(resources), "one verdict per resource"
    for finding in found:
        verdict = finding.verdict
        assert verdict.reason.endswith("."), verdict.reason
        assert bool(verdict.reason_code) == (verdict.outcome.value == "not_checked")
        assert bool(verdict.evidence) == verdict.outcome.definite
        assert len(verdict.evidence) <= 50
        assert HASH not in repr(finding)
        assert "canary" not in repr(finding)
    return found


@pytest.fixture(scope="session")
def lab(server: MariadbServer) -> Lab:
    return Lab(server)


def ident(text: str) -> AccountId:
    """``app@10.%``; without a host it comes from everywhere; ``role:`` before it means none (MariaDB's roles)."""
    if text.startswith("role:"):
        return AccountId(text.removeprefix("role:"), "")
    user, at, host = text.rpartition("@")
    return AccountId(user, host) if at else AccountId(text, "%")


def account(text: str, rights: str = "", **changed: Any) -> Account:
    """An unlocked account with a password; ``rights`` separated by commas."""
    plain: dict[str, Any] = {"role": text.startswith("role:"), "plugin": "mysql_native_password", "tls": ""}
    held = frozenset(part.strip() for part in rights.split(",") if part.strip())
    return Account(id=ident(text), rights=held, **{**plain, "locked": None if plain["role"] else False, **changed})


def state(text: str, **changed: Any) -> AccountState:
    """What the view says of an unlocked account with a password."""
    return AccountState(ident(text), **{"locked": False, "passwordless": False, **changed})


def on_schema(text: str, pattern: str, rights: str) -> SchemaGrant:
    return SchemaGrant(ident(text), pattern, frozenset(rights.split(",")))


def on_table(text: str, table: str, rights: str) -> TableGrant:
    return TableGrant(ident(text), TableId(*table.split(".")), frozenset(rights.split(",")))


def on_column(text: str, table: str, column: str, rights: str) -> ColumnGrant:
    return ColumnGrant(ident(text), TableId(*table.split(".")), column, frozenset(rights.split(",")))


def member(text: str, of: str) -> RoleEdge:
    return RoleEdge(ident(text), ident(of))


def picture(declared: dict[str, Any] | None = None, **parts: Any) -> MysqlSnapshot:
    """A MariaDB in which everything was readable and nothing is there; ``parts`` replace what differs.

    ``declared`` holds the form's values by field name, as text. Each account gets a state unless states are given.
    """
    form = {"host": "db", **(declared or {})}
    values, problems = parse_form(CONNECTOR, form, {"password": "x"})
    assert not problems, problems
    shared = Declared(people=parts.pop("people", None), break_glass=parts.pop("break_glass", ()))
    users = parts.get("users", ())
    plain = () if isinstance(users, Unavailable) else users
    states = tuple(AccountState(each.id, bool(each.locked), passwordless=False) for each in plain)
    empty: dict[str, Any] = {
        "taken_at": NOW,
        "server": "db:3306",
        "version": "10.11.6-MariaDB",
        "reader": f"{READER}@%",
        "declared": declarations(values, shared),
        "users": (),
        "schema_grants": (),
        "table_grants": (),
        "column_grants": (),
        "roles": (),
        "dynamic": (),
        "states": states,
        "settings": (Setting("require_secure_transport", "OFF"), Setting("have_ssl", "YES")),
        "schemas": ("mysql", "information_schema", "shop", "shop_eu", "billing"),
        "tables": (TableId("shop", "orders"), TableId("shop", "users"), TableId("billing", "cards")),
    }
    return MysqlSnapshot(**{**empty, **parts})


def outcome(found: list[Finding]) -> str:
    """The folded outcome of one check's findings."""
    return fold(found[0].check, found).outcome.value


def failing(found: list[Finding]) -> dict[str, Finding]:
    """The failing findings by resource."""
    return {finding.verdict.resource: finding for finding in found if finding.verdict.outcome.value == "fail"}


@pytest.fixture(scope="session")
def lab_context() -> Callable[..., ReadContext]:
    """A context without a server, for uploads and hostile servers."""
    return context


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Builders of snapshot parts, for tables of (part -> outcome)."""
    return SimpleNamespace(
        account=account,
        state=state,
        on_schema=on_schema,
        on_table=on_table,
        on_column=on_column,
        member=member,
        picture=picture,
        ident=ident,
        now=NOW,
    )


@pytest.fixture(scope="session")
def say() -> SimpleNamespace:
    """Readers of findings: judge(check, snapshot), outcome(findings), failing(findings)."""
    return SimpleNamespace(judge=judge, outcome=outcome, failing=failing)
