"""A SCIM service with the manners of real applications: some ignore the filter, the count, or the truth."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.vendor import CANARY, Answer, Request, Vendor

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
TOKEN = f"token-{CANARY}"


def account(number: int, name: str = "", active: Any = True, **more: Any) -> dict[str, Any]:
    """A user as it comes, with what must not be kept. ``active=None`` leaves the field out."""
    name = name or f"user-{number:03}@acme.example"
    value = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": f"id-{number:05}",
        "userName": name,
        "emails": [{"value": name, "type": "work", "primary": True}] if "@" in name else [],
        "active": active,
        "password": CANARY,
        "displayName": CANARY,
        "meta": {"resourceType": "User", "lastModified": "2026-11-02T08:00:00Z"},
        **more,
    }
    return {field: each for field, each in value.items() if each is not None}


def error(status: int, detail: str = "", kind: str = "") -> Answer:
    """An error as RFC 7644, 3.12, writes it."""
    value = {"schemas": [ERROR], "status": str(status), "detail": detail, "scimType": kind}
    return Answer({name: each for name, each in value.items() if each}, status)


class ScimFake(Vendor):
    """One application.

    Attributes:
        users: what it holds.
        filters: it honors a filter.
        rows: rows of a page whatever is asked for; None honors ``count``.
        starts: it honors ``startIndex``.
        states: the total it states in place of the right one, by the number of accounts.
        per_page: what it writes as ``itemsPerPage`` in place of the right number.
        endless: it invents accounts for ever.
        beyond: its answer to a page after the last; None sends an empty page.
    """

    def __init__(self, *users: dict[str, Any]) -> None:
        super().__init__()
        self.users = list(users)
        self.filters = True
        self.rows: int | None = None
        self.starts = True
        self.states: Any = None
        self.per_page: int | None = None
        self.endless = False
        self.beyond: Answer | None = None
        self.route("GET", "/scim/v2/Users")(self._list)
        self.route("GET", "/scim/v2/ServiceProviderConfig")(self._config)

    @property
    def address(self) -> str:
        """The SCIM base URL."""
        return f"{self.base}/scim/v2"

    def _config(self, request: Request) -> Answer:
        return self._refused(request) or Answer(
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
                "patch": {"supported": True},
                "filter": {"supported": self.filters, "maxResults": 200},
                "authenticationSchemes": [{"type": "oauthbearertoken", "name": CANARY, "description": CANARY}],
            }
        )

    def _refused(self, request: Request) -> Answer | None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, f"Invalid token {request.token}")
        return None

    def _list(self, request: Request) -> Answer:
        refused = self._refused(request)
        if refused is not None:
            return refused
        found = self.users
        asked = request.query.get("filter", "")
        if asked and self.filters:
            if not re.fullmatch(r"active eq true", asked):
                return error(400, "Not understood", "invalidFilter")
            found = [user for user in found if user.get("active") is True]
        start = int(request.query["startIndex"]) if self.starts else 1
        count = self.rows or int(request.query["count"])
        rows = found[start - 1 : start - 1 + count]
        if self.endless:
            rows = [account(number) for number in range(start, start + count)]
        elif start > max(1, len(found)) and self.beyond is not None:
            return self.beyond
        value = {
            "schemas": [LIST],
            "totalResults": len(found) if self.states is None else self.states(len(found)),
            "startIndex": start,
            "itemsPerPage": len(rows) if self.per_page is None else self.per_page,
            "Resources": rows,
        }
        if not rows:
            del value["Resources"]  # RFC 7644, 3.4.2: required only where there are any
        return Answer(value)
