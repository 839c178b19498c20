"""Owns the interface of Kandji (Iru): one function for each endpoint, each reply turned into typed values at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, distinct, row_of, rows_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer, NotFound
from ztassess.connectors.kandji.form import address_of
from ztassess.connectors.kandji.snapshot import AppleDevice, FileVault

VENDOR: Final = "Kandji (Iru)"
DEVICES: Final = "/api/v1/devices"
LIST, DETAILS = "Device list", "Device details"
PAGE: Final = 300
# 50 questions a second and 10,000 an hour are published for a tenant; half of the first is ours at the most.
PACE: Final = Pace(width=5, per_second=25.0)
WORDS: Final = {"true": True, "yes": True, "false": False, "no": False, "": None}


@contextmanager
def kandji_session(context: ReadContext) -> Iterator[ApiSession]:
    """A session with the tenant that was entered."""
    token = context.secrets.get("api_token", "").strip()

    def authorize(session: ApiSession, renew: bool) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}

    with api_session(context, VENDOR, address_of(context.config), authorize=authorize, pace=PACE) as session:
        yield session


def devices(session: ApiSession, size: int = PAGE) -> Iterator[AppleDevice]:
    """API, "List devices", until a page is empty. Raises as `ApiSession.get`.

    Raises:
        Incomplete: a device came twice.
    """
    yield from distinct(_pages(session, size), lambda device: device.id, VENDOR)


def _pages(session: ApiSession, size: int) -> Iterator[AppleDevice]:
    """No page says how many devices there are; a page may be shorter than asked for without being the last."""
    skip = 0
    while rows := rows_of(session.get(DEVICES, {"limit": size, "offset": skip}, scope=LIST).value, "Device"):
        # One by one, so that a device of another form does not take those before it away.
        yield from (device_of(row) for row in rows)
        skip += len(rows)
        session.context.budget.spend_page()


def devices_of(page: Any) -> Iterator[AppleDevice]:
    """The devices of one page. Raises `BadAnswer`."""
    return (device_of(row) for row in rows_of(page, "Device"))


def device_of(row: Row) -> AppleDevice:
    """One entry of the list. Raises `BadAnswer`."""
    # A device without a user has an empty text where others have an object.
    owned = isinstance(row.value.get("user"), dict)
    return AppleDevice(
        id=row.text("device_id"),
        name=row.text("device_name", "") or row.text("serial_number", "unnamed device"),
        platform=row.text("platform", ""),
        os_version=row.text("os_version", ""),
        mdm=row.flag("mdm_enabled", None),
        missing=row.flag("is_missing", None),
        removed=bool(row.flag("is_removed", None)),
        checked_in=row.moment("last_check_in", None),
        owner=row.text("user.email", "").lower() if owned else "",
    )


def file_vault(session: ApiSession, device: str) -> FileVault:
    """API, "Get device details". Raises as `ApiSession.get`.

    A device that was deleted meanwhile tells nothing.
    """
    try:
        reply = session.get(f"{DEVICES}/{quote(device, safe='')}/details", scope=DETAILS)
    except NotFound:
        return FileVault(device, None)
    return FileVault(device, enabled_of(reply.value))


def enabled_of(page: Any) -> bool | None:
    """Whether FileVault is on, as the details of one device tell. Raises `BadAnswer`."""
    row = row_of(page, "DeviceDetails")
    if not isinstance(row.value.get("filevault"), dict):
        return None
    found = row.value["filevault"].get("filevault_enabled")
    if isinstance(found, str):
        word = row.text("filevault.filevault_enabled", "").lower()
        if word not in WORDS:
            raise BadAnswer("DeviceDetails.filevault.filevault_enabled is neither yes nor no.")
        return WORDS[word]
    return row.flag("filevault.filevault_enabled", None)


def id_of(page: Any) -> str:
    """Which device the details are of. Raises `BadAnswer`."""
    return row_of(page, "DeviceDetails").text("general.device_id")
