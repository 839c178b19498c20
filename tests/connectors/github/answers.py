"""Rows as GitHub sends them, by the names of its own description, and what hangs on one repository."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any
from zlib import crc32

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.fakes.vendor import CANARY, Answer

APP_ID, INSTALLATION, OWNER_TOKEN = "4711", 8100, "gho_owner"
READS = (
    "organization_administration",
    "members",
    "organization_personal_access_tokens",
    "organization_secrets",
    "organization_plan",
    "metadata",
    "administration",
    "secrets",
    "actions",
    "environments",
    "contents",
    "secret_scanning_alerts",
)
FEDERATED = """
name: deploy
on: {push: {branches: [main]}}
permissions: {contents: read}
jobs:
  ship:
    permissions: {id-token: write}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::123456789012:role/deploy", aws-region: eu-west-1}
      - run: aws s3 sync . s3://shop
"""
STATIC = """
name: release
on: push
jobs:
  old:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.DEPLOY_ONE }}
          aws-secret-access-key: ${{ secrets.DEPLOY_TWO }}
"""
PLAIN = "on: push\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n"


@cache
def app_key() -> tuple[str, str]:
    """The App's key as PEM, private and public; made once, for that takes time."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def user(login: str, number: int) -> dict[str, Any]:
    return {"login": login, "id": number, "type": "User", "site_admin": False}


def refused(status: int, message: str, **headers: str) -> Answer:
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Answer(body, status, headers)


def not_found() -> Answer:
    return refused(404, "Not Found")


class Repo:
    """One repository and what hangs on it."""

    def __init__(self, name: str, org: str, **more: Any) -> None:
        on = {"status": "enabled"}
        self.row: dict[str, Any] = {
            "id": crc32(name.encode()),
            "name": name,
            "full_name": f"{org}/{name}",
            "owner": user(org, 1),
            "private": True,
            "archived": False,
            "default_branch": "main",
            "security_and_analysis": {"secret_scanning": on, "secret_scanning_push_protection": on},
            "license": {"key": "mit", "spdx_id": "MIT"},
            **more,
        }
        self.keys: list[dict[str, Any]] = []
        self.protection: dict[str, Any] | Answer = {
            "url": "x",
            "enforce_admins": {"url": "x", "enabled": True},
            "required_pull_request_reviews": {"required_approving_review_count": 1},
        }
        self.rules: list[dict[str, Any]] = []
        self.rulesets: dict[int, dict[str, Any]] = {}
        self.environments: list[dict[str, Any]] = []
        self.environment_secrets: dict[str, list[str]] = {}
        self.branch_policies: dict[str, list[str]] = {}
        self.secrets: list[str] = []
        self.default = "read"
        self.subject: dict[str, Any] = {"use_default": True}
        self.files: dict[str, str] = {".github/workflows/test.yml": PLAIN}

    def review_ruleset(self, number: int, bypass: list[dict[str, Any]], *, reviews: int = 1, act: bool = True) -> None:
        """A ruleset that asks for reviews; one that does not act gives no rule."""
        self.rulesets[number] = {
            "id": number,
            "name": f"rules {number}",
            "target": "branch",
            "source": self.row["full_name"],
            "enforcement": "active" if act else "evaluate",
            "bypass_actors": bypass,
        }
        if act:
            self.rules.append(
                {
                    "type": "pull_request",
                    "parameters": {"required_approving_review_count": reviews},
                    "ruleset_source": self.row["full_name"],
                    "ruleset_id": number,
                }
            )


def deploy_key(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "key": f"ssh-ed25519 {CANARY}",
        "title": "deploy",
        "verified": True,
        "read_only": True,
        "created_at": "2026-06-01T00:00:00Z",
        "last_used": "2026-11-20T00:00:00Z",
        "enabled": True,
        **more,
    }


def environment(name: str, *rules: dict[str, Any], policy: str = "") -> dict[str, Any]:
    """An environment; its branch policy is ``protected``, ``custom`` or none."""
    told = {"protected_branches": policy == "protected", "custom_branch_policies": policy == "custom"}
    return {
        "id": 1,
        "name": name,
        "protection_rules": list(rules),
        "deployment_branch_policy": told if policy else None,
    }


def token(owner: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 900,
        "owner": user(owner, 5),
        "repository_selection": "all",
        "permissions": {},
        "access_granted_at": "2026-10-01T00:00:00Z",
        "token_id": 9,
        "token_name": "ci",
        "token_expired": False,
        "token_expires_at": "2026-12-01T00:00:00Z",
        "token_last_used_at": "2026-11-20T00:00:00Z",
        **more,
    }


def installed(slug: str, permissions: dict[str, str], selection: str = "all", **more: Any) -> dict[str, Any]:
    return {
        "id": crc32(slug.encode()),
        "app_slug": slug,
        "repository_selection": selection,
        "permissions": permissions,
        "suspended_at": None,
        **more,
    }


def named(secrets: list[str]) -> list[dict[str, Any]]:
    times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return [{"name": name, **times} for name in secrets]


def default(permissions: str) -> dict[str, Any]:
    return {"default_workflow_permissions": permissions, "can_approve_pull_request_reviews": False}


def content(path: str, text: str) -> dict[str, Any]:
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(text),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": base64.encodebytes(text.encode()).decode(),
    }


def alert(repo: str, number: int, created: str, state: str = "open", resolution: str | None = None) -> dict[str, Any]:
    return {
        "number": number,
        "created_at": created,
        "state": state,
        "resolution": resolution,
        "secret": CANARY,
        "repository": {"name": repo, "full_name": f"acme/{repo}"},
    }
