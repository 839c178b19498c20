"""Owns the words that the rules of an issuer share: the document, its evidence, which token may speak."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ztassess.connectors.judging import rows_read
from ztassess.connectors.oidc.snapshot import Metadata, OidcSnapshot, Sample, Signature
from ztassess.domain.findings import Evidence, Unavailable, Verdict, not_checked

DOCUMENT: Final = "GET /.well-known/openid-configuration"
KEY_SET: Final = "GET jwks_uri"
SAMPLE: Final = "sample token"


def scope_of(snapshot: OidcSnapshot) -> str:
    """The whole that was read, for verdicts that are not about one key or token."""
    return snapshot.issuer or "issuer"


def judge_document(snapshot: OidcSnapshot, judge: Callable[[Metadata, str], Verdict]) -> Iterator[Verdict]:
    """One verdict about the document, or that it could not be read."""
    where = scope_of(snapshot)
    if isinstance(snapshot.metadata, Unavailable):
        yield not_checked(where, snapshot.metadata)
        return
    for metadata in snapshot.metadata:
        yield judge(metadata, where)


def of_document(where: str, field: str, observed: object, expected: str) -> tuple[Evidence, ...]:
    """An evidence line about a field of the document."""
    shown = ", ".join(observed) if isinstance(observed, tuple) else str(observed)
    return (Evidence(DOCUMENT, where, field, "absent" if observed is None else shown or "empty", expected),)


def samples(snapshot: OidcSnapshot) -> tuple[Sample, ...]:
    """The tokens there are, also where another one could not be minted."""
    return rows_read(snapshot.tokens)


def trusted(sample: Sample) -> bool:
    """What the token says may be believed."""
    return sample.signature in (Signature.VALID, Signature.CLAIMED)
