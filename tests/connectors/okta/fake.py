"""Owns an Okta org on loopback: it checks assertions, proofs, scopes and roles, pages by link, hides by role.

The shapes are those of Okta's published management API; each secret of them holds the canary.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey, import_key

from tests.connectors.okta.org import good_org
from tests.fakes.vendor import Answer, Request, Vendor
from ztassess.connectors.okta.scopes import SCOPES

CLIENT = "0oaclient"
KID = "kid-1"
KEY = RSAKey.generate_key(2048, private=True)
REGISTRY = jws.JWSRegistry(algorithms=["RS256", "ES256"], strict_check_header=False)
TOKEN_PATH = "/oauth2/v1/token"
STATIC = "00static-token"


def refusal(code: str, status: int, **headers: str) -> Answer:
    """Okta's error object."""
    return Answer({"errorCode": code, "errorSummary": "No.", "errorLink": code, "errorCauses": []}, status, headers)


class Org(Vendor):
    """One org with a service app, and a user with a static token.

    Attributes:
        granted: scopes that the app has.
        role: admin role of the app; ``SUPER_ADMIN`` sees everything.
        dpop: the app demands proofs; resource_nonce: so do its resources, with a nonce.
        size: rows of a page, whatever was asked for.
        plan: False answers E0000015 to Adaptive features.
    """

    def __init__(self) -> None:
        super().__init__()
        self.data = good_org()
        self.granted = set(SCOPES)
        self.role = "READ_ONLY_ADMIN"
        self.dpop, self.resource_nonce, self.nonce = True, False, "nonce-1"
        self.size, self.plan = 2, True
        self.tokens: dict[str, tuple[set[str], str]] = {}
        self.used: set[str] = set()
        self.signed_in = 0
        self.route("POST", TOKEN_PATH)(self._token)
        self.route("GET", "/.well-known/okta-organization")(lambda _: Answer(self.data["organization"]))
        for path, scope, source in _ROUTES:
            self.route("GET", path)(self._guarded(scope, source))

    @property
    def classic(self) -> bool:
        return bool(self.data["organization"]["pipeline"] == "v1")

    def _token(self, request: Request) -> Answer:
        form = request.form()
        problem = self._assertion_problem(request, form["client_assertion"])
        if problem:
            return Answer({"error": "invalid_client", "error_description": problem}, 401)
        bound = ""
        if "dpop" in request.headers or self.dpop:
            error, bound = self._proof(request, "")
            if error:
                headers = {"dpop-nonce": self.nonce} if error == "use_dpop_nonce" else {}
                return Answer({"error": error, "error_description": "x"}, 400, headers)
        asked = set(form["scope"].split())
        if not asked <= self.granted:
            return Answer({"error": "invalid_scope", "error_description": "One or more scopes are not granted"}, 400)
        self.signed_in += 1
        token = f"token-{self.signed_in}"
        extra = {scope for scope in self.granted if scope.endswith(".manage")}
        self.tokens = {token: (asked | extra, bound)}
        kind = "DPoP" if bound else "Bearer"
        scope = " ".join(sorted(asked | extra))
        return Answer({"access_token": token, "token_type": kind, "expires_in": 3600, "scope": scope})

    def _assertion_problem(self, request: Request, assertion: str) -> str:
        try:
            decoded = jwt.decode(assertion, RSAKey.import_key(KEY.as_dict(private=False)), registry=REGISTRY)
        except Exception:  # noqa: BLE001  a fake refuses whatever it cannot read
            return "signature"
        claims = decoded.claims
        if decoded.header.get("kid") != KID or claims["iss"] != CLIENT or claims["sub"] != CLIENT:
            return "client"
        if claims["aud"] != request.base + TOKEN_PATH or not 0 < claims["exp"] - claims["iat"] <= 3600:
            return "audience"
        if claims["jti"] in self.used:
            return "The client_assertion was already used."
        self.used.add(claims["jti"])
        return ""

    def _proof(self, request: Request, token: str) -> tuple[str, str]:
        """The error of a proof and the thumbprint of its key (RFC 9449, 4.3)."""
        text = request.headers.get("dpop", "")
        try:
            head = json.loads(_unpadded(text.partition(".")[0]))
            key = import_key(head["jwk"])
            claims = jwt.decode(text, key, registry=REGISTRY).claims
        except Exception:  # noqa: BLE001  as above
            return "invalid_dpop_proof", ""
        assert isinstance(key, ECKey), "ES256 was expected"
        assert not key.is_private, "the private key was sent"
        right = head["typ"] == "dpop+jwt" and head["alg"] == "ES256" and claims["htm"] == request.method
        right = right and claims["htu"] == request.base + request.path and claims["jti"] not in self.used
        right = right and (not token or claims.get("ath") == _digest(token))
        if not right:
            return "invalid_dpop_proof", ""
        self.used.add(claims["jti"])
        wanted = not token or self.resource_nonce
        return ("use_dpop_nonce", "") if wanted and claims.get("nonce") != self.nonce else ("", key.thumbprint())

    def _guarded(self, scope: str, source: Callable[[Org, Request], Any]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            refused = self._refused(request, scope)
            if refused is not None:
                return refused
            value = source(self, request)
            if isinstance(value, Answer):
                return value
            return self._page(request, value) if isinstance(value, list) else Answer(value)

        return answer

    def _refused(self, request: Request, scope: str) -> Answer | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "SSWS":
            known = token == STATIC
            return self._hidden(scope) if known else refusal("E0000011", 401)
        if token not in self.tokens:
            return refusal("E0000011", 401)
        scopes, bound = self.tokens[token]
        if bound:
            error, thumbprint = self._proof(request, token) if scheme == "DPoP" else ("invalid_dpop_proof", "")
            if error or thumbprint != bound:
                headers = {"www-authenticate": f'DPoP error="{error}"', "dpop-nonce": self.nonce}
                return Answer({"errorCode": "E0000011"}, 401, headers)
        if scope not in scopes:
            return Answer(None, 403, {"www-authenticate": 'Bearer error="insufficient_scope"'}, raw=b"")
        return self._hidden(scope)

    def _hidden(self, scope: str) -> Answer | None:
        """What only a Super Administrator may see."""
        only = ("okta.roles.read", "okta.logStreams.read")
        return refusal("E0000006", 403) if scope in only and self.role != "SUPER_ADMIN" else None

    def _page(self, request: Request, rows: list[Any]) -> Answer:
        start = int(request.query.get("after", 0))
        size = min(self.size, int(request.query.get("limit", self.size)))
        page = rows[start : start + size]
        more = start + size < len(rows)
        endless = request.path == "/api/v1/logs" and "until" not in request.query
        headers = {"x-rate-limit-limit": "600", "x-rate-limit-remaining": "599", "x-rate-limit-reset": "1764061200"}
        if more or endless:
            query = urlencode({**request.query, "after": start + size})
            headers["link"] = (
                f'<{request.base}{request.path}>; rel="self", <{request.base}{request.path}?{query}>; rel="next"'
            )
        return Answer(page, headers=headers)


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _digest(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def _policies(org: Org, request: Request) -> Any:
    kind = request.query["type"]
    if org.classic and kind == "ACCESS_POLICY":
        return refusal("E0000001", 400)
    return [policy for policy in org.data["policies"] if policy["type"] == kind]


def _apps(org: Org, request: Request) -> Any:
    hidden = set() if org.role == "SUPER_ADMIN" else {"saasure", "okta_enduser"}
    return [app for app in org.data["apps"] if app["name"] not in hidden]


def _inner(name: str) -> Callable[[Org, Request], Any]:
    """What hangs on one object; 404 if there is no such object."""
    return lambda org, request: org.data[name].get(request.match[1], refusal("E0000007", 404))


def _adaptive(name: str) -> Callable[[Org, Request], Any]:
    def source(org: Org, _: Request) -> Any:
        if org.classic:
            return refusal("E0000022", 404)
        return org.data[name] if org.plan else refusal("E0000015", 403)

    return source


def _list(name: str) -> Callable[[Org, Request], Any]:
    return lambda org, _: org.data[name]


def _assignees(org: Org, request: Request) -> Any:
    """Pages are linked in the body; members of groups are not in it."""
    ids = [{"id": user, "orn": f"orn:{user}"} for user in org.data["userRoles"]]
    start = int(request.query.get("after", 0))
    links = {"next": {"href": f"{request.base}{request.path}?after={start + 1}"}} if start + 1 < len(ids) else {}
    return {"value": ids[start : start + 1], "_links": links}


def _roles_of(name: str) -> Callable[[Org, Request], Any]:
    return lambda org, request: org.data[name].get(request.match[1], [])


def _users(org: Org, request: Request) -> Any:
    """Deactivated users are left out unless their status is asked for."""
    asked = request.query.get("filter", "")
    assert asked in ("", 'status eq "DEPROVISIONED"'), asked
    return [user for user in org.data["users"] if (user["status"] == "DEPROVISIONED") is bool(asked)]


def _me(org: Org, request: Request) -> Any:
    return next(user for user in org.data["users"] if user["id"] == "00u1")


def _own_roles(org: Org, request: Request) -> Any:
    # Shown to Super Administrators, and so to an app that is one.
    return [{"id": "ra1", "type": org.role, "status": "ACTIVE", "label": "x", "assignmentType": "CLIENT"}]


def _token_rules(org: Org, request: Request) -> Any:
    return org.data["serverRules"][f"{request.match[1]}-{request.match[2]}"]


_ID = "([A-Za-z0-9]+)"
_ROUTES: tuple[tuple[str, str, Callable[[Org, Request], Any]], ...] = (
    ("/api/v1/policies", "okta.policies.read", _policies),
    (f"/api/v1/policies/{_ID}/rules", "okta.policies.read", _inner("rules")),
    ("/api/v1/apps", "okta.apps.read", _apps),
    (f"/api/v1/apps/{_ID}/users", "okta.apps.read", _inner("appUsers")),
    ("/api/v1/users", "okta.users.read", _users),
    ("/api/v1/users/me", "okta.users.read", _me),
    (f"/api/v1/users/{_ID}/factors", "okta.users.read", _inner("factors")),
    (f"/api/v1/users/{_ID}/roles", "okta.roles.read", _roles_of("userRoles")),
    ("/api/v1/iam/assignees/users", "okta.roles.read", _assignees),
    (f"/oauth2/v1/clients/{_ID}/roles", "okta.roles.read", _own_roles),
    ("/api/v1/groups", "okta.groups.read", _list("groups")),
    (f"/api/v1/groups/{_ID}/roles", "okta.roles.read", _roles_of("groupRoles")),
    (f"/api/v1/groups/{_ID}/users", "okta.groups.read", _inner("groupUsers")),
    ("/api/v1/api-tokens", "okta.apiTokens.read", _list("api-tokens")),
    ("/api/v1/authenticators", "okta.authenticators.read", _adaptive("authenticators")),
    ("/api/v1/authorizationServers", "okta.authorizationServers.read", _list("authorizationServers")),
    (f"/api/v1/authorizationServers/{_ID}/policies", "okta.authorizationServers.read", _inner("serverPolicies")),
    (f"/api/v1/authorizationServers/{_ID}/policies/{_ID}/rules", "okta.authorizationServers.read", _token_rules),
    ("/api/v1/device-assurances", "okta.deviceAssurance.read", _adaptive("device-assurances")),
    ("/api/v1/devices", "okta.devices.read", _adaptive("devices")),
    ("/api/v1/zones", "okta.networkZones.read", _list("zones")),
    ("/api/v1/idps", "okta.idps.read", _list("idps")),
    ("/api/v1/logStreams", "okta.logStreams.read", _list("logStreams")),
    ("/api/v1/first-party-app-settings/admin-console", "okta.apps.read", _list("admin-console")),
    ("/api/v1/logs", "okta.logs.read", _list("logs")),
)  # fmt: skip
