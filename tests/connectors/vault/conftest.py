"""Owns one real OpenBao per session, namespaces of it to lend, and ways to read them as the product does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.vendor import CANARY, context_for
from tests.services.openbao import OpenBao, start_openbao
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.vault import CONNECTOR
from ztassess.connectors.vault.form import GRANTS

ISSUED = {"db_name": "shop", "creation_statements": f"CREATE ROLE x -- {CANARY}", "default_ttl": "1h", "max_ttl": "24h"}
_NUMBERS = itertools.count(1)


@dataclass
class Corner:
    """One namespace of the server (or its root), set up by an administrator and read with the product's AppRole."""

    server: OpenBao
    namespace: str

    def do(self, method: str, path: str, body: Any = None) -> Any:
        return self.server.do(method, path, body, namespace=self.namespace)

    def auditor(self, policy: str = GRANTS[0].text, *, uses: int = 0, **more: Any) -> dict[str, str]:
        """Make the AppRole of the shown grant; its role id and a new secret id."""
        self.do("PUT", "sys/policies/acl/zt-auditor", {"policy": policy})
        role = {"token_policies": ["zt-auditor"], "token_ttl": "10m", "secret_id_ttl": "1h", "secret_id_num_uses": uses}
        self.do("POST", "auth/approle/role/zt-auditor", {**role, **more})
        role_id = self.do("GET", "auth/approle/role/zt-auditor/role-id")["role_id"]
        secret = self.do("POST", "auth/approle/role/zt-auditor/secret-id", {})["secret_id"]
        return {"role_id": role_id, "secret_id": secret}

    def context(self, credential: dict[str, str] | None = None, **entered: str) -> ReadContext:
        """A run against this corner."""
        found = credential or self.auditor()
        fields = {
            "address": self.server.address,
            "namespace": self.namespace,
            "role_id": found["role_id"],
            **entered,
        }
        return context_for(CONNECTOR, fields, {"secret_id": found["secret_id"]})

    def database(self, name: str = "database", **role: Any) -> None:
        """A database engine with a connection that is never opened, and a role if its fields are given."""
        self.do("POST", f"sys/mounts/{name}", {"type": "database"})
        connection = {
            "plugin_name": "postgresql-database-plugin",
            "allowed_roles": "*",
            "connection_url": "postgresql://{{username}}:{{password}}@localhost:1/shop",
            "username": "vault",
            "password": CANARY,
            "verify_connection": False,
        }
        self.do("POST", f"{name}/config/shop", connection)
        if role:
            self.do("POST", f"{name}/roles/app", role)


@pytest.fixture(scope="session")
def bao() -> Iterator[OpenBao]:
    """The session's server, with AppRole and one audit device in the root namespace."""
    server = start_openbao()
    server.do("POST", "sys/auth/approle", {"type": "approle"})
    server.do("POST", "sys/audit/file", {"type": "file", "options": {"file_path": str(server.home / "audit.log")}})
    yield server
    server.stop()


@contextmanager
def lent(server: OpenBao) -> Iterator[Corner]:
    name = f"corner{next(_NUMBERS)}"
    server.do("POST", f"sys/namespaces/{name}", {})
    corner = Corner(server, name)
    corner.do("POST", "sys/auth/approle", {"type": "approle"})
    yield corner


@pytest.fixture
def corner(bao: OpenBao) -> Iterator[Corner]:
    """A namespace of its own, with AppRole enabled."""
    with lent(bao) as made:
        yield made


@pytest.fixture
def root(bao: OpenBao) -> Iterator[Corner]:
    """The root namespace; what a test adds there is removed."""
    before = {kind: set(bao.do("GET", f"sys/{kind}")) for kind in ("mounts", "auth", "audit")}
    policies = set(bao.do("GET", "sys/policies/acl?list=true")["keys"])
    yield Corner(bao, "")
    for kind, kept in before.items():
        for path in set(bao.do("GET", f"sys/{kind}")) - kept:
            bao.do("DELETE", f"sys/{kind}/{path}")
    for name in set(bao.do("GET", "sys/policies/acl?list=true")["keys"]) - policies:
        bao.do("DELETE", f"sys/policies/acl/{name}")
    for name in bao.call("GET", "auth/approle/role?list=true")[1].get("data", {}).get("keys", ()):
        bao.do("DELETE", f"auth/approle/role/{name}")
