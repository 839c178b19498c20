"""Owns what the connect form asks, how a tenant becomes an address, and the grant to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import InputInvalid

HOSTS: Final = {"us": "{}.api.kandji.io", "eu": "{}.api.eu.kandji.io"}
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ADDRESS: Final = re.compile(r"([a-z0-9-]+)(?:\.(?:api|clients))?(?:\.(?:eu|us-1))?\.(?:kandji\.io|iru\.com)")


def parse_subdomain(text: str) -> str:
    """The name of a tenant; a whole address of it will do too.

    Raises:
        InputInvalid: it can be neither.
    """
    entered = text.strip().lower().removeprefix("https://").rstrip("/")
    if not entered:
        return ""
    address = _ADDRESS.fullmatch(entered)
    name = address[1] if address else entered
    if not _LABEL.fullmatch(name):
        raise InputInvalid("Enter the name of your tenant, such as acme for acme.kandji.io.")
    return name


def address_of(config: Mapping[str, Any]) -> str:
    """``https://...`` of the tenant's interface."""
    return f"https://{HOSTS[config.get('region') or 'us'].format(config['subdomain'])}"


FIELDS: Final = (
    FormField(
        "subdomain",
        "Tenant",
        FieldKind.TEXT,
        "acme, if you open acme.kandji.io or acme.iru.com.",
        required=True,
        binds_target=True,
        parse=parse_subdomain,
    ),
    FormField(
        "region",
        "Region",
        FieldKind.CHOICE,
        "Settings > Access shows the API URL; one with .eu. in it is European.",
        default="us",
        choices=(("us", "United States"), ("eu", "European Union")),
        binds_target=True,
    ),
    FormField("api_token", "API token", help="Token with the permissions below.", secret=True),
)

GRANTS: Final = (
    Grant(
        "API token",
        "text",
        "Settings > Access > API token > Add token: name ztassess\n"
        "Manage API permissions > Devices:\n"
        "Device list\n"
        "Device details",
        note="Leave every other permission off, above all device actions and device secrets. Without Device details "
        "FileVault cannot be read, so nothing can pass.",
    ),
)
