"""Owns reading certificates: what a server shows, what a pasted one could be used for."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.tls_probe.snapshot import Certificate

MAX_NAMES = 100
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_DAMAGED = (
    *(ValueError, TypeError, OverflowError, x509.InvalidVersion),
    *(x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
PROBE_LIFE = timedelta(hours=24)


def read_der(der: bytes, *, trusted: bool | None = None) -> Certificate | None:
    """The certificate of this DER, or None if it is damaged: what a server sends is not ours to trust."""
    try:
        return _read(x509.load_der_x509_certificate(der), trusted)
    except _DAMAGED:
        return None


def read_pem(text: str) -> Certificate:
    """The first certificate of a pasted PEM.

    Raises:
        InputInvalid: it holds none.
    """
    try:
        return _read(x509.load_pem_x509_certificates(text.encode("ascii"))[0], None)
    except (*_DAMAGED, IndexError) as problem:
        raise InputInvalid("This is not a certificate in PEM form (-----BEGIN CERTIFICATE-----).") from problem


def impersonates(certificate: Certificate) -> str:
    """A warning if a certificate made for the probe is good for more: it names a service, or outlives a day."""
    if not certificate.san and certificate.life <= PROBE_LIFE:
        return ""
    name = certificate.san[0] if certificate.san else f"its owner for {_days(certificate.life)}"
    return f"This certificate can impersonate {name}. Issue one for the probe alone, valid for an hour."


def _days(life: timedelta) -> str:
    return f"{life.days} days" if life.days > 1 else f"{life.total_seconds() / 3600:.0f} hours"


def _read(certificate: x509.Certificate, trusted: bool | None) -> Certificate:
    return Certificate(
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        issuer=_printable(certificate.issuer.rfc4514_string()),
        self_signed=certificate.issuer == certificate.subject,
        san=_names(certificate),
        key=_key(certificate),
        serial=f"{certificate.serial_number:x}",
        trusted=trusted,
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    kinds = (x509.UniformResourceIdentifier, x509.DNSName, x509.IPAddress)
    return tuple(_printable(str(name.value)) for name in found if isinstance(name, kinds))[:MAX_NAMES]


def _printable(text: str) -> str:
    """A stranger's text without what could disturb a terminal or a table."""
    return "".join(mark if mark.isprintable() else "?" for mark in text[:300])


def _key(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else ""
