"""A GitHub of one organization: proves Apps by their signature, hides by permission, pages by Link, tells owners more.

Names of fields and sentences of refusals are GitHub's own. The state is that of a company that does all checks well;
tests change it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.connectors.github.answers import (
    APP_ID,
    FEDERATED,
    INSTALLATION,
    OWNER_TOKEN,
    READS,
    Repo,
    app_key,
    content,
    default,
    deploy_key,
    environment,
    installed,
    named,
    not_found,
    refused,
    token,
    user,
)
from tests.fakes.vendor import CANARY, NOW, Answer, Request, Vendor


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
        self.serve(
            f"{repo}/environments/(?P<name>[^/]+)/deployment-branch-policies",
            "actions",
            self._of(self._branch_policies),
            pages="branch_policies",
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

    def _branch_policies(self, repo: Repo, request: Request) -> Any:
        patterns = repo.branch_policies.get(unquote(request.match["name"]))
        return not_found() if patterns is None else [{"id": 1, "name": each} for each in patterns]

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
