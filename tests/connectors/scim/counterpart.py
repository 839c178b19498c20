"""A real SCIM service with accounts; nobody declared who left, so it can only tell what it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.services.scim import READER, start_scim


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    server = start_scim()
    try:
        tenant = server.tenant()
        tenant.add("anna@acme.example", "anna@acme.example")
        tenant.deactivate(tenant.add("cleo@acme.example"))
        yield Counterpart(entered={"base_url": tenant.base}, secrets={"bearer_token": READER}, real=True)
    finally:
        server.stop()
