"""Owns what the connect form asks, how each answer is parsed, and what to grant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.netguard import parse_url

_ENDPOINT: Final = re.compile(r"/(Users|Groups|Schemas|ResourceTypes|ServiceProviderConfigs?|Me|Bulk)$", re.IGNORECASE)
# What RFC 6750, 2.1, allows in a bearer token, and the few more characters that vendors use.
_TOKEN: Final = re.compile(r"[!-~]+")


def parse_base(text: str) -> str:
    """``https://host[:port][/prefix]``, the address before ``/Users``, without a trailing slash.

    Raises:
        InputInvalid: another scheme, a query, or no URL at all.
    """
    try:
        url = parse_url(text.strip(), schemes=("https",))
    except Blocked as problem:
        raise InputInvalid(
            "Enter the SCIM address of the app, such as https://app.example.com/scim/v2. It must be https."
        ) from problem
    if "?" in url.target or "#" in text:
        raise InputInvalid("Enter only the SCIM address, without a query.")
    return _ENDPOINT.sub("", str(url).rstrip("/")).rstrip("/")


def token_of(secrets: Mapping[str, str]) -> str:
    """The token as it is sent; people paste it with the word Bearer before it."""
    token = secrets.get("bearer_token", "").strip()
    word, _, rest = token.partition(" ")
    return rest.strip() if word.lower() == "bearer" and rest else token


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """A token that can stand in a header; sentences by field name."""
    if not _TOKEN.fullmatch(token_of(secrets)):
        return {"bearer_token": "A token has no spaces, line breaks or accents. Paste it once more."}
    return {}


FIELDS: Final = (
    FormField(
        "base_url",
        "SCIM base URL",
        FieldKind.URL,
        "https://app.example.com/scim/v2, the address that your identity provider is given. It ends before /Users.",
        required=True,
        binds_target=True,
        parse=parse_base,
    ),
    FormField(
        "bearer_token",
        "Bearer token",
        help="A token of its own, not the one of your identity provider, so that it can be revoked alone.",
        required=True,
        secret=True,
    ),
)

GRANTS: Final = (
    Grant(
        "SCIM token",
        "text",
        "In the app's settings for SCIM or provisioning, make a second token for this purpose alone.\n"
        "Limit it to reading users (GET /Users and GET /ServiceProviderConfig) if the app offers that.\n",
        "Most apps offer no read-only SCIM token: whoever holds one can then make, change and delete accounts. We send "
        "nothing but GET, and cannot verify what else the token may do. The upload needs no token at all.",
    ),
)
