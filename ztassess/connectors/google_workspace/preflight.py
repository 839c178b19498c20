"""Owns the connection test: who we are, what we may read, and the proof that we may not write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from ztassess.connectors.api import read_parts
from ztassess.connectors.api.google import first_page
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError, OverPrivileged
from ztassess.connectors.google_workspace import client, client_cloud, client_reports, scopes
from ztassess.connectors.google_workspace.collect import PARTS, refuse_writing, unopened
from ztassess.connectors.google_workspace.credential import KEY_FILE, key_of, made_at
from ztassess.connectors.google_workspace.sessions import Google, open_google
from ztassess.domain.findings import Part, Unavailable

UNVERIFIED = "We could not verify that this credential is read-only."
OWN_RIGHTS = (
    f"{UNVERIFIED} What the service account itself may do in Access Context Manager depends on its roles; give it "
    f"{scopes.READER_ROLE} alone."
)


def preflight(context: ReadContext) -> Preflight:
    """Sign in, try to get more than we should, and ask one small question for each permission.

    Raises:
        AuthFailed: Google refused the service account, or not one scope is delegated.
        ConnectorError: nothing answered.
    """
    admin, account = context.config["admin_email"], context.config["service_account_email"]
    identity = f"{account} in the name of {admin}"
    with open_google(context) as google:
        google.tokens.sign_in()
        try:
            unknown = refuse_writing(google.tokens)
        except OverPrivileged as problem:
            return Preflight(identity, (), refused=problem.sentence)
        with ThreadPoolExecutor(max_workers=1) as beside:
            age = beside.submit(key_warning, context, google)
            asked = read_parts(context, google.all, _questions(google, context))
            warnings = [warning for warning in (age.result(),) if warning]
    if unknown:
        warnings.append(f"{UNVERIFIED} Google did not say whether {unknown[0]} is delegated.")
    if context.config.get("organization_id"):
        warnings.append(OWN_RIGHTS)
    return Preflight(identity, tuple(_rows(asked, unopened(google))), tuple(warnings))


def key_warning(context: ReadContext, google: Google) -> str:
    """A sentence about the key file and its age; empty if there is none."""
    if context.config["auth"] != KEY_FILE:
        return ""
    key = key_of(context.secrets["service_account_key"])
    advice = "A key file works until somebody deletes it; workload identity needs none."
    try:
        pem = client_cloud.key_certificate(google.certificates, key.email, key.id)
        if pem is not None:
            days = max(0, (context.now - made_at(pem)).days)
            return f"The key of {key.email} is {days} days old. {advice}"
    except ConnectorError:
        pass
    return f"We could not tell how old the key of {key.email} is. {advice}"


def _questions(google: Google, context: ReadContext) -> dict[str, Callable[[], Iterable[Any]]]:
    """One small question for each permission, by the part that stands for it."""
    admin, identity, now = google.admin, google.identity, context.now
    asked: dict[str, Callable[[], Iterable[Any]]] = {
        "users": partial(_users, google),
        "org_units": partial(client.list_org_units, admin),
        "roles": partial(client.list_roles, admin),
        "mobile_users": partial(client.list_mobile_users, admin),
        "chrome_users": partial(client.list_chrome_users, admin),
        "admin_events": partial(client_reports.newest_admin_events, admin, now),
        "policies": partial(client_cloud.list_policies, identity),
        "sso_assignments": partial(client_cloud.list_sso_assignments, identity),
        "devices": partial(client_cloud.list_devices, identity),
    }
    if google.levels is not None:
        number = context.config["organization_id"]
        asked["access_bindings"] = partial(client_cloud.list_access_bindings, google.levels, number)
    closed = unopened(google)
    return {part: partial(_one, ask) for part, ask in asked.items() if part not in closed}


def _one(ask: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """The first row alone, so that no second page is asked for."""
    yield from islice(ask(), 1)


def _users(google: Google) -> Iterator[Any]:
    yield from first_page(
        google.admin,
        f"{client.DIRECTORY}/users",
        (("customer", "my_customer"), ("maxResults", "1")),
        kind="Users",
        field="users",
        of="User",
        scope=scopes.USERS,
        word=client.USERS_WORD,
    )


def _rows(asked: dict[str, Part[Any]], closed: dict[str, Unavailable]) -> Iterator[PreflightRow]:
    """One row for each part; parts of one permission share its answer."""
    by_scope = {PARTS[part]: found for part, found in asked.items()}
    for part, scope in PARTS.items():
        found = closed.get(part) or by_scope.get(scope, ())
        if isinstance(found, Unavailable):
            yield PreflightRow.refused(part, found)
        else:
            yield PreflightRow(part, allowed=True)
