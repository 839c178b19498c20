"""Owns what the connect form asks, how each answer is parsed, and the grants to copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.api.address import entered_address
from ztassess.connectors.api.signing import private_key
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.okta.scopes import SCOPES

_ADDRESS: Final = "https://acme.okta.com"


def parse_org(text: str) -> str:
    """The address of an org: https, host and perhaps a port, nothing else.

    Raises:
        InputInvalid: another scheme, a path, or the address of the admin console.
    """
    address = entered_address(text, ask=f"the https address of your org, such as {_ADDRESS}")
    if address is None:
        return ""
    if address.path or address.more:
        raise InputInvalid(f"Enter only the address of your org, without a path, such as {_ADDRESS}.")
    first, dot, rest = address.host.partition(".")
    if first.endswith("-admin") and rest in ("okta.com", "oktapreview.com", "okta-emea.com"):
        raise InputInvalid(f"That is the admin console. Enter https://{first.removesuffix('-admin')}{dot}{rest}.")
    return f"https://{address.authority}"


FIELDS: Final = (
    FormField(
        "org_url",
        "Org URL",
        FieldKind.URL,
        f"{_ADDRESS}, the address of your org, not the -admin one.",
        required=True,
        binds_target=True,
        parse=parse_org,
    ),
    FormField("client_id", "Client ID", help="Client ID of the API Services app.", binds_target=True),
    FormField(
        "private_key",
        "Private key",
        FieldKind.PEM,
        "Private key (JWK or PEM) whose public half is registered in the app. It signs here and is never sent.",
        secret=True,
    ),
    FormField("key_id", "Key ID", help="kid of that key."),
    FormField(
        "dpop",
        "DPoP",
        FieldKind.BOOL,
        "New service apps require DPoP; leave on unless you unticked it in Okta.",
        default="yes",
    ),
    FormField(
        "ssws_token",
        "API token (fallback)",
        help="Only for orgs without API Services apps. Long-lived: it will itself be reported.",
        secret=True,
        group="Fallback",
    ),
)

GRANTS: Final = (
    Grant(
        "API Services app",
        "text",
        "Applications > Applications > Create App Integration > API Services\n"
        "Client authentication: Public key / Private key; add the public half of a key, keep its kid\n"
        "Admin roles > Edit assignments: Read-Only Administrator\n"
        "Okta API Scopes, grant exactly these:\n" + "\n".join(SCOPES),
        note="Do not give the app the Super Administrator role. What only that role may see is then not checked: "
        "the admin console's policy, log streams and who the administrators are.",
    ),
    Grant(
        "Static API token (fallback)",
        "text",
        "Directory > People: create a user for this purpose alone, give it the Read-Only Administrator role\n"
        "Sign in as that user; Security > API > Tokens > Create token; bind it to the network zone of our addresses",
        note="A token acts with all rights of its owner and lives as long as it is used. Prefer the app.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """A key with its client id, or a token; a key that can sign."""
    key, token = secrets.get("private_key", "").strip(), secrets.get("ssws_token", "").strip()
    problems: dict[str, str] = {}
    if key and token:
        problems |= {"ssws_token": "Enter the private key or the API token, not both. Prefer the key."}
    if not key and not token:
        problems["private_key"] = "Enter the private key of the API Services app."
    if key and not values.get("client_id"):
        problems["client_id"] = "Client ID is needed with a private key."
    if key:
        try:
            private_key(key)
        except InputInvalid as problem:
            problems["private_key"] = problem.sentence
    return problems
