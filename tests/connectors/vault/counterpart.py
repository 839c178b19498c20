"""A real OpenBao whose database log-ins are renewed for weeks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.fakes.vendor import authority
from tests.services.openbao import start_openbao
from ztassess.connectors.vault.form import GRANTS


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    server = start_openbao()
    try:
        server.do("POST", "sys/auth/approle", {"type": "approle"})
        server.do("POST", "sys/audit/file", {"type": "file", "options": {"file_path": str(server.home / "audit.log")}})
        server.do("POST", "sys/mounts/database", {"type": "database"})
        server.do(
            "POST",
            "database/config/shop",
            {
                "plugin_name": "postgresql-database-plugin",
                "allowed_roles": "*",
                "connection_url": "postgresql://localhost:1/shop",
                "verify_connection": False,
            },
        )
        server.do("POST", "database/roles/app", {"db_name": "shop", "creation_statements": "CREATE ROLE x"})
        server.do("PUT", "sys/policies/acl/zt-auditor", {"policy": GRANTS[0].text})
        role = "auth/approle/role/zt-auditor"
        server.do("POST", role, {"token_policies": ["zt-auditor"], "token_ttl": "10m", "secret_id_ttl": "1h"})
        yield Counterpart(
            entered={
                "address": server.address,
                "role_id": server.do("GET", f"{role}/role-id")["role_id"],
                "ca_certificate": authority()[0].cert_pem.bytes().decode(),
                "data_stores": "shop",
            },
            secrets={"secret_id": server.do("POST", f"{role}/secret-id", {})["secret_id"]},
            fails="vault.database_leases_short",
            passes="vault.audit_device_enabled",
            real=True,
        )
    finally:
        server.stop()
