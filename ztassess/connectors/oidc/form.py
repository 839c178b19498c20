"""Owns what the connect form asks and how each answer is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.api.signing import private_key
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.netguard import parse_url

STORED: Final = "(stored)"


def parse_issuer(text: str) -> str:
    """An issuer, kept byte for byte, for it is compared so.

    Raises:
        InputInvalid: not https, with a query or fragment, or the address of the document itself.
    """
    issuer = text.strip()
    try:
        url = parse_url(issuer, schemes=("https",))
    except Blocked as problem:
        raise InputInvalid("Enter the issuer as an https address, such as https://id.example.com.") from problem
    if "?" in issuer or "#" in issuer:
        raise InputInvalid("An issuer has no query and no fragment; enter the value of the tokens' iss claim.")
    if "/.well-known/" in url.target:
        raise InputInvalid(
            "Enter the issuer, not the address of its document: leave out /.well-known and what follows."
        )
    return issuer


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """How a token is minted, if at all; sentences by field name."""
    key, secret = secrets.get("client_private_key", "").strip(), secrets.get("client_secret", "").strip()
    if key and secret:
        return {"client_secret": "Enter the private key or the secret, not both; the key is better."}
    if (key or secret) and not config.get("client_id"):
        return {"client_id": "The client id is needed beside its key or secret."}
    if config.get("client_id") and not (key or secret):
        return {"client_private_key": "A client needs its private key, or its secret."}
    if key and key != STORED:
        try:
            private_key(key)
        except InputInvalid as problem:
            return {"client_private_key": problem.sentence}
    return {}


FIELDS: Final = (
    FormField(
        "issuer",
        "Issuer",
        FieldKind.URL,
        "Exactly as it appears in the tokens' iss claim, no trailing slash unless the issuer has one.",
        required=True,
        binds_target=True,
        parse=parse_issuer,
    ),
    FormField(
        "expected_audience",
        "Expected audience",
        FieldKind.LINES,
        "The aud value your API expects; of several APIs one a line.",
    ),
    FormField(
        "sample_token",
        "Sample token",
        help="One access token of your API. It may be expired. Sealed until the next scan has read it, then deleted; "
        "only its header and the claims iss, aud, iat, exp, scope, acr and amr are kept.",
        secret=True,
        single_use=True,
    ),
    FormField(
        "client_id", "Client id", help="Client for minting a token by client_credentials.", group="Minting a token"
    ),
    FormField(
        "client_private_key",
        "Client private key",
        FieldKind.PEM,
        "PEM or JWK. Preferred: private_key_jwt.",
        secret=True,
        group="Minting a token",
    ),
    FormField(
        "client_secret",
        "Client secret",
        help="Only if the issuer offers nothing better.",
        secret=True,
        group="Minting a token",
    ),
    FormField("scope", "Scope", help="As your API needs it.", group="Minting a token"),
    FormField("resource", "Resource", help="As your API needs it.", group="Minting a token"),
)

GRANTS: Final = (
    Grant(
        "Public metadata",
        "text",
        "Nothing to grant: the metadata and the key set are public.\n",
    ),
    Grant(
        "Only for minting a token",
        "text",
        "A client of its own with the single grant client_credentials, one harmless scope, no redirect URI, and "
        "private_key_jwt as its authentication.\n",
        "It gets one token per scan, or two where the issuer gives no JWT.",
    ),
)
