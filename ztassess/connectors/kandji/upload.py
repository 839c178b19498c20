"""Owns reading exports of Kandji (Iru): pages of its interface, or a list of devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.device_export import LIST_FORMAT, NOT_GIVEN, ListedDevice, read_device_upload, whole_or_not
from ztassess.connectors.kandji import client
from ztassess.connectors.kandji.collect import tenant_of
from ztassess.connectors.kandji.snapshot import AppleDevice, FileVault, KandjiSnapshot

KNOWN: Final = ("devices", "details")
PAGES: Final = UploadFormat(
    "api_pages",
    "Pages of the API",
    "# devices-1.json, devices-2.json, ... until a page is empty\n"
    "GET /api/v1/devices?limit=300&offset=0\n"
    "# details-1.json, details-2.json, ... for each Mac\n"
    "GET /api/v1/devices/DEVICE_ID/details",
    (".json",),
    note="No page says how many devices there are, so say in export.json that all are there, and of which tenant: "
    '{"complete": true, "system": "acme", "taken_at": "2026-11-20T08:00:00Z"}.',
)
UPLOADS: Final = (PAGES, LIST_FORMAT)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> KandjiSnapshot:
    """The snapshot of an export. Raises `InputInvalid`."""
    tenant = tenant_of(context)
    connected = "" if tenant == "Kandji" else tenant
    upload = read_device_upload(files, context, KNOWN, vendor=client.VENDOR, system=connected)
    if upload.listed:
        claimed = tuple(_claimed(device) for device in upload.listed)
        return KandjiSnapshot(upload.moment, tenant, context.declared, claimed, file_vault=NOT_GIVEN)
    devices = upload.part("devices", client.devices_of, lambda device: device.id)
    file_vault = upload.part(
        "details", lambda page: (FileVault(client.id_of(page), client.enabled_of(page)),), lambda each: each.device
    )
    tenant = connected or str(upload.pages.about.get("system") or tenant)
    return KandjiSnapshot(upload.moment, tenant, context.declared, whole_or_not(upload, devices, None), file_vault)


def _claimed(device: ListedDevice) -> AppleDevice:
    return AppleDevice(
        id=device.serial,
        name=device.serial,
        platform=device.platform,
        os_version=device.os_version,
        checked_in=device.last_seen,
        owner=device.owner,
        encrypted=device.encrypted,
    )
