"""Owns reading the customer: all parts at once over Google's hosts, each with its reason where nobody could look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ztassess.connectors.api import fan_out, read_parts, unavailable_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError, Forbidden, OverPrivileged
from ztassess.connectors.google_workspace import client, client_cloud, client_reports, scopes
from ztassess.connectors.google_workspace.form import inputs
from ztassess.connectors.google_workspace.sessions import Google, Tokens, open_google
from ztassess.connectors.google_workspace.snapshot import WorkspaceSnapshot
from ztassess.domain.findings import Unavailable

Reader = Callable[[], Iterable[Any]]
NO_ORGANIZATION = Unavailable(
    "not_configured", detail="No Google Cloud organization is entered, so access levels were not read."
)


def collect(context: ReadContext) -> WorkspaceSnapshot:
    """Read everything once.

    Raises:
        AuthFailed: Google refused the service account, or not one scope is delegated.
        OverPrivileged: a scope that can write is delegated; nothing was asked with it.
        ConnectorError: nothing at all could be read.
    """
    with open_google(context) as google, ThreadPoolExecutor(max_workers=1) as beside:
        google.tokens.sign_in()
        proof = beside.submit(refuse_writing, google.tokens)
        closed = unopened(google)
        found = read_parts(context, google.all, readers(google, context))
        proof.result()
    return WorkspaceSnapshot(
        taken_at=context.now,
        domain=domain_of(context.config["admin_email"]),
        inputs=inputs(context),
        **found,
        **closed,
    )


def domain_of(address: str) -> str:
    """The domain of an address: how findings name the customer."""
    return address.rpartition("@")[2]


def refuse_writing(tokens: Tokens) -> tuple[str, ...]:
    """Ask for a token for each scope that can write; to get one is the proof that it is delegated.

    No request is made with such a token. It is forgotten at once.

    Returns:
        The scopes of which we could not find out.

    Raises:
        OverPrivileged: with the exact scope named.
    """
    unknown = []
    for (scope, allows), found in zip(
        scopes.WRITING, fan_out(tokens.exchange, scopes.WRITING, _asker(tokens)), strict=True
    ):
        if found:
            raise OverPrivileged(f"The delegation also allows {allows} ({scope}). Remove that scope.")
        if found is None:
            unknown.append(scope)
    return tuple(unknown)


def _asker(tokens: Tokens) -> Callable[[tuple[str, str]], bool | None]:
    def delegated(each: tuple[str, str]) -> bool | None:
        try:
            tokens.ask((each[0],), delegated=True)
        except Forbidden:
            return False
        except ConnectorError:
            return None
        return True

    return delegated


PARTS: Mapping[str, str] = {
    "users": scopes.USERS,
    "org_units": scopes.ORG_UNITS,
    "roles": scopes.ROLES,
    "role_assignments": scopes.ROLES,
    "policies": scopes.POLICIES,
    "sso_assignments": scopes.SSO,
    "sso_profiles": scopes.SSO,
    "devices": scopes.DEVICES,
    "device_users": scopes.DEVICES,
    "mobile_users": scopes.MOBILE,
    "chrome_users": scopes.CHROME,
    "logins": scopes.AUDIT,
    "admin_events": scopes.AUDIT,
    "token_grants": scopes.AUDIT,
    "saml_logins": scopes.AUDIT,
    "access_changes": scopes.AUDIT,
    "access_denials": scopes.AUDIT,
    "access_levels": scopes.READER_ROLE,
    "access_bindings": scopes.READER_ROLE,
}
"""What each part of the snapshot needs: a delegated scope, or the role on the organization."""


def unopened(google: Google) -> dict[str, Unavailable]:
    """The parts that need not even be asked for: nobody delegated their scope, or named the organization."""
    found = {}
    for part, scope in PARTS.items():
        if scope in google.tokens.lacking:
            found[part] = unavailable_of(google.tokens.lacking[scope])
        elif scope == scopes.READER_ROLE and google.levels is None:
            found[part] = NO_ORGANIZATION
    return found


def readers(google: Google, context: ReadContext) -> dict[str, Reader]:
    """By part, how it is read; without the parts of `unopened`."""
    admin, identity, now = google.admin, google.identity, context.now
    found: dict[str, Reader] = {
        "users": partial(client.list_users, admin, context.config["admin_email"]),
        "org_units": partial(client.list_org_units, admin),
        "roles": partial(client.list_roles, admin),
        "role_assignments": partial(client.list_role_assignments, admin),
        "mobile_users": partial(client.list_mobile_users, admin),
        "chrome_users": partial(client.list_chrome_users, admin),
        "logins": partial(client_reports.list_logins, admin, now),
        "admin_events": partial(client_reports.newest_admin_events, admin, now),
        "token_grants": partial(client_reports.list_token_grants, admin, now),
        "saml_logins": partial(client_reports.list_saml_logins, admin, now),
        "access_changes": partial(client_reports.list_access_changes, admin, now),
        "access_denials": partial(client_reports.newest_access_denials, admin, now),
        "policies": partial(client_cloud.list_policies, identity),
        "sso_assignments": partial(client_cloud.list_sso_assignments, identity),
        "sso_profiles": partial(client_cloud.list_sso_profiles, identity),
        "devices": partial(client_cloud.list_devices, identity),
        "device_users": partial(client_cloud.list_device_users, identity),
    }
    if google.levels is not None:
        number = context.config["organization_id"]
        found["access_levels"] = partial(client_cloud.list_access_levels, google.levels, number)
        found["access_bindings"] = partial(client_cloud.list_access_bindings, google.levels, number)
    return {part: reader for part, reader in found.items() if part not in unopened(google)}
