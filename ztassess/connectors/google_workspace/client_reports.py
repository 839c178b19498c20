"""Owns the questions to the Reports API of the Admin SDK: who signed in where, and what administrators changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from ztassess.connectors.api import ApiSession, Row
from ztassess.connectors.api.google import first_page, listed, together
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.google_workspace.snapshot import Event

MOST_PAGES = 20
"""Of one log, 20,000 entries; what is older is not read, and nothing passes by a log that was cut."""
WORD = "admin#reports#activities"
LOGIN_DAYS, GRANT_DAYS, CHANGE_DAYS = 30, 90, 180
TOGGLED, ASSIGNED = "TOGGLE_CAA_ENABLEMENT", "CHANGE_CAA_APP_ASSIGNMENTS"
_VALUES = ("login_type", "NEW_VALUE", "CAA_ACCESS_LEVELS_NEW", "CAA_ASSIGNMENTS_NEW")


def list_logins(session: ApiSession, now: datetime) -> Iterator[Event]:
    """Successful sign-ins of 30 days (Reports API, "activities.list", login)."""
    return _all(session, "login", "login_success", now, LOGIN_DAYS)


def list_token_grants(session: ApiSession, now: datetime) -> Iterator[Event]:
    """Accesses given to OAuth apps in 90 days (Reports API, "activities.list", token)."""
    return _all(session, "token", "authorize", now, GRANT_DAYS)


def list_saml_logins(session: ApiSession, now: datetime) -> Iterator[Event]:
    """Sign-ins to SAML apps in 90 days (Reports API, "activities.list", saml)."""
    return _all(session, "saml", "login_success", now, GRANT_DAYS)


def list_access_changes(session: ApiSession, now: datetime) -> Iterator[Event]:
    """Changes of context-aware access in 180 days, as far as Google keeps logs (Reports API, "Security Settings")."""
    return together(
        session, [partial(_all, session, "admin", event, now, CHANGE_DAYS) for event in (TOGGLED, ASSIGNED)]
    )


def newest_admin_events(session: ApiSession, now: datetime) -> Iterator[Event]:
    """The newest page of what administrators did in 30 days (Reports API, "activities.list", admin)."""
    return _newest(session, "admin", now)


def newest_access_denials(session: ApiSession, now: datetime) -> Iterator[Event]:
    """The newest page of requests turned away in 30 days (Reports API, "activities.list", context_aware_access)."""
    return _newest(session, "context_aware_access", now)


def _all(session: ApiSession, log: str, event: str, now: datetime, days: int) -> Iterator[Event]:
    params = (("eventName", event), ("startTime", _since(now, days)), ("maxResults", "1000"))
    for row in listed(
        session,
        _path(log),
        params,
        kind="Activities",
        field="items",
        of="Activity",
        scope=scopes.AUDIT,
        word=WORD,
        most=MOST_PAGES,
    ):
        yield from events_of(row)


def _newest(session: ApiSession, log: str, now: datetime) -> Iterator[Event]:
    params = (("startTime", _since(now, LOGIN_DAYS)), ("maxResults", "100"))
    for row in first_page(
        session,
        _path(log),
        params,
        kind="Activities",
        field="items",
        of="Activity",
        scope=scopes.AUDIT,
        word=WORD,
    ):
        yield from events_of(row)


def _path(log: str) -> str:
    return f"/admin/reports/v1/activity/users/all/applications/{log}"


def _since(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def events_of(row: Row) -> Iterator[Event]:
    """The events of one ``Activity``; of their parameters, those that rules look at."""
    at, actor = row.moment("id.time"), row.text("actor.email", absent="").lower()
    for event in row.rows("events", absent=()):
        told = {each.text("name", absent=""): each for each in event.rows("parameters", absent=())}
        yield Event(
            at=at,
            actor=actor,
            name=event.text("name"),
            app=_text(told, "application_name") or _text(told, "app_name"),
            client=_text(told, "client_id"),
            value=next(filter(None, (_text(told, name) for name in _VALUES)), ""),
            scopes=told["scope"].texts("multiValue", absent=()) if "scope" in told else (),
        )


def _text(told: dict[str, Row], name: str) -> str:
    if name not in told:
        return ""
    return told[name].text("value", absent="") or ", ".join(told[name].texts("multiValue", absent=()))
