"""Owns the data of a well-kept realm, in the form of Keycloak's representations; each secret of it holds the canary."""

from __future__ import annotations

from typing import Any

from tests.fakes.vendor import CANARY

REQUIRED, ALTERNATIVE, CONDITIONAL, DISABLED = "REQUIRED", "ALTERNATIVE", "CONDITIONAL", "DISABLED"
Json = dict[str, Any]


def step(level: int, requirement: str, provider: str = "", name: str = "", config: str = "") -> Json:
    """One execution; without a provider, a sub-flow."""
    found: Json = {
        "id": f"ex-{level}-{provider or name}",
        "requirement": requirement,
        "displayName": name or provider,
        "requirementChoices": [REQUIRED, ALTERNATIVE, DISABLED],
        "configurable": False,
        "level": level,
        "index": 0,
    }
    if provider:
        found["providerId"] = provider
    else:
        found |= {"authenticationFlow": True, "flowId": f"flow-{name}"}
    if config:
        found["authenticationConfig"] = config
    return found


TOP = [
    step(0, ALTERNATIVE, "auth-cookie", "Cookie"),
    step(0, DISABLED, "auth-spnego", "Kerberos"),
    step(0, ALTERNATIVE, "identity-provider-redirector", "Identity Provider Redirector"),
    step(0, ALTERNATIVE, name="forms"),
    step(1, REQUIRED, "auth-username-password-form", "Username Password Form"),
]


def browser(*second: Json) -> list[Json]:
    """The built-in browser flow, with these steps after the password."""
    return [*TOP, *second]


def optional(*factors: Json, condition: str = "conditional-user-configured") -> list[Json]:
    """The sub-flow that a new realm has: asks those who configured a factor."""
    return browser(
        step(1, CONDITIONAL, name="Browser - Conditional 2FA"),
        step(2, REQUIRED, condition, "Condition"),
        *(factors or (step(2, REQUIRED, "auth-otp-form", "OTP Form"),)),
    )


STRONG = browser(step(1, REQUIRED, "webauthn-authenticator", "WebAuthn Authenticator"))


def client(name: str, **more: Any) -> Json:
    return {
        "id": f"id-{name}",
        "clientId": name,
        "name": "",
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "bearerOnly": False,
        "serviceAccountsEnabled": False,
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "clientAuthenticatorType": "client-secret",
        "secret": CANARY,
        "registrationAccessToken": CANARY,
        "redirectUris": [f"https://{name}.acme.example/*"],
        "attributes": {"client.secret.creation.time": "1750000000"},
        "authenticationFlowBindingOverrides": {},
        "defaultClientScopes": ["profile", "email", "roles"],
        "optionalClientScopes": ["address", "phone"],
        **more,
    }


def user(name: str, *kinds: str, enabled: bool = True, totp: bool | None = False) -> Json:
    """One user; `kinds` of credentials stand beside it, as an export has them."""
    return {
        "id": f"u-{name}",
        "username": f"{name}@acme.example",
        "email": f"{name.title()}@acme.example",
        "firstName": name.title(),
        "enabled": enabled,
        "totp": totp,
        "emailVerified": True,
        "createdTimestamp": 1700000000000,
        "requiredActions": [],
        "attributes": {"phone": [CANARY]},
        "credentials": [
            {"id": f"c-{kind}", "type": kind, "createdDate": 1700000000000, "secretData": f'{{"value": "{CANARY}"}}'}
            for kind in ("password", *kinds)
        ],
    }


def broker(alias: str, **more: Any) -> Json:
    return {
        "alias": alias,
        "internalId": f"i-{alias}",
        "providerId": "oidc",
        "enabled": True,
        "linkOnly": False,
        "firstBrokerLoginFlowAlias": "first broker login",
        "config": {"clientId": "acme", "clientSecret": CANARY},
        **more,
    }


def settings(name: str = "acme") -> Json:
    """What the realm's own representation holds, without what has endpoints of its own."""
    return {
        "id": "r1",
        "realm": name,
        "enabled": True,
        "displayName": "Acme",
        "accessTokenLifespan": 300,
        "accessTokenLifespanForImplicitFlow": 900,
        "revokeRefreshToken": True,
        "refreshTokenMaxReuse": 0,
        "ssoSessionIdleTimeout": 1800,
        "ssoSessionMaxLifespan": 36000,
        "rememberMe": False,
        "ssoSessionIdleTimeoutRememberMe": 0,
        "ssoSessionMaxLifespanRememberMe": 0,
        "offlineSessionIdleTimeout": 2592000,
        "offlineSessionMaxLifespanEnabled": True,
        "offlineSessionMaxLifespan": 5184000,
        "bruteForceProtected": True,
        "browserFlow": "browser",
        "smtpServer": {"host": "smtp.acme.example", "password": CANARY},
        "webAuthnPolicyPasswordlessUserVerificationRequirement": "required",
    }


def good_realm() -> Json:
    """Everything in order: WebAuthn on every way, one service that signs with a key."""
    return {
        "realm": settings(),
        "clients": [
            client("account", publicClient=True),
            client("admin-cli", publicClient=True),
            client("portal", optionalClientScopes=["offline_access"], attributes={"access.token.lifespan": "600"}),
            client("assess", serviceAccountsEnabled=True, clientAuthenticatorType="client-jwt"),
            client("legacy", enabled=False, directAccessGrantsEnabled=True, implicitFlowEnabled=True),
        ],
        "flows": [
            {"id": "f-browser", "alias": "browser", "providerId": "basic-flow", "topLevel": True, "builtIn": True},
            {"id": "f-strict", "alias": "strict", "providerId": "basic-flow", "topLevel": True, "builtIn": False},
            {"id": "f-after", "alias": "after login", "providerId": "basic-flow", "topLevel": True, "builtIn": False},
        ],
        "executions": {
            "browser": list(STRONG),
            "strict": list(STRONG),
            "after login": [step(0, REQUIRED, "webauthn-authenticator", "WebAuthn Authenticator")],
        },
        "configs": {
            "cfg-passkey": {
                "id": "cfg-passkey",
                "alias": "browser-conditional-credential",
                "config": {"credentials": "webauthn-passwordless"},
            }
        },
        "actions": [
            {"alias": "CONFIGURE_TOTP", "name": "Configure OTP", "providerId": "CONFIGURE_TOTP", "enabled": True,
             "defaultAction": False, "priority": 10, "config": {}},
            {"alias": "webauthn-register", "name": "Webauthn Register", "providerId": "webauthn-register",
             "enabled": True, "defaultAction": True, "priority": 70, "config": {}},
        ],
        "users": [
            user("anna", "webauthn"),
            user("ben", "webauthn"),
            user("cleo", "webauthn"),
            user("dan", enabled=False),
        ],
        "brokers": [],
    }  # fmt: skip


def export(data: Json | None = None, *, users: bool = True) -> Json:
    """The same realm as a file: flows nested by alias, configs by alias, users with their credentials."""
    data = good_realm() if data is None else data
    flows: list[Json] = []
    for flow in data["flows"]:
        nested = _nested(flow["alias"], data["executions"].get(flow["alias"], []), data["configs"])
        flows.append({**flow, "authenticationExecutions": nested.pop(flow["alias"])})
        flows += [
            {"id": f"sub-{alias}", "alias": alias, "providerId": "basic-flow", "topLevel": False, "builtIn": False,
             "authenticationExecutions": inside}
            for alias, inside in nested.items()
        ]  # fmt: skip
    found = {
        **data["realm"],
        "clients": data["clients"],
        "authenticationFlows": flows,
        "authenticatorConfig": list(data["configs"].values()),
        "requiredActions": data["actions"],
        "identityProviders": data["brokers"],
        "components": {"org.keycloak.keys.KeyProvider": [{"name": "rsa", "config": {"privateKey": [CANARY]}}]},
        "keycloakVersion": "26.7.4",
    }
    if users:
        service = {
            **user("x"),
            "credentials": [],
            "username": "service-account-assess",
            "serviceAccountClientId": "assess",
        }
        found["users"] = [*data["users"], service]
    return found


def _nested(top: str, steps: list[Json], configs: Json) -> dict[str, list[Json]]:
    """Steps by the alias of the flow they stand in; aliases are made unique by the top-level flow."""
    inside: dict[str, list[Json]] = {top: []}
    path = [top]
    for number, each in enumerate(steps):
        del path[each["level"] + 1 :]
        row: Json = {"requirement": each["requirement"], "priority": number, "userSetupAllowed": False}
        if each.get("authenticationFlow"):
            alias = f"{top} {each['displayName']}"
            row |= {"flowAlias": alias, "authenticatorFlow": True}
            inside[alias] = []
        else:
            row |= {"authenticator": each["providerId"], "authenticatorFlow": False}
            alias = ""
        if "authenticationConfig" in each:
            row["authenticatorConfig"] = configs[each["authenticationConfig"]]["alias"]
        # The file's order is not the order of the steps; their priority is.
        inside[path[-1]].insert(0, row)
        path += [alias] if alias else []
    return inside
