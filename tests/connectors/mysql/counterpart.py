"""A real MariaDB server in which `app` may do more than was declared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.mysql.conftest import READER_PASSWORD, grant
from tests.fakes.counterpart import Counterpart
from tests.services.mariadb import start_mariadb


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    server = start_mariadb()
    try:
        server.run(*grant("Read-only account (MariaDB)"), *grant("Recommended: state of accounts (MariaDB)"))
        server.run(
            "CREATE DATABASE shop",
            "CREATE TABLE shop.orders (id int)",
            "CREATE USER app@'%' IDENTIFIED BY 'app-password'",
            "GRANT ALL ON shop.* TO app@'%'",
        )
        yield Counterpart(
            entered={
                "host": "localhost",
                "port": str(server.port),
                "ca_certificate": server.ca_pem,
                "grant_matrix": "app: shop.orders=SELECT",
            },
            secrets={"password": READER_PASSWORD},
            fails="mysql.grants_match_matrix",
            passes="mysql.no_global_rights",
            real=True,
        )
    finally:
        server.stop()
