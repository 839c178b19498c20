"""A small Cloudflare on loopback: one account with its zones, scopes of the token, numbered pages, 404 entry points."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.cloudflare.account import ACCESS, ACCOUNT, DECLARED, ENTERED, FULL, TOKEN, compliant, policy
from tests.fakes.vendor import CANARY, Answer, Request, Vendor, context_for
from ztassess.connectors.cloudflare import CONNECTOR
from ztassess.connectors.cloudflare.envelope import ORIGIN
from ztassess.connectors.contract import ReadContext


def ok(result: Any, info: Mapping[str, int] | None = None, **more: Any) -> Answer:
    """A success in the vendor's envelope."""
    body = {"success": True, "errors": [], "messages": [], "result": result}
    return Answer({**body, "result_info": dict(info)} if info else body, **more)


def refused(status: int, code: int, message: str) -> Answer:
    """An error in the vendor's envelope."""
    return Answer(
        {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}, status
    )


SCOPES = {
    "": "Account Settings Read",
    "access/apps": ACCESS[0],
    "access/policies": ACCESS[0],
    "access/apps/ca": ACCESS[0],
    "access/groups": ACCESS[1],
    "access/identity_providers": ACCESS[1],
    "access/organizations": ACCESS[1],
    "access/service_tokens": ACCESS[2],
    "devices/posture": ACCESS[3],
    "access/gateway_ca": ACCESS[4],
    "cfd_tunnel": "Cloudflare Tunnel Read",
    "teamnet/routes": "Cloudflare One Networks Read",
    "gateway/rules": "Zero Trust Read",
    "infrastructure/targets": "Zero Trust Read",
    "logpush/jobs": "Logs Write",
}
UNPAGED = frozenset({"devices/posture", "access/gateway_ca", "gateway/rules", "logpush/jobs"})


@dataclass
class TokenState:
    """The token as the account knows it."""

    value: str = TOKEN
    groups: tuple[str, ...] = FULL
    status: str = "active"
    expires_on: str | None = "2027-01-15T00:00:00Z"
    addresses: tuple[str, ...] = ("198.51.100.0/24",)
    account_owned: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


class Cloudflare(Vendor):
    """The fake: `state` is what it holds, `token` who may ask, `largest` the most rows of a page it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.reset()
        root, account = "/client/v4", f"/client/v4/accounts/{ACCOUNT}"
        for method, path, route in (
            ("GET", rf"{root}/user/tokens/verify", self._user_verify),
            ("GET", rf"{root}/accounts/([0-9a-f]+)/tokens/verify", self._account_verify),
            ("GET", rf"(?:{account}|{root}/user)/tokens/tok-1", self._token),
            ("GET", rf"{account}/cfd_tunnel/([^/]+)/configurations", self._configuration),
            ("GET", rf"{account}/access/apps/([^/]+)/policies", self._app_policies),
            ("GET", rf"{account}(?:/(.*))?", self._account),
            ("GET", rf"{root}/zones", self._zones),
            ("GET", rf"{root}/zones/([^/]+)/dns_records", self._records),
            ("GET", rf"{root}/zones/([^/]+)/rulesets/phases/([a-z_]+)/entrypoint", self._entry_point),
        ):
            self.route(method, path)(route)

    def reset(self) -> None:
        """Begin again: a compliant account, a full token, no faults, nothing asked yet."""
        self.state, self.token, self.largest = compliant(), TokenState(), 1000
        self.faults, self.requests = [], []
        self.latency, self.most_at_once = 0.0, 0

    def _lacks(self, request: Request, scope: str) -> Answer | None:
        if request.token != self.token.value:
            return refused(401, 1000, "Invalid API Token")
        return None if scope in ("", *self.token.groups) else refused(403, 10000, "Authentication error")

    def _verified(self) -> Answer:
        facts = {"id": "tok-1", "status": self.token.status, "expires_on": self.token.expires_on}
        return ok({key: value for key, value in facts.items() if value is not None})

    def _user_verify(self, request: Request) -> Answer:
        if request.token != self.token.value or self.token.account_owned:
            return refused(401, 1000, "Invalid API Token")
        return self._verified()

    def _account_verify(self, request: Request) -> Answer:
        if request.match[1] != ACCOUNT:
            return refused(404, 7003, "Could not route to /accounts, perhaps your object identifier is invalid?")
        if request.token != self.token.value or not self.token.account_owned:
            return refused(401, 1000, "Invalid API Token")
        return self._verified()

    def _token(self, request: Request) -> Answer:
        groups = [{"id": f"pg{n}", "name": name} for n, name in enumerate(self.token.groups)]
        condition = {"request_ip": {"in": list(self.token.addresses)}} if self.token.addresses else {}
        policies = [{"id": "p", "effect": "allow", "permission_groups": groups, "resources": {}}]
        value = {"id": "tok-1", "policies": policies, "condition": condition, "value": CANARY}
        return self._lacks(request, "Account API Tokens Read") or ok(value)

    def _account(self, request: Request) -> Answer:
        path = request.match[1] or ""
        if path not in SCOPES:
            return refused(404, 7003, "Could not route")
        lacking = self._lacks(request, SCOPES[path])
        if lacking is not None:
            return lacking
        if path in self.state.singles:
            return ok(self.state.singles[path])
        rows = self.state.lists[path]
        return ok(rows) if path in UNPAGED else self._page(request, rows)

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        size = min(int(request.query.get("per_page", 20)), self.largest)
        number = int(request.query.get("page", 1))
        page = rows[(number - 1) * size : number * size]
        info = {"page": number, "per_page": size, "count": len(page), "total_count": len(rows)}
        headers = {"ratelimit": '"default";r=1100;t=30', "ratelimit-policy": '"burst";q=1200;w=300'}
        return ok(page, info, headers=headers)

    def _configuration(self, request: Request) -> Answer:
        return self._lacks(request, SCOPES["cfd_tunnel"]) or ok(self.state.configurations[request.match[1]])

    def _app_policies(self, request: Request) -> Answer:
        return self._lacks(request, SCOPES["access/apps"]) or self._page(request, [policy()])

    def _zones(self, request: Request) -> Answer:
        seen = self.state.zones if "Zone Read" in self.token.groups else []
        return self._lacks(request, "") or self._page(request, seen)

    def _records(self, request: Request) -> Answer:
        return self._lacks(request, "DNS Read") or self._page(request, self.state.records[request.match[1]])

    def _entry_point(self, request: Request) -> Answer:
        lacking = self._lacks(request, "Zone WAF Read")
        if lacking is not None:
            return lacking
        rules = self.state.rulesets.get((request.match[1], request.match[2]))
        if rules is None:
            return refused(404, 10003, f'could not find entrypoint ruleset in the "{request.match[2]}" phase')
        return ok({"id": "rs", "rules": rules, "phase": request.match[2]})


def context(fake: Cloudflare, entered: Mapping[str, str] | None = None, **more: Any) -> ReadContext:
    """A run against the fake, with what the organization declared."""
    return context_for(
        CONNECTOR,
        {**ENTERED, **(entered or {})},
        {"api_token": TOKEN},
        endpoints={ORIGIN: fake.base},
        declared=more.pop("declared", DECLARED),
        **more,
    )


ANY_LIST = re.escape(f"/client/v4/accounts/{ACCOUNT}/") + "access/apps"
