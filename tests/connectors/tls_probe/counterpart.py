"""A service over real TLS that lets any client in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.fakes.vendor import Answer, Vendor, authority


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    service = Vendor()
    service.route("GET", ".*")(lambda _: Answer({"ok": True}))
    with service:
        yield Counterpart(
            entered={
                "targets": service.base.removeprefix("https://"),
                "trusted_ca": authority()[0].cert_pem.bytes().decode(),
            },
            fails="tls_probe.client_certificate_required",
            passes="tls_probe.certificate_valid",
            real=True,
        )
