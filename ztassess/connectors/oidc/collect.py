"""Owns one reading of an issuer as a frozen snapshot, and what a sample token must not be able to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ztassess.connectors.api import Row, unavailable_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer, ConnectorError, OverPrivileged, Refused
from ztassess.connectors.oidc import client
from ztassess.connectors.oidc.snapshot import Metadata, OidcSnapshot, Sample, Signature, SigningKey, Source
from ztassess.connectors.oidc.tokens import sample_of, verified
from ztassess.domain.findings import Part, Unavailable

_DANGEROUS: Final = ("admin", "write", "manage")
NO_TOKEN: Final = Unavailable("input_missing", detail="No sample token was given and none was minted.")
OPAQUE: Final = "This looks like an opaque token. Its lifetime can only be read from the token reply (expires_in)."

Keys = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What was read of an issuer."""

    metadata: Metadata
    keys: Part[SigningKey]
    tokens: Part[Sample]


def collect(context: ReadContext) -> OidcSnapshot:
    """Read metadata and keys, and look at the sample tokens.

    Raises:
        OverPrivileged: a sample token may change something.
        ConnectorError: there is no metadata.
    """
    found = read(context)
    refuse_dangerous(context, found.tokens)
    return OidcSnapshot(
        context.now,
        context.config["issuer"],
        tuple(context.config.get("expected_audience") or ()),
        (found.metadata,),
        found.keys,
        found.tokens,
    )


def read(context: ReadContext) -> Found:
    """Metadata first, for it names the rest."""
    metadata = client.read_metadata(context)
    context.progress("metadata", 1)
    keys, public = _keys(context, metadata)
    if not isinstance(keys, Unavailable):
        context.progress("keys", len(keys))
    tokens = _tokens(context, metadata, public)
    if not isinstance(tokens, Unavailable):
        context.progress("tokens", len(tokens))
    return Found(metadata, keys, tokens)


def _keys(context: ReadContext, metadata: Metadata) -> tuple[Part[SigningKey], Keys | None]:
    try:
        raw = client.read_keys(context, metadata.jwks_uri)
        return facts_of(raw)
    except ConnectorError as problem:
        return unavailable_of(problem), None


def facts_of(raw: Keys) -> tuple[tuple[SigningKey, ...], Keys]:
    """Facts of every key, and the public halves. Raises BadAnswer."""
    return tuple(client.key_facts(key) for key in raw), [client.public_half(key) for key in raw]


def _tokens(context: ReadContext, metadata: Metadata, public: Keys | None) -> Part[Sample]:
    samples: list[Sample] = []
    problem: Unavailable | None = None
    pasted = context.secrets.get("sample_token", "").strip()
    if pasted:
        samples.append(_checked(pasted, Source.PASTED, public))
    if context.config.get("client_id"):
        try:
            samples.extend(_minted(context, metadata, public))
        except Refused as refused:
            problem = Unavailable("missing_scope", "client_credentials", refused.sentence)
        except ConnectorError as broken:
            problem = unavailable_of(broken)
    if problem is not None:
        return replace(problem, read=tuple(samples))
    return tuple(samples) if samples else NO_TOKEN


def _checked(token: str, source: Source, public: Keys | None) -> Sample:
    if token.lower().startswith("bearer "):
        token = token[len("bearer ") :].strip()
    sample = sample_of(token, source)
    return verified(sample, token, public) if sample is not None else Sample(source, Signature.OPAQUE)


def _minted(context: ReadContext, metadata: Metadata, public: Keys | None) -> Iterator[Sample]:
    """Mint a token; where it is opaque, once more, since the lifetime of a cached one is what is left of it.

    Our credential is sent nowhere that the issuer as entered does not stand behind.
    """
    if metadata.issuer != context.config["issuer"]:
        raise BadAnswer("The metadata names another issuer, so our credential was not sent to it.")
    reply = client.mint(context, metadata)
    token = reply.text("access_token")
    sample = replace(_checked(token, Source.MINTED, public), refresh_token=reply.has("refresh_token"))
    if sample.signature is Signature.OPAQUE:
        again = client.mint(context, metadata)
        sample = replace(
            sample,
            stated_lifetime=reply.number("expires_in", None),
            cached=again.text("access_token") == token,
        )
    yield replace(sample, scopes=sample.scopes or _granted(reply))


def _granted(reply: Row) -> tuple[str, ...]:
    """The scopes that the reply names (RFC 6749, 5.1)."""
    return tuple(reply.text("scope", "").split())[:50]


def dangerous_scopes(sample: Sample) -> tuple[str, ...]:
    """The scopes of a token that change something, or outlive it."""
    return tuple(
        scope
        for scope in sample.scopes
        if scope in ("*", "offline_access") or any(word in scope.lower() for word in _DANGEROUS)
    )


def refuse_dangerous(context: ReadContext, tokens: Part[Sample]) -> None:
    """Raises OverPrivileged for a token that may change something and still works."""
    for sample in tokens.read if isinstance(tokens, Unavailable) else tokens:
        scopes = dangerous_scopes(sample)
        over = sample.expires is not None and sample.expires <= context.now.timestamp()
        if scopes and not over:
            raise OverPrivileged(
                f"The sample token carries {', '.join(scopes)}. Revoke it now and use one with a harmless scope."
            )
