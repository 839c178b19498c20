"""Owns reading exports of Jamf Pro: pages of its interface, or a list of devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.device_export import LIST_FORMAT, ListedDevice, read_device_upload, whole_or_not
from ztassess.connectors.jamf import client
from ztassess.connectors.jamf.collect import server_of
from ztassess.connectors.jamf.snapshot import LISTED_NO, LISTED_YES, Computer, JamfSnapshot

KNOWN: Final = ("computers",)
PAGES: Final = UploadFormat(
    "api_pages",
    "Pages of the Jamf Pro API",
    "# computers-1.json, computers-2.json, ...\n"
    "GET /api/v3/computers-inventory?section=GENERAL&section=DISK_ENCRYPTION&section=OPERATING_SYSTEM"
    "&section=USER_AND_LOCATION&page-size=100&sort=id:asc&page=0",
    (".json",),
    note="Every page must be there. Say in export.json of which server it is: "
    '{"system": "acme.jamfcloud.com", "taken_at": "2026-11-20T08:00:00Z"}.',
)
UPLOADS: Final = (PAGES, LIST_FORMAT)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> JamfSnapshot:
    """The snapshot of an export. Raises `InputInvalid`."""
    server = server_of(context)
    connected = "" if server == "Jamf Pro" else server
    upload = read_device_upload(files, context, KNOWN, vendor="Jamf Pro", system=connected)
    if upload.listed:
        claimed = tuple(_claimed(device) for device in upload.listed)
        return JamfSnapshot(upload.moment, server, context.declared, claimed)
    part = upload.part("computers", client.computers_of, lambda computer: computer.id)
    server = connected or str(upload.pages.about.get("system") or server)
    return JamfSnapshot(
        upload.moment, server, context.declared, whole_or_not(upload, part, upload.total("computers", client.total_of))
    )


def _claimed(device: ListedDevice) -> Computer:
    return Computer(
        id=device.serial,
        name=device.serial,
        platform=device.platform or "Mac",
        os_version=device.os_version,
        file_vault={True: LISTED_YES, False: LISTED_NO, None: ""}[device.encrypted],
        contact=device.last_seen,
        owner=device.owner,
    )
