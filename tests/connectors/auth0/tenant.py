"""Owns the data of a well-kept tenant, in the form of Auth0's Management API; each secret of it holds the canary."""

from __future__ import annotations

from typing import Any

from tests.fakes.vendor import CANARY

Json = dict[str, Any]
FACTORS = ("sms", "push-notification", "otp", "email", "duo", "webauthn-roaming", "webauthn-platform", "recovery-code")
ROTATES = {"rotation_type": "rotating", "expiration_type": "expiring", "token_lifetime": 2592000}
BY_KEY = {"private_key_jwt": {"credentials": [{"id": "cred_1"}]}}


def factors(*on: str) -> list[Json]:
    """All factors, these enabled."""
    return [{"name": name, "enabled": name in on, "trial_expired": False} for name in FACTORS]


def api(name: str, lifetime: int | None = 600, web: int | None = 600, **more: Any) -> Json:
    return {
        "id": f"rs_{name}",
        "name": name,
        "identifier": f"https://{name.lower()}.acme.example",
        "is_system": False,
        "signing_alg": "HS256",
        "signing_secret": CANARY,
        "scopes": [{"value": "read:x", "description": "x"}],
        "allow_offline_access": True,
        "token_lifetime": lifetime,
        "token_lifetime_for_web": web,
        **more,
    }


def client(name: str, *grants: str, **more: Any) -> Json:
    return {
        "client_id": f"id_{name}",
        "tenant": "acme",
        "name": name,
        "global": False,
        "app_type": "regular_web",
        "client_secret": CANARY,
        "grant_types": list(grants or ("authorization_code", "refresh_token")),
        "refresh_token": ROTATES,
        "token_endpoint_auth_method": "client_secret_post",
        "signing_keys": [{"cert": CANARY}],
        **more,
    }


def machine(name: str, **more: Any) -> Json:
    """A machine client that proves itself by key; Auth0 then has no method of the token endpoint for it."""
    keys: Json = {"token_endpoint_auth_method": None, "client_authentication_methods": BY_KEY}
    return client(name, "client_credentials", app_type="non_interactive", **{**keys, **more})


def user(name: str, **more: Any) -> Json:
    return {
        "user_id": f"auth0|{name}",
        "email": f"{name.title()}@acme.example",
        "email_verified": True,
        "name": name.title(),
        "created_at": "2025-01-02T03:04:05.678Z",
        "last_login": "2026-11-20T03:04:05.678Z",
        "identities": [{"connection": "Users", "provider": "auth0", "isSocial": False, "access_token": CANARY}],
        "user_metadata": {"phone": CANARY},
        **more,
    }


def good_tenant() -> Json:
    """Everything in order: WebAuthn everywhere, short tokens, one machine client with a key."""
    return {
        "policies": ["all-applications"],
        "factors": factors("webauthn-roaming", "webauthn-platform"),
        "resource-servers": [
            api("Management", 86400, 7200, identifier="https://acme.eu.auth0.com/api/v2/", is_system=True),
            api("Orders"),
            api("Billing", 900, 900),
        ],
        "clients": [
            client("All Applications", "client_credentials", **{"global": True}),
            client("Portal"),
            machine("assess", client_id="assess"),
        ],
        "settings": {"friendly_name": "Acme", "session_lifetime": 12, "idle_session_lifetime": 2, "x": CANARY},
        "users": [user("anna"), user("ben", multifactor=["guardian"]), user("cleo", blocked=True)],
    }
