"""Owns the requests to Tailscale's interface, one function for each, replies parsed at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, Row, fan_out, row_of, rows_of
from ztassess.connectors.errors import BadAnswer, Incomplete, NotFound
from ztassess.connectors.tailscale import parsing, scopes
from ztassess.connectors.tailscale.parsing_policy import policy_of
from ztassess.connectors.tailscale.signing_in import API
from ztassess.connectors.tailscale.snapshot import (
    Change,
    Device,
    DeviceAttributes,
    Integration,
    Settings,
    TailnetKey,
    User,
)
from ztassess.connectors.tailscale.snapshot_policy import Policy

# The audit log is kept for 90 days ("Configuration audit logging").
LOG_DAYS: Final = timedelta(days=90)
# Devices that went, and tailnet lock ("List configuration audit logs", the parameter event).
EVENTS: Final = (
    "NODE.DELETE",
    "NODE.EXPIRED.KEY_EXPIRY_TIME",
    "TAILNET.CREATE.TKA",
    "TAILNET.DELETE.TKA",
    "TAILNET.ENABLE.TKA",
    "TAILNET.DISABLE.TKA",
)
AS_TEXT: Final = "The policy came as text with comments; ask for JSON (internal error, reported)."


def path(session: ApiSession, rest: str) -> str:
    """A path below the tailnet of the connect form."""
    tailnet = str(session.context.config.get("tailnet") or "-")
    return f"{API}/tailnet/{quote(tailnet, safe='')}/{rest}"


def listed(session: ApiSession, rest: str, field: str, kind: str, scope: str) -> tuple[Row, ...]:
    """A list; Tailscale sends it in one piece ("Pagination": not supported), so without the field it is none."""
    reply = session.get(path(session, rest), scope=scope)
    value = row_of(reply.value, f"{kind}List").value
    if value.get(field) is None:
        raise BadAnswer(f"Tailscale sent a list of {kind} without {field}.")
    return rows_of(value[field], kind)


def devices(session: ApiSession) -> Iterator[Device]:
    """ "List tailnet devices", with all fields: without them there are no routes."""
    for row in listed(session, "devices?fields=all", "devices", "Device", scopes.DEVICES):
        yield parsing.device_of(row)


def policy(session: ApiSession) -> Iterator[Policy]:
    """ "Get policy file", as JSON.

    Raises:
        BadAnswer: it came as text with comments, or as something else that is no JSON.
    """
    try:
        reply = session.get(path(session, "acl"), scope=scopes.POLICY, headers={"accept": "application/json"})
    except BadAnswer as problem:
        if "not JSON" in problem.sentence:
            raise BadAnswer(AS_TEXT) from problem
        raise
    yield policy_of(reply.value)


def users(session: ApiSession) -> Iterator[User]:
    """ "List users"."""
    for row in listed(session, "users", "users", "User", scopes.USERS):
        yield parsing.user_of(row)


def keys(session: ApiSession, now: datetime) -> Iterator[TailnetKey]:
    """ "List tailnet keys" with ``all=true``; where the list holds ids alone, "Get key" for each.

    Raises:
        Incomplete: a key went, or is hidden, between the list and its reading.
    """
    rows = listed(session, "keys?all=true", "keys", "Key", scopes.KEYS)
    bare = [row for row in rows if parsing.key_is_bare(row)]
    for row in rows:
        if not parsing.key_is_bare(row):
            yield parsing.key_of(row, now)
    for found in fan_out(session, bare, lambda row: key_or_none(session, row.text("id"), now)):
        if found is None:
            raise Incomplete("A key of Tailscale's list could not be read by itself; what is missing was not judged.")
        yield found


def key_or_none(session: ApiSession, key_id: str, now: datetime) -> TailnetKey | None:
    """ "Get key"; None if there is none that this credential may see. Any credential may see its own."""
    try:
        reply = session.get(path(session, f"keys/{quote(key_id, safe='')}"))
    except NotFound:
        return None
    return parsing.key_of(row_of(reply.value, "Key"), now)


def settings(session: ApiSession) -> Iterator[Settings]:
    """ "Get tailnet settings"."""
    yield parsing.settings_of(
        row_of(session.get(path(session, "settings"), scope=scopes.SETTINGS).value, "TailnetSettings")
    )


def integrations(session: ApiSession) -> Iterator[Integration]:
    """ "List all posture integrations"."""
    kind = "PostureIntegration"
    for row in listed(session, "posture/integrations", "integrations", kind, scopes.SETTINGS):
        yield parsing.integration_of(row)


def attributes(session: ApiSession, device: Device) -> DeviceAttributes:
    """ "Get device posture attributes"."""
    reply = session.get(f"{API}/device/{quote(device.id, safe='')}/attributes", scope=scopes.ATTRIBUTES)
    return parsing.attributes_of(row_of(reply.value, "DevicePostureAttributes"), device.label)


def changes(session: ApiSession, now: datetime) -> Iterator[Change]:
    """ "List configuration audit logs", of the last 90 days, only the events that we judge."""
    window: dict[str, Any] = {"start": f"{now - LOG_DAYS:%Y-%m-%dT%H:%M:%SZ}", "end": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    query = (*window.items(), *(("event", event) for event in EVENTS))
    reply = session.get(path(session, "logging/configuration"), tuple(query), scope=scopes.CHANGES)
    # An empty log may come as null; then the version still stands beside it.
    value = row_of(reply.value, "ConfigurationAuditLogs").value
    if "logs" not in value:
        raise BadAnswer("Tailscale sent an audit log without logs.")
    for row in rows_of(value["logs"] or [], "ConfigurationAuditLog"):
        found = parsing.change_of(row)
        if found is not None:
            yield found
