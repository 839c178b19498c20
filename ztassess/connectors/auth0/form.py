"""Owns what the connect form asks, how each answer is parsed, and the grants to copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.api.address import entered_address
from ztassess.connectors.api.signing import key_or_secret
from ztassess.connectors.auth0.scopes import SCOPES
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import InputInvalid

_DOMAIN: Final = "acme.eu.auth0.com"


def parse_domain(text: str) -> str:
    """The domain of a tenant, perhaps with a port; no path.

    Raises:
        InputInvalid: another scheme, a path, or the address of the dashboard.
    """
    address = entered_address(text, ask=f"the domain of your tenant, such as {_DOMAIN}")
    if address is None:
        return ""
    if address.path or address.more:
        raise InputInvalid(f"Enter only the domain of your tenant, without a path, such as {_DOMAIN}.")
    if address.host in ("manage.auth0.com", "auth0.com", "www.auth0.com"):
        raise InputInvalid(f"That is the dashboard. Enter the domain of your tenant, such as {_DOMAIN}.")
    return address.authority


FIELDS: Final = (
    FormField(
        "tenant_domain",
        "Tenant domain",
        FieldKind.HOST,
        f"{_DOMAIN}, the tenant's own domain, not a custom one: the Management API is there.",
        required=True,
        binds_target=True,
        parse=parse_domain,
    ),
    FormField("client_id", "Client ID", help="Of the application made for us.", required=True, binds_target=True),
    FormField(
        "private_key",
        "Private key",
        FieldKind.PEM,
        "Enterprise plans: private key (JWK or PEM) whose public half is a credential of the application. "
        "It signs here and is never sent.",
        secret=True,
    ),
    FormField("key_id", "Key ID", help="kid of that credential, as Auth0 shows it."),
    FormField(
        "client_secret",
        "Client secret",
        help="Where the plan has no keys: it is sent with each sign-in, and will itself be reported.",
        secret=True,
        group="fallback",
    ),
)

GRANTS: Final = (
    Grant(
        "Machine to Machine application",
        "text",
        "Applications > Applications > Create Application > Machine to Machine\n"
        "API: Auth0 Management API; permissions, exactly these:\n"
        + "\n".join(SCOPES)
        + "\nEnterprise plans: Credentials > Private Key JWT > add the public half of a key, keep its kid",
        note="Leave out read:client_keys and read:client_credentials: they show what proves other applications. "
        "Never create:, update: or delete: permissions: an application that has one of them is refused.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """A key or a secret, not both; a key that can sign."""
    neither = "Enter the client secret of the application, or its private key."
    return key_or_secret(secrets, neither={"client_secret": neither})
