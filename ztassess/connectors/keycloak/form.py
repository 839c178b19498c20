"""Owns what the connect form asks, how each answer is parsed, and the grants to copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.api.address import entered_address
from ztassess.connectors.api.signing import key_or_secret
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.keycloak.rights import GRANTED_ROLES

_ADDRESS: Final = "https://sso.acme.example"
_NOT_IN_A_NAME: Final = frozenset("/\\?#%")


def parse_base(text: str) -> str:
    """The address of a server: https, host, perhaps a port and a path such as ``/auth``.

    Raises:
        InputInvalid: another scheme, or the address of a page instead of the server.
    """
    address = entered_address(text, ask=f"the https address of your Keycloak, such as {_ADDRESS}")
    if address is None:
        return ""
    if address.more or {"realms", "admin"} & set(address.path):
        raise InputInvalid(f"Enter only the address of the server, without realm or page, such as {_ADDRESS}.")
    return f"https://{address.authority}{''.join(f'/{part}' for part in address.path)}"


def parse_realm(text: str) -> str:
    """The name of a realm.

    Raises:
        InputInvalid: it holds characters of an address.
    """
    name = text.strip()
    if _NOT_IN_A_NAME & set(name) or name in (".", ".."):
        raise InputInvalid("Enter the realm's name as it stands in its address, such as acme.")
    return name


FIELDS: Final = (
    FormField(
        "base_url",
        "Server URL",
        FieldKind.URL,
        f"{_ADDRESS}, the address people sign in at. The old /auth path is found by itself.",
        required=True,
        binds_target=True,
        parse=parse_base,
    ),
    FormField("realm", "Realm", help="acme", required=True, binds_target=True, parse=parse_realm),
    FormField("client_id", "Client ID", help="Of the client made for us.", required=True, binds_target=True),
    FormField(
        "private_key",
        "Private key",
        FieldKind.PEM,
        "Private key (JWK or PEM) whose public half is registered under the client's Keys. It is never sent.",
        secret=True,
    ),
    FormField("key_id", "Key ID", help="kid of that key, if the client's keys come from a JWKS."),
    FormField(
        "client_secret",
        "Client secret (fallback)",
        help="Only where a key cannot be used: it is sent with each sign-in, and will itself be reported.",
        secret=True,
        group="fallback",
    ),
)

GRANTS: Final = (
    Grant(
        "Service account of the realm",
        "text",
        "Clients > Create client > OpenID Connect; client ID of your choice\n"
        "Client authentication: On; Authentication flow: only 'Service accounts roles'\n"
        "Credentials > Client Authenticator: Signed JWT; Keys > Import the public half of a key\n"
        "Service accounts roles > Assign role > Filter by clients > realm-management, exactly these:\n"
        + "\n".join(GRANTED_ROLES),
        note="Never manage-... or realm-admin: a client that has one of them is refused.",
    ),
    Grant(
        "The same by command",
        "sh",
        "kcadm.sh add-roles -r REALM --uusername service-account-CLIENT_ID --cclientid realm-management \\\n  "
        + " ".join(f"--rolename {role}" for role in GRANTED_ROLES),
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """A key or a secret, not both; a key that can sign."""
    return key_or_secret(secrets, neither={"private_key": "Enter the private key of the client."})
