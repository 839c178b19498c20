"""Owns reading one Jamf Pro server: who we are, then all computers."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.device_reading import read_list
from ztassess.connectors.errors import OverPrivileged, Refused
from ztassess.connectors.jamf import client
from ztassess.connectors.jamf.client import Own
from ztassess.connectors.jamf.snapshot import JamfSnapshot
from ztassess.connectors.judging import names
from ztassess.domain.findings import Unavailable

# What a "View" privilege must not name: each of these shows a secret of a device.
SECRETS: Final = frozenset({"recovery", "password", "passwords", "pin", "bypass", "lock"})
SOME_SITES: Final = "This API client sees the computers of some sites only; the others were not judged."
WHOLE_SERVER: Final = frozenset({"-1", "0"})


def collect(context: ReadContext) -> JamfSnapshot:
    """Read the server. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the API client can change computers or read their secrets.
        ConnectorError: nothing at all could be read.
    """
    with client.jamf_session(context) as session:
        own = identify(session)
        (computers,) = read_list(context, session, "computers", lambda: client.computers(session))
        if own is not None and limited(own) and not isinstance(computers, Unavailable):
            computers = Unavailable("forbidden_role", client.PRIVILEGE, SOME_SITES, read=computers)
    return JamfSnapshot(context.now, server_of(context), context.declared, computers)


def server_of(context: ReadContext) -> str:
    """Host and port of the server; ``Jamf Pro`` if none was entered."""
    return urlsplit(str(context.config.get("base_url") or "")).netloc or "Jamf Pro"


def limited(own: Own) -> bool:
    """Its rights are those of some sites, so other sites are hidden from it."""
    return bool(own.sites) and not WHOLE_SERVER & set(own.sites)


def identify(session: ApiSession) -> Own | None:
    """Who the token belongs to; None if Jamf Pro does not tell.

    Raises:
        OverPrivileged: a privilege that does more than read, or that shows a secret.
    """
    try:
        own = client.own_rights(session)
    except Refused:
        return None
    if own.privilege_set == "ADMINISTRATOR":
        raise OverPrivileged("This API client has the privilege set Administrator. Give it Read Computers only.")
    bad = [name for name in own.privileges if not harmless(name)]
    if bad:
        verb = "is" if len(bad) == 1 else "are"
        raise OverPrivileged(
            f"This API client can do more than read: {names(bad)} {verb} in its role. Remove it there."
        )
    return own


def harmless(privilege: str) -> bool:
    """It reads, and shows no secret of a device."""
    word, *rest = privilege.lower().split()
    return word == "read" or (word == "view" and not SECRETS & set(rest))
