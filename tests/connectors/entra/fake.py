"""A tenant of Entra ID with Intune on loopback: it checks assertions, permissions and licenses, and it pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.connectors.entra.tenant import CLIENT, TENANT, compliant
from tests.fakes.vendor import CANARY, NOW, Answer, Request, Vendor

LOGIN, GRAPH = "https://login.microsoftonline.com", "https://graph.microsoft.com"
ALL = frozenset(
    {
        "Policy.Read.All",
        "AuditLog.Read.All",
        "User.Read.All",
        "Application.Read.All",
        "RoleManagement.Read.Directory",
        "LicenseAssignment.Read.All",
        "Organization.Read.All",
        "GroupMember.Read.All",
        "DeviceManagementManagedDevices.Read.All",
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementServiceConfig.Read.All",
    }
)
LISTS = {  # path -> (permission, plan)
    "/identity/conditionalAccess/policies": ("Policy.Read.All", ""),
    "/identity/conditionalAccess/namedLocations": ("Policy.Read.All", ""),
    "/policies/tokenLifetimePolicies": ("Policy.Read.All", ""),
    "/reports/authenticationMethods/userRegistrationDetails": ("AuditLog.Read.All", "AAD_PREMIUM"),
    "/users": ("User.Read.All", ""),
    "/organization": ("Organization.Read.All", ""),
    "/roleManagement/directory/roleAssignments": ("RoleManagement.Read.Directory", ""),
    "/roleManagement/directory/roleAssignmentScheduleInstances": ("RoleManagement.Read.Directory", "AAD_PREMIUM_P2"),
    "/roleManagement/directory/roleEligibilitySchedules": ("RoleManagement.Read.Directory", "AAD_PREMIUM_P2"),
    "/applications": ("Application.Read.All", ""),
    "/servicePrincipals": ("Application.Read.All", ""),
    "/subscribedSkus": ("LicenseAssignment.Read.All", ""),
    "/deviceManagement/managedDevices": ("DeviceManagementManagedDevices.Read.All", "INTUNE_A"),
    "/deviceManagement/deviceCompliancePolicies": ("DeviceManagementConfiguration.Read.All", "INTUNE_A"),
}
SINGLES = {
    "/policies/identitySecurityDefaultsEnforcementPolicy": ("Policy.Read.All", ""),
    "/policies/authenticationMethodsPolicy": ("Policy.Read.All", ""),
    "/policies/authorizationPolicy": ("Policy.Read.All", ""),
    "/deviceManagement": ("DeviceManagementServiceConfig.Read.All", "INTUNE_A"),
}


@cache
def credential() -> tuple[str, str, RSAKey]:
    """Key and certificate as one PEM text, the SHA-256 thumbprint in hexadecimal, and the public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ztassess")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    thumbprint = sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()
    return (private + certificate).decode(), thumbprint, RSAKey.import_key(public)


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    """Graph's error object."""
    return Answer({"error": {"code": code, "message": f"{message} {CANARY}"}}, status, headers)


class Tenant(Vendor):
    """Graph and the sign-in service of one tenant.

    Attributes:
        state: raw objects by path, as Graph would answer them.
        permissions: what is consented. `plans` what is licensed.
        roles: replaces the ``roles`` claim; `wids` the directory roles of the app.
        opaque: tokens that nobody can read.
        clock: the sign-in service's own; assertions must fit it.
        size: largest page.
        tokens: tokens that work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reset()
        self.route("POST", "/([^/]+)/oauth2/v2.0/token")(self._token)
        self.route("GET", "/v1.0(/groups/([^/]+)/transitiveMembers)")(self._members)
        self.route("GET", "/v1.0(/applications/([^/]+)/federatedIdentityCredentials)")(self._federated)
        self.route("GET", "/v1.0(/.+)")(self._graph)

    def reset(self) -> None:
        """Everything in order again, nothing asked yet."""
        self.faults.clear()
        self.requests.clear()
        self.latency, self.most_at_once = 0.0, 0
        self.state: dict[str, Any] = compliant()
        self.permissions = set(ALL)
        self.plans = {"AAD_PREMIUM", "AAD_PREMIUM_P2", "INTUNE_A"}
        self.roles: list[str] | None = None
        self.wids = ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"]
        self.opaque = False
        self.clock: Callable[[], datetime] = lambda: NOW
        self.size = 50
        self.tokens: set[str] = set()
        self.signed_in: list[dict[str, Any]] = []

    # ---- signing in

    def _token(self, request: Request) -> Answer:
        form = request.form()
        if request.match[1] != TENANT:
            return self._refused(90002, "invalid_request", 400)
        if form.get("client_id") != CLIENT or form.get("scope") != f"{GRAPH}/.default":
            return self._refused(700016, "unauthorized_client", 400)
        try:
            claims = self._assertion(form["client_assertion"])
        except (AssertionError, JoseError, KeyError, ValueError):
            return self._refused(700027, "invalid_client", 401)
        self.signed_in.append(claims)
        token = self._issued()
        return Answer({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    def _assertion(self, text: str) -> dict[str, Any]:
        """Checked as Microsoft documents it: algorithm, thumbprint, audience, issuer, times."""
        _, thumbprint, public = credential()
        registry = jws.JWSRegistry(algorithms=["PS256", "RS256"], strict_check_header=False)
        token = jwt.decode(text, public, algorithms=["PS256", "RS256"], registry=registry)
        named = base64.urlsafe_b64encode(bytes.fromhex(thumbprint)).decode().rstrip("=")
        assert (token.header["alg"], token.header["x5t#S256"]) == ("PS256", named)
        claims = dict(token.claims)
        assert claims["aud"] == f"{LOGIN}/{TENANT}/oauth2/v2.0/token"
        assert claims["iss"] == claims["sub"] == CLIENT
        now = self.clock().timestamp()
        assert claims["nbf"] <= now + 1
        assert now < claims["exp"] <= now + 600
        return {**claims, "header": dict(token.header)}

    def _issued(self) -> str:
        granted = sorted(self.permissions) if self.roles is None else self.roles
        claims = {"tid": TENANT, "appid": CLIENT, "roles": granted, "wids": self.wids, "n": len(self.signed_in)}
        token = (
            f"opaque-{len(self.signed_in)}" if self.opaque else f"{_part({'alg': 'RS256'})}.{_part(claims)}.{CANARY}"
        )
        self.tokens = {token}
        return token

    @staticmethod
    def _refused(number: int, code: str, status: int) -> Answer:
        text = f"AADSTS{number}: refused. Trace ID: {CANARY} Timestamp: 2026-11-23 09:00:00Z"
        return Answer({"error": code, "error_description": text, "error_codes": [number]}, status)

    # ---- Graph

    def _graph(self, request: Request) -> Answer:
        path = request.match[1]
        single, wanted = path in SINGLES, SINGLES.get(path) or LISTS.get(path)
        if wanted is None:
            return error(404, "ResourceNotFound", "no such segment")
        permission, plan = wanted
        if path == "/users" and "signInActivity" in request.query.get("$select", ""):
            permission, plan = "AuditLog.Read.All", "AAD_PREMIUM"
        refused = self._allowed(request, permission, plan)
        if refused is not None:
            return refused
        if single:
            return Answer({"@odata.context": f"{GRAPH}/v1.0/$metadata", **deepcopy(self.state[path])})
        return self._paged(request, self._rows(request, path))

    def _rows(self, request: Request, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = deepcopy(self.state[path])
        chosen = request.query.get("$select", "")
        expanded = request.query.get("$expand", "").partition("(")[0]
        if path == "/users" and request.query.get("$filter") == "userType eq 'Guest'":
            rows = [row for row in rows if row["userType"] == "Guest"]
        for row in rows:
            for hidden in {"sponsors", "owners", "assignments", "principal"} - {expanded}:
                row.pop(hidden, None)
        if chosen:
            keep = {*chosen.split(","), expanded}
            rows = [{name: value for name, value in row.items() if name in keep} for row in rows]
        return rows

    def _paged(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        if request.query.get("$count") == "true" and request.headers.get("consistencylevel") != "eventual":
            return error(400, "Request_UnsupportedQuery", "ConsistencyLevel is needed")
        start = int(request.query.get("$skiptoken", 0))
        size = min(self.size, int(request.query.get("$top", self.size)))
        value: dict[str, Any] = {"@odata.context": "c", "value": rows[start : start + size]}
        if request.query.get("$count") == "true":
            value["@odata.count"] = len(rows)
        if start + size < len(rows):
            rest = "&".join(f"{name}={each}" for name, each in request.query.items() if name != "$skiptoken")
            rest = rest.replace(" ", "%20").replace("'", "%27")
            value["@odata.nextLink"] = f"{request.base}{request.path}?{rest}&$skiptoken={start + size}"
        return Answer(value)

    def _members(self, request: Request) -> Answer:
        refused = self._allowed(request, "GroupMember.Read.All", "")
        if refused is not None:
            return refused
        groups = self.state["groups"]
        if request.match[2] not in groups:
            return error(404, "Request_ResourceNotFound", "does not exist")
        return self._paged(request, deepcopy(groups[request.match[2]]))

    def _federated(self, request: Request) -> Answer:
        refused = self._allowed(request, "Application.Read.All", "")
        return refused or self._paged(request, deepcopy(self.state["federated"].get(request.match[2], [])))

    def _allowed(self, request: Request, permission: str, plan: str) -> Answer | None:
        intune = request.path.startswith("/v1.0/deviceManagement")
        if request.token not in self.tokens:
            return error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if permission not in self.permissions:
            if intune:  # Intune answers 401 where a permission is missing
                return error(401, "UnknownError", '{"ErrorCode":"Forbidden"}')
            return error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if plan and plan not in self.plans:
            if intune:
                return error(400, "BadRequest", "Request not applicable to target tenant.")
            if plan == "AAD_PREMIUM_P2":
                return error(400, "AadPremiumLicenseRequired", "The tenant needs Microsoft Entra ID P2.")
            code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
            return error(403, code, "Neither tenant is B2C or tenant doesn't have premium license")
        return None
