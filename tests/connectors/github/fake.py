"""A GitHub of one organization: proves Apps by their signature, hides by permission, pages by Link, tells owners more.

Names of fields and sentences of refusals are GitHub's own. The state is that of a company that does all checks well;
tests change it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.fakes.vendor import CANARY, NOW, Answer, Request, Vendor

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
            "id": abs(hash(name)) % 10**6,
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


def environment(name: str, *rules: dict[str, Any], branches: bool | None = None) -> dict[str, Any]:
    policy = None if branches is None else {"protected_branches": branches, "custom_branch_policies": False}
    return {"id": 1, "name": name, "protection_rules": list(rules), "deployment_branch_policy": policy}


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
        "id": abs(hash(slug)) % 10**6,
        "app_slug": slug,
        "repository_selection": selection,
        "permissions": permissions,
        "suspended_at": None,
        **more,
    }


class GitHub(Vendor):
    """The vendor.

    Attributes:
        granted: permissions of our installation.
        owner: the caller is told what GitHub tells owners only (filters of two factors, bypass lists).
        most: rows of a page at the most, to see pages in small lists.
    """

    def __init__(self, org: str = "acme") -> None:
        super().__init__()
        self.org, self.most, self.owner = org, 100, False
        self.granted = dict.fromkeys(READS, "read")
        self.selected: list[str] | None = None
        self.suspended: str | None = None
        self.live = {"ghs_0"}
        self.made = 0
        self.now: Callable[[], datetime] = lambda: NOW
        self.profile: dict[str, Any] = {
            "login": org,
            "two_factor_requirement_enabled": True,
            "default_repository_permission": "read",
            "deploy_keys_enabled_for_repositories": True,
            "public_repos": 0,
            "total_private_repos": 2,
            "plan": {"name": "enterprise", "space": 1, "private_repos": 9},
        }
        self.members = [user("anna", 11), user("ben", 12), user("cleo", 13)]
        self.owners, self.outside, self.lacking = ["anna", "ben"], [user("dora", 14)], list[str]()
        self.saml: dict[str, Any] | None = {"ssoUrl": "https://idp.example/sso", "issuer": "idp"}
        self.identities = [(login, f"{login}@acme.example") for login in ("anna", "ben", "cleo")]
        self.tokens = [token("anna")]
        self.authorizations: list[dict[str, Any]] | None = []
        self.apps = [installed("our-reader", dict.fromkeys(READS, "read"))]
        self.org_secrets, self.org_default = ["SLACK_HOOK"], "read"
        self.org_subject: dict[str, Any] = {"include_claim_keys": ["repo", "context"]}
        self.alerts: list[dict[str, Any]] | None = []
        shop, api = Repo("shop", org), Repo("api", org)
        shop.files[".github/workflows/deploy.yml"] = FEDERATED
        shop.files[".github/CODEOWNERS"] = "* @acme/everyone\n/mesh/policies/ @acme/platform\n"
        shop.keys = [deploy_key(1)]
        shop.environments = [environment("production", {"id": 1, "type": "required_reviewers"}), environment("test")]
        shop.environment_secrets["production"] = ["SENTRY_DSN"]
        self.repos = {repo.row["name"]: repo for repo in (shop, api)}
        self._routes()

    # Signing in

    def _claims(self, request: Request) -> dict[str, Any] | None:
        try:
            claims = jwt.decode(request.token, RSAKey.import_key(app_key()[1]), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        now = int(self.now().timestamp())
        good = claims["iss"] == APP_ID and claims["iat"] <= now < claims["exp"] <= now + 600
        return claims if good and claims["exp"] - claims["iat"] <= 660 else None

    def _installation(self, request: Request) -> Answer:
        if self._claims(request) is None:
            return refused(401, "A JSON web token could not be decoded")
        if request.match["org"].lower() != self.org:
            return not_found()
        row = installed("our-reader", self.granted, "selected" if self.selected is not None else "all")
        return Answer({**row, "id": INSTALLATION, "suspended_at": self.suspended})

    def _token(self, request: Request) -> Answer:
        if self._claims(request) is None or int(request.match["id"]) != INSTALLATION:
            return refused(401, "A JSON web token could not be decoded")
        self.made += 1
        self.live = {f"ghs_{self.made}_{CANARY}"}
        return Answer(
            {"token": next(iter(self.live)), "expires_at": "2026-11-23T10:00:00Z", "permissions": self.granted}, 201
        )

    # Asking

    def _may(self, request: Request, needs: str) -> Answer | None:
        if request.token == OWNER_TOKEN:
            return None
        if request.token not in self.live:
            return refused(401, "Bad credentials")
        assert request.headers["x-github-api-version"] == "2022-11-28"
        if needs not in self.granted:
            # Lists of the organization are hidden, others are refused in so many words.
            return (
                not_found()
                if needs.startswith("organization")
                else refused(403, "Resource not accessible by integration")
            )
        return None

    def _is_owner(self, request: Request) -> bool:
        return self.owner or request.token == OWNER_TOKEN

    def serve(self, path: str, needs: str, read: Callable[[Request], Any], *, pages: str | None = None) -> None:
        """A GET route below the organization or a repository.

        Parameters:
            pages: None: one document; ``""``: a list; else the field that holds the list beside ``total_count``.
        """

        def route(request: Request) -> Answer:
            hidden = self._may(request, needs)
            if hidden is not None:
                return hidden
            if "org" in request.match.groupdict() and unquote(request.match["org"]).lower() != self.org:
                return not_found()
            found = read(request)
            if isinstance(found, Answer) or pages is None:
                return found if isinstance(found, Answer) else Answer(found)
            return self._page(request, list(found), pages)

        self.route("GET", f"(?P<prefix>/api/v3)?{path}")(route)

    def _page(self, request: Request, rows: list[Any], field: str) -> Answer:
        size = min(int(request.query.get("per_page", "30")), self.most)
        number = int(request.query.get("page", "1"))
        start = (number - 1) * size
        headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4900", "x-ratelimit-reset": "1795428000"}
        if start + size < len(rows):
            kept = "&".join(f"{name}={value}" for name, value in request.query.items() if name != "page")
            headers["link"] = f'<{request.base}{request.path}?{kept}&page={number + 1}>; rel="next", <x>; rel="last"'
        page = rows[start : start + size]
        return Answer({"total_count": len(rows), field: page} if field else page, headers=headers)

    def repo(self, request: Request) -> Repo:
        return self.repos[request.match["repo"]]

    def _of(self, read: Callable[[Repo, Request], Any]) -> Callable[[Request], Any]:
        """A route of a repository that we may see."""

        def one(request: Request) -> Any:
            name = request.match["repo"]
            shown = name in self.repos and (self.selected is None or name in self.selected)
            return read(self.repo(request), request) if shown else not_found()

        return one

    def _routes(self) -> None:
        self.route("GET", "(?:/api/v3)?/orgs/(?P<org>[^/]+)/installation")(self._installation)
        self.route("POST", "(?:/api/v3)?/app/installations/(?P<id>[0-9]+)/access_tokens")(self._token)
        self.route("POST", "(?:/api)?/graphql")(self._graphql)
        org, repo = "/orgs/(?P<org>[^/]+)", "/repos/(?P<org>[^/]+)/(?P<repo>[^/]+)"
        admin = "organization_administration"
        self.serve(org, "metadata", self._profile)
        self.serve(f"{org}/members", "members", self._members, pages="")
        self.serve(f"{org}/outside_collaborators", "members", self._outside, pages="")
        self.serve(f"{org}/personal-access-tokens", READS[2], lambda _: self.tokens, pages="")
        self.serve(
            f"{org}/credential-authorizations",
            admin,
            lambda _: not_found() if self.authorizations is None else self.authorizations,
            pages="",
        )
        self.serve(f"{org}/installations", admin, lambda _: self.apps, pages="installations")
        self.serve(f"{org}/repos", "metadata", lambda _: [each.row for each in self.repos.values()], pages="")
        self.serve("/installation/repositories", "metadata", self._ours, pages="repositories")
        self.serve(f"{org}/actions/secrets", READS[3], lambda _: named(self.org_secrets), pages="secrets")
        self.serve(f"{org}/actions/permissions/workflow", admin, lambda _: default(self.org_default))
        self.serve(f"{org}/actions/oidc/customization/sub", admin, lambda _: self.org_subject)
        self.serve(f"{org}/secret-scanning/alerts", READS[11], self._alerts, pages="")
        self.serve(f"{repo}/keys", "administration", self._of(lambda each, _: each.keys), pages="")
        self.serve(
            f"{repo}/branches/(?P<branch>[^/]+)/protection", "administration", self._of(lambda r, _: r.protection)
        )
        self.serve(f"{repo}/rules/branches/(?P<branch>[^/]+)", "metadata", self._of(lambda r, _: r.rules), pages="")
        self.serve(f"{repo}/rulesets", "metadata", self._of(lambda r, _: r.rulesets.values()), pages="")
        self.serve(f"{repo}/rulesets/(?P<number>[0-9]+)", "metadata", self._of(self._ruleset))
        self.serve(f"{repo}/environments", "actions", self._of(lambda r, _: r.environments), pages="environments")
        self.serve(
            f"{repo}/environments/(?P<name>[^/]+)/secrets",
            "environments",
            self._of(lambda r, q: named(r.environment_secrets.get(unquote(q.match["name"]), []))),
            pages="secrets",
        )
        self.serve(f"{repo}/actions/secrets", "secrets", self._of(lambda r, _: named(r.secrets)), pages="secrets")
        self.serve(f"{repo}/actions/permissions/workflow", "administration", self._of(lambda r, _: default(r.default)))
        self.serve(f"{repo}/actions/oidc/customization/sub", "actions", self._of(lambda r, _: r.subject))
        self.serve(f"{repo}/contents(?P<path>/.*)?", "contents", self._of(self._contents))

    def _profile(self, request: Request) -> Any:
        told = dict(self.profile)
        if "organization_administration" not in self.granted and request.token != OWNER_TOKEN:
            for field in ("two_factor_requirement_enabled", "default_repository_permission"):
                told.pop(field, None)
        if "organization_plan" not in self.granted and request.token != OWNER_TOKEN:
            told.pop("plan", None)
        return told

    def _filtered(self, request: Request, rows: list[dict[str, Any]]) -> Any:
        if request.query.get("filter") != "2fa_disabled":
            return rows
        if not self._is_owner(request):
            return refused(422, "Only owners can use this filter.")
        return [each for each in rows if each["login"] in self.lacking]

    def _members(self, request: Request) -> Any:
        rows = self.members
        if request.query.get("role") == "admin":
            rows = [each for each in rows if each["login"] in self.owners]
        return self._filtered(request, rows)

    def _outside(self, request: Request) -> Any:
        return self._filtered(request, self.outside)

    def _ours(self, request: Request) -> Any:
        return [each.row for name, each in self.repos.items() if self.selected is None or name in self.selected]

    def _alerts(self, request: Request) -> Any:
        if self.alerts is None:
            return not_found()
        assert request.query["hide_secret"] == "true"
        return [
            each
            for each in self.alerts
            if each["state"] == request.query["state"]
            and request.query.get("resolution", each["resolution"]) == each["resolution"]
        ]

    def _ruleset(self, repo: Repo, request: Request) -> Any:
        row = dict(repo.rulesets[int(request.match["number"])])
        if not self._is_owner(request):
            del row["bypass_actors"]
        return row

    def _contents(self, repo: Repo, request: Request) -> Any:
        path = unquote(request.match["path"] or "").strip("/")
        if path in repo.files:
            return content(path, repo.files[path])
        below = sorted({name[len(path) :].strip("/").partition("/")[0] for name in repo.files if name.startswith(path)})
        if not below:
            return not_found()
        return [
            {"type": "file" if f"{path}/{name}" in repo.files else "dir", "name": name, "path": f"{path}/{name}"}
            for name in below
        ]

    def _graphql(self, request: Request) -> Answer:
        hidden = self._may(request, "metadata")
        if hidden is not None:
            return hidden
        asked = request.json()
        assert "mutation" not in asked["query"]
        shown = "members" in self.granted or request.token == OWNER_TOKEN
        if self.saml is None or not shown:
            return Answer({"data": {"organization": {"samlIdentityProvider": None}}})
        start = int(asked["variables"].get("endCursor") or 0)
        end = start + min(self.most, 100)
        nodes = [
            {
                "user": {"login": login} if login else None,
                "samlIdentity": {"nameId": mail, "username": None, "emails": [{"value": mail}]},
            }
            for login, mail in self.identities[start:end]
        ]
        page = {"hasNextPage": end < len(self.identities), "endCursor": str(end)}
        provider = {**self.saml, "externalIdentities": {"pageInfo": page, "nodes": nodes}}
        return Answer({"data": {"organization": {"samlIdentityProvider": provider}}})


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
