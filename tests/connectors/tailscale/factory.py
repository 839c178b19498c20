"""Owns parts of a tailnet for tests, in the vendor's JSON and read by our own parsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.vendor import NOW
from ztassess.connectors.api import row_of
from ztassess.connectors.tailscale import parsing
from ztassess.connectors.tailscale.parsing_policy import policy_of
from ztassess.connectors.tailscale.rules import CHECKS
from ztassess.connectors.tailscale.snapshot import (
    Change,
    Credential,
    Device,
    TailnetDeclared,
    TailnetKey,
    TailscaleSnapshot,
)
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable

ANNA, BEN, CLEO = "anna@acme.example", "ben@acme.example", "cleo@acme.example"
ZERO = "0001-01-01T00:00:00Z"
HIDDEN = Unavailable("missing_scope", "x:read", "Scope x:read is missing.")
PARTIAL = Unavailable("partial_data", detail="It broke off.")


def ago(**span: float) -> str:
    return f"{NOW - timedelta(**span):%Y-%m-%dT%H:%M:%SZ}"


def ahead(**span: float) -> str:
    return f"{NOW + timedelta(**span):%Y-%m-%dT%H:%M:%SZ}"


def device_json(name: str, user: str = ANNA, **more: Any) -> dict[str, Any]:
    """A device as the interface lists it with all fields; names with dashes keep their place in the address range."""
    number = sum(name.encode()) % 200
    return {
        "id": f"9{number}",
        "nodeId": f"n{name}",
        "name": f"{name}.tail1234.ts.net",
        "hostname": name,
        "user": user,
        "os": "linux",
        "authorized": True,
        "isExternal": False,
        "isEphemeral": False,
        "keyExpiryDisabled": False,
        "expires": ahead(days=60),
        "lastSeen": ago(days=1),
        "connectedToControl": False,
        "addresses": [f"100.64.0.{number}", f"fd7a:115c:a1e0::{number:x}"],
        "enabledRoutes": [],
        "advertisedRoutes": [],
        "clientConnectivity": {"endpoints": ["203.0.113.9:41641"]},
        "tailnetLockError": "",
        "tailnetLockKey": "tlpub:1",
        "nodeKey": "nodekey:canary-4f1d-never-kept",
        **more,
    }


def device(name: str, user: str = ANNA, **more: Any) -> Device:
    return parsing.device_of(row_of(device_json(name, user, **more), "Device"))


def user_json(login: str, role: str = "member", status: str = "active", **more: Any) -> dict[str, Any]:
    number = str(sum(login.encode()))
    base = {"id": number, "loginName": login, "type": "member", "role": role, "status": status, "deviceCount": 1}
    return {**base, "tailnetId": "acme.example", "lastSeen": ago(days=1), **more}


def user(login: str, role: str = "member", status: str = "active", **more: Any) -> Any:
    return parsing.user_of(row_of(user_json(login, role, status, **more), "User"))


def key_json(key_id: str = "k1", **more: Any) -> dict[str, Any]:
    create = {"reusable": False, "ephemeral": True, "tags": ["tag:ci"], "preauthorized": True}
    return {
        "id": key_id,
        "keyType": "auth",
        "description": "ci",
        "created": ago(days=1),
        "expires": ahead(days=20),
        "revoked": ZERO,
        "invalid": False,
        "capabilities": {"devices": {"create": create | more.pop("create", {})}},
        "scopes": None,
        "tags": ["tag:ci"],
        "userId": "u1",
        **more,
    }


def key(key_id: str = "k1", **more: Any) -> TailnetKey:
    return parsing.key_of(row_of(key_json(key_id, **more), "Key"), NOW)


SETTINGS = {
    "devicesApprovalOn": True,
    "devicesAutoUpdatesOn": True,
    "devicesKeyDurationDays": 90,
    "usersApprovalOn": True,
    "networkFlowLoggingOn": True,
    "postureIdentityCollectionOn": True,
}


def settings(**more: Any) -> Any:
    return parsing.settings_of(row_of({**SETTINGS, **more}, "TailnetSettings"))


def change(action: str, prop: str = "", kind: str = "NODE", target: str = "n1", name: str = "", **span: Any) -> Change:
    return Change(NOW - timedelta(**span), action, prop, kind, target, name)


POLICY: dict[str, Any] = {
    "groups": {"group:dev": [ANNA], "group:ops": [BEN]},
    "tagOwners": {"tag:prod": ["group:ops"], "tag:wiki": ["group:ops"], "tag:ci": []},
    "hosts": {"office": "192.168.10.0/24", "db-host": "10.1.2.3"},
    "postures": {"posture:managed": ["node:os == 'macos'", "intune:complianceState == 'compliant'"]},
    "grants": [
        {"src": ["group:ops"], "dst": ["tag:prod"], "ip": ["443"], "srcPosture": ["posture:managed"]},
        {"src": ["group:dev"], "dst": ["tag:wiki"], "ip": ["tcp:443"]},
    ],
    "ssh": [{"action": "check", "src": ["group:ops"], "dst": ["tag:prod"], "users": ["root"]}],
}
DEVICES = (
    device("anna-laptop"),
    device("ben-laptop", BEN),
    device("cleo-laptop", CLEO),
    device("prod-1", BEN, tags=["tag:prod"], keyExpiryDisabled=True, expires=ZERO),
    device("wiki", BEN, tags=["tag:wiki"], keyExpiryDisabled=True, expires=ZERO),
)
USERS = (user(ANNA), user(BEN, "admin"), user(CLEO))
DECLARED = TailnetDeclared(production_tags=("tag:prod",), apps=("wiki",), people=(ANNA, BEN, CLEO))


def policy(**more: Any) -> tuple[Any, ...]:
    """The good policy with some sections exchanged; None takes one away."""
    value = {name: each for name, each in {**POLICY, **more}.items() if each is not None}
    return (policy_of(value),)


def acl(src: list[str], dst: list[str], **more: Any) -> dict[str, Any]:
    return {"action": "accept", "src": src, "dst": dst, **more}


def grant(src: list[str], dst: list[str], ip: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"src": src, "dst": dst, "ip": ip or ["*"], **more}


GOOD = TailscaleSnapshot(
    taken_at=NOW,
    tailnet="acme.example",
    credential=Credential(frozenset({"all:read"})),
    declared=DECLARED,
    policy=policy(),
    devices=DEVICES,
    users=USERS,
    keys=(key(),),
    settings=(settings(),),
    integrations=(),
    attributes=(),
    changes=(),
)


def snapshot(**parts: Any) -> TailscaleSnapshot:
    declared = {name: parts.pop(name) for name in tuple(parts) if name in TailnetDeclared.__dataclass_fields__}
    return replace(GOOD, **{"declared": replace(DECLARED, **declared), **parts})


def findings(check: str, seen: TailscaleSnapshot) -> list[Finding]:
    return evaluate([CHECKS[f"tailscale.{check}"]], seen)


def outcome(check: str, seen: TailscaleSnapshot) -> Outcome:
    return fold(f"tailscale.{check}", findings(check, seen)).outcome


def told(check: str, seen: TailscaleSnapshot) -> str:
    """All that a person reads of one check: reasons and near misses."""
    return " ".join(f"{each.verdict.reason} {each.verdict.near_miss}" for each in findings(check, seen))
