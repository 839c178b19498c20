"""Owns an Auth0 tenant on loopback: it checks assertions and scopes, pages, limits users to 1,000, states quotas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from tests.connectors.auth0.tenant import good_tenant
from tests.fakes.vendor import Answer, Request, Vendor
from ztassess.connectors.auth0.scopes import SCOPES

CLIENT, SECRET, KID = "assess", "secret-of-the-application-9c1e", "kid-1"
KEY = RSAKey.generate_key(2048, private=True)
REGISTRY = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
TOKEN_PATH = "/oauth/token"
MOST_USERS = 1000


def refusal(status: int, error: str, message: str, code: str = "") -> Answer:
    """Auth0's error object."""
    return Answer({"statusCode": status, "error": error, "message": message, "errorCode": code}, status)


class Tenant(Vendor):
    """One tenant with a machine to machine application.

    Attributes:
        granted: permissions of the application on the Management API; None if it has no grant at all.
        silent: the token endpoint leaves the scope out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.data = good_tenant()
        self.granted: set[str] | None = set(SCOPES)
        self.silent = False
        self.tokens: set[str] = set()
        self.used: set[str] = set()
        self.signed_in = 0
        self.route("POST", TOKEN_PATH)(self._token)
        for path, scope, source in _ROUTES:
            self.route("GET", f"/api/v2/{path}")(self._guarded(scope, source))

    def _token(self, request: Request) -> Answer:
        form = request.form()
        if form.get("audience") != f"{request.base}/api/v2/":
            return Answer({"error": "access_denied", "error_description": "Service not found"}, 403)
        if form.get("client_id") != CLIENT or not self._proven(request, form):
            return Answer({"error": "access_denied", "error_description": "Unauthorized"}, 401)
        if self.granted is None:
            text = "Client is not authorized to access the API. You need to create a client-grant."
            return Answer({"error": "access_denied", "error_description": text}, 403)
        self.signed_in += 1
        token = f"token-{self.signed_in}"
        self.tokens = {token}
        scope = {} if self.silent else {"scope": " ".join(sorted(self.granted))}
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": 86400, **scope})

    def _proven(self, request: Request, form: dict[str, str]) -> bool:
        if "client_secret" in form:
            return form["client_secret"] == SECRET
        try:
            decoded = jwt.decode(form["client_assertion"], RSAKey.import_key(KEY.as_dict(private=False)),
                                 registry=REGISTRY)  # fmt: skip
            claims = decoded.claims
            assert decoded.header["kid"] == KID
            assert claims["iss"] == claims["sub"] == CLIENT
            assert claims["aud"] == f"{request.base}/"
            assert claims["exp"] - claims["iat"] <= 300
            assert claims["jti"] not in self.used
        except Exception:  # noqa: BLE001  a fake refuses whatever it cannot read
            return False
        self.used.add(claims["jti"])
        return True

    def _guarded(self, scope: str, source: Callable[[Tenant, Request], Answer]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            if request.token not in self.tokens:
                return refusal(401, "Unauthorized", "Expired token received for JSON Web Token validation")
            if scope not in (self.granted or ()):
                text = f"Insufficient scope, expected any of: {scope}"
                return refusal(403, "Forbidden", text, "insufficient_scope")
            good = source(self, request)
            quota = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "9", "x-ratelimit-reset": "1763888400"}
            return Answer(good.value, good.status, {**quota, **good.headers})

        return answer


def _whole(name: str) -> Callable[[Tenant, Request], Answer]:
    return lambda tenant, _: Answer(tenant.data[name])


def _picked(row: dict[str, Any], request: Request) -> dict[str, Any]:
    """Only the fields that were asked for, and none that is null."""
    wanted = request.query.get("fields", "").split(",") if "fields" in request.query else list(row)
    return {name: row[name] for name in wanted if name in row and row[name] is not None}


def _settings(tenant: Tenant, request: Request) -> Answer:
    return Answer(_picked(tenant.data["settings"], request))


def _list(name: str, field: str, most: int | None = None) -> Callable[[Tenant, Request], Answer]:
    def answer(tenant: Tenant, request: Request) -> Answer:
        page, size = int(request.query.get("page", 0)), int(request.query.get("per_page", 50))
        rows = [row for row in tenant.data[name] if request.query.get("is_global") != "false" or not row["global"]]
        if size > 100 or (most is not None and (page + 1) * size > most):
            text = "You can only page through the first 1000 records."
            return refusal(400, "Bad Request", text, "invalid_paging")
        found = [_picked(row, request) for row in rows[page * size : (page + 1) * size]]
        if request.query.get("include_totals") != "true":
            return Answer(found)
        total = {"start": page * size, "limit": size, "length": len(found), "total": len(rows)}
        return Answer({**total, field: found})

    return answer


_ROUTES: tuple[tuple[str, str, Callable[[Tenant, Request], Answer]], ...] = (
    ("guardian/policies", "read:mfa_policies", _whole("policies")),
    ("guardian/factors", "read:guardian_factors", _whole("factors")),
    ("resource-servers", "read:resource_servers", _list("resource-servers", "resource_servers")),
    ("clients", "read:clients", _list("clients", "clients")),
    ("tenants/settings", "read:tenant_settings", _settings),
    ("users", "read:users", _list("users", "users", MOST_USERS)),
)
