"""Owns a Keycloak server on loopback with one realm: it checks assertions and roles, pages users, hides by role.

What it shows without a role is what Keycloak shows: a shortened realm or client, an empty list of users, or 403.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from tests.connectors.keycloak.realm import good_realm
from tests.fakes.vendor import CANARY, Answer, Request, Vendor
from ztassess.connectors.keycloak.rights import GRANTED_ROLES

CLIENT, SECRET = "assess", "secret-of-the-client-7d2f"
KEY = RSAKey.generate_key(2048, private=True)
SIGNER = RSAKey.generate_key(2048, private=True)
REGISTRY = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
FORBIDDEN = Answer({"error": "HTTP 403 Forbidden"}, 403)
UNKNOWN = Answer({"error": "Could not find resource"}, 404)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Server(Vendor):
    """One server.

    Attributes:
        prefix: ``/auth`` on servers before version 17.
        roles: of realm-management that the service account has.
        lightweight: access tokens name no roles.
        issuer: what the realm calls itself; empty for its address.
        service: the client has a service account.
    """

    def __init__(self, prefix: str = "", realm: str = "acme") -> None:
        super().__init__()
        self.data = good_realm()
        self.prefix, self.realm = prefix, realm
        self.data["realm"]["realm"] = realm
        self.roles = set(GRANTED_ROLES)
        self.everywhere: set[str] = set()
        self.lightweight, self.service, self.issuer = False, True, ""
        self.tokens: set[str] = set()
        self.used: set[str] = set()
        self.signed_in = 0
        public, admin = f"{prefix}/realms/{realm}", f"{prefix}/admin/realms/{realm}"
        self.token_path = f"{public}/protocol/openid-connect/token"
        self.route("GET", f"{public}/.well-known/openid-configuration")(self._metadata)
        self.route("POST", self.token_path)(self._token)
        for path, source in _ROUTES:
            self.route("GET", admin + path)(self._guarded(source))

    def admin(self, path: str = "") -> str:
        """The path of something of the realm, for faults."""
        return f"{self.prefix}/admin/realms/{self.realm}{path}"

    def _address(self, request: Request) -> str:
        return self.issuer or f"{request.base}{self.prefix}/realms/{self.realm}"

    def _metadata(self, request: Request) -> Answer:
        issuer = self._address(request)
        return Answer({"issuer": issuer, "token_endpoint": f"{issuer}/protocol/openid-connect/token"})

    def _token(self, request: Request) -> Answer:
        form = request.form()
        problem = self._problem(request, form)
        if problem:
            return Answer({"error": problem[0], "error_description": problem[1]}, 401)
        self.signed_in += 1
        claims: dict[str, Any] = {"iss": self._address(request), "azp": CLIENT, "jti": f"t{self.signed_in}"}
        if not self.lightweight:
            manages = {"realm-management" if self.realm != "master" else "master-realm": {"roles": sorted(self.roles)}}
            own = {"account": {"roles": ["manage-account", "view-profile"]}}
            claims |= {"resource_access": {**(manages if self.roles else {}), **own},
                       "realm_access": {"roles": ["offline_access", *sorted(self.everywhere)]}}  # fmt: skip
        token = jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, SIGNER, registry=REGISTRY)
        self.tokens = {token}
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": 60, "scope": "profile email"})

    def _problem(self, request: Request, form: dict[str, str]) -> tuple[str, str] | None:
        wrong = ("unauthorized_client", "Invalid client or Invalid client credentials")
        if form.get("grant_type") != "client_credentials" or form.get("client_id") != CLIENT:
            return ("invalid_client", "Invalid client or Invalid client credentials")
        if not self.service:
            return ("unauthorized_client", "Client not enabled to retrieve service account")
        if "client_secret" in form:
            return None if form["client_secret"] == SECRET else wrong
        try:
            assert form["client_assertion_type"] == ASSERTION
            public = RSAKey.import_key(KEY.as_dict(private=False))
            claims = jwt.decode(form["client_assertion"], public, registry=REGISTRY).claims
            assert claims["iss"] == claims["sub"] == CLIENT
            assert claims["aud"] == self._address(request)
            assert claims["jti"] not in self.used
        except Exception:  # noqa: BLE001  a fake refuses whatever it cannot read
            return ("invalid_client", "Client authentication with signed JWT failed")
        self.used.add(claims["jti"])
        return None

    def _guarded(self, source: Callable[[Server, Request], Answer]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            if request.token not in self.tokens:
                return Answer({"error": "HTTP 401 Unauthorized"}, 401)
            return source(self, request)

        return answer

    def has(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))


def _realm(server: Server, request: Request) -> Answer:
    if server.has("view-realm"):
        return Answer(server.data["realm"])
    if not server.roles:
        return FORBIDDEN
    return Answer({"realm": server.realm, "displayName": "Acme", "bruteForceProtected": True})


def _clients(server: Server, request: Request) -> Answer:
    rows = server.data["clients"][: int(request.query.get("max", 1000))]
    if server.has("view-clients"):
        return Answer(rows)
    if server.has("query-clients"):
        return Answer([{name: row[name] for name in ("id", "clientId")} for row in rows])
    return FORBIDDEN


def _users(server: Server, request: Request) -> Answer:
    if not server.has("view-users", "query-users"):
        return FORBIDDEN
    if not server.has("view-users"):
        return Answer([])
    first, size = int(request.query.get("first", 0)), int(request.query.get("max", 100))
    rows = server.data["users"][first : first + size]
    return Answer([{name: value for name, value in row.items() if name != "credentials"} for row in rows])


def _credentials(server: Server, request: Request) -> Answer:
    if not server.has("view-users"):
        return FORBIDDEN
    found = next((row for row in server.data["users"] if row["id"] == request.match[1]), None)
    if found is None:
        return Answer({"error": "User not found"}, 404)
    return Answer([{**row, "credentialData": f'{{"x": "{CANARY}"}}'} for row in found["credentials"]])


def _part(name: str, *roles: str) -> Callable[[Server, Request], Answer]:
    return lambda server, _: Answer(server.data[name]) if server.has(*roles) else FORBIDDEN


def _executions(server: Server, request: Request) -> Answer:
    if not server.has("view-realm"):
        return FORBIDDEN
    found = server.data["executions"].get(request.match[1].replace("%20", " "))
    return UNKNOWN if found is None else Answer(found)


def _config(server: Server, request: Request) -> Answer:
    if not server.has("view-realm"):
        return FORBIDDEN
    found = server.data["configs"].get(request.match[1])
    return UNKNOWN if found is None else Answer(found)


_ROUTES: tuple[tuple[str, Callable[[Server, Request], Answer]], ...] = (
    ("", _realm),
    ("/clients", _clients),
    ("/authentication/flows", _part("flows", "view-realm", "query-clients")),
    ("/authentication/flows/([^/]+)/executions", _executions),
    ("/authentication/config/([^/]+)", _config),
    ("/authentication/required-actions", _part("actions", "view-realm", "query-users")),
    ("/users", _users),
    ("/users/([^/]+)/credentials", _credentials),
    ("/identity-provider/instances", _part("brokers", "view-identity-providers")),
)
