"""The service account's key: its file as Google gives it, and its public certificate. Made anew for each run."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey

from tests.fakes.vendor import NOW

ACCOUNT, KEY_ID = "reader@project-1.iam.gserviceaccount.com", "key-1"


@cache
def key_pair() -> tuple[str, RSAKey]:
    """One key for all fakes: PEM of the private half, and the public half."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem, RSAKey.import_key(public.decode())


@cache
def private_half() -> RSAKey:
    """What Google signs with."""
    return RSAKey.import_key(key_pair()[0])


@cache
def certificate() -> str:
    """The key's public certificate, 400 days old."""
    private = serialization.load_pem_private_key(key_pair()[0].encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "reader")])
    since = NOW - timedelta(days=400)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(7).not_valid_before(since).not_valid_after(since + timedelta(days=3650))
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def key_file(**changed: Any) -> str:
    """The key file as Google's console gives it."""
    value = {
        "type": "service_account",
        "project_id": "project-1",
        "private_key_id": KEY_ID,
        "private_key": key_pair()[0],
        "client_email": ACCOUNT,
        "token_uri": "https://elsewhere.example.com/token",
    }
    return json.dumps(value | changed)
