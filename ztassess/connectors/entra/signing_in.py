"""Owns getting an access token of Microsoft: by a certificate we hold, or by a token of a trusted issuer."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from joserfc.jwk import RSAKey

from ztassess.connectors.api import ApiSession, api_session, row_of
from ztassess.connectors.api.session import Authorize
from ztassess.connectors.api.signing import client_assertion, private_key
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.entra.rights import Rights, refuse_over_privilege, rights_of
from ztassess.connectors.errors import AuthFailed, ConnectorError, InputInvalid, Refused
from ztassess.connectors.netguard import Answer

LOGIN: Final = "https://login.microsoftonline.com"
SCOPE: Final = "https://graph.microsoft.com/.default"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEPT: Final = "entra rights"
_PRIVATE: Final = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_CODE: Final = re.compile(r"AADSTS\d{4,8}")
# Microsoft advises not to build on these numbers, so each only chooses a better sentence for the same refusal.
_KEY_CODES: Final = frozenset({"AADSTS700027", "AADSTS700030", "AADSTS7000214", "AADSTS50012", "AADSTS70002"})
_APP_CODES: Final = frozenset({"AADSTS700016", "AADSTS7000229"})
_TENANT_CODES: Final = frozenset({"AADSTS90002", "AADSTS900023"})


def sign_in(context: ReadContext) -> Mapping[str, str]:
    """Sign in and prove that the token only reads; the headers that sign a request.

    Raises:
        AuthFailed: Microsoft refused the credential.
        OverPrivileged: the token can change something; it is never used.
        InputInvalid: the key cannot be used.
        ConnectorError: as `ApiSession.get`.
    """
    token = access_token(context)
    rights = rights_of(token)
    refuse_over_privilege(rights)
    context.kept[KEPT] = rights
    return {"authorization": f"Bearer {token}"}


def authorizing(context: ReadContext) -> Authorize:
    """Sign in now, and again whenever a session asks for it; a refusal is remembered, not tried again.

    Parts are read side by side: without this each of them would sign in with a credential that was just refused.

    Raises:
        As `sign_in`.
    """
    first = sign_in(context)
    refused: list[ConnectorError] = []

    def authorize(_session: ApiSession, renew: bool) -> Mapping[str, str]:
        if not renew:
            return first
        if refused:
            raise refused[0]
        try:
            return sign_in(context)
        except ConnectorError as problem:
            refused.append(problem)
            raise

    return authorize


def kept_rights(context: ReadContext) -> Rights:
    """What the token of this run may do, as it says itself."""
    kept = context.kept.get(KEPT)
    return kept if isinstance(kept, Rights) else Rights(None)


def access_token(context: ReadContext) -> str:
    """An access token for Graph (Microsoft identity platform, "OAuth 2.0 client credentials flow").

    Raises:
        As `sign_in`.
    """
    tenant, client = str(context.config["tenant_id"]), str(context.config["client_id"])
    path = f"/{tenant}/oauth2/v2.0/token"
    values = {
        "grant_type": "client_credentials",
        "client_id": client,
        "scope": SCOPE,
        "client_assertion_type": ASSERTION,
        "client_assertion": _assertion(context, client, f"{LOGIN}{path}"),
    }

    def refusal(answer: Answer, value: Any, _scope: str) -> Refused | None:
        raise AuthFailed(_refused(context, value, answer.status))

    with api_session(context, "Microsoft", LOGIN, posts=(re.escape(path),), refusal=refusal) as login:
        reply = login.post_form(path, values)
    return row_of(reply.value, "TokenResponse").text("access_token")


def _assertion(context: ReadContext, client: str, endpoint: str) -> str:
    if context.config.get("federated") == "federated":
        return context.secrets["federated_token"].strip()
    pem = context.secrets["certificate_key"]
    key = private_key(private_part(pem))
    header = thumbprint_header(pem, str(context.config.get("certificate_thumbprint") or ""))
    if isinstance(key, RSAKey) and "x5t#S256" in header:
        header = {"alg": "PS256", **header}
    # The moment of the scan plus what it has taken, so that a token renewed after an hour is not signed in the past.
    now = context.now + timedelta(seconds=context.budget.seconds - context.budget.remaining_seconds())
    return client_assertion(
        key, issuer=client, audience=endpoint, now=now, header=header, nbf=int(context.now.timestamp())
    )


def private_part(pem: str) -> str:
    """The private key of a PEM text that may hold the certificate too."""
    found = _PRIVATE.search(pem)
    return found[0] if found else pem


def thumbprint_header(pem: str, typed: str) -> dict[str, str]:
    """The header that names the certificate (Microsoft identity platform, "Certificate credentials").

    Parameters:
        pem: its certificate decides, if it holds one.
        typed: the thumbprint in hexadecimal: 64 digits of SHA-256, or the 40 of SHA-1 that the portal shows.

    Raises:
        InputInvalid: neither is there.
    """
    found = _CERTIFICATE.search(pem)
    if found:
        try:
            digest = load_pem_x509_certificate(found[0].encode()).fingerprint(SHA256())
        except ValueError as problem:
            raise InputInvalid("The certificate beside the key cannot be read.") from problem
        return {"x5t#S256": _encoded(digest)}
    if len(typed) == 64:  # noqa: PLR2004  hexadecimal digits of SHA-256
        return {"x5t#S256": _encoded(bytes.fromhex(typed))}
    if len(typed) == 40:  # noqa: PLR2004  hexadecimal digits of SHA-1
        return {"x5t": _encoded(bytes.fromhex(typed))}
    raise InputInvalid("Enter the thumbprint of the certificate, or paste the certificate below its key.")


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _refused(context: ReadContext, value: Any, status: int) -> str:
    """One sentence. Of Microsoft's text only the code is kept: the rest may repeat what was sent."""
    text = value.get("error_description") if isinstance(value, dict) else None
    found = _CODE.search(text) if isinstance(text, str) else None
    code = found[0] if found else f"status {status}"
    thumbprint = str(context.config.get("certificate_thumbprint") or "").upper()
    if code in _KEY_CODES and context.config.get("federated") != "federated":
        return f"Microsoft refused the certificate {thumbprint or 'entered'} ({code}). Upload it again."
    if code in _APP_CODES:
        return f"Microsoft does not know this application in this tenant ({code}). Consent to it, then reconnect."
    if code in _TENANT_CODES:
        return f"Microsoft knows no tenant with this ID ({code}). Check the directory (tenant) ID."
    return f"The credentials were refused by Microsoft ({code}). Check the certificate {thumbprint}, then reconnect."
