"""Owns the data of a well-kept Okta org, in the shapes of Okta's API; tests break one thing of it at a time."""

from __future__ import annotations

from typing import Any

from tests.fakes.vendor import CANARY

HOST = "https://acme.okta.com"
PEOPLE = ("anna@acme.example", "ben@acme.example", "cleo@acme.example", "dan@acme.example")


def access_rule(
    id_: str, name: str = "", *, priority: int = 0, system: bool = False, access: str = "ALLOW", **more: Any
) -> dict[str, Any]:
    """A rule of an authentication policy; phishing-resistant two factors unless `method` says otherwise."""
    method = more.pop("method", None) or {
        "type": "ASSURANCE",
        "factorMode": "2FA",
        "reauthenticateIn": "PT2H",
        "constraints": [{"possession": {"phishingResistant": "REQUIRED", "deviceBound": "REQUIRED", "required": True}}],
    }
    conditions = {"network": {"connection": "ANYWHERE"}, "riskScore": {"level": "ANY"}, **more.pop("conditions", {})}
    return {
        "id": id_,
        "name": name or id_,
        "priority": priority,
        "status": "ACTIVE",
        "system": system,
        "type": "ACCESS_POLICY",
        "conditions": conditions,
        "actions": {"appSignOn": {"access": access, "verificationMethod": method}},
        **more,
    }


def session_rule(id_: str, **session: Any) -> dict[str, Any]:
    limits = {"maxSessionIdleMinutes": 120, "maxSessionLifetimeMinutes": 720, "usePersistentCookie": False, **session}
    return {
        "id": id_,
        "name": f"Rule {id_}",
        "type": "SIGN_ON",
        "system": True,
        "status": "ACTIVE",
        "priority": 1,
        "conditions": {"network": {"connection": "ANYWHERE"}},
        "actions": {"signon": {"access": "ALLOW", "requireFactor": True, "session": limits}},
    }


def app(id_: str, name: str, label: str, policy: str = "pol1", mode: str = "SAML_2_0", **more: Any) -> dict[str, Any]:
    link = {"accessPolicy": {"href": f"{HOST}/api/v1/policies/{policy}"}} if policy else {}
    return {
        "id": id_,
        "name": name,
        "label": label,
        "status": "ACTIVE",
        "signOnMode": mode,
        "_links": link,
        "credentials": {"signing": {"kid": CANARY}},
        "settings": {"signOn": {"ssoAcsUrl": f"https://{label.lower().replace(' ', '-')}.acme.example/acs"}},
        **more,
    }


def service_app(id_: str, label: str, method: str = "private_key_jwt") -> dict[str, Any]:
    client = {"grant_types": ["client_credentials"], "jwks": {"keys": [{"kid": "k", "n": CANARY}]}, "redirect_uris": []}
    credentials = {"oauthClient": {"client_secret": CANARY, "token_endpoint_auth_method": method}}
    made = app(id_, "oidc_client", label, "", "OPENID_CONNECT")
    return {**made, "credentials": credentials, "settings": {"oauthClient": client}}


def user(id_: str, login: str, status: str = "ACTIVE", last: str = "2026-11-20T08:00:00.000Z") -> dict[str, Any]:
    profile = {"login": login, "email": login, "mobilePhone": CANARY, "firstName": "X"}
    return {"id": id_, "status": status, "lastLogin": last, "profile": profile, "credentials": {"x": CANARY}}


def _settings() -> dict[str, Any]:
    """Tokens, authenticators, authorization servers, devices and zones."""
    return {
        "api-tokens": [
            {
                "id": "00T1",
                "name": "ci-sync",
                "userId": "00u2",
                "tokenWindow": "P30D",
                "network": {"connection": "ZONE", "include": ["nzo1"]},
                "created": "2026-11-01T00:00:00.000Z",
                "expiresAt": "2026-12-20T00:00:00.000Z",
                "lastUpdated": "2026-11-20T00:00:00.000Z",
            }
        ],
        "authenticators": [
            {"key": "okta_password", "name": "Password", "status": "ACTIVE", "type": "password"},
            {"key": "webauthn", "name": "Passkey", "status": "ACTIVE", "type": "security_key"},
            {"key": "phone_number", "name": "Phone", "status": "INACTIVE", "settings": {"allowedFor": "any"}},
            {"key": "okta_email", "name": "Email", "status": "ACTIVE", "settings": {"allowedFor": "recovery"}},
        ],
        "authorizationServers": [{"id": "aus1", "name": "default", "status": "ACTIVE", "jwks": {"x": CANARY}}],
        "serverPolicies": {"aus1": [{"id": "asp1", "name": "All clients", "status": "ACTIVE"}]},
        "serverRules": {
            "aus1-asp1": [
                {
                    "id": "asr1",
                    "name": "Short",
                    "status": "ACTIVE",
                    "type": "RESOURCE_ACCESS",
                    "actions": {"token": {"accessTokenLifetimeMinutes": 15, "refreshTokenLifetimeMinutes": 0}},
                }
            ]
        },
        "device-assurances": [{"id": "dae1", "name": "macOS", "platform": "MACOS"}],
        "devices": [{"id": "guo1", "status": "ACTIVE", "profile": {"serialNumber": CANARY}}],
        "zones": [
            {"id": "nzo1", "name": "Office", "type": "IP", "status": "ACTIVE", "usage": "POLICY"},
            {
                "id": "nzo2",
                "name": "Anonymizers",
                "type": "DYNAMIC_V2",
                "status": "ACTIVE",
                "usage": "BLOCKLIST",
                "ipServiceCategories": {"include": ["ALL_ANONYMIZERS"]},
            },
        ],
    }


def good_org() -> dict[str, Any]:
    """What each endpoint holds."""
    role = {"id": "ra1", "type": "SUPER_ADMIN", "status": "ACTIVE", "label": "x", "assignmentType": "USER"}
    factor = {"id": "f1", "factorType": "webauthn", "provider": "FIDO", "status": "ACTIVE", "profile": {"x": CANARY}}
    users = [user(f"00u{number}", login) for number, login in enumerate(PEOPLE, start=1)]
    managed = {"device": {"registered": True, "managed": True}}
    return {
        "organization": {"id": "00o1", "pipeline": "idx", "_links": {}},
        "policies": [
            {"id": "pol1", "name": "Everything", "type": "ACCESS_POLICY", "status": "ACTIVE", "system": False},
            {"id": "pol2", "name": "Okta's own", "type": "ACCESS_POLICY", "status": "ACTIVE", "system": False},
            {"id": "pos1", "name": "Default Policy", "type": "OKTA_SIGN_ON", "status": "ACTIVE", "system": True},
        ],
        "rules": {
            "pol1": [
                access_rule("rul1", "Managed", conditions=managed),
                access_rule("rul2", "Risky", priority=1, access="DENY", conditions={"riskScore": {"level": "HIGH"}}),
                access_rule("rul3", "Catch-all Rule", priority=99, system=True, access="DENY"),
            ],
            "pol2": [access_rule("rul4", "Catch-all Rule", priority=99, system=True)],
            "pos1": [session_rule("rul5")],
        },
        "apps": [
            app("0oa1", "github", "GitHub"),
            app("0oa2", "custom", "Payroll"),
            app("0oa3", "custom", "Wiki"),
            service_app(CLIENT_APP, "Assessment"),
            app("0oa5", "saasure", "Okta Admin Console", "pol2", "OPENID_CONNECT"),
            app("0oa6", "okta_enduser", "Okta Dashboard", "pol2", "OPENID_CONNECT"),
        ],
        "appUsers": {
            id_: [{"id": "00u1", "scope": "GROUP", "profile": {"x": CANARY}}, {"id": "00u2", "scope": "GROUP"}]
            for id_ in ("0oa1", "0oa2", "0oa3", "0oa5", "0oa6")
        },
        "users": users,
        "factors": {each["id"]: [dict(factor)] for each in users},
        "userRoles": {"00u1": [role], "00u2": [{**role, "type": "READ_ONLY_ADMIN"}]},
        "groups": [
            {"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "Platform"}},
            {"id": "00g2", "type": "BUILT_IN", "profile": {"name": "Everyone"}},
            {"id": "00g3", "type": "OKTA_GROUP", "profile": {"name": "Staff"}},
            {"id": "00g4", "type": "BUILT_IN", "profile": {"name": "Okta Administrators"}},
        ],
        "groupRoles": {"00g1": [{**role, "assignmentType": "GROUP"}]},
        "groupUsers": {"00g1": [{"id": "00u3"}], "00g2": [{"id": each["id"]} for each in users]},
        **_settings(),
        "idps": [],
        "logStreams": [
            {"id": "0ls1", "name": "To the SIEM", "type": "splunk_cloud_logstreaming", "status": "ACTIVE",
             "settings": {"token": CANARY}},
        ],
        "admin-console": {"sessionIdleTimeoutMinutes": 15, "sessionMaxLifetimeMinutes": 720},
        "logs": [],
    }  # fmt: skip


CLIENT_APP = "0oaclient"
