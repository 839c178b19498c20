"""Owns a JumpCloud region on loopback: a console that takes keys and tokens and pages by rows to skip, and the address
that signs service accounts in.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from tests.fakes.vendor import CANARY, Answer, Request, Vendor

KEY, CLIENT, SECRET = "jumpcloud-key-7", "client-1", "jumpcloud-secret-7"
ORG, OTHER_ORG = "a" * 24, "b" * 24
USERS, SYSTEMS, ORGANIZATIONS = "/api/systemusers", "/api/systems", "/api/organizations"
CONSOLE, SIGN_IN = "https://console.jumpcloud.com", "https://admin-oauth.id.jumpcloud.com"
EUROPE = {"console": "https://console.eu.jumpcloud.com", "sign_in": "https://admin-oauth.id.eu.jumpcloud.com"}


def refusal(message: str, status: int) -> Answer:
    """JumpCloud's error object."""
    return Answer({"message": message}, status)


def user(number: int, **changes: Any) -> dict[str, Any]:
    """One active user with a second factor, in the shape of ``systemuserreturn``."""
    made: dict[str, Any] = {
        "_id": f"u{number}",
        "username": f"person{number}",
        "email": f"Person{number}@acme.example",
        "organization": ORG,
        "activated": True,
        "suspended": False,
        "state": "ACTIVATED",
        "enable_user_portal_multifactor": True,
        "totp_enabled": True,
        "mfa": {"configured": True, "exclusion": False},
        "mfaEnrollment": {"overallStatus": "ENROLLED", "totpStatus": "ENROLLED", "pushStatus": "NOT_ENROLLED"},
        "public_key": CANARY,
        "ssh_keys": [{"name": "k", "public_key": CANARY}],
        "ldap_binding_user": False,
        "samba_service_user": False,
        "admin": None,
    }
    return made | changes


def system(number: int, **changes: Any) -> dict[str, Any]:
    """One system in order, in the shape of ``system``."""
    made: dict[str, Any] = {
        "_id": f"s{number}",
        "displayName": f"laptop{number}",
        "hostname": f"laptop{number}.local",
        "organization": ORG,
        "os": "Mac OS X",
        "osFamily": "darwin",
        "version": "15.1",
        "active": True,
        "lastContact": "2026-11-22T18:04:13.000Z",
        "fde": {"active": True, "keyPresent": True},
        "remoteIP": CANARY,
        "primarySystemUser": {"id": f"u{number}"},
    }
    return made | changes


class Region(Vendor):
    """One region with one organization.

    Attributes:
        users, systems: as `user` and `system` make them.
        hidden: lists that the credential's role may not read.
        orgs: organizations of the administrator; with several, each question must say which.
        uses: how many questions one token is good for.
        most: rows of a page at the most.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reset()
        self.route("POST", "/oauth2/token")(self._token)
        self.route("GET", ORGANIZATIONS)(self._guarded(self._organizations))
        self.route("GET", USERS)(self._guarded(lambda request: self._page(request, self.users)))
        self.route("GET", SYSTEMS)(self._guarded(lambda request: self._page(request, self.systems)))

    def reset(self) -> None:
        """An organization in order, as if it had just been started."""
        self.faults.clear()
        self.requests.clear()
        self.users = [user(each) for each in (1, 2, 3)]
        self.systems = [system(each) for each in (1, 2, 3)]
        self.hidden: set[str] = set()
        self.orgs, self.uses, self.most = [ORG], 1000, 100
        self.left: dict[str, int] = {}

    def _token(self, request: Request) -> Answer:
        form, pair = request.form(), b64decode(request.token).decode()
        if pair != f"{CLIENT}:{SECRET}" or form != {"grant_type": "client_credentials", "scope": "api"}:
            return Answer({"error": "invalid_client", "error_description": CANARY}, 401)
        token = f"token-{len(self.left) + 1}"
        self.left[token] = self.uses
        return Answer({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def _guarded(self, route: Any) -> Any:
        def answer(request: Request) -> Answer:
            if not self._signed(request):
                return refusal("Unauthorized: please log in.", 401)
            named = request.headers.get("x-org-id") in self.orgs or request.path == ORGANIZATIONS
            if len(self.orgs) > 1 and not named:
                return refusal("Please provide a x-org-id header.", 401)
            if request.path in self.hidden:
                return refusal("Forbidden", 403)
            return route(request)  # type: ignore[no-any-return]  an Answer, see the routes

        return answer

    def _signed(self, request: Request) -> bool:
        if "x-api-key" in request.headers:
            return request.headers["x-api-key"] == KEY
        with self._lock:
            left = self.left.get(request.token, 0)
            self.left[request.token] = left - 1
        return left > 0

    def _organizations(self, _: Request) -> Answer:
        rows = [{"_id": each, "displayName": f"Acme {each[:2]}", "logoUrl": CANARY} for each in self.orgs]
        return Answer({"results": rows, "totalCount": len(rows)})

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        rows = sorted(rows, key=lambda row: str(row["_id"]), reverse=request.query.get("sort") != "_id")
        start, size = int(request.query.get("skip", 0)), min(self.most, int(request.query.get("limit", 10)))
        return Answer({"totalCount": len(rows), "results": rows[start : start + size]})
