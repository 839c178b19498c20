"""Owns what the connect form asks, the addresses of each region, and the grants to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import InputInvalid

CONSOLES: Final = {
    "us": "https://console.jumpcloud.com",
    "eu": "https://console.eu.jumpcloud.com",
    "in": "https://console.in.jumpcloud.com",
}
SIGN_IN: Final = {
    "us": "https://admin-oauth.id.jumpcloud.com",
    "eu": "https://admin-oauth.id.eu.jumpcloud.com",
    "in": "https://admin-oauth.id.in.jumpcloud.com",
}
_ID: Final = re.compile(r"[0-9a-f]{24}")


def parse_org(text: str) -> str:
    """The id of an organization: 24 hexadecimal digits.

    Raises:
        InputInvalid: it is something else.
    """
    entered = text.strip().lower()
    if entered and not _ID.fullmatch(entered):
        raise InputInvalid("An organization ID has 24 hexadecimal digits; Settings shows it below the contact.")
    return entered


FIELDS: Final = (
    FormField(
        "region",
        "Region",
        FieldKind.CHOICE,
        "Where your organization is hosted, as the address of the admin console shows.",
        default="us",
        choices=(("us", "United States"), ("eu", "European Union"), ("in", "India")),
        binds_target=True,
    ),
    FormField("client_id", "Service account client ID", help="Preferred: its tokens end after an hour."),
    FormField("client_secret", "Service account client secret", secret=True),
    FormField(
        "api_key",
        "API key (fallback)",
        help="Key of an administrator with the role Read Only. A static credential, which counts against you.",
        secret=True,
        group="fallback",
    ),
    FormField(
        "org_id",
        "Organization ID",
        help="Only if your administrators manage several organizations.",
        group="fallback",
        binds_target=True,
        parse=parse_org,
    ),
)

GRANTS: Final = (
    Grant(
        "Service account",
        "text",
        "Settings > Administrators > Service accounts > New: name ztassess, role Read Only\n"
        "Client credentials: create a client ID and a client secret",
        note="JumpCloud does not show us what a service account may do, so its role is on you.",
    ),
    Grant(
        "API key of an administrator (fallback)",
        "text",
        "Settings > Administrators > New: an address for this purpose alone, role Read Only\n"
        "Sign in as that administrator > initials at the top right > My API key > Generate",
        note="A key follows the administrator who made it and stays valid until it is made anew. It counts against you "
        "as a static credential; prefer a service account.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """A service account with both halves, or a key."""
    client_id = values.get("client_id") or ""
    secret, key = secrets.get("client_secret", "").strip(), secrets.get("api_key", "").strip()
    if key and (secret or client_id):
        return {"api_key": "Enter a service account or an API key, not both. Prefer the service account."}
    if not key and not secret and not client_id:
        return {"client_secret": "Enter a service account, or an API key."}
    if secret and not client_id:
        return {"client_id": "The client ID of the service account is needed with its secret."}
    if client_id and not secret:
        return {"client_secret": "The client secret of the service account is needed with its ID."}
    return {}
