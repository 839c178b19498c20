"""Owns a Fleet server on loopback: it checks the token, hides other teams, pages by number, and tells of disks only on
the page of a single host, as Fleet's own source does.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.fakes.vendor import CANARY, Answer, Request, Vendor

TOKEN = "fleet-token-7"
HOSTS, ME, SUMMARY = "/api/v1/fleet/hosts", "/api/v1/fleet/me", "/api/v1/fleet/host_summary"


def problem(message: str, status: int) -> Answer:
    """Fleet's error object."""
    return Answer({"message": message, "errors": [{"name": "base", "reason": message}], "uuid": "1"}, status)


def host(number: int, **changes: Any) -> dict[str, Any]:
    """One host in order, in the shape that "List hosts" and "Get host" document."""
    made: dict[str, Any] = {
        "id": number,
        "created_at": "2026-01-05T05:09:44Z",
        "detail_updated_at": "2026-11-22T05:09:45Z",
        "seen_time": "2026-11-22T06:03:39Z",
        "hostname": f"m{number}.local",
        "computer_name": f"m{number}",
        "display_name": f"m{number}",
        "platform": "darwin",
        "os_version": "macOS 15.1",
        "hardware_serial": f"C0{number}",
        "status": "online",
        "team_id": 1,
        "team_name": "Laptops",
        "issues": {"failing_policies_count": 0, "total_issues_count": 0},
        "mdm": {"enrollment_status": "On (automatic)", "name": "Fleet", "encryption_key_available": True},
        "additional": {"secret": CANARY},
        "policies": [{"id": 1, "name": "Firewall on", "query": CANARY, "response": "pass"}],
        "device_mapping": [{"email": f"person{number}@acme.example", "source": "google_chrome_profiles"}],
        "disk_encryption_enabled": True,
    }
    return made | changes


class Server(Vendor):
    """One Fleet server.

    Attributes:
        hosts: as `host` makes them; the list leaves out what Fleet leaves out of it.
        role: global role of the token's user; empty for a user of teams.
        teams: roles in teams, by team id.
        most: rows of a page at the most, whatever was asked for.
        tells_disks: the list tells of disks too.
    """

    def __init__(self, *hosts: dict[str, Any]) -> None:
        super().__init__()
        self.reset(*hosts)
        self.route("GET", ME)(self._guarded(self._me))
        self.route("GET", HOSTS)(self._guarded(self._list))
        self.route("GET", SUMMARY)(self._guarded(lambda _: Answer({"totals_hosts_count": len(self._seen())})))
        self.route("GET", f"{HOSTS}/([0-9]+)")(self._guarded(self._one))

    def reset(self, *hosts: dict[str, Any]) -> None:
        """A server in order, as if it had just been started."""
        self.faults.clear()
        self.requests.clear()
        self.hosts = list(hosts) or [host(1), host(2, platform="windows", os_version="Windows 11 Pro"), host(3)]
        self.role, self.teams = "observer", dict[int, str]()
        self.most, self.tells_disks = 2, False

    def _guarded(self, route: Any) -> Any:
        def answer(request: Request) -> Answer:
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return problem("Authentication required", 401)
            return route(request)  # type: ignore[no-any-return]  an Answer, see the routes

        return answer

    def _seen(self) -> list[dict[str, Any]]:
        return [each for each in self.hosts if self.role or each["team_id"] in self.teams]

    def _me(self, _: Request) -> Answer:
        teams = [{"id": team, "name": f"Team {team}", "role": role} for team, role in self.teams.items()]
        user = {"id": 9, "name": "ztassess", "email": "zt@acme.example", "global_role": self.role or None,
                "api_only": True, "teams": teams}  # fmt: skip
        return Answer({"user": user, "available_teams": []})

    def _list(self, request: Request) -> Answer:
        query = request.query
        rows = deepcopy(self._seen())
        # Without an order the database gives what it likes, and another order for another page.
        rows = sorted(rows, key=lambda row: row["id"], reverse=query.get("order_key") != "id")
        size = min(self.most, int(query.get("per_page", self.most)))
        start = int(query.get("page", 0)) * size
        for row in rows:
            if not self.tells_disks:
                row.pop("disk_encryption_enabled", None)
            for name, wanted in (("policies", "populate_policies"), ("device_mapping", "device_mapping")):
                if query.get(wanted) != "true":
                    row.pop(name, None)
        return Answer({"hosts": rows[start : start + size]})

    def _one(self, request: Request) -> Answer:
        found = next((each for each in self._seen() if str(each["id"]) == request.match[1]), None)
        if found is None:
            return problem("Resource Not Found", 404)
        row = {name: value for name, value in found.items() if value is not None}
        if request.query.get("exclude_software") != "true":
            row["software"] = [{"name": CANARY, "version": "1"}] * 1000
        return Answer({"host": row})
