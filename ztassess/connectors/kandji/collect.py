"""Owns reading one tenant of Kandji (Iru): all devices, then FileVault of each Mac."""

from __future__ import annotations

from collections.abc import Iterator

from ztassess.connectors.api import ApiSession, fan_out
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.device_reading import read_details, read_list
from ztassess.connectors.judging import rows_read
from ztassess.connectors.kandji import client
from ztassess.connectors.kandji.snapshot import AppleDevice, FileVault, KandjiSnapshot
from ztassess.domain.findings import Part

MAC = "Mac"


def collect(context: ReadContext) -> KandjiSnapshot:
    """Read the tenant. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        ConnectorError: nothing at all could be read.
    """
    with client.kandji_session(context) as session:
        (devices,) = read_list(context, session, "devices", lambda: client.devices(session))
        file_vault = _file_vault(context, session, devices)
    return KandjiSnapshot(context.now, tenant_of(context), context.declared, devices, file_vault)


def tenant_of(context: ReadContext) -> str:
    """Name of the tenant; ``Kandji`` if none was entered."""
    return str(context.config.get("subdomain") or "") or "Kandji"


def _file_vault(context: ReadContext, session: ApiSession, devices: Part[AppleDevice]) -> Part[FileVault]:
    asked = [device.id for device in rows_read(devices) if device.platform == MAC and not device.removed]

    def rows() -> Iterator[FileVault]:
        return fan_out(session, asked, lambda device: client.file_vault(session, device))

    return read_details(context, session, "file_vault", rows)
