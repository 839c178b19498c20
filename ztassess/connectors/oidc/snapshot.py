"""Owns the frozen picture of one OpenID Connect issuer: its metadata, its keys without their values, sample tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ztassess.domain.findings import Part


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the issuer says of itself. None: the field is absent, which is neither no nor nothing.

    Attributes:
        issuer: exactly as written.
    """

    issuer: str
    jwks_uri: str
    token_endpoint: str | None = None
    grants: tuple[str, ...] | None = None
    signing: tuple[str, ...] | None = None
    pkce: tuple[str, ...] | None = None
    client_auth: tuple[str, ...] | None = None
    dpop: tuple[str, ...] | None = None
    bound_by_certificate: bool | None = None
    acr: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One published key; none of its values.

    Attributes:
        kid: empty if it has none.
        curve: of EC and OKP keys.
        bits: of RSA keys; None if the modulus cannot be read.
        private: names of members that must never be published, such as ``d`` or ``k``.
        encrypts: it is meant for encryption, not for signatures.
    """

    kid: str
    kty: str
    alg: str = ""
    curve: str = ""
    bits: int | None = None
    private: tuple[str, ...] = ()
    encrypts: bool = False

    @property
    def label(self) -> str:
        """Its name for a person."""
        return self.kid or f"{self.kty} key without a kid"


class Source(StrEnum):
    """Where a sample token came from."""

    PASTED = "pasted"
    MINTED = "minted"
    CLAIMED = "claimed"


class Signature(StrEnum):
    """What checking a token's signature gave."""

    VALID = "valid"
    INVALID = "invalid"
    UNSAFE = "unsafe"  # unsigned, or by a secret shared with every receiver
    UNLISTED = "unlisted"  # an algorithm that we do not accept
    UNKNOWN_KEY = "unknown_key"
    NO_KEYS = "no_keys"
    CLAIMED = "claimed"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Sample:
    """Facts of one token; never the token.

    Attributes:
        issued, expires: NumericDate in seconds; None if absent.
        stated_lifetime: ``expires_in`` of the reply that brought a minted token; None if absent or from a cache.
        cached: the issuer gave the same token twice.
        id_marks: what shows that it is an ID token, such as ``nonce``.
        access_marks: what shows that it is an access token, such as ``typ=at+jwt``.
        bound: it carries a ``cnf`` claim.
        refresh_token: a refresh token came with it.
    """

    source: Source
    signature: Signature
    alg: str = ""
    kid: str = ""
    iss: str = ""
    audience: tuple[str, ...] = ()
    issued: float | None = None
    expires: float | None = None
    stated_lifetime: int | None = None
    cached: bool = False
    scopes: tuple[str, ...] = ()
    id_marks: tuple[str, ...] = ()
    access_marks: tuple[str, ...] = ()
    bound: bool = False
    acr: str = ""
    amr: tuple[str, ...] = ()
    refresh_token: bool = False

    @property
    def label(self) -> str:
        """Its name for a person: whose it is, never its text."""
        return f"token for {', '.join(self.audience)}" if self.audience else "token without an audience"


@dataclass(frozen=True, slots=True)
class OidcSnapshot:
    """One reading. ``taken_at`` is the clock of every rule.

    Attributes:
        issuer: as entered, byte for byte; empty for an upload without one.
        audiences: declared APIs; empty if none is.
        metadata: one row.
    """

    taken_at: datetime
    issuer: str
    audiences: tuple[str, ...]
    metadata: Part[Metadata]
    keys: Part[SigningKey]
    tokens: Part[Sample]
