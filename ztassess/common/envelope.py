"""Owns sealed secrets: a random data key per secret, wrapped by a key-encryption key, bound to where it belongs."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class EnvelopeError(Exception):
    """A secret could not be sealed or opened; nothing was written, nothing falls back to plain text."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Key-encryption keys by id. ``current`` names the one that seals; the others only open."""

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keyring(current={self.current!r}, keys={sorted(self.keys)})"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed secret: the id of the wrapping key, the wrapped data key, the ciphertext (each with its nonce first)."""

    kek_id: str
    wrapped_key: bytes
    ciphertext: bytes

    @classmethod
    def of(cls, row: Any) -> Sealed:
        """What a row holds in the three columns of these names; a database may hand bytes out as a view of them."""
        return cls(row.kek_id, bytes(row.wrapped_key), bytes(row.ciphertext))

    @property
    def columns(self) -> dict[str, Any]:
        """The same three, to make a row with."""
        return {"kek_id": self.kek_id, "wrapped_key": self.wrapped_key, "ciphertext": self.ciphertext}


def parse_keyring(text: str) -> Keyring:
    """Parse ``id:base64key[,id:base64key...]``; the first key is current.

    Raises:
        EnvelopeError: empty, malformed, or a key that is not 32 bytes.
    """
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as problem:
            raise EnvelopeError(f"Encryption key {key_id!r} is not valid base64.") from problem
        if not key_id or len(key) != KEY_BYTES:
            raise EnvelopeError(f"Encryption key {key_id!r} must be {KEY_BYTES} bytes in base64, named like k1:....")
        keys[key_id] = key
    if not keys:
        raise EnvelopeError("No encryption key is set: run `manage.py up` once, or set ZTASSESS_ENCRYPTION_KEYS.")
    return Keyring(next(iter(keys)), keys)


@cache
def _cached_keyring(text: str) -> Keyring:
    return parse_keyring(text)


def keyring() -> Keyring:
    """The installation's keyring, from the settings. Raises `EnvelopeError` if there is none."""
    from django.conf import settings

    return _cached_keyring(settings.ENCRYPTION_KEYS)


def associated_data(purpose: str, *where: object) -> bytes:
    """What a ciphertext is bound to. A row copied to another organization, connection or field does not open."""
    return "|".join((purpose, *(str(part) for part in where))).encode()


def seal(plain: bytes, ring: Keyring, bound_to: bytes) -> Sealed:
    """Seal a secret under a fresh 256-bit data key (AES-256-GCM), itself wrapped by the current key."""
    data_key = AESGCM.generate_key(bit_length=256)
    key_nonce, nonce = os.urandom(NONCE_BYTES), os.urandom(NONCE_BYTES)
    return Sealed(
        kek_id=ring.current,
        wrapped_key=key_nonce + AESGCM(ring.keys[ring.current]).encrypt(key_nonce, data_key, b"dek|" + bound_to),
        ciphertext=nonce + AESGCM(data_key).encrypt(nonce, plain, bound_to),
    )


def unseal(sealed: Sealed, ring: Keyring, bound_to: bytes) -> bytes:
    """Open a sealed secret.

    Raises:
        EnvelopeError: the wrapping key is not on the ring, or the row was altered or moved.
    """
    wrapping = ring.keys.get(sealed.kek_id)
    if wrapping is None:
        raise EnvelopeError(f"Encryption key {sealed.kek_id!r} is missing; put it back to open what it sealed.")
    try:
        data_key = AESGCM(wrapping).decrypt(
            sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:], b"dek|" + bound_to
        )
        return AESGCM(data_key).decrypt(sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as problem:  # the second: too short to hold a nonce
        raise EnvelopeError(
            "A stored secret does not open: it was altered, moved, or the key is another one."
        ) from problem
