"""A real PostgreSQL server in which `reporting` may do more than was declared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.services.postgres import start_postgres

SHOP = (
    "CREATE TABLE orders (id int PRIMARY KEY, total int)",
    "CREATE TABLE users (id int PRIMARY KEY, email text)",
    "CREATE ROLE reporting LOGIN PASSWORD 'reporting-password'",
    "GRANT SELECT, INSERT ON orders TO reporting",
    "CREATE ROLE zt_auditor LOGIN PASSWORD 'auditor-password' CONNECTION LIMIT 4",
    "GRANT CONNECT ON DATABASE shop TO zt_auditor",
)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    server = start_postgres(need_tls=True)
    try:
        with server.admin() as admin:
            admin.execute("CREATE DATABASE shop")
        with server.admin("shop") as admin:
            for statement in SHOP:
                admin.execute(statement)
        yield Counterpart(
            entered={
                "host": "localhost",
                "port": str(server.port),
                "databases": "shop",
                "ca_certificate": server.ca_pem,
                "grant_matrix": "reporting: public.orders=SELECT",
            },
            secrets={"password": "auditor-password"},
            fails="postgres.grants_match_matrix",
            passes="postgres.no_superuser_logins",
            real=True,
        )
    finally:
        server.stop()
