"""One real server per session, databases per test module, and a way to read them as the scan does."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.services.postgres import PostgresServer, PostgresUnavailable, psql_path, start_postgres
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.postgres import CONNECTOR
from ztassess.connectors.postgres.declared import declarations
from ztassess.connectors.postgres.snapshot import (
    Acl,
    DatabaseRead,
    Effective,
    Gaps,
    HbaLine,
    Membership,
    PostgresSnapshot,
    Relation,
    RelationId,
    Role,
    Setting,
)
from ztassess.connectors.runner import parse_form
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding

READER = "zt_auditor"
READER_PASSWORD = "canary-7f3a-only-read"
_NUMBERS = itertools.count(1)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on the server run in one process: roles belong to the whole server, and one server is enough."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.xdist_group("postgres"))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The session's server, with the role of the minimal grant."""
    try:
        started = start_postgres(need_tls=True)
    except PostgresUnavailable as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    with started.admin() as admin:
        admin.execute(f"DROP ROLE IF EXISTS {READER}")
        admin.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}' CONNECTION LIMIT 4")
    yield started
    started.stop()


_CLEAN = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner;
  GRANT USAGE ON SCHEMA public TO PUBLIC;
END $$
"""


@dataclass(frozen=True)
class Lab:
    """The server, seen from a test: borrow databases and roles, read them as the product does."""

    server: PostgresServer
    free: list[str] = field(default_factory=list)

    @contextmanager
    def database(self, *statements: str, roles: tuple[str, ...] = (), fresh: bool = False) -> Iterator[str]:
        """An empty database with these statements run in it; cleaned and lent again, since making one is slow.

        Roles belong to the server, so they are dropped too. A test that changes more than objects and roles asks for
        a fresh database, which is dropped afterwards.
        """
        name = self.free.pop() if self.free and not fresh else ""
        with self.server.admin() as admin:
            if not name:
                name = f"shop{next(_NUMBERS)}"
                admin.execute(f"CREATE DATABASE {name}")
            for role in roles:
                admin.execute(f"CREATE ROLE {role}")
        try:
            with self.server.admin(name) as admin:
                for statement in statements:
                    admin.execute(statement)
            yield name
        finally:
            self._take_back(name, [role.split()[0] for role in roles], fresh=fresh)

    def _take_back(self, name: str, roles: list[str], *, fresh: bool) -> None:
        with self.server.admin(name) as admin:
            admin.execute(_CLEAN)
            for role in reversed(roles):
                admin.execute(f"DROP OWNED BY {role} CASCADE")
                admin.execute(f"DROP ROLE {role}")
            rest = admin.execute("SELECT count(*) FROM pg_default_acl").fetchone()
        if not fresh and rest == (0,):
            self.free.append(name)
            return
        with self.server.admin() as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def hba(self, lines: str) -> Iterator[None]:
        """Another pg_hba.conf, as far as the catalog shows it."""
        if self.server.data is None:
            pytest.skip("this server was given by environment; its pg_hba.conf cannot be changed")
        with self.server.hba(lines):
            yield

    def context(self, *, password: str = READER_PASSWORD, **entered: str) -> ReadContext:
        """What a scan of this server is given."""
        server = self.server
        target = {"host": server.host, "port": str(server.port), "ca_certificate": server.ca_pem, "user": READER}
        return context(password=password, **{**target, **entered})

    def export(self, database: str, *, user: str = "", password: str = "") -> bytes:
        """What the shipped script prints, run by the real psql as the page tells people to."""
        program = psql_path()
        assert program, "psql comes with the server"
        dsn = self.server.dsn(database, user=user, password=password)
        command = [program, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", dsn]
        script = files("ztassess.connectors.postgres") / CONNECTOR.uploads[0].download
        with as_file(script) as path:
            done = subprocess.run([*command, "-f", str(path)], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == b""
        return done.stdout

    def read(self, **entered: Any) -> PostgresSnapshot:
        """One live reading."""
        snapshot = CONNECTOR.collect(self.context(**entered))
        assert isinstance(snapshot, PostgresSnapshot)
        return snapshot

    def findings(self, check: str, **entered: Any) -> list[Finding]:
        """What one check says about one live reading."""
        return judge(check, self.read(**entered))


def context(*, password: str = READER_PASSWORD, **entered: str) -> ReadContext:
    """What a scan is given: the form parsed by the product's own parser."""
    values, problems = parse_form(CONNECTOR, {"host": "db", **entered}, {"password": password})
    assert not problems, problems
    return ReadContext(
        config=values,
        secrets={"password": password},
        guard=Guard(("localhost", "127.0.0.0/8", "::1/128")),
        budget=Budget(30),
        now=NOW,
    )


def judge(check: str, snapshot: PostgresSnapshot) -> list[Finding]:
    """The findings of one check, which keeps the rules' own conventions whatever it found."""
    found = evaluate([CONNECTOR.checks[f"postgres.{check}"]], snapshot)
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
    return found


@pytest.fixture(scope="session")
def lab(server: PostgresServer) -> Lab:
    return Lab(server)


def role(name: str, **changed: Any) -> Role:
    """A login role without any attribute."""
    plain: dict[str, Any] = {
        "superuser": False,
        "create_role": False,
        "create_db": False,
        "can_login": True,
        "inherit": True,
        "replication": False,
        "bypass_rls": False,
        "valid_until": None,
    }
    return Role(name, **{**plain, **changed})


def member(member: str, of: str, *, inherit: bool = True, become: bool = True, admin: bool = False) -> Membership:
    """One membership; by default as PostgreSQL grants it."""
    return Membership(member, of, inherit=inherit, become=become, admin=admin)


def relation_id(name: str, database: str = "shop") -> RelationId:
    schema, _, table = name.rpartition(".")
    return RelationId(database, schema or "public", table)


def table(name: str, grants: dict[str, str] | None = None, *, database: str = "shop", **changed: Any) -> Relation:
    """A table owned by ``owner_role``; ``grants`` such as ``{"reporting": "SELECT"}``."""
    plain: dict[str, Any] = {
        "kind": "r",
        "owner": "owner_role",
        "row_security": False,
        "security_invoker": False,
        "extension": False,
        "parent": None,
    }
    acl = tuple(Acl(grantee, tuple(verbs.split())) for grantee, verbs in (grants or {}).items())
    return Relation(id=relation_id(name, database), grants=acl, **{**plain, **changed})


def may(role_name: str, name: str, verbs: str = "", columns: str = "", *, database: str = "shop") -> Effective:
    """One answer of Q7."""
    return Effective(role_name, relation_id(name, database), frozenset(verbs.split()), frozenset(columns.split()))


def hba(
    number: int,
    kind: str,
    method: str,
    *options: str,
    db: str = "all",
    users: str = "all",
    address: str = "10.0.0.0",
    netmask: str = "255.0.0.0",
    error: str = "",
) -> HbaLine:
    """One line of pg_hba.conf."""
    if kind == "local" or not address[:1].isdigit():
        address, netmask = ("", "") if kind == "local" else (address, "")
    return HbaLine(
        number, kind, tuple(db.split(",")), tuple(users.split(",")), address, netmask, method, options, error
    )


def picture(declared: dict[str, Any] | None = None, **parts: Any) -> PostgresSnapshot:
    """A snapshot with one empty database ``shop`` in which everything was readable; ``parts`` replace what differs.

    ``declared`` holds the form's values by field name, as text.
    """
    form = {"host": "db", **(declared or {})}
    values, problems = parse_form(CONNECTOR, form, {"password": "x"})
    assert not problems, problems
    empty: dict[str, Any] = {
        "taken_at": NOW,
        "server": "db:5432",
        "reader": READER,
        "declared": declarations(values, parts.pop("people", None)),
        "gaps": Gaps(),
        "listed": frozenset({"shop"}),
        "databases": (DatabaseRead("shop", 0, 0),),
        "roles": (),
        "memberships": (),
        "relations": (),
        "column_grants": (),
        "schema_grants": (),
        "default_privileges": (),
        "effective": (),
        "view_sources": (),
        "definer_functions": (),
        "settings": (Setting("ssl", "on"), Setting("ssl_ca_file", ""), Setting("password_encryption", "scram-sha-256")),
        "hba": (hba(1, "hostssl", "scram-sha-256"),),
        "activity": (),
    }
    return PostgresSnapshot(**{**empty, **parts})


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
        role=role, member=member, table=table, may=may, hba=hba, picture=picture, relation_id=relation_id, now=NOW
    )


@pytest.fixture(scope="session")
def say() -> SimpleNamespace:
    """Readers of findings: judge(check, snapshot), outcome(findings), failing(findings)."""
    return SimpleNamespace(judge=judge, outcome=outcome, failing=failing)
