"""A Google Workspace customer behind Google's own paths: signatures, delegation, scopes, pages, throttles, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from tests.connectors.google_workspace.keys import ACCOUNT, KEY_ID, certificate, key_pair, private_half
from tests.fakes.vendor import CANARY, NOW, Answer, Request, Vendor
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.google_workspace.sessions import ADMIN, CERTIFICATES, IDENTITY, LEVELS, SIGNER, TOKEN

ADMIN_EMAIL, ORGANIZATION = "root@x.io", "4242"
ROOT_ID = "03root"
CREATOR = f"creator-{CANARY}"
DRIVE = "https://www.googleapis.com/auth/drive"


def user(email: str, unit: str = "/", **changed: Any) -> dict[str, Any]:
    """One account as the Directory API gives it, with what must never be kept."""
    value = {
        "kind": "admin#directory#user",
        "id": email.partition("@")[0],
        "primaryEmail": email,
        "isAdmin": False,
        "isDelegatedAdmin": False,
        "isEnrolledIn2Sv": True,
        "isEnforcedIn2Sv": True,
        "suspended": False,
        "archived": False,
        "lastLoginTime": "2026-11-20T08:00:00.000Z",
        "orgUnitPath": unit,
        "recoveryEmail": f"{CANARY}@private.example.com",
        "recoveryPhone": CANARY,
        "password": CANARY,
    }
    return value | changed


def policy(setting: str, value: dict[str, Any], unit: str = ROOT_ID, order: float = 1, **query: Any) -> dict[str, Any]:
    """One policy as the Policy API gives it."""
    clause = f"entity.org_units.exists(org_unit, org_unit.org_unit_id == orgUnitId('{unit}'))"
    return {
        "name": f"policies/{setting}-{unit}-{order}",
        "customer": "customers/C01",
        "policyQuery": {"orgUnit": f"orgUnits/{unit}", "query": clause, "sortOrder": order, **query},
        "setting": {"type": f"settings/{setting}", "value": value},
        "type": "ADMIN",
    }


GOOD_POLICIES = (
    ("security.two_step_verification_enforcement", {"enforcedFrom": "2026-01-10T00:00:00Z"}),
    ("security.two_step_verification_enrollment", {"allowEnrollment": True}),
    ("security.two_step_verification_grace_period", {"enrollmentGracePeriod": "86400s"}),
    ("security.two_step_verification_enforcement_factor", {"allowedSignInFactorSet": "PASSKEY_ONLY"}),
    ("security.two_step_verification_device_trust", {"allowTrustingDevice": False}),
    ("security.less_secure_apps", {"allowLessSecureApps": False}),
    ("security.super_admin_account_recovery", {"enableAccountRecovery": False}),
    ("security.user_account_recovery", {"enableAccountRecovery": False}),
    ("security.session_controls", {"webSessionDuration": "43200s"}),
    ("security.password", {"minimumLength": 12, "note": CANARY}),
    ("gmail.pop_access", {"enablePopAccess": False}),
    ("gmail.imap_access", {"enableImapAccess": False}),
    ("api_controls.unconfigured_third_party_apps", {"accessLevel": "BLOCK_ALL_SCOPES"}),
    ("workspace_marketplace.apps_access_options", {"accessLevel": "ALLOW_LISTED_APPS"}),
)


def activity(days_ago: float, actor: str, event: str, **parameters: str | list[str]) -> dict[str, Any]:
    """One entry of an audit log."""
    told: list[dict[str, Any]] = [
        {"name": name, ("multiValue" if isinstance(value, list) else "value"): value}
        for name, value in parameters.items()
    ]
    at = (NOW - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "kind": "admin#reports#activity",
        "id": {"time": at, "uniqueQualifier": "1", "applicationName": "login", "customerId": "C01"},
        "actor": {"email": actor, "profileId": "1"},
        "ipAddress": "192.0.2.7",
        "events": [{"type": "login", "name": event, "parameters": [*told, {"name": "secret", "value": CANARY}]}],
    }


class Workspace(Vendor):
    """A compliant customer, to be broken by tests.

    Attributes:
        delegated: scopes in the entry of domain-wide delegation.
        super_admins: administrators whom the Policy API answers.
        page_size: rows of a page at the most, whatever is asked for.
        logs: by application name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.delegated = set(scopes.DELEGATED)
        self.super_admins = {ADMIN_EMAIL}
        self.page_size = 1000
        self.tokens: dict[str, set[str]] = {}
        self.issued = 0
        self.reader_role = True
        people = [user(f"p{number}@x.io", "/sales" if number % 2 else "/") for number in range(4)]
        admins = {"isAdmin": True}
        self.users = [user(ADMIN_EMAIL, **admins), user("anna-admin@x.io", **admins), user("anna@x.io"), *people]
        self.units = [("03sales", "/sales"), (ROOT_ID, "/")]
        self.policies = [policy(setting, dict(value)) for setting, value in GOOD_POLICIES]
        self.assignments: list[dict[str, Any]] = []
        self.saml_profiles: list[dict[str, Any]] = []
        self.oidc_profiles: list[dict[str, Any]] = []
        self.roles = [{"roleId": "1", "roleName": "_SEED_ADMIN_ROLE", "isSuperAdminRole": True, "isSystemRole": True}]
        self.role_assignments = [{"roleAssignmentId": "9", "roleId": "1", "assignedTo": "root", "assigneeType": "user"}]
        everyone = [each["primaryEmail"] for each in self.users]
        self.devices = [_device(number) for number in range(len(everyone))]
        self.device_users = [_device_user(number, email) for number, email in enumerate(everyone)]
        self.mobiles = [{"resourceId": "m1", "email": ["p0@x.io"], "lastSync": "2026-11-22T00:00:00Z"}]
        self.mobiles[0] |= {"status": "APPROVED", "wifiMacAddress": CANARY}
        self.chromes = [{"deviceId": "c1", "status": "ACTIVE", "lastSync": "2026-11-22T00:00:00.000Z"}]
        self.chromes[0]["recentUsers"] = [{"email": "p1@x.io", "type": "USER_TYPE_MANAGED"}]
        self.logs: dict[str, list[dict[str, Any]]] = {
            "login": [activity(1, email, "login_success", login_type="google_password") for email in everyone],
            "admin": [
                activity(2, ADMIN_EMAIL, "TOGGLE_CAA_ENABLEMENT", NEW_VALUE="ENABLED"),
                activity(2, ADMIN_EMAIL, "CHANGE_CAA_APP_ASSIGNMENTS", CAA_ACCESS_LEVELS_NEW="[managed]"),
                activity(3, ADMIN_EMAIL, "CREATE_USER", USER_EMAIL="p3@x.io"),
            ],
            "token": [activity(4, "p1@x.io", "authorize", app_name="Planner", client_id="planner.apps", scope=[DRIVE])],
            "saml": [activity(5, "p1@x.io", "login_success", application_name="GitHub")],
            "context_aware_access": [activity(1, "p2@x.io", "ACCESS_DENY_EVENT", CAA_ACCESS_LEVEL="managed")],
        }
        self.levels = [
            {
                "name": "accessPolicies/77/accessLevels/managed",
                "title": "managed",
                "basic": {"conditions": [{"devicePolicy": {"requireScreenlock": True}}]},
            }
        ]
        self.bindings = [
            {
                "name": "organizations/4242/gcpUserAccessBindings/b1",
                "groupKey": "g1",
                "accessLevels": ["accessPolicies/77/accessLevels/managed"],
            }
        ]
        self._routes()

    @property
    def endpoints(self) -> dict[str, str]:
        """All of Google's hosts are this server."""
        return dict.fromkeys((TOKEN, ADMIN, IDENTITY, LEVELS, SIGNER, CERTIFICATES), self.base)

    def _routes(self) -> None:
        self.route("POST", "/token")(self._token)
        self.route("POST", r"/v1/projects/-/serviceAccounts/([^/:]+):signJwt")(self._sign)
        self.route("GET", "/robot/v1/metadata/x509/([^/]+)")(self._certificates)
        directory, customer = "/admin/directory/v1", "/admin/directory/v1/customer/my_customer"
        lists: tuple[tuple[str, str, str, str, int, Callable[[], list[Any]]], ...] = (
            (f"{directory}/users", scopes.USERS, "users", "admin#directory#users", 500, lambda: self.users),
            (f"{customer}/roles", scopes.ROLES, "items", "admin#directory#roles", 100, lambda: self.roles),
            (
                f"{customer}/roleassignments",
                scopes.ROLES,
                "items",
                "admin#directory#roleAssignments",
                200,
                lambda: self.role_assignments,
            ),
            (
                f"{customer}/devices/mobile",
                scopes.MOBILE,
                "mobiledevices",
                "admin#directory#mobiledevices",
                100,
                lambda: self.mobiles,
            ),
            (
                f"{customer}/devices/chromeos",
                scopes.CHROME,
                "chromeosdevices",
                "admin#directory#chromeosdevices",
                300,
                lambda: self.chromes,
            ),
            ("/v1/policies", scopes.POLICIES, "policies", "", 100, lambda: self.policies),
            ("/v1/inboundSsoAssignments", scopes.SSO, "inboundSsoAssignments", "", 100, lambda: self.assignments),
            ("/v1/inboundSamlSsoProfiles", scopes.SSO, "inboundSamlSsoProfiles", "", 100, lambda: self.saml_profiles),
            ("/v1/inboundOidcSsoProfiles", scopes.SSO, "inboundOidcSsoProfiles", "", 100, lambda: self.oidc_profiles),
            ("/v1/devices", scopes.DEVICES, "devices", "", 100, lambda: self.devices),
            ("/v1/devices/-/deviceUsers", scopes.DEVICES, "deviceUsers", "", 20, lambda: self.device_users),
            (
                "/v1/accessPolicies",
                scopes.CLOUD,
                "accessPolicies",
                "",
                100,
                lambda: [{"name": "accessPolicies/77", "parent": "organizations/4242", "title": "default"}],
            ),
            ("/v1/accessPolicies/77/accessLevels", scopes.CLOUD, "accessLevels", "", 100, lambda: self.levels),
            (
                "/v1/organizations/4242/gcpUserAccessBindings",
                scopes.CLOUD,
                "gcpUserAccessBindings",
                "",
                100,
                lambda: self.bindings,
            ),
        )
        for path, scope, field, word, most, rows in lists:
            self.route("GET", path)(self._list(scope, field, word, most, rows))
        self.route("GET", f"{customer}/orgunits")(self._units)
        self.route("GET", "/admin/reports/v1/activity/users/all/applications/([a-z_]+)")(self._log)

    def _token(self, request: Request) -> Answer:
        form = request.form()
        try:
            claims = jwt.decode(form["assertion"], key_pair()[1], algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return Answer({"error": "invalid_grant", "error_description": f"Invalid JWT Signature. {CANARY}"}, 400)
        wanted = set(claims["scope"].split())
        known = claims["iss"] == ACCOUNT and claims["aud"] == "https://oauth2.googleapis.com/token"
        if not known or claims["exp"] - claims["iat"] > 3600:
            return Answer({"error": "invalid_grant", "error_description": "Invalid grant: account not found"}, 400)
        allowed = self.delegated if "sub" in claims else {scopes.CLOUD}
        if not wanted <= allowed:
            said = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for "
            return Answer({"error": "unauthorized_client", "error_description": f"{said}any of the scopes."}, 401)
        self.issued += 1
        token = f"ya29.{self.issued}-{CANARY}"
        self.tokens[token] = wanted
        return Answer({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _sign(self, request: Request) -> Answer:
        if request.token != CREATOR:
            return _error(401, "UNAUTHENTICATED")
        if request.match[1] != ACCOUNT:
            return _error(403, "PERMISSION_DENIED")
        claims = json.loads(request.json()["payload"])
        signed = jwt.encode({"alg": "RS256", "kid": "google"}, claims, private_half())
        return Answer({"keyId": "google", "signedJwt": signed})

    def _certificates(self, request: Request) -> Answer:
        return Answer({KEY_ID: certificate()} if request.match[1] == ACCOUNT else {})

    def _refused(self, request: Request, scope: str) -> Answer | None:
        granted = self.tokens.get(request.token)
        if granted is None:
            return _error(401, "UNAUTHENTICATED", reason="authError")
        if scope not in granted:
            return _error(403, "PERMISSION_DENIED", reason="insufficientPermissions")
        if scope == scopes.POLICIES and ADMIN_EMAIL not in self.super_admins:
            return _error(403, "PERMISSION_DENIED")
        if scope == scopes.CLOUD and not self.reader_role:
            return _error(403, "PERMISSION_DENIED")
        return None

    def _list(self, scope: str, field: str, word: str, most: int, rows: Callable[[], list[Any]]) -> Any:
        def route(request: Request) -> Answer:
            refused = self._refused(request, scope)
            if refused is not None:
                return refused
            size = min(
                self.page_size, most, int(request.query.get("maxResults") or request.query.get("pageSize") or 20)
            )
            return self._page(request, field, word, rows(), size)

        return route

    def _page(self, request: Request, field: str, word: str, rows: list[Any], size: int) -> Answer:
        start = int(request.query.get("pageToken") or 0)
        page = rows[start : start + size]
        value: dict[str, Any] = {"kind": word} if word else {}
        if page:  # Google leaves an empty list out
            value[field] = page
        if start + size < len(rows):
            value["nextPageToken"] = str(start + size)
        return Answer(value)

    def _units(self, request: Request) -> Answer:
        refused = self._refused(request, scopes.ORG_UNITS)
        if refused is not None:
            return refused
        assert request.query["type"] == "allIncludingParent", "else the root is left out"
        units = [{"orgUnitId": f"id:{key}", "orgUnitPath": path, "name": path} for key, path in self.units]
        return Answer({"kind": "admin#directory#orgUnits", "organizationUnits": units})

    def _log(self, request: Request) -> Answer:
        refused = self._refused(request, scopes.AUDIT)
        if refused is not None:
            return refused
        since = datetime.fromisoformat(request.query["startTime"]).astimezone(UTC)
        named = request.query.get("eventName")
        rows = [
            row
            for row in self.logs[request.match[1]]
            if datetime.fromisoformat(row["id"]["time"]) >= since and named in (None, row["events"][0]["name"])
        ]
        size = min(self.page_size, int(request.query["maxResults"]))
        return self._page(request, "items", "admin#reports#activities", rows, size)


def _device(number: int) -> dict[str, Any]:
    return {
        "name": f"devices/d{number}",
        "deviceType": "MAC_OS",
        "ownerType": "COMPANY",
        "managementState": "APPROVED",
        "encryptionState": "ENCRYPTED",
        "compromisedState": "UNCOMPROMISED",
        "lastSyncTime": "2026-11-22T00:00:00Z",
        "serialNumber": CANARY,
        "endpointVerificationSpecificAttributes": {"additionalSignals": {"serial": CANARY}},
    }


def _device_user(number: int, email: str) -> dict[str, Any]:
    return {
        "name": f"devices/d{number}/deviceUsers/u{number}",
        "userEmail": email,
        "managementState": "APPROVED",
        "lastSyncTime": "2026-11-22T00:00:00Z",
    }


def _error(status: int, word: str, *, reason: str = "") -> Answer:
    error: dict[str, Any] = {"code": status, "message": f"Refused {CANARY}", "status": word}
    if reason:
        error["errors"] = [{"domain": "global", "reason": reason, "message": "Refused"}]
    return Answer({"error": error}, status)


def throttled(reason: str = "userRateLimitExceeded") -> Answer:
    """A 403 that is no refusal."""
    return _error(403, "PERMISSION_DENIED", reason=reason)


def switched_off() -> Answer:
    """An interface that the project has not enabled (google.rpc.ErrorInfo)."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"service": "cloudidentity.googleapis.com", "consumer": "projects/815"},
    }
    return Answer({"error": {"code": 403, "message": "off", "status": "PERMISSION_DENIED", "details": [detail]}}, 403)
