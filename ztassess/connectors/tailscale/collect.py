"""Owns reading one tailnet: who we are, all lists at once, then posture attributes of a few devices."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from ztassess.connectors.api import ApiSession, fan_out, read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer, Refused
from ztassess.connectors.tailscale import client
from ztassess.connectors.tailscale.signing_in import granted, is_federated, refuse_writing, tailscale_session
from ztassess.connectors.tailscale.snapshot import (
    Credential,
    Device,
    TailnetDeclared,
    TailscaleSnapshot,
)
from ztassess.domain.findings import Part, Unavailable

# One request each, at two a second: enough to see whether devices report what postures ask for.
SAMPLE: Final = 10


def collect(context: ReadContext) -> TailscaleSnapshot:
    """Read the tailnet. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the credential can change the tailnet.
        ConnectorError: nothing at all could be read.
    """
    with tailscale_session(context) as session:
        scopes = own_scopes(session)
        found = read_parts(context, session, _readers(session, context.now))
        found["attributes"] = _attributes(context, session, found)
    return TailscaleSnapshot(
        taken_at=context.now,
        tailnet=str(context.config.get("tailnet") or "-"),
        credential=Credential(scopes),
        declared=declared_of(context),
        **found,
    )


def own_scopes(session: ApiSession) -> frozenset[str] | None:
    """The scopes of our own credential, by its token and by its own entry among the keys; None if both are silent.

    Raises:
        OverPrivileged: one of them can change the tailnet.
    """
    key_id = own_key_id(session.context)
    key = None
    # If it cannot be read, what the token itself said remains.
    with suppress(Refused, BadAnswer):
        key = client.key_or_none(session, key_id, session.context.now) if key_id else None
    told = granted(session.context)
    if key is not None and key.scopes:
        told = (told or frozenset()) | frozenset(key.scopes)
    refuse_writing(session.context, told)
    return told


def own_key_id(context: ReadContext) -> str:
    """The key id of the client: the client id itself, or its last piece for a federated identity (``T..-k..``)."""
    client_id = str(context.config.get("oauth_client_id") or "")
    return client_id.rpartition("-")[2] if is_federated(context) else client_id


def _readers(session: ApiSession, now: datetime) -> dict[str, Any]:
    return {
        "policy": lambda: client.policy(session),
        "devices": lambda: client.devices(session),
        "users": lambda: client.users(session),
        "keys": lambda: client.keys(session, now),
        "settings": lambda: client.settings(session),
        "integrations": lambda: client.integrations(session),
        "changes": lambda: client.changes(session, now),
    }


def _attributes(context: ReadContext, session: ApiSession, found: dict[str, Part[Any]]) -> Part[Any]:
    """Of the people's devices seen last; only where some posture exists, for nothing else asks for attributes."""
    devices, policy = found["devices"], found["policy"]
    if isinstance(devices, Unavailable):
        return devices
    if isinstance(policy, Unavailable):
        return policy
    chosen = sampled(devices) if any(each.postures for each in policy) else ()
    if not chosen:
        return ()

    def read() -> Any:
        return fan_out(session, chosen, lambda device: client.attributes(session, device))

    # The empty part beside it keeps a refusal of all attributes from ending the scan.
    return read_parts(context, session, {"attributes": read, "nothing": tuple})["attributes"]


def sampled(devices: tuple[Device, ...]) -> tuple[Device, ...]:
    """At most ten devices of people, the ones in use first."""
    own = [each for each in devices if not each.tags and not each.external and each.authorized]
    own.sort(key=lambda each: (not each.connected, -(each.last_seen.timestamp() if each.last_seen else 0.0), each.id))
    return tuple(own[:SAMPLE])


def declared_of(context: ReadContext) -> TailnetDeclared:
    """What the connect form and the organization declare."""
    config, declared = context.config, context.declared
    return TailnetDeclared(
        production_tags=tuple(config.get("production_tags") or ()) or None,
        apps=tuple(config.get("tailnet_apps") or ()) or None,
        lost=tuple(config.get("lost_devices") or ()),
        people=declared.people,
        aliases=declared.aliases,
        break_glass=declared.break_glass,
    )
