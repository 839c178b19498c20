"""Owns reading exports of JumpCloud: pages of its interface, or a list of devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.device_export import (
    LIST_FORMAT,
    NOT_GIVEN,
    ListedDevice,
    read_device_upload,
    whole_or_not,
)
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.judging import rows_read
from ztassess.connectors.jumpcloud import client
from ztassess.connectors.jumpcloud.collect import org_of
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot, System

KNOWN: Final = ("systemusers", "systems")
PAGES: Final = UploadFormat(
    "api_pages",
    "Pages of the API",
    "# systemusers-1.json, systemusers-2.json, ..., systems-1.json, ...\n"
    "GET /api/systemusers?limit=100&skip=0&sort=_id\n"
    "GET /api/systems?limit=100&skip=0&sort=_id",
    (".json",),
    note="Every page must be there; each says how many rows there are. Say in export.json when you made it: "
    '{"taken_at": "2026-11-20T08:00:00Z"}.',
)
UPLOADS: Final = (PAGES, LIST_FORMAT)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> JumpCloudSnapshot:
    """The snapshot of an export. Raises `InputInvalid`."""
    org = org_of(context)
    connected = "" if org == "JumpCloud" else org
    upload = read_device_upload(files, context, KNOWN, vendor="JumpCloud", system=connected)
    if upload.listed:
        claimed = tuple(_claimed(device) for device in upload.listed)
        return JumpCloudSnapshot(upload.moment, org, context.declared, NOT_GIVEN, claimed)
    users = upload.part("systemusers", client.users_of, lambda user: user.id)
    systems = upload.part("systems", client.systems_of, lambda system: system.id)
    found = {user.organization for user in rows_read(users)} | {system.organization for system in rows_read(systems)}
    return JumpCloudSnapshot(
        upload.moment,
        _organization(found - {""}, connected) or org,
        context.declared,
        whole_or_not(upload, users, upload.total("systemusers", client.total_of)),
        whole_or_not(upload, systems, upload.total("systems", client.total_of)),
    )


def _organization(found: set[str], connected: str) -> str:
    """The one organization that all rows belong to.

    Raises:
        InputInvalid: several, or another than the connection's.
    """
    if len(found) > 1:
        raise InputInvalid("The pages belong to different organizations; nothing was judged from them.")
    if connected and found and found != {connected}:
        raise InputInvalid(
            f"This export is of organization {next(iter(found))[:40]}, but this connection is to {connected}; nothing "
            "was judged."
        )
    return connected or next(iter(found), "")


def _claimed(device: ListedDevice) -> System:
    return System(
        id=device.serial,
        name=device.serial,
        platform=device.platform,
        os_version=device.os_version,
        contact=device.last_seen,
        encrypted=device.encrypted,
        owner=device.owner,
        claimed=True,
    )
