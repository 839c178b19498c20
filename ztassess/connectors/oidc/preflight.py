"""Owns the connection test: what the issuer publishes, and whether a sample token is harmless."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.oidc.collect import OPAQUE, dangerous_scopes, read, refuse_dangerous
from ztassess.connectors.oidc.snapshot import Signature
from ztassess.domain.findings import Part, Unavailable

UNVERIFIED: Final = (
    "We could not verify that this credential is read-only. Give the client the grant client_credentials and one "
    "harmless scope only."
)


def preflight(context: ReadContext) -> Preflight:
    """Read what is public, look at the sample token, mint one where a client was given.

    Raises:
        ConnectorError: there is no metadata.
    """
    found = read(context)
    identity = context.config.get("client_id") or "nobody: the metadata is public"
    try:
        refuse_dangerous(context, found.tokens)
    except OverPrivileged as problem:
        return Preflight(identity, (), refused=problem.sentence)
    warnings = [UNVERIFIED] if context.config.get("client_id") else []
    for sample in found.tokens.read if isinstance(found.tokens, Unavailable) else found.tokens:
        if sample.refresh_token:
            warnings.append("The client also got a refresh token; turn that grant off for it.")
        if sample.signature is Signature.OPAQUE and sample.stated_lifetime is None:
            warnings.append(OPAQUE)
        if dangerous_scopes(sample):
            warnings.append(f"The expired sample token carried {', '.join(dangerous_scopes(sample))}.")
    if found.metadata.issuer != context.config["issuer"]:
        warnings.append(f"The document says {found.metadata.issuer[:200]}; you entered {context.config['issuer']}.")
    rows = (PreflightRow("metadata", allowed=True), _row("keys", found.keys), _row("tokens", found.tokens))
    return Preflight(identity, rows, tuple(dict.fromkeys(warnings)))


def _row(name: str, part: Part[object]) -> PreflightRow:
    if isinstance(part, Unavailable):
        return PreflightRow.refused(name, part)
    return PreflightRow(name, allowed=True)
