"""Owns what the connect form asks, and the grant to copy."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.device_form import parse_server

EXAMPLE: Final = "https://fleet.example.com"


def parse_base(text: str) -> str:
    """The address of a Fleet server. Raises `InputInvalid`."""
    return parse_server(text, EXAMPLE)


FIELDS: Final = (
    FormField(
        "base_url",
        "Server address",
        FieldKind.URL,
        f"{EXAMPLE}, where you open Fleet.",
        required=True,
        binds_target=True,
        parse=parse_base,
    ),
    FormField("api_token", "API token", help="Token of an API-only user with the role Observer.", secret=True),
)

GRANTS: Final = (
    Grant(
        "API-only user, role Observer",
        "shell",
        "fleetctl user create --name ztassess --api-only --global-role observer",
        note="The command prints the token. A user of some teams only sees the hosts of those teams, so nothing could "
        "pass. The token does not end by itself: delete the user when you disconnect.",
    ),
)
