"""Owns reading exports of Fleet: pages of its interface, or a list of devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ztassess.connectors.api import row_of
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.device_export import (
    LIST_FORMAT,
    NOT_GIVEN,
    ListedDevice,
    read_device_upload,
    whole_or_not,
)
from ztassess.connectors.fleet import client
from ztassess.connectors.fleet.collect import server_of
from ztassess.connectors.fleet.snapshot import FleetSnapshot, Host

KNOWN: Final = ("hosts", "host_summary", "host")
PAGES: Final = UploadFormat(
    "api_pages",
    "Pages of the REST API",
    "# hosts-1.json, hosts-2.json, ... until a page is empty\n"
    "GET /api/v1/fleet/hosts?page=0&per_page=100&order_key=id&populate_policies=true&device_mapping=true\n"
    "# host_summary.json, and host-1.json, host-2.json, ... for each host\n"
    "GET /api/v1/fleet/host_summary\n"
    "GET /api/v1/fleet/hosts/1?exclude_software=true",
    (".json",),
    note="The list does not tell of disks; they stay not checked without the page of each host. Say in export.json of "
    'which server it is: {"system": "fleet.example.com", "taken_at": "2026-11-20T08:00:00Z"}.',
)
UPLOADS: Final = (PAGES, LIST_FORMAT)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> FleetSnapshot:
    """The snapshot of an export. Raises `InputInvalid`."""
    server = server_of(context)
    connected = "" if server == "Fleet" else server
    upload = read_device_upload(files, context, KNOWN, vendor="Fleet", system=connected)
    if upload.listed:
        claimed = tuple(_claimed(device) for device in upload.listed)
        return FleetSnapshot(upload.moment, server, context.declared, claimed, encryption=NOT_GIVEN)
    listed = upload.part("hosts", client.hosts_of, lambda host: host.id)
    server = connected or str(upload.pages.about.get("system") or server)
    encryption = upload.part("host", lambda page: (client.encryption_of(page),), lambda each: each.host)
    hosts = whole_or_not(upload, listed, upload.total("host_summary", _total))
    return FleetSnapshot(upload.moment, server, context.declared, hosts, encryption)


def _claimed(device: ListedDevice) -> Host:
    return Host(
        id=device.serial,
        name=device.serial,
        platform=device.platform.lower(),
        os_version=device.os_version,
        seen=device.last_seen,
        encrypted=device.encrypted,
        owners=(device.owner,) if device.owner else (),
        claimed=True,
    )


def _total(page: Any) -> int:
    return row_of(page, "HostSummary").number("totals_hosts_count")
