"""Owns how we prove ourselves without a key of Google's: by our own signature, or by a person's token of one hour."""

from __future__ import annotations

import re
from typing import Any, Final

from joserfc.jwk import ECKey, Key, RSAKey

from ztassess.connectors.api.signing import LIFETIME_SECONDS, private_key, signed_token
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import InputInvalid

FEDERATION, IMPERSONATION = "workload_identity", "impersonation"
KEY_ID: Final = "ztassess"
SUBJECT: Final = "ztassess"
NOT_ACCEPTED: Final = (
    "This is the key file of a service account. Key files are not accepted: keys are one of the things we report. "
    "It was not stored; delete that key."
)
PROVIDER: Final = re.compile(
    r"projects/\d{1,20}/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}", re.ASCII
)


def signing_key(text: str) -> Key:
    """The key of ours whose public half the identity pool knows.

    Raises:
        InputInvalid: a key file of Google's, or no key that Google takes (RSA or elliptic curve).
    """
    if '"service_account"' in text or "client_email" in text:
        raise InputInvalid(NOT_ACCEPTED)
    key = private_key(text)
    if not isinstance(key, RSAKey | ECKey):
        raise InputInvalid("Google takes RSA and elliptic curve keys only; make one with openssl genrsa.")
    return key


def subject_token(context: ReadContext) -> str:
    """Our word for who we are, for the Security Token Service: five minutes, for this one provider.

    With no allowed audiences set, a provider wants its own full name (IAM API, ``Oidc.allowedAudiences``).
    """
    issued = int(context.now.timestamp())
    claims: dict[str, Any] = {
        "iss": context.config["issuer"],
        "sub": SUBJECT,
        "aud": f"https:{audience(context)}",
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
    }
    return signed_token(signing_key(context.secrets["federation_key"]), claims, {"kid": KEY_ID})


def audience(context: ReadContext) -> str:
    """The full resource name of the identity provider."""
    return f"//iam.googleapis.com/{context.config['identity_provider']}"
