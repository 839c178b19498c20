"""Owns what one probing saw: per target its control handshake, its certificate, and what each kind of caller got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ztassess.domain.findings import Part

VARIANTS = ("tls13_no_cert", "tls12_no_cert", "wrong_cert", "right_cert", "plaintext")
RESULTS = (
    *("alert", "http", "data", "eof", "reset", "timeout", "unreachable"),
    *("not_offered", "not_tls", "failed"),
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server showed of itself.

    Attributes:
        san: subject alternative names; URIs such as ``spiffe://...`` as they are.
        key: such as ``EC P-256`` or ``RSA 2048``; empty if unknown.
        serial: number in hexadecimal; empty if unknown.
        trusted: whether the authority the person named signed it; None if nobody named one.
    """

    not_before: datetime
    not_after: datetime
    issuer: str
    self_signed: bool
    san: tuple[str, ...]
    key: str = ""
    serial: str = ""
    trusted: bool | None = None

    @property
    def life(self) -> timedelta:
        """How long it is valid in all."""
        return self.not_after - self.not_before


@dataclass(frozen=True, slots=True)
class Control:
    """The handshake of a caller who has no certificate and asks for nothing.

    Attributes:
        protocol: such as ``TLSv1.3``; empty if it did not come that far.
        error: why no server hello was seen (one of `RESULTS`, or ``blocked``, ``partial_data``); empty if one was.
    """

    server_hello: bool
    protocol: str
    alpn: str
    certificate: Certificate | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one kind of caller got.

    Attributes:
        variant: one of `VARIANTS`.
        result: one of `RESULTS`.
        alert: number of the TLS alert (RFC 8446, 6).
        body_match: name of a known sentence in the answer: ``no_certificate``, ``bad_certificate``, ``plain_text``.
        server_hello: None where the file does not say.
        certificate_requested: seen in TLS 1.2 only; None means not seen, not "no".
    """

    variant: str
    result: str
    alert: int | None = None
    phase: str = ""
    http_status: int | None = None
    body_match: str = ""
    server_hello: bool | None = None
    certificate_requested: bool | None = None


@dataclass(frozen=True, slots=True)
class ProbedTarget:
    """One service, and everything that was tried on it.

    Attributes:
        detail: one sentence for a person where nothing could be tried; empty otherwise.
    """

    label: str
    host: str
    port: int
    sensitive: bool
    control: Control
    attempts: tuple[Attempt, ...] = ()
    detail: str = ""

    @property
    def where(self) -> str:
        """``host:port``, the stable identifier of a finding."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def attempt(self, variant: str) -> Attempt | None:
        """The attempt of this kind; None if it was not made."""
        return next((each for each in self.attempts if each.variant == variant), None)


@dataclass(frozen=True, slots=True)
class TlsSnapshot:
    """One probing of all declared targets.

    Attributes:
        vantage: where the caller stood; plain text is judged only from outside of the mesh.
    """

    taken_at: datetime
    vantage: str
    targets: Part[ProbedTarget]

    @property
    def outside_the_mesh(self) -> bool:
        """True if no sidecar of the caller's own could have upgraded its plain text."""
        return "outside the mesh" in self.vantage
