"""Owns the company's database server: roles, tables and grants on a day, in the form of zt-export.sql."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext, UploadedFile
from ztassess.connectors.postgres.matrix import VERBS
from ztassess.connectors.postgres.snapshot import Activity, PostgresSnapshot
from ztassess.connectors.postgres.upload import FORMAT
from ztassess.demo.company import DOMAIN, LEAVER, SERVICES
from ztassess.demo.systems.base import System

HOST: Final = f"db.{DOMAIN}"
DATABASE: Final = "ledger"
READ, ADD, KEEP = ("SELECT",), ("SELECT", "INSERT"), ("SELECT", "INSERT", "UPDATE")
# What each service is meant to do: the grant matrix of the connection, and what its role was granted.
MATRIX: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "web": {"users": READ, "orders": READ, "invoices": READ},
    "api": {"users": KEEP, "accounts": READ, "orders": READ},
    "orders": {"orders": KEEP, "order_items": KEEP, "users": READ},
    "billing": {"invoices": KEEP, "payments": ADD, "orders": READ},
    "ledger": {"accounts": KEEP, "entries": ADD, "invoices": READ},
    "reporting": {"orders": READ, "entries": READ, "invoices": READ},
    "notify": {"notifications": KEEP, "users": READ},
}
TABLES: Final = ("users", "accounts", "orders", "order_items", "invoices", "payments", "entries", "notifications")
PEOPLE: Final = ("lena", "marcus")
LEFT: Final = LEAVER.partition("@")[0]
VENDOR: Final = ("rdsadmin", "rds_superuser", "rds_replication", "rds_iam", "rds_password")


@dataclass(frozen=True, slots=True)
class Server:
    """What changes over the weeks.

    Attributes:
        api_owns: the api's role owns every table, so it can grant itself anything.
        worker_shares: the worker of orders signs in with the role of orders.
        public_creates: everyone may create objects in schema public, the default before PostgreSQL 15.
        reporting_writes: reporting may write orders and read users.
        browsing: roles of people that may read users and payments.
        leaver_role: the role of somebody who left may sign in.
    """

    api_owns: bool = True
    worker_shares: bool = True
    public_creates: bool = True
    reporting_writes: bool = True
    browsing: tuple[str, ...] = PEOPLE
    leaver_role: bool = False


def _people(server: Server) -> tuple[str, ...]:
    return (*PEOPLE, LEFT) if server.leaver_role else PEOPLE


Grants = Mapping[str, Mapping[str, tuple[str, ...]]]


def _grants(server: Server) -> Grants:
    """Verbs by role and table, as they were granted."""
    found = {role: dict(tables) for role, tables in MATRIX.items()}
    if server.reporting_writes:
        found["reporting"] |= {"orders": KEEP, "users": READ}
    for person in _people(server):
        found[person] = dict.fromkeys(("invoices", "entries"), READ)
    for person in server.browsing:
        found[person] |= dict.fromkeys(("users", "payments"), READ)
    return found


def _role(name: str, **powers: bool) -> dict[str, Any]:
    plain = dict.fromkeys(("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls"), False)
    return {"rolname": name, "rolvaliduntil": None, "rolcanlogin": True, "rolinherit": True, **plain, **powers}


def _roles(server: Server) -> Iterator[dict[str, Any]]:
    yield _role("postgres", rolcreaterole=True, rolcreatedb=True)
    yield _role("rdsadmin", rolsuper=True, rolcreaterole=True, rolreplication=True, rolbypassrls=True)
    yield from (_role(name, rolcanlogin=False) for name in VENDOR[1:])
    yield from (_role(name) for name in ("migrator", "zt_auditor", *SERVICES, *_people(server)))


def _relations(owner: str, grants: Grants) -> Iterator[dict[str, Any]]:
    nothing = dict.fromkeys(("row_security", "security_invoker", "extension"), False)
    for table in TABLES:
        held = {owner: list(VERBS)} | {role: list(of[table]) for role, of in grants.items() if table in of}
        acl = [{"grantee": role, "privileges": verbs} for role, verbs in held.items()]
        place = {"nspname": "public", "relname": table, "relkind": "r", "owner": owner}
        yield {**place, **nothing, "parent_nspname": None, "parent_relname": None, "grants": acl}


def _effective(owner: str, grants: Grants) -> Iterator[dict[str, Any]]:
    everything = dict.fromkeys(TABLES, VERBS)
    held = {**grants, owner: everything, "rdsadmin": everything}
    for role, tables in held.items():
        for table, verbs in tables.items():
            row = {"rolname": role, "nspname": "public", "relname": table}
            yield {**row, "verbs": list(verbs), "column_verbs": []}


def _schema_grants(server: Server) -> Iterator[dict[str, str]]:
    verbs = ("USAGE", "CREATE") if server.public_creates else ("USAGE",)
    yield from ({"nspname": "public", "grantee": "PUBLIC", "privilege_type": verb} for verb in verbs)
    yield from ({"nspname": "public", "grantee": "postgres", "privilege_type": verb} for verb in ("USAGE", "CREATE"))


def _rows(names: Iterable[str], **more: Any) -> list[dict[str, Any]]:
    return [{"member": name, **more} for name in names]


def exports(server: Server, context: ReadContext) -> tuple[UploadedFile, ...]:
    """One file for each database of the server: the company's own, and the empty one every server has."""
    grants, owner = _grants(server), "api" if server.api_owns else "migrator"
    member = {"role": "rds_superuser", "admin_option": False, "inherit_option": True, "set_option": True}
    settings = {"ssl": "on", "rds.force_ssl": "on", "password_encryption": "scram-sha-256"}
    shared = {
        "format": FORMAT,
        "taken_at": context.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hba": None,
        "roles": list(_roles(server)),
        "memberships": _rows(["postgres"], **member),
        "settings": [{"name": name, "setting": value} for name, value in settings.items()],
        "databases": [{"datname": name} for name in (DATABASE, "postgres", "rdsadmin")],
        **{part: [] for part in ("column_grants", "default_privileges", "definer_functions", "view_sources")},
        "complete": True,
    }
    own = {
        "relations": list(_relations(owner, grants)),
        "effective": list(_effective(owner, grants)),
        "schema_grants": list(_schema_grants(server)),
    }
    empty: dict[str, Any] = {"relations": [], "effective": [], "schema_grants": []}
    return (
        UploadedFile(f"{DATABASE}.json", orjson.dumps({**shared, **own, "database": DATABASE})),
        UploadedFile("postgres.json", orjson.dumps({**shared, **empty, "database": "postgres"})),
    )


def beyond(server: Server, snapshot: PostgresSnapshot, context: ReadContext) -> PostgresSnapshot:
    """Live use, which no export holds: who is connected as whom, from where."""
    used = [Activity(name, name, f"10.20.1.{10 + place}", 2) for place, name in enumerate(SERVICES)]
    if server.worker_shares:
        used.append(Activity("orders", "orders-worker", "10.20.1.31", 1))
    return replace(snapshot, activity=tuple(used), taken_at=context.now, server=f"{HOST}:5432")


def _matrix() -> str:
    def line(role: str) -> str:
        return ", ".join(f"public.{table}={'+'.join(verbs)}" for table, verbs in MATRIX[role].items())

    return "\n".join(f"{role}: {line(role)}" for role in SERVICES)


SYSTEM: Final = System(
    slug="postgres",
    name="Production Postgres",
    start=Server(),
    exports=exports,
    beyond=beyond,
    preflight=Preflight(
        "zt_auditor on PostgreSQL 15.8",
        tuple(
            PreflightRow(part, allowed=True)
            for part in ("databases", "roles", "memberships", "relations", "effective", "settings", "activity")
        ),
    ),
    entered={
        "host": HOST,
        "grant_matrix": _matrix(),
        "human_roles": "\n".join(f"{name}={name}@{DOMAIN}" for name in (*PEOPLE, LEFT)),
        "sensitive_schemas": "public.users\npublic.payments",
        "administrators": "postgres\nmigrator",
    },
    secrets=("password",),
    requests=28,
    seconds=3,
)
