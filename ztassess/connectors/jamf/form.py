"""Owns what the connect form asks, and the grant to copy."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.device_form import parse_server

EXAMPLE: Final = "https://acme.jamfcloud.com"


def parse_base(text: str) -> str:
    """The address of a Jamf Pro server. Raises `InputInvalid`."""
    return parse_server(text, EXAMPLE)


FIELDS: Final = (
    FormField(
        "base_url",
        "Server address",
        FieldKind.URL,
        f"{EXAMPLE}, where you open Jamf Pro.",
        required=True,
        binds_target=True,
        parse=parse_base,
    ),
    FormField("client_id", "Client ID", help="Client ID of the API client.", required=True, binds_target=True),
    FormField("client_secret", "Client secret", help="Secret of the API client.", secret=True),
)

GRANTS: Final = (
    Grant(
        "API role and client",
        "text",
        "Settings > System > API roles and clients\n"
        "API roles > New: name ztassess, privilege Read Computers, nothing else\n"
        "API clients > New: API role ztassess, access token lifetime 300 seconds, enable, generate client secret",
        note="Never add View Disk Encryption Recovery Key: whether a disk is encrypted can be read without its key. "
        "Phones are not read, so Read Mobile Devices is not needed.",
    ),
)
