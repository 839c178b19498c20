"""Owns a Kandji (Iru) tenant on loopback: it checks the token and its permissions, and pages by offset without saying
how many devices there are.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.vendor import CANARY, Answer, Request, Vendor

TENANT, TOKEN = "acme", "kandji-token-7"
ADDRESS, EUROPE = "https://acme.api.kandji.io", "https://acme.api.eu.kandji.io"
DEVICES = "/api/v1/devices"
LIST, DETAILS = "Device list", "Device details"


def refusal(detail: str, status: int) -> Answer:
    """The error object of the vendor."""
    return Answer({"detail": detail}, status)


def device(number: int, **changes: Any) -> dict[str, Any]:
    """One device in order, as the list shows it; ``filevault`` is shown by its details only."""
    made: dict[str, Any] = {
        "device_id": f"id-{number}",
        "device_name": f"mac{number}",
        "model": "MacBook Air (M1, 2020)",
        "serial_number": f"C0{number}",
        "platform": "Mac",
        "os_version": "15.1",
        "last_check_in": "2026-11-22T14:11:37.150080Z",
        "user": {"email": f"Person{number}@acme.example", "name": CANARY, "id": "u", "is_archived": False},
        "asset_tag": CANARY,
        "blueprint_name": "Default",
        "mdm_enabled": True,
        "agent_installed": True,
        "is_missing": False,
        "is_removed": False,
        "first_enrollment": "2026-01-26 16:15:36.087016+00:00",
        "lost_mode_status": "",
        "tags": [],
        "filevault": {"filevault_enabled": True, "filevault_recoverykey_type": "Personal"},
    }
    return made | changes


class Tenant(Vendor):
    """One tenant.

    Attributes:
        devices: as `device` makes them.
        permissions: of the token.
        most: rows of a page at the most, whatever was asked for.
    """

    def __init__(self, *devices: dict[str, Any]) -> None:
        super().__init__()
        self.reset(*devices)
        self.route("GET", DEVICES)(self._guarded(LIST, self._list))
        self.route("GET", f"{DEVICES}/([^/]+)/details")(self._guarded(DETAILS, self._details))

    def reset(self, *devices: dict[str, Any]) -> None:
        """A tenant in order, as if it had just been started."""
        self.faults.clear()
        self.requests.clear()
        self.devices = list(devices) or [device(each) for each in (1, 2, 3)]
        self.permissions = {LIST, DETAILS}
        self.most = 300

    def _guarded(self, permission: str, route: Any) -> Any:
        def answer(request: Request) -> Answer:
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return refusal("Invalid token.", 401)
            if permission not in self.permissions:
                return refusal("You do not have permission to perform this action.", 403)
            return route(request)  # type: ignore[no-any-return]  an Answer, see the routes

        return answer

    def _list(self, request: Request) -> Answer:
        start = int(request.query.get("offset", 0))
        size = min(self.most, int(request.query.get("limit", 300)))
        rows = [{name: value for name, value in row.items() if name != "filevault"} for row in self.devices]
        return Answer(rows[start : start + size])

    def _details(self, request: Request) -> Answer:
        found = next((row for row in self.devices if row["device_id"] == request.match[1]), None)
        if found is None:
            return refusal("Not found.", 404)
        general = {"device_id": found["device_id"], "device_name": found["device_name"], "last_user": CANARY}
        return Answer({"general": general, "mdm": {"mdm_enabled": "True"}, "filevault": found["filevault"],
                       "users": {"regular_users": [{"username": CANARY}]}})  # fmt: skip
