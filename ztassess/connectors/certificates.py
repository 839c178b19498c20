"""Owns certificate authorities as a person pastes them into a form."""

from __future__ import annotations

from cryptography import x509

from ztassess.connectors.errors import InputInvalid


def parse_certificate(text: str) -> str:
    """One or more certificates in PEM form; empty means the system's authorities.

    Raises:
        InputInvalid: it is not a certificate, or a private key came with it.
    """
    pem = text.strip()
    if not pem:
        return ""
    if "PRIVATE KEY" in pem:
        raise InputInvalid(
            "This holds a private key. Remove it from here, and replace the key if anybody else could see it."
        )
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError as problem:
        raise InputInvalid(
            "This is not a certificate in PEM form; it starts with -----BEGIN CERTIFICATE-----."
        ) from problem
    return pem + "\n"
