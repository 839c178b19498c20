"""Owns the requests to an issuer: its metadata, its key set, and the one token that may be minted."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ztassess.connectors.api import ApiSession, Row, api_session, row_of
from ztassess.connectors.api.signing import client_assertion, private_key
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    InputInvalid,
    NotFound,
    Refused,
    Unreachable,
)
from ztassess.connectors.netguard import Answer, parse_url
from ztassess.connectors.oidc.snapshot import Metadata, SigningKey
from ztassess.connectors.oidc.tokens import PUBLIC_MEMBERS

WELL_KNOWN: Final = "/.well-known/openid-configuration"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET_MEMBERS: Final = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_ERROR: Final = re.compile(r"[a-z_]{3,60}")


@contextmanager
def _at(
    context: ReadContext, url: str, *, posts: tuple[str, ...] = (), **more: Any
) -> Iterator[tuple[ApiSession, str]]:
    """A session with the server of a URL, and the path to ask it for.

    Raises:
        BadAnswer: it is not an https URL.
    """
    try:
        target = parse_url(url, schemes=("https",))
    except Blocked as problem:
        raise BadAnswer(f"{url[:100]} is not an https address.") from problem
    base = f"{target.scheme}://{target.authority}"
    with api_session(context, "The address", base, posts=posts, **more) as session:
        yield session, target.target


def _not_public(answer: Answer, value: Any, scope: str) -> Refused | None:
    """A refusal of what must be public, without the server's own words."""
    del value, scope
    if answer.status not in (400, 401, 403):
        return None
    sentence = f"The address does not answer everyone (status {answer.status}); metadata and key set must be public."
    return Refused(sentence, status=answer.status)


def document_address(issuer: str) -> str:
    """Where an issuer publishes its metadata: one final slash is left out (OpenID Connect Discovery 1.0, 4)."""
    return issuer.removesuffix("/") + WELL_KNOWN


def read_metadata(context: ReadContext) -> Metadata:
    """What the issuer says of itself (OpenID Connect Discovery 1.0, 3).

    Raises:
        InputInvalid: there is no such document.
        BadAnswer: a web page, a redirect, or fields of another kind.
        ConnectorError: nothing answered.
    """
    issuer = context.config["issuer"]
    with _at(context, document_address(issuer), refusal=_not_public) as (session, path):
        try:
            return metadata_of(row_of(session.get(path).value, "ProviderMetadata"))
        except NotFound as problem:
            raise InputInvalid(
                f"{issuer} has no OpenID configuration. Enter the issuer, not the sign-in page."
            ) from problem


def metadata_of(row: Row) -> Metadata:
    """The fields that rules need. Raises BadAnswer if one is of another kind."""
    return Metadata(
        row.text("issuer"),
        row.text("jwks_uri"),
        row.text("token_endpoint", None),
        row.texts("grant_types_supported", None),
        row.texts("id_token_signing_alg_values_supported", None),
        row.texts("code_challenge_methods_supported", None),
        row.texts("token_endpoint_auth_methods_supported", None),
        row.texts("dpop_signing_alg_values_supported", None),
        row.flag("tls_client_certificate_bound_access_tokens", None),
        row.texts("acr_values_supported", None),
    )


def read_keys(context: ReadContext, address: str) -> tuple[Mapping[str, Any], ...]:
    """The published keys as they are, private members included if there are any (RFC 7517, 5).

    Raises:
        Unreachable: its host is not public.
        ConnectorError: it could not be read.
    """
    host = urlsplit(address).hostname or address[:100]
    try:
        with _at(context, address, refusal=_not_public) as (session, path):
            rows = row_of(session.get(path).value, "JwkSet").rows("keys")
    except Blocked as problem:
        raise Unreachable(
            f"The key set at {host} is not public; token signatures cannot be checked.", how="refused"
        ) from problem
    return tuple(row.value for row in rows)


def key_facts(value: Mapping[str, Any]) -> SigningKey:
    """What rules need of a key; none of its values. Raises BadAnswer without ``kty``."""
    row = Row("Jwk", dict(value))
    kty = row.text("kty")
    return SigningKey(
        row.text("kid", "")[:200],
        kty,
        row.text("alg", ""),
        row.text("crv", ""),
        _bits(row.text("n", "")) if kty == "RSA" else None,
        tuple(name for name in SECRET_MEMBERS if name in value),
        encrypts=row.text("use", "") == "enc",
    )


def public_half(value: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a key that check a signature."""
    return {name: value[name] for name in PUBLIC_MEMBERS if name in value}


def _bits(modulus: str) -> int | None:
    try:
        number = int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)), "big")
    except ValueError:
        return None
    return number.bit_length() or None


def _refused(answer: Answer, value: Any, scope: str) -> Refused | None:
    """A token endpoint's refusal, by the code of RFC 6749, 5.2, and nothing else of it."""
    del scope
    if not 400 <= answer.status < 500:  # noqa: PLR2004  HTTP's class of refusals
        return None
    code = value.get("error") if isinstance(value, dict) else None
    word = code if isinstance(code, str) and _ERROR.fullmatch(code) else f"status {answer.status}"
    sentence = f"The issuer refused the client credentials ({word}). No token was issued."
    return Refused(sentence, status=answer.status, word=word)


def mint(context: ReadContext, metadata: Metadata) -> Row:
    """One token by client credentials (RFC 6749, 4.4), by a signed assertion where we have a key (RFC 7523).

    Raises:
        Refused: the issuer said no.
        InputInvalid: the key cannot be used.
        BadAnswer: there is no token endpoint, or it is not https.
    """
    endpoint = metadata.token_endpoint
    if endpoint is None:
        raise BadAnswer("The metadata names no token endpoint; no token was asked for.")
    values, headers = _client(context, metadata, endpoint)
    for name in ("scope", "resource"):
        if context.config.get(name):
            values[name] = context.config[name]
    posts = (re.escape(urlsplit(endpoint).path),)
    with _at(context, endpoint, posts=posts, refusal=_refused) as (session, path):
        try:
            reply = session.post_form(path, {"grant_type": "client_credentials", **values}, headers=headers)
        except AuthFailed as problem:
            sentence = "The issuer refused the client credentials. No token was issued."
            raise Refused(sentence, status=401) from problem
    return row_of(reply.value, "TokenResponse")


def _client(context: ReadContext, metadata: Metadata, endpoint: str) -> tuple[dict[str, str], dict[str, str]]:
    """How we prove to be the client: form values and headers."""
    client = context.config["client_id"]
    if context.secrets.get("client_private_key", "").strip():
        key = private_key(context.secrets["client_private_key"])
        header = {"kid": key.kid} if key.kid else None
        assertion = client_assertion(key, issuer=client, audience=endpoint, now=context.now, header=header)
        form = {"client_id": client, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return form, {}
    secret = context.secrets["client_secret"].strip()
    offered = metadata.client_auth
    if offered is not None and "client_secret_basic" not in offered and "client_secret_post" in offered:
        return {"client_id": client, "client_secret": secret}, {}
    pair = f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()
    return {}, {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
