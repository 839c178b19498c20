"""A Fleet server with one host that only waits for its enrollment, and one whose disk is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.fleet.fake import TOKEN, Server, host
from tests.fakes.counterpart import Counterpart


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    waiting = {"enrollment_status": "Pending", "name": "Fleet"}
    with Server(host(1), host(2, mdm=waiting), host(3, disk_encryption_enabled=False)) as server:
        yield Counterpart(
            entered={"base_url": server.base}, secrets={"api_token": TOKEN}, fails="fleet.devices_healthy"
        )
