"""Owns reading saved metadata, a saved key set, and the facts of a token that somebody wrote down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ztassess.connectors.api import row_of
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import read_export, taken_at
from ztassess.connectors.oidc import client
from ztassess.connectors.oidc.collect import facts_of
from ztassess.connectors.oidc.snapshot import OidcSnapshot, Sample, Signature, SigningKey, Source
from ztassess.connectors.oidc.tokens import facts_of as token_facts
from ztassess.domain.findings import Part, Unavailable

EXPORT: Final = UploadFormat(
    slug="oidc_documents",
    title="Saved metadata and key set",
    commands="""\
curl -s $ISSUER/.well-known/openid-configuration > openid-configuration.json
curl -s $(jq -r .jwks_uri openid-configuration.json) > jwks.json
# optional, written by you from one access token; never the token itself:
echo '{"alg":"RS256","kid":"..","iss":"..","aud":"..","iat":1,"exp":2}' > token.json""",
    suffixes=(".json",),
    note="The facts in token.json count as claimed, because the signature cannot be checked again.",
)
_HEADER: Final = ("alg", "kid", "typ")


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> OidcSnapshot:
    """The snapshot of saved documents.

    Raises:
        InputInvalid: another file, a cut-off one, or a whole token.
    """
    export = read_export(files, ("openid-configuration", "jwks", "token"), vendor="an issuer")
    if "openid-configuration" not in export.documents:
        raise InputInvalid("openid-configuration.json is needed: the issuer's saved metadata.")
    try:
        metadata = client.metadata_of(row_of(export.documents["openid-configuration"][0], "ProviderMetadata"))
        keys: Part[SigningKey] = Unavailable("input_missing", detail="jwks.json is not part of the export.")
        if "jwks" in export.documents:
            rows = row_of(export.documents["jwks"][0], "JwkSet").rows("keys")
            keys = facts_of([row.value for row in rows])[0]
    except BadAnswer as problem:
        raise InputInvalid(f"{problem.sentence} Save it again; nothing was judged from it.") from problem
    tokens = tuple(_claimed(document) for document in export.documents.get("token", ()))
    return OidcSnapshot(
        taken_at(context, export.about.get("taken_at")),
        context.config.get("issuer") or "",
        tuple(context.config.get("expected_audience") or ()),
        (metadata,),
        keys,
        tokens or Unavailable("input_missing", detail="token.json is not part of the export."),
    )


def _claimed(document: Any) -> Sample:
    if not isinstance(document, dict) or not {"alg", "iat", "exp"} <= set(document):
        raise InputInvalid("token.json must be an object with alg, kid, iss, aud, iat and exp; never the token itself.")
    if any(isinstance(value, str) and value.count(".") >= 2 and value.startswith("eyJ") for value in document.values()):  # noqa: PLR2004  a token's dots
        raise InputInvalid("token.json holds a whole token. Nothing was kept; revoke it and write down its facts only.")
    header = {name: document[name] for name in _HEADER if name in document}
    sample = token_facts(header, document, Source.CLAIMED)
    unsafe = sample.alg.lower() == "none" or sample.alg.startswith("HS")
    return replace(sample, signature=Signature.UNSAFE if unsafe else Signature.CLAIMED)
