"""Owns the company's two sensitive services as the inside TLS runner sees them, in the form of its result file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.tls_probe.runner import FORMAT
from ztassess.demo.company import DOMAIN
from ztassess.demo.systems.base import System

SENSITIVE: Final = ("billing", "ledger")
_CERTIFICATE_REQUIRED, _HANDSHAKE_FAILURE, _UNKNOWN_AUTHORITY = 116, 40, 48


@dataclass(frozen=True, slots=True)
class Services:
    """Nothing changes between uploads: the services demand a certificate that lives too long."""

    certificate_days: int = 90


def _attempts() -> list[dict[str, Any]]:
    """Every stranger is refused as OpenSSL's servers do it (alerts of RFC 8446, 6)."""

    def attempt(variant: str, **said: Any) -> dict[str, Any]:
        return {"variant": variant, "alert": None, "phase": "read", "http_status": None, "body_match": None, **said}

    return [
        attempt("tls13_no_cert", result="alert", alert=_CERTIFICATE_REQUIRED),
        attempt("tls12_no_cert", result="alert", alert=_HANDSHAKE_FAILURE, phase="handshake", server_hello=True),
        attempt("wrong_cert", result="alert", alert=_UNKNOWN_AUTHORITY),
        attempt("plaintext", result="http", http_status=400, body_match="plain_text"),
    ]


def _service(place: int, name: str, services: Services, now: datetime) -> dict[str, Any]:
    host, begins = f"{name}.internal.{DOMAIN}", now - timedelta(days=3)
    certificate = {
        "not_before": begins.isoformat(),
        "not_after": (begins + timedelta(days=services.certificate_days)).isoformat(),
        "issuer": "O=Northwind Ledger internal",
        "self_signed": False,
        "san": [f"spiffe://{DOMAIN}/service/{name}", host],
        "key": "EC P-256",
        "serial": f"5a{place:02x}",
    }
    control = {"server_hello": True, "protocol": "TLSv1.3", "alpn": "h2", "certificate": certificate}
    return {"label": name, "host": host, "port": 8443, "sensitive": True, "control": control, "attempts": _attempts()}


def exports(services: Services, context: ReadContext) -> tuple[UploadedFile, ...]:
    """The result that the runner writes."""
    content = {
        "format": FORMAT,
        "taken_at": context.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "vantage": "inside, outside the mesh",
        "targets": [_service(place, name, services, context.now) for place, name in enumerate(SENSITIVE)],
    }
    return (UploadedFile("result.json", orjson.dumps(content)),)


SYSTEM: Final = System(
    slug="tls_probe",
    name="Sensitive services",
    start=Services(),
    exports=exports,
    beyond=None,
)
