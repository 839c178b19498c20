"""Owns a Vault for what OpenBao does not have: cloud engines, Enterprise standbys, warnings; and for breaking it."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.vendor import CANARY, Answer, Request, Vendor
from ztassess.connectors.vault.form import GRANTS

TOKEN = f"hvs.{CANARY}"
DAY = 86_400


def mount(kind: str, *, default: int = 0, longest: int = 0, **options: str) -> dict[str, Any]:
    """One engine as sys/mounts shows it."""
    config = {"default_lease_ttl": default, "max_lease_ttl": longest, "force_no_cache": False}
    return {"type": kind, "accessor": f"{kind}_ab12", "config": config, "options": options or None, "local": False}


class FakeVault(Vendor):
    """State by path, as the administrator wrote it; the token sees it, except where `denied` says so.

    Attributes:
        tree: what GET gives, by path below ``/v1/``. A LIST gives the names below a path; none: 404, as Vault does.
        denied: paths that the policy lacks.
        standby: status of sys/health instead of 200.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reset()
        self.route("GET", "/v1/sys/health")(self._health)
        self.route("POST", "/v1/auth/(?:approle|jwt)/login")(self._login)
        self.route("POST", "/v1/auth/token/revoke-self")(self._revoke)
        self.route("POST", "/v1/sys/capabilities-self")(self._capabilities)
        self.route("GET", "/v1/(.+)")(self._read)

    def reset(self) -> None:
        """A server in order, nothing asked yet."""
        self.faults.clear()
        self.requests.clear()
        self.denied: set[str] = set()
        self.tokens: set[str] = set()
        self.standby = 200
        self.capabilities: dict[str, list[str]] = {}
        self.tree: dict[str, dict[str, Any]] = {
            "sys/mounts": {
                "sys/": mount("system"),
                "kv/": mount("kv", version="2"),
                "database/": mount("database", longest=DAY),
                "aws/": mount("aws"),
                "gcp/": mount("gcp"),
                "pki/": mount("pki"),
            },
            "sys/auth": {"token/": {"type": "token"}, "approle/": {"type": "approle"}},
            "sys/audit": {"file/": {"type": "file", "options": {"file_path": "/var/log/audit.log"}}},
            "sys/policies/acl/zt-auditor": {"name": "zt-auditor", "policy": GRANTS[0].text + GRANTS[1].text},
            "sys/mounts/aws/tune": {"default_lease_ttl": 32 * DAY, "max_lease_ttl": 32 * DAY},
            "sys/mounts/pki/tune": {"default_lease_ttl": 32 * DAY, "max_lease_ttl": 32 * DAY},
            "sys/mounts/database/tune": {"default_lease_ttl": DAY, "max_lease_ttl": DAY},
            "auth/token/lookup-self": {
                "id": TOKEN,
                "display_name": "approle",
                "policies": ["zt-auditor"],
                "ttl": 600,
            },
            "auth/approle/role/zt-auditor": {
                "bind_secret_id": True,
                "secret_id_ttl": 3600,
                "secret_id_num_uses": 5,
                "token_ttl": 600,
                "token_max_ttl": 1800,
                "token_policies": ["zt-auditor"],
            },
            "database/roles/app": {
                "db_name": "shop",
                "default_ttl": 3600,
                "max_ttl": DAY,
                "creation_statements": [f"CREATE ROLE x PASSWORD '{CANARY}'"],
            },
            "aws/roles/deploy": {
                "credential_type": "assumed_role",
                "default_sts_ttl": 900,
                "max_sts_ttl": 3600,
                "role_arns": ["arn:aws:iam::123456789012:role/deploy"],
                "policy_document": CANARY,
            },
            "gcp/roleset/viewer": {"secret_type": "access_token", "service_account_email": "v@p.example"},
            "pki/roles/web": {"allow_any_name": False, "allowed_domains": ["example.com"], "max_ttl": 3 * DAY},
        }
        self.lists = {"gcp/rolesets": "gcp/roleset", "gcp/static-accounts": "gcp/static-account"}

    def _health(self, request: Request) -> Answer:
        assert "x-vault-token" not in request.headers
        asked = {503: "sealedcode", 429: "standbycode", 501: "uninitcode"}.get(self.standby, "")
        status = int(request.query.get(asked, self.standby))
        value = {
            "initialized": self.standby != 501,
            "sealed": self.standby == 503,
            "standby": self.standby in (429, 472, 473),
            "version": "1.21.0+ent",
        }
        return Answer(value, status)

    def _login(self, request: Request) -> Answer:
        if request.json() not in (
            {"role_id": "role", "secret_id": f"secret-{CANARY}"},
            {"role": "ci", "jwt": f"jwt-{CANARY}"},
        ):
            return Answer({"errors": ["invalid role or secret ID"]}, 400)
        self.tokens.add(TOKEN)
        return Answer({"data": None, "auth": {"client_token": TOKEN, "policies": ["zt-auditor"]}})

    def _revoke(self, request: Request) -> Answer:
        self.tokens.discard(request.headers["x-vault-token"])
        return Answer(status=204, raw=b"")

    def _capabilities(self, request: Request) -> Answer:
        found = {path: self.capabilities.get(path, ["deny"]) for path in request.json()["paths"]}
        return Answer({"data": found, **found})

    def _read(self, request: Request) -> Answer:
        path = request.match[1]
        if request.headers.get("x-vault-token") not in self.tokens or path in self.denied:
            return Answer({"errors": ["1 error occurred:\n\t* permission denied\n\n"]}, 403)
        if request.query.get("list") == "true":
            below = f"{self.lists.get(path, path)}/"
            names = [each.removeprefix(below) for each in self.tree if each.startswith(below)]
            if path.startswith("sys/policies"):
                names.append("root")
            value: dict[str, Any] | None = {"keys": names} if names else None
        else:
            value = self.tree.get(path)
        if value is None:
            return Answer({"errors": []}, 404)
        return Answer({"request_id": "r", "lease_id": "", "data": value, "warnings": None, "auth": None})


def with_warning(answer: Answer, *, data: bool) -> Answer:
    """Vault's 200 beside which stands a warning; with the data, or without."""
    value = json.loads(answer.body)
    return Answer(value | {"warnings": [f"ignored {CANARY}"]} | ({} if data else {"data": None}))
