"""Owns the checks of what ends by itself: access tokens and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.auth0.snapshot import REFRESHES, Api, Auth0Snapshot, Client, Sessions
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[Auth0Snapshot] = Checks("auth0")
APIS: Final = "GET /api/v2/resource-servers"
CLIENTS: Final = "GET /api/v2/clients"
SETTINGS: Final = "GET /api/v2/tenants/settings"
LONGEST_TOKEN: Final = 900
LONGEST_SESSION, LONGEST_IDLE, STILL_GOOD, DEFAULT_HOURS = 12, 2, 24, 168
ROTATING: Final = "rotating"


@CHECKS.check(
    "auth0.access_token_lifetime",
    title="API tokens end within 15 minutes",
    verifies=(Verifies("credentials.short-access-tokens", level=2),),
    severity=Severity.HIGH,
    parts=("apis", "clients"),
)
def access_token_lifetime(snapshot: Auth0Snapshot) -> Iterator[Verdict]:
    """Every API but Auth0's own, and every application that refreshes its tokens."""
    listed = rows_read(snapshot.apis)
    apis = [api for api in listed if not api.system]
    refreshing = [client for client in rows_read(snapshot.clients) if REFRESHES in (client.grants or ())]
    fixed = any(client.rotation not in ("", ROTATING) for client in refreshing)
    problems = [verdict for api in apis for verdict in _tokens(api, len(apis), fixed)]
    if apis:
        problems += [verdict for client in refreshing for verdict in _rotation(client, len(refreshing))]
    own = [api.name for api in listed if api.system]
    left_out = f" Left out, as Auth0's own: {names(own)}." if own else ""
    yield from conclude(
        snapshot.tenant,
        problems,
        of=(snapshot.apis, snapshot.clients),
        seen=len(apis),
        good=f"Tokens of {count(len(apis), 'API')} end within {LONGEST_TOKEN} s, and refresh tokens of "
        f"{count(len(refreshing), 'application')} rotate.{left_out}",
        nothing=f"The tenant has no API of its own.{left_out}",
        evidence=tuple(_lifetimes(api) for api in apis[:50]),
    )


def _said(value: object) -> str:
    return "absent" if value is None else str(value)


def _lifetimes(api: Api) -> Evidence:
    observed = f"{_said(api.lifetime)}, for web {_said(api.web)}"
    return Evidence(APIS, api.identifier, "token_lifetime, token_lifetime_for_web", observed, f"1-{LONGEST_TOKEN}")


def _tokens(api: Api, of: int, fixed: bool) -> Iterator[Verdict]:
    known = [life for life in (api.lifetime, api.web) if life is not None]
    wrong = [life for life in known if not 0 < life <= LONGEST_TOKEN]
    if wrong:
        near_miss = f"{api.name}: {max(wrong)} s{'; refresh tokens do not rotate' if fixed else ''}."
        reason = f"Tokens of {api.name}, one of {count(of, 'API')}, live {max(wrong)} s."
        yield failed(api.identifier, reason, seen=of, evidence=(_lifetimes(api),), near_miss=near_miss)
    elif api.lifetime is None:
        # The value for the web alone says nothing: it is the lower one.
        yield not_checked(api.identifier, "partial_data", f"Auth0 did not say how long tokens of {api.name} live.")


def _rotation(client: Client, of: int) -> Iterator[Verdict]:
    if client.rotation == ROTATING:
        return
    if not client.rotation:
        text = f"Auth0 did not say whether refresh tokens of {client.name} rotate."
        yield not_checked(client.id, "partial_data", text, seen=1)
        return
    line = Evidence(CLIENTS, client.id, "refresh_token.rotation_type", client.rotation, ROTATING)
    reason = f"Refresh tokens of {client.name}, one of {count(of, 'application')} that use them, do not rotate."
    yield failed(client.id, reason, seen=of, evidence=(line,))


@CHECKS.check(
    "auth0.session_limits",
    title="Tenant sessions end",
    verifies=(Verifies("credentials.human-sessions", level=2),),
    severity=Severity.MEDIUM,
    parts=("sessions",),
)
def session_limits(snapshot: Auth0Snapshot) -> Iterator[Verdict]:
    """Hours. Up to a day is still taken, and said."""
    rows = rows_read(snapshot.sessions)
    problems = [verdict for row in rows for verdict in _sessions(snapshot.tenant, row)]
    longer = any(row.lifetime is not None and row.lifetime > LONGEST_SESSION for row in rows)
    note = f" More than {LONGEST_SESSION} h is long: a working day would do." if longer else ""
    limits = names([f"{_hours(row.lifetime)}, idle after {_hours(row.idle)}" for row in rows])
    yield from conclude(
        snapshot.tenant,
        problems,
        of=(snapshot.sessions,),
        seen=len(rows),
        good=f"Sessions end after {limits}.{note}",
        nothing="Auth0 gave no settings.",
        evidence=tuple(line for row in rows for line in _limits(snapshot.tenant, row)),
    )


def _hours(value: float | None) -> str:
    return "absent" if value is None else f"{value:g} h"


def _limits(tenant: str, row: Sessions) -> tuple[Evidence, ...]:
    return (
        Evidence(SETTINGS, tenant, "session_lifetime", _hours(row.lifetime), f"{LONGEST_SESSION} h or less"),
        Evidence(SETTINGS, tenant, "idle_session_lifetime", _hours(row.idle), f"{LONGEST_IDLE} h or less"),
    )


def _sessions(tenant: str, row: Sessions) -> Iterator[Verdict]:
    limits = (("sessions end after", row.lifetime, STILL_GOOD), ("idle sessions end after", row.idle, LONGEST_IDLE))
    wrong = [f"{what} {_hours(value)}" for what, value, most in limits if value is not None and not 0 < value <= most]
    if wrong:
        near_miss = "Default of 168 h." if row.lifetime == DEFAULT_HOURS else ""
        reason = f"In the tenant, {names(wrong)} (limits: {LONGEST_SESSION} h, idle {LONGEST_IDLE} h)."
        yield failed(tenant, reason, evidence=_limits(tenant, row), near_miss=near_miss)
    elif row.lifetime is None or row.idle is None:
        yield not_checked(tenant, "partial_data", "Auth0 did not say when sessions end.", seen=1)
