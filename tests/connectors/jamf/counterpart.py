"""A Jamf Pro server with a Mac that is being encrypted, and one that Jamf no longer manages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.jamf.fake import BOOT, CLIENT, SECRET, Server, computer
from tests.fakes.counterpart import Counterpart


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    boot = {"partitionName": "main", "partitionFileVault2State": "ENCRYPTING", "partitionFileVault2Percent": 41}
    with Server(
        computer(1), computer(2, **{BOOT: boot}), computer(3, general__remoteManagement={"managed": False})
    ) as server:
        yield Counterpart(
            entered={"base_url": server.base, "client_id": CLIENT},
            secrets={"client_secret": SECRET},
            fails="jamf.devices_healthy",
        )
