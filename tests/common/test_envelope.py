"""Sealed secrets open only where they belong, with the key that sealed them, unaltered."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from ztassess.common.envelope import EnvelopeError, Keyring, associated_data, parse_keyring, seal, unseal
from ztassess.common.redaction import redact

RING = Keyring("k2", {"k1": b"1" * 32, "k2": b"2" * 32})
HERE = associated_data("cred", "organization-a", "connection-1", "password", 1)


def test_secret_opens_where_it_was_sealed():
    assert unseal(seal(b"secret", RING, HERE), RING, HERE) == b"secret"


def test_same_secret_is_sealed_differently_each_time():
    assert seal(b"secret", RING, HERE).ciphertext != seal(b"secret", RING, HERE).ciphertext


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("cred", "organization-b", "connection-1", "password", 1),
        ("cred", "organization-a", "connection-2", "password", 1),
        ("cred", "organization-a", "connection-1", "token", 1),
        ("cred", "organization-a", "connection-1", "password", 2),
        ("upload", "organization-a", "connection-1", "password", 1),
    ],
)
def test_moved_secret_does_not_open(elsewhere):
    with pytest.raises(EnvelopeError, match="altered, moved"):
        unseal(seal(b"secret", RING, HERE), RING, associated_data(*elsewhere))


@pytest.mark.parametrize("part", ["ciphertext", "wrapped_key"])
def test_altered_secret_does_not_open(part):
    sealed = seal(b"secret", RING, HERE)
    bent = bytearray(getattr(sealed, part))
    bent[-1] ^= 1
    with pytest.raises(EnvelopeError):
        unseal(replace(sealed, **{part: bytes(bent)}), RING, HERE)


def test_old_key_still_opens_and_a_missing_one_is_named():
    sealed = seal(b"secret", Keyring("k1", RING.keys), HERE)
    assert unseal(sealed, RING, HERE) == b"secret"
    with pytest.raises(EnvelopeError, match="'k1' is missing"):
        unseal(sealed, Keyring("k2", {"k2": b"2" * 32}), HERE)


@pytest.mark.parametrize("text", ["", "k1:", "k1:short", "k1:" + base64.b64encode(b"x" * 31).decode(), ":" + "A" * 44])
def test_unusable_keys_are_refused_with_a_sentence(text):
    with pytest.raises(EnvelopeError):
        parse_keyring(text)


def test_first_key_is_current():
    encoded = base64.b64encode(b"x" * 32).decode()
    assert parse_keyring(f"new:{encoded}, old:{encoded}").current == "new"


def test_keyring_never_prints_its_keys():
    assert "222" not in repr(RING)


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "ghp_" + "a" * 36,
        "xoxb-1234567890-abc",
        "hvs." + "a" * 24,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
    ],
)
def test_log_lines_lose_credential_shapes(secret):
    assert secret not in redact(f"before {secret} after")
    assert redact(f"before {secret} after").startswith("before ***")


def test_password_in_an_address_is_redacted_and_the_host_stays():
    assert redact("postgres://zt:hunter2@db.example.com/shop") == "postgres://***@db.example.com/shop"


def test_plain_lines_stay_as_they_are():
    assert redact("scan 12 of connection 7 ended") == "scan 12 of connection 7 ended"
