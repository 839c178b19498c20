"""Owns a Jamf Pro server on loopback: it signs API clients in for some questions only, checks privileges, pages by
number, and gives the sections that were asked for.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.vendor import CANARY, Answer, Request, Vendor

CLIENT, SECRET = "1979ca82-client", "jamf-secret-7"
INVENTORY, OLD_INVENTORY = "/api/v3/computers-inventory", "/api/v1/computers-inventory"
TOKENS, OLD_TOKENS = "/api/v1/oauth/token", "/api/oauth/token"
AUTH = "/api/v1/auth"
SECTIONS = {
    "GENERAL": "general",
    "DISK_ENCRYPTION": "diskEncryption",
    "OPERATING_SYSTEM": "operatingSystem",
    "USER_AND_LOCATION": "userAndLocation",
}


def problem(code: str, status: int) -> Answer:
    """Jamf Pro's error object."""
    errors = [{"code": code, "field": "", "description": "Forbidden", "id": "0"}]
    return Answer({"httpStatus": status, "errors": errors}, status)


def computer(number: int, **changes: Any) -> dict[str, Any]:
    """One computer in order; keys of `changes` are dotted paths with two underscores for a dot."""
    made: dict[str, Any] = {
        "id": str(number),
        "udid": f"udid-{number}",
        "general": {
            "name": f"mac{number}",
            "platform": "Mac",
            "lastIpAddress": CANARY,
            "lastContactTime": "2026-11-22T18:04:13Z",
            "remoteManagement": {"managed": True, "managementUsername": CANARY},
        },
        "diskEncryption": {
            "bootPartitionEncryptionDetails": {
                "partitionName": "main",
                "partitionFileVault2State": "ENCRYPTED",
                "partitionFileVault2Percent": 100,
            },
            "individualRecoveryKeyValidityStatus": "VALID",
            "fileVault2EnabledUserNames": [CANARY],
        },
        "operatingSystem": {"name": "macOS", "version": "15.1"},
        "userAndLocation": {"username": f"person{number}", "email": f"Person{number}@acme.example", "phone": CANARY},
    }
    for path, value in changes.items():
        *outer, last = path.split("__")
        place = made
        for name in outer:
            place = place[name]
        place[last] = value
    return made


BOOT = "diskEncryption__bootPartitionEncryptionDetails"


class Server(Vendor):
    """One Jamf Pro server.

    Attributes:
        computers: as `computer` makes them.
        privileges: of the API role, by site; ``-1`` is the whole server.
        privilege_set: of the account.
        old: a server before version 11: first inventory and first token address only.
        uses: how many questions one token is good for.
    """

    def __init__(self, *computers: dict[str, Any]) -> None:
        super().__init__()
        self.reset(*computers)
        self.route("POST", TOKENS)(lambda request: problem("NOT_FOUND", 404) if self.old else self._sign_in(request))
        self.route("POST", OLD_TOKENS)(self._sign_in)
        self.route("GET", AUTH)(self._guarded("", self._auth))
        self.route("GET", INVENTORY)(
            self._guarded("Read Computers", lambda asked: problem("NOT_FOUND", 404) if self.old else self._list(asked))
        )
        self.route("GET", OLD_INVENTORY)(self._guarded("Read Computers", self._list))

    def reset(self, *computers: dict[str, Any]) -> None:
        """A server in order, as if it had just been started."""
        self.faults.clear()
        self.requests.clear()
        self.computers = list(computers) or [computer(each) for each in (1, 2, 3)]
        self.privileges: dict[str, list[str]] = {"-1": ["Read Computers"]}
        self.privilege_set = "CUSTOM"
        self.old, self.uses, self.signed_in = False, 1000, 0
        self.left: dict[str, int] = {}

    def _sign_in(self, request: Request) -> Answer:
        form = request.form()
        if form["grant_type"] != "client_credentials" or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return Answer({"error": "invalid_client", "error_description": CANARY}, 400)
        self.signed_in += 1
        token = f"token-{self.signed_in}"
        self.left[token] = self.uses
        return Answer({"access_token": token, "scope": "api-role:2", "token_type": "Bearer", "expires_in": 59})

    def _guarded(self, privilege: str, route: Any) -> Any:
        def answer(request: Request) -> Answer:
            with self._lock:
                left = self.left.get(request.token, 0)
                if left:
                    self.left[request.token] -= 1
            if not left:
                return problem("INVALID_TOKEN", 401)
            if privilege and privilege not in {name for names in self.privileges.values() for name in names}:
                return problem("INVALID_PRIVILEGE", 403)
            return route(request)  # type: ignore[no-any-return]  an Answer, see the routes

        return answer

    def _auth(self, _: Request) -> Answer:
        account = {"id": "1", "username": "ztassess", "privilegeSet": self.privilege_set,
                   "privilegesBySite": self.privileges}  # fmt: skip
        return Answer({"account": account, "accountGroups": [], "sites": [],
                       "authenticationType": "CLIENT_CREDENTIALS"})  # fmt: skip

    def _list(self, request: Request) -> Answer:
        wanted = {SECTIONS[name] for name in request.all.get("section", ["GENERAL"])}
        size, page = int(request.query.get("page-size", 100)), int(request.query.get("page", 0))
        rows = sorted(self.computers, key=lambda row: int(row["id"]), reverse=request.query.get("sort") != "id:asc")
        shown = [
            {name: value for name, value in row.items() if name in wanted | {"id", "udid"}}
            for row in rows[page * size : (page + 1) * size]
        ]
        return Answer({"totalCount": len(rows), "results": shown})
