"""Owns the signature of a webhook: HMAC-SHA256 over moment and raw body, one for each live secret."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

SIGNATURE_HEADER = "X-Ztassess-Signature"
EVENT_HEADER = "X-Ztassess-Event-Id"
KIND_HEADER = "X-Ztassess-Event-Kind"
SECRET_PREFIX = "ztwh_"  # noqa: S105  what every secret starts with, so that scanners of leaked code know it


def fresh_secret() -> str:
    """A new signing secret: 256 random bits."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    """The hexadecimal HMAC of one secret over ``timestamp + "." + body``."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def signature_header(live: Iterable[str], timestamp: int, body: bytes) -> str:
    """``t=<unix seconds>,v1=<hex>``, with one ``v1`` for each live secret.

    Parameters:
        live: the secrets; a receiver accepts the body if any of them fits.
    """
    return ",".join((f"t={timestamp}", *(f"v1={signature_of(secret, timestamp, body)}" for secret in live)))
