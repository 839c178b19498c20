"""Owns looking into a token: its facts by allow-list, and its signature by an allow-list of algorithms.

The algorithm named by a token is never trusted: it must be on our list, and fit the kind of the published key.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.netguard import parse_json
from ztassess.connectors.oidc.snapshot import Sample, Signature, Source

ACCEPTED: Final = {
    **{f"{family}{size}": "RSA" for family in ("RS", "PS") for size in (256, 384, 512)},
    "ES256": "EC",
    "ES384": "EC",
    "EdDSA": "OKP",
}
_CURVES: Final = {"ES256": "P-256", "ES384": "P-384"}
_JWT_PARTS, _JWE_PARTS = 3, 5
LONGEST: Final = 64 * 1024
PUBLIC_MEMBERS: Final = ("kty", "kid", "alg", "use", "crv", "n", "e", "x", "y")


def sample_of(text: str, source: Source) -> Sample | None:
    """The facts of a JWT, its signature not yet checked; None if it is no JWT (opaque or encrypted).

    Claims that mark ID tokens: ``nonce``, ``at_hash``, ``c_hash`` (OpenID Connect Core), ``token_use`` (Amazon
    Cognito), ``typ`` (Keycloak), ``firebase``. That mark access tokens: ``typ`` of RFC 9068, ``scope``, ``scp``,
    ``client_id``, ``cid``, ``permissions``, ``token_use`` and Keycloak's ``typ``.
    """
    parts = text.strip().split(".")
    if len(parts) != _JWT_PARTS or len(text) > LONGEST:
        return None
    header, claims = _object(parts[0]), _object(parts[1])
    if header is None or claims is None:
        return None
    return facts_of(header, claims, source)


def facts_of(header: Mapping[str, Any], claims: Mapping[str, Any], source: Source) -> Sample:
    """The claims that rules need; everything else, names and addresses of people above all, is dropped."""
    audience = claims.get("aud")
    amr = claims.get("amr")
    return Sample(
        source,
        Signature.NO_KEYS,
        alg=_text(header.get("alg"), 20),
        kid=_text(header.get("kid"), 200),
        iss=_text(claims.get("iss"), 300),
        audience=_texts(audience if isinstance(audience, list) else [audience]),
        issued=_number(claims.get("iat")),
        expires=_number(claims.get("exp")),
        scopes=_scopes(claims),
        id_marks=_id_marks(claims),
        access_marks=_access_marks(header, claims),
        bound=isinstance(claims.get("cnf"), dict) and bool(claims["cnf"]),
        acr=_text(claims.get("acr"), 100),
        amr=_texts(amr if isinstance(amr, list) else []),
    )


def _object(part: str) -> dict[str, Any] | None:
    try:
        value = parse_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (BadAnswer, ValueError, binascii.Error):
        return None
    return value if isinstance(value, dict) else None


def _text(value: Any, longest: int) -> str:
    return value[:longest] if isinstance(value, str) else ""


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(value[:300] for value in values if isinstance(value, str) and value)[:50]


def _number(value: Any) -> float | None:
    """A NumericDate (RFC 7519, 2): seconds, perhaps with a fraction."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for name in ("scope", "scp"):
        value = claims.get(name)
        found += value.split() if isinstance(value, str) else _texts(value if isinstance(value, list) else [])
    return _texts(list(dict.fromkeys(found)))


def _id_marks(claims: Mapping[str, Any]) -> tuple[str, ...]:
    marks = [name for name in ("nonce", "at_hash", "c_hash", "firebase") if name in claims]
    marks += ["token_use=id"] if claims.get("token_use") == "id" else []
    return tuple(marks + (["typ=ID"] if claims.get("typ") == "ID" else []))


def _access_marks(header: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[str, ...]:
    kind = _text(header.get("typ"), 40).lower().removeprefix("application/")
    marks = ["typ=at+jwt"] if kind == "at+jwt" else []
    marks += [name for name in ("scope", "scp", "client_id", "cid", "permissions") if name in claims]
    marks += ["token_use=access"] if claims.get("token_use") == "access" else []
    return tuple(marks + (["typ=Bearer"] if claims.get("typ") == "Bearer" else []))


def verified(sample: Sample, token: str, keys: Sequence[Mapping[str, Any]] | None) -> Sample:
    """The sample with the result of checking its signature.

    Parameters:
        keys: the published keys, public members only; None if they could not be read.
    """
    return replace(sample, signature=_signature(sample, token.strip(), keys))


def _signature(sample: Sample, token: str, keys: Sequence[Mapping[str, Any]] | None) -> Signature:
    if sample.alg.lower() == "none" or sample.alg.startswith("HS"):
        return Signature.UNSAFE
    if sample.alg not in ACCEPTED:
        return Signature.UNLISTED
    if keys is None:
        return Signature.NO_KEYS
    fitting = [key for key in keys if _fits(key, sample)]
    if not fitting:
        return Signature.UNKNOWN_KEY
    return Signature.VALID if any(_holds(key, sample.alg, token) for key in fitting) else Signature.INVALID


def _fits(key: Mapping[str, Any], sample: Sample) -> bool:
    """The named key, of the kind that the algorithm needs; a token without a kid fits the one key of a set only."""
    return (
        key.get("kty") == ACCEPTED[sample.alg]
        and key.get("alg") in (None, sample.alg)
        and key.get("use") in (None, "sig")
        and (sample.alg not in _CURVES or key.get("crv") == _CURVES[sample.alg])
        and (not sample.kid or key.get("kid") == sample.kid)
    )


def _holds(key: Mapping[str, Any], alg: str, token: str) -> bool:
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    try:
        jws.deserialize_compact(
            token, import_key({name: key[name] for name in key if name != "alg"}), registry=registry
        )
    except (JoseError, ValueError, TypeError):
        return False
    return True
