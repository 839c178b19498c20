"""A Google Cloud organization behind Google's own paths: impersonation, scopes, permissions, pages, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from tests.connectors.google_iap import rows
from tests.connectors.google_iap.rows import DEV, FOLDER, LEVEL, NUMBERS, ORGANIZATION, PROD, READER
from tests.fakes.vendor import CANARY, Answer, Request, Vendor
from ztassess.connectors.google_iap import permissions, sessions

POOL = "projects/999/locations/global/workloadIdentityPools/ztassess/providers/ztassess"
ISSUER = "https://acme.example/ztassess"
PERSON = f"ya29.person-{CANARY}"
FEDERATED = "federated-"
POLICY = "accessPolicies/77"
REGIONS = ("global", "regions/europe-west1", "regions/us-east1")
Rows = list[dict[str, Any]]
BROAD, NARROW = (
    sessions.WHOLE,
    {
        "compute": sessions.COMPUTE_SCOPE,
        "run": sessions.RUN_SCOPE,
        "storage": sessions.STORAGE_SCOPE,
        "orgpolicy": sessions.ORG_POLICY_SCOPE,
    },
)
SCOPED = {
    "backendServices": permissions.BACKENDS,
    "urlMaps": permissions.URL_MAPS,
    "networkEndpointGroups": permissions.ENDPOINT_GROUPS,
    "instances": permissions.INSTANCES,
    "securityPolicies": permissions.ARMOR,
    "firewallPolicies": permissions.FIREWALL_POLICIES,
}


class Cloud(Vendor):
    """Two projects in order, to be broken by tests.

    Attributes:
        held: permissions of the reader account.
        writing: permissions to write that it holds besides.
        off: (host word, project) of interfaces that are switched off.
        aggregates: by (project, collection) the rows of the first region.
        page_size: rows of a page at the most.
    """

    def __init__(self, public: Key | None = None) -> None:
        super().__init__()
        self.public = public
        self.held = {*permissions.ROLE, *permissions.ORGANIZATION_ROLE, permissions.LEVELS, permissions.ACCESS_POLICIES}
        self.writing: set[str] = set()
        self.page_size = 500
        self.tokens: dict[str, set[str]] = {}
        self.issued = 0
        self.parents = {PROD: f"folders/{FOLDER}", DEV: f"organizations/{ORGANIZATION}"}
        self.folders = {FOLDER: f"organizations/{ORGANIZATION}"}
        reader = rows.binding("projects/x/roles/ztassessReader", f"serviceAccount:{READER}")
        deployer = rows.binding("roles/run.developer", f"serviceAccount:deploy@{PROD}.iam.gserviceaccount.com")
        self.policies: dict[str, Any] = {
            f"projects/{PROD}": rows.policy(reader, deployer, rows.binding("roles/viewer", "user:anna@acme.example")),
            f"projects/{DEV}": rows.policy(reader),
            f"folders/{FOLDER}": rows.policy(),
            f"organizations/{ORGANIZATION}": rows.policy(rows.binding("roles/browser", "domain:acme.example")),
        }
        self.iap: dict[str, Any] = {
            "projects/111/iap_web/compute/services/admin-be": rows.policy(
                rows.binding(rows.ACCESSOR, "group:support@acme.example", condition=rows.needs())
            )
        }
        self.levels: Rows = [rows.access_level()]
        self.aggregates: dict[tuple[str, str], Rows] = {
            (PROD, "backendServices"): [rows.backend("admin-be"), rows.backend("shop-be", iap={"enabled": False})],
            (PROD, "urlMaps"): [rows.url_map("web", {"admin.acme.example": ["admin-be"]}, "shop-be")],
            (PROD, "instances"): [rows.instance("vm-1")],
            (PROD, "securityPolicies"): [rows.armor()],
            (PROD, "firewallPolicies"): [rows.firewall_policy("fp")],
            (DEV, "instances"): [rows.instance("vm-dev", DEV)],
        }
        self.firewalls: dict[str, Rows] = {
            PROD: [
                rows.firewall("web", ["0.0.0.0/0"], ["80", "443"]),
                rows.firewall("iap-ssh", ["35.235.240.0/20"], ["22"]),
            ]
        }
        os_login = {"key": "enable-oslogin", "value": "TRUE"}
        self.metadata: dict[str, Rows] = {PROD: [os_login, {"key": "token", "value": CANARY}], DEV: [os_login]}
        self.services: dict[str, Rows] = {PROD: [rows.run_service("billing"), rows.run_service("mailer")]}
        invoker = rows.policy(rows.binding("roles/run.invoker", f"serviceAccount:shop@{PROD}.iam.gserviceaccount.com"))
        self.run_policies: dict[str, Any] = {each["name"]: invoker for each in self.services[PROD]}
        self.accounts: dict[str, Rows] = {
            PROD: [rows.account("deploy"), rows.account("billing")],
            DEV: [rows.account("ci", DEV)],
        }
        self.keys: dict[str, Rows] = {}
        self.entitlements: dict[str, Rows] = {PROD: [rows.entitlement()]}
        self.databases: dict[str, Rows] = {PROD: [rows.database()]}
        self.buckets: dict[str, Rows] = {PROD: [rows.bucket()]}
        self.constraints: Rows = []
        self.enforced: set[tuple[str, str]] = set()
        self._routes()

    @property
    def endpoints(self) -> dict[str, str]:
        """All of Google's hosts are this server."""
        return dict.fromkeys(sessions.ADDRESSES, self.base)

    def _routes(self) -> None:
        name = r"([a-z0-9-]+)"
        self.route("POST", "/v1/token")(self._exchange)
        self.route("POST", r"/v1/projects/-/serviceAccounts/([^/:]+):generateAccessToken")(self._impersonate)
        self.route("GET", rf"/v3/projects/{name}")(self._project)
        self.route("GET", rf"/v3/folders/{name}")(self._folder)
        self.route("POST", rf"/v3/(projects|folders|organizations)/{name}:getIamPolicy")(self._policy)
        self.route("POST", rf"/v3/(projects|organizations)/{name}:testIamPermissions")(self._held)
        self.route("POST", r"/v1/(projects/\d+/iap_web.*):getIamPolicy")(self._iap)
        self.route("GET", rf"/compute/v1/projects/{name}/aggregated/(\w+)")(self._aggregated)
        self.route("GET", rf"/compute/v1/projects/{name}")(self._compute_project)
        self.route("GET", r"/v2/(projects/[^/]+/locations/[^/]+/services/[^/:]+):getIamPolicy")(self._run_policy)
        self.route("GET", r"/v1/projects/-/serviceAccounts/([^/]+)/keys")(self._keys)
        self.route("GET", rf"/v2/projects/{name}/policies/([\w.]+):getEffectivePolicy")(self._effective)
        self._project_lists(name)
        self._organization_lists()

    def _project_lists(self, name: str) -> None:
        lists: tuple[tuple[str, str, str, str, str, Callable[[Request], Rows]], ...] = (
            (rf"/v1/projects/{name}:searchAllIamPolicies", permissions.GRANTS, BROAD, "results", "", self._grants),
            (rf"/v1/projects/{name}/serviceAccounts", permissions.ACCOUNTS, BROAD, "accounts", "", _of(self.accounts)),
            (
                rf"/v1/projects/{name}/locations/global/entitlements",
                permissions.ENTITLEMENTS,
                BROAD,
                "entitlements",
                "",
                _of(self.entitlements),
            ),
            (
                rf"/compute/v1/projects/{name}/global/firewalls",
                permissions.FIREWALLS,
                NARROW["compute"],
                "items",
                "compute#firewallList",
                _of(self.firewalls),
            ),
            (
                rf"/v2/projects/{name}/locations/-/services",
                permissions.RUN_SERVICES,
                NARROW["run"],
                "services",
                "",
                _of(self.services),
            ),
            (
                rf"/v1/projects/{name}/instances",
                permissions.SQL,
                BROAD,
                "items",
                "sql#instancesList",
                _of(self.databases),
            ),
            (
                "/storage/v1/b",
                permissions.BUCKETS,
                NARROW["storage"],
                "items",
                "storage#buckets",
                lambda request: self.buckets.get(request.query["project"], []),
            ),
        )
        for path, permission, scope, field, kind, found in lists:
            self.route("GET", path)(self._list(permission, scope, field, found, kind))

    def _organization_lists(self) -> None:
        policies = self._list(permissions.ACCESS_POLICIES, BROAD, "accessPolicies", lambda _: [{"name": POLICY}])
        levels = self._list(permissions.LEVELS, BROAD, "accessLevels", lambda _: self.levels)
        scope = NARROW["orgpolicy"]
        own = self._list(permissions.CONSTRAINTS, scope, "customConstraints", lambda _: self.constraints)
        self.route("GET", "/v1/accessPolicies")(policies)
        self.route("GET", f"/v1/{POLICY}/accessLevels")(levels)
        self.route("GET", f"/v2/organizations/{ORGANIZATION}/customConstraints")(own)

    # Signing in

    def _exchange(self, request: Request) -> Answer:
        form = request.form()
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
        try:
            assert self.public is not None
            token = jwt.decode(form["subject_token"], self.public, algorithms=["RS256", "ES256"])
        except (JoseError, ValueError, TypeError):
            return Answer({"error": "invalid_grant", "error_description": f"no {CANARY}"}, 400)
        known = token.claims["iss"] == ISSUER and token.claims["aud"] == f"https://iam.googleapis.com/{POOL}"
        asked = form["audience"] == f"//iam.googleapis.com/{POOL}" and token.header["kid"] == "ztassess"
        if not known or not asked or token.claims["exp"] - token.claims["iat"] > 3600:
            return Answer({"error": "invalid_target"}, 400)
        answer = {"access_token": f"{FEDERATED}{CANARY}", "token_type": "Bearer", "expires_in": 3599}
        return Answer(answer | {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})

    def _impersonate(self, request: Request) -> Answer:
        if request.token not in (PERSON, f"{FEDERATED}{CANARY}"):
            return error(401, "UNAUTHENTICATED")
        if request.match[1] != READER:
            return error(403, "PERMISSION_DENIED", reason="IAM_PERMISSION_DENIED")
        self.issued += 1
        token = f"ya29.c.{self.issued}-{CANARY}"
        self.tokens[token] = set(request.json()["scope"])
        return Answer({"accessToken": token, "expireTime": "2026-11-23T10:00:00Z"})

    def _refused(self, request: Request, permission: str, scope: str) -> Answer | None:
        granted = self.tokens.get(request.token)
        if granted is None:
            return error(401, "UNAUTHENTICATED")
        if granted != {scope}:
            return error(403, "PERMISSION_DENIED", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT")
        if permission and permission not in self.held:
            return error(403, "PERMISSION_DENIED", reason="forbidden")
        return None

    # Lists

    def _list(
        self, permission: str, scope: str, field: str, found: Callable[[Request], Rows], kind: str = ""
    ) -> Callable[[Request], Answer]:
        def route(request: Request) -> Answer:
            return self._refused(request, permission, scope) or self._page(request, field, found(request), kind)

        return route

    def _page(self, request: Request, field: str, found: Rows, kind: str) -> Answer:
        wanted = int(request.query.get("pageSize") or request.query.get("maxResults") or 100)
        start, size = int(request.query.get("pageToken") or 0), min(wanted, self.page_size)
        value: dict[str, Any] = {"kind": kind} if kind else {}
        if page := found[start : start + size]:  # Google leaves an empty list out
            value[field] = page
        if start + size < len(found):
            value["nextPageToken"] = str(start + size)
        return Answer(value)

    def _aggregated(self, request: Request) -> Answer:
        project, what = request.match[1], request.match[2]
        refused = self._refused(request, SCOPED[what], NARROW["compute"])
        if refused is not None:
            return refused
        found = self.aggregates.get((project, what), [])
        start = int(request.query.get("pageToken") or 0)
        page = found[start : start + self.page_size]
        empty = {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "There are no results."}}
        items = {region: {what: page} if page and region == REGIONS[0] else empty for region in REGIONS}
        more = {"nextPageToken": str(start + len(page))} if start + len(page) < len(found) else {}
        return Answer({"kind": f"compute#{what}AggregatedList", "items": items, **more})

    def _grants(self, request: Request) -> Rows:
        """Policies of the project and of what is in it; the index does not list what is above."""
        project = request.match[1]
        found = [
            {
                "resource": f"//cloudresourcemanager.googleapis.com/projects/{project}",
                "project": f"projects/{NUMBERS[project]}",
                "policy": {"bindings": self.policies[f"projects/{project}"].get("bindings", [])},
            }
        ]
        return found + [
            {"resource": f"//run.googleapis.com/{name}", "project": f"projects/{NUMBERS[project]}", "policy": policy}
            for name, policy in self.run_policies.items()
            if name.startswith(f"projects/{project}/")
        ]

    # Single things

    def _project(self, request: Request) -> Answer:
        project = request.match[1]
        refused = self._refused(request, permissions.PROJECT, BROAD)
        if refused is not None:
            return refused
        if project not in NUMBERS:
            return error(404, "NOT_FOUND")
        value = {"name": f"projects/{NUMBERS[project]}", "projectId": project, "state": "ACTIVE"}
        return Answer(value | ({"parent": self.parents[project]} if project in self.parents else {}))

    def _folder(self, request: Request) -> Answer:
        refused = self._refused(request, permissions.FOLDER, BROAD)
        name = request.match[1]
        return refused or Answer({"name": f"folders/{name}", "parent": self.folders[name], "state": "ACTIVE"})

    def _policy(self, request: Request) -> Answer:
        kind, name = request.match[1], request.match[2]
        assert request.json()["options"]["requestedPolicyVersion"] == 3, "else conditions are left out"
        permission = {"projects": permissions.POLICY, "folders": permissions.FOLDER_POLICY}.get(
            kind, permissions.ORGANIZATION_POLICY
        )
        return self._refused(request, permission, BROAD) or Answer(self.policies[f"{kind}/{name}"])

    def _held(self, request: Request) -> Answer:
        refused = self._refused(request, "", BROAD)
        found = [each for each in request.json()["permissions"] if each in self.writing]
        return refused or Answer({"permissions": found} if found else {})

    def _iap(self, request: Request) -> Answer:
        path = request.match[1]
        assert request.json()["options"]["requestedPolicyVersion"] == 3
        permission = permissions.IAP_SERVICE if "/services/" in path else permissions.IAP_TYPE
        permission = permissions.IAP_PROJECT if path.endswith("iap_web") else permission
        return self._refused(request, permission, BROAD) or Answer(self.iap.get(path, rows.policy()))

    def _compute_project(self, request: Request) -> Answer:
        project = request.match[1]
        metadata = {"kind": "compute#metadata", "items": self.metadata.get(project, [])}
        value = {"kind": "compute#project", "name": project, "commonInstanceMetadata": metadata}
        return self._refused(request, permissions.COMPUTE_PROJECT, NARROW["compute"]) or Answer(value)

    def _run_policy(self, request: Request) -> Answer:
        refused = self._refused(request, permissions.RUN_POLICY, NARROW["run"])
        return refused or Answer(self.run_policies.get(request.match[1], rows.policy()))

    def _keys(self, request: Request) -> Answer:
        refused = self._refused(request, permissions.KEYS, BROAD)
        system = {"name": "projects/x/serviceAccounts/y/keys/sys", "keyType": "SYSTEM_MANAGED"}
        wanted = request.query.get("keyTypes")
        found = [*self.keys.get(request.match[1], []), *([] if wanted == "USER_MANAGED" else [system])]
        return refused or Answer({"keys": found} if found else {})

    def _effective(self, request: Request) -> Answer:
        project, constraint = request.match[1], request.match[2]
        refused = self._refused(request, permissions.ORG_POLICIES, NARROW["orgpolicy"])
        rule = {"enforce": (project, constraint) in self.enforced}
        return refused or Answer({"name": f"projects/1/policies/{constraint}", "spec": {"rules": [rule]}})


def _of(found: dict[str, Rows]) -> Callable[[Request], Rows]:
    return lambda request: found.get(request.match[1], [])


def error(status: int, word: str, *, reason: str = "", metadata: dict[str, str] | None = None) -> Answer:
    """A refusal of Google's (google.rpc.Status with google.rpc.ErrorInfo)."""
    value: dict[str, Any] = {"code": status, "message": f"Refused {CANARY}", "status": word}
    if reason:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        value["details"] = [info | ({"metadata": metadata} if metadata else {})]
    return Answer({"error": value}, status)


def switched_off(service: str, project: str) -> Answer:
    """An interface that the project has not enabled."""
    metadata = {"service": service, "consumer": f"projects/{project}"}
    return error(403, "PERMISSION_DENIED", reason="SERVICE_DISABLED", metadata=metadata)


def truncated(answer: Answer) -> Answer:
    """The first half of an answer."""
    return Answer(raw=json.dumps(answer.value).encode()[: len(answer.body) // 2])


__all__ = ["ISSUER", "LEVEL", "PERSON", "POOL", "Cloud", "error", "switched_off", "truncated"]
