"""Owns turning Okta's objects into values of the snapshot; what is not named here never enters it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.okta.snapshot import (
    AdminRole,
    ApiToken,
    App,
    Authenticator,
    AuthorizationServer,
    ConsoleSession,
    FactorReset,
    Factors,
    InboundProvider,
    Item,
    LogStream,
    User,
    Zone,
)
from ztassess.connectors.okta.snapshot_policies import Network

GROUPS = "/groups/"


def last_part(href: str) -> str:
    """The last part of a link's path: the id of what it leads to."""
    return urlsplit(href).path.rstrip("/").rpartition("/")[2]


def host_of(url: str) -> str:
    """The host of a URL in lower case; empty if it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def app_of(row: Row) -> App:
    """Documentation: "List all applications". Secrets, keys and profiles of the app are left behind."""
    client = row.row("settings.oauthClient", None)
    urls = [row.text("settings.signOn.ssoAcsUrl", ""), row.text("settings.app.url", "")]
    urls += list(client.texts("redirect_uris", ())) if client is not None else []
    keys = client.rows("jwks.keys", ()) if client is not None else ()
    return App(
        id=row.text("id"),
        name=row.text("name", ""),
        label=row.text("label"),
        status=row.text("status"),
        sign_on_mode=row.text("signOnMode", ""),
        policy_id=last_part(row.text("_links.accessPolicy.href", "")),
        hosts=tuple(dict.fromkeys(host for url in urls if (host := host_of(url)))),
        grants=client.texts("grant_types", ()) if client is not None else (),
        auth_method=row.text("credentials.oauthClient.token_endpoint_auth_method", ""),
        has_keys=bool(keys) or (client is not None and bool(client.text("jwks_uri", ""))),
    )


def user_of(row: Row) -> User:
    """Documentation: "List all users". Everything else of the profile is left behind."""
    login = row.text("profile.login").lower()
    email = row.text("profile.email", "").lower()
    return User(row.text("id"), login, email, row.text("status"), row.moment("lastLogin", None))


def factors_of(user_id: str, value: Any) -> Factors:
    """Documentation: "List all enrolled factors". Phone numbers and device names are left behind."""
    rows = rows_of(value, "UserFactor")
    return Factors(user_id, tuple((row.text("factorType"), row.text("status", "")) for row in rows))


def role_of(row: Row, user_id: str) -> AdminRole:
    """Documentation: "List all user role assignments". The group of a role is first known by its id."""
    href = row.text("_links.assignee.href", "")
    group = last_part(href) if row.text("assignmentType", "") == "GROUP" else ""
    if not group and GROUPS in href:
        group = last_part(href)
    return AdminRole(user_id, row.text("type"), row.text("status", ""), group)


def token_of(row: Row) -> ApiToken:
    """Documentation: "List all API token metadata"; it never holds a token's value."""
    return ApiToken(
        row.text("id"),
        row.text("name"),
        row.text("userId", ""),
        row.text("tokenWindow", ""),
        network_of(row, "network"),
        row.moment("created", None),
        row.moment("expiresAt", None),
    )


def network_of(row: Row, path: str) -> Network:
    """A network condition; empty where the object has none."""
    inner = row.row(path, None)
    if inner is None:
        return Network()
    return Network(inner.text("connection", ""), inner.texts("include", ()), inner.texts("exclude", ()))


def authenticator_of(row: Row) -> Authenticator:
    """Documentation: "List all authenticators". Settings of providers, some secret, are left behind."""
    key, name = row.text("key"), row.text("name", "")
    return Authenticator(key, name or key, row.text("status"), row.text("settings.allowedFor", ""))


def server_of(row: Row) -> AuthorizationServer:
    """Documentation: "List all authorization servers"."""
    return AuthorizationServer(row.text("id"), row.text("name"), row.text("status"))


def zone_of(row: Row) -> Zone:
    """Documentation: "List all network zones". Addresses are left behind."""
    proxy = row.text("proxyType", "")
    categories = row.texts("ipServiceCategories.include", ())
    return Zone(
        id=row.text("id"),
        name=row.text("name"),
        kind=row.text("type"),
        status=row.text("status"),
        usage=row.text("usage", ""),
        anonymizers=(*((proxy,) if proxy not in ("", "null") else ()), *categories),
        narrowed=_narrowed(row),
    )


def _narrowed(row: Row) -> bool:
    """A plain dynamic zone lists places and networks directly, an enhanced one under ``include``."""
    for name in ("locations", "asns"):
        found = row.value.get(name)
        inner = found.get("include") if isinstance(found, dict) else found
        if inner:
            return True
    return False


def provider_of(row: Row) -> InboundProvider:
    """Documentation: "List all IdPs". Protocol settings and secrets are left behind."""
    return InboundProvider(row.text("id"), row.text("name"), row.text("type"), row.text("status"))


def stream_of(row: Row) -> LogStream:
    """Documentation: "List all log streams". Settings, some secret, are left behind."""
    return LogStream(row.text("name"), row.text("type", ""), row.text("status"))


def console_of(value: Any) -> ConsoleSession:
    """Documentation: "Retrieve the Okta application settings"."""
    row = row_of(value, "AdminConsoleSettings")
    return ConsoleSession(row.number("sessionIdleTimeoutMinutes", None), row.number("sessionMaxLifetimeMinutes", None))


def reset_of(row: Row) -> FactorReset:
    """Documentation: "List all System Log events". Addresses and devices are left behind."""
    targets = row.rows("target", ())
    person = next((each for each in targets if each.text("type", "") == "User"), targets[0] if targets else None)
    return FactorReset(
        row.text("uuid"),
        row.moment("published"),
        person.text("alternateId", "") if person is not None else "",
        row.text("actor.alternateId", ""),
    )


def assurance_of(row: Row) -> Item:
    """Documentation: "List all device assurance policies"; they have no status."""
    return Item(row.text("id"), row.text("platform", ""))


def device_of(row: Row) -> Item:
    """Documentation: "List all devices"."""
    return Item(row.text("id"), row.text("status", ""))
