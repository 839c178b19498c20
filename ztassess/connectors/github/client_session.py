"""Owns the conversation with GitHub: proving that we are the App, the installation's token, its rights, the pace."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from joserfc.jwk import RSAKey

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, row_of
from ztassess.connectors.api.signing import private_key, signed_token
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, InputInvalid, NotFound, OverPrivileged, Refused
from ztassess.connectors.github.permissions import changing, title_of
from ztassess.connectors.github.refusals import refusal, throttled
from ztassess.connectors.github.source import GRAPHQL, LiveSource, path_of
from ztassess.connectors.netguard import Answer

PUBLIC: Final = "https://api.github.com"
VERSION: Final = "2022-11-28"
HEADERS: Final = {"accept": "application/vnd.github+json", "x-github-api-version": VERSION}
# "Rate limits for the REST API": 900 points a minute, one for each GET, and at most 100 requests at once. 300 at once
# and then 10 a second stay within that.
PACE: Final = Pace(
    width=10,
    per_second=10.0,
    burst=300,
    remaining="x-ratelimit-remaining",
    limit="x-ratelimit-limit",
    reset="x-ratelimit-reset",
    throttle=throttled,
)
# "Generating a JSON Web Token for a GitHub App": issued a minute ago against clock drift, at most ten minutes long.
CLOCK_DRIFT: Final = timedelta(seconds=60)
LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Installation:
    """The App as it is installed in one organization.

    Attributes:
        permissions: ``read``, ``write`` or ``admin`` by GitHub's name of the permission.
        selected: it sees selected repositories only.
    """

    id: int
    app: str
    permissions: Mapping[str, str]
    selected: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """An open conversation."""

    source: LiveSource
    installation: Installation


def address_of(base: str) -> tuple[str, str]:
    """The address that both interfaces share, and the path of REST below it.

    A GitHub Enterprise Server has ``/api/v3`` for REST and ``/api/graphql`` beside it.
    """
    base = base.rstrip("/")
    return (base.removesuffix("/v3"), "/v3") if base.endswith("/api/v3") else (base, "")


def is_server(base: str) -> bool:
    """It is a GitHub Enterprise Server, run by the customer."""
    return address_of(base)[1] != ""


@contextmanager
def open_github(context: ReadContext) -> Iterator[Opened]:
    """Sign in as the App, prove that it only reads, and take a token of the installation.

    Raises:
        OverPrivileged: the installation may change something; no token was used.
        AuthFailed: the key was refused, or the App is not installed there.
        ConnectorError: GitHub was not reached.
    """
    base, prefix = address_of(context.config.get("api_base") or PUBLIC)
    began, key = time.monotonic(), app_key(context)
    granted: dict[str, str] = {}

    def as_app(session: ApiSession, renew: bool) -> Mapping[str, str]:
        del session, renew
        return {"authorization": f"Bearer {app_token(key, context, time.monotonic() - began)}", **HEADERS}

    def as_installation(session: ApiSession, renew: bool) -> Mapping[str, str]:
        del session, renew
        return {"authorization": f"Bearer {_installation_token(app, prefix, installation)}", **HEADERS}

    def refused(answer: Answer, value: Any, scope: str) -> Refused | None:
        return refusal(answer.status, value, scope, granted)

    posts = (rf"(/api)?{prefix}/app/installations/[0-9]{{1,19}}/access_tokens",)
    queries = (rf"(/api)?{GRAPHQL}",)
    with api_session(context, "GitHub", base, authorize=as_app, pace=PACE, posts=posts) as app:
        installation = find_installation(app, prefix, context)
        refuse_changing(installation.permissions)
        granted.update(installation.permissions)
        with api_session(
            context,
            "GitHub",
            base,
            authorize=as_installation,
            posts=queries,
            refusal=refused,
            pacer=app.pacer,
        ) as session:
            yield Opened(LiveSource(session, prefix, granted, installation.selected), installation)


def app_key(context: ReadContext) -> RSAKey:
    """The App's private key.

    Raises:
        InputInvalid: the key is none of an App.
    """
    key = private_key(context.secrets.get("app_private_key", ""))
    if not isinstance(key, RSAKey):
        raise InputInvalid("A GitHub App has RSA keys only; this is another kind of key.")
    return key


def app_token(key: RSAKey, context: ReadContext, elapsed: float = 0.0) -> str:
    """A token that proves we hold the App's key, for ten minutes.

    Parameters:
        elapsed: seconds since the run began, by a clock that nobody sets.
    """
    issued = context.now + timedelta(seconds=elapsed) - CLOCK_DRIFT
    claims = {
        "iat": int(issued.timestamp()),
        "exp": int((issued + LIFETIME).timestamp()),
        "iss": str(context.config["app_id"]),
    }
    return signed_token(key, claims)


def find_installation(app: ApiSession, prefix: str, context: ReadContext) -> Installation:
    """The App's installation in the organization ("Get an organization installation for the authenticated app").

    Raises:
        AuthFailed: it is not installed there, is suspended, or is another one than was entered.
    """
    organization, entered = str(context.config["organization"]), str(context.config.get("installation_id") or "")
    try:
        reply = app.get(f"{prefix}{path_of('orgs', organization, 'installation')}")
    except NotFound as problem:
        raise AuthFailed(
            f"The App is not installed in {organization}. An owner installs it under the App's page > Install App."
        ) from problem
    row = row_of(reply.value, "installation")
    if row.has("suspended_at"):
        raise AuthFailed(f"The installation in {organization} is suspended; an owner can lift that.")
    if entered and entered != str(row.number("id")):
        raise AuthFailed(f"Installation {entered} is not the one in {organization}; leave the field empty to find it.")
    return Installation(
        row.number("id"), row.text("app_slug"), _permissions(row), row.text("repository_selection") != "all"
    )


def _installation_token(app: ApiSession, prefix: str, installation: Installation) -> str:
    """A token for one hour ("Create an installation access token for an app"); its rights are read back.

    Raises:
        OverPrivileged: it may change something.
    """
    path = f"{prefix}/app/installations/{installation.id}/access_tokens"
    row = row_of(app.post(path, b"{}").value, "installation-token")
    refuse_changing(_permissions(row))
    return row.text("token")


def _permissions(row: Row) -> dict[str, str]:
    granted = row.row("permissions")
    return {key: granted.text(key) for key in granted.keys()}  # noqa: SIM118  a method of `Row`, no dictionary


def refuse_changing(permissions: Mapping[str, str]) -> None:
    """Refuse rights to change anything.

    Raises:
        OverPrivileged: names them.
    """
    found = changing(permissions)
    if found:
        named = ", ".join(f"{title_of(key)} ({permissions[key]})" for key in found)
        raise OverPrivileged(f"The App installation may change {named}. Use the read-only App.")
