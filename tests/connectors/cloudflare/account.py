"""The account that the fake holds: one in which every check passes, row by row as the vendor would send it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.vendor import CANARY
from ztassess.connectors.contract import Declared

ACCOUNT = "0123456789abcdef0123456789abcdef"
ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
TOKEN = f"cfat_{CANARY}-token-of-the-test"
IDP, PIN, POSTURE, STAFF = "idp-okta", "idp-pin", "posture-disk", "group-staff"
TUNNEL = "f70ff985-a4ef-4643-bbbc-4a0ed4fc8415"
AUD = "aud-admin"
ACCESS = (
    "Access: Apps and Policies Read",
    "Access: Organizations, Identity Providers, and Groups Read",
    "Access: Service Tokens Read",
    "Access: Device Posture Read",
    "Access: SSH Auditing Read",
)
READING = (
    *ACCESS,
    "Cloudflare Tunnel Read",
    "Cloudflare One Networks Read",
    "Zero Trust Read",
    "Account Settings Read",
    "Zone Read",
    "DNS Read",
    "Zone WAF Read",
)
FULL = (*READING, "Logs Write", "Account API Tokens Read")
DECLARED = Declared(internal_hosts=("admin.example.com", "wiki.example.com"), sensitive_tools=("admin.example.com",))
ENTERED = {
    "account_id": ACCOUNT,
    "zones": "example.com",
    "public_hosts": "example.com, www.example.com",
    "sign_in_paths": "/login",
    "admin_hosts": "bastion",
}


def app(name: str, host: str, **more: Any) -> dict[str, Any]:
    """A self-hosted app as the vendor sends it, with a strict policy."""
    return {
        "id": f"app-{name}",
        "type": "self_hosted",
        "name": name,
        "domain": host,
        "aud": f"aud-{name}",
        "session_duration": "8h",
        "allowed_idps": [IDP],
        "options_preflight_bypass": False,
        "destinations": [{"type": "public", "uri": host}],
        "scim_config": {"authentication": {"password": CANARY}},
        "policies": [policy()],
        **more,
    }


def policy(**more: Any) -> dict[str, Any]:
    """A strict policy as the vendor sends it."""
    return {
        "id": "policy-1",
        "name": "staff",
        "decision": "allow",
        "precedence": 1,
        "include": [{"group": {"id": STAFF}}],
        "require": [
            {"auth_method": {"auth_method": "mfa"}},
            {"device_posture": {"integration_uid": POSTURE}},
            {"geo": {"country_code": "DE"}},
        ],
        "exclude": [],
        **more,
    }


def managed(ruleset: str, **more: Any) -> dict[str, Any]:
    """A rule that executes a managed ruleset."""
    parameters = {"id": ruleset, **more.pop("parameters", {})}
    return {
        "id": "rule-1",
        "action": "execute",
        "enabled": True,
        "expression": "true",
        "action_parameters": parameters,
        **more,
    }


@dataclass
class State:
    """All that the account holds, as the vendor would send it; one list for each path."""

    lists: dict[str, list[dict[str, Any]]]
    singles: dict[str, dict[str, Any]]
    zones: list[dict[str, Any]]
    records: dict[str, list[dict[str, Any]]]
    rulesets: dict[tuple[str, str], list[dict[str, Any]]]
    configurations: dict[str, dict[str, Any]]


def _access() -> dict[str, list[dict[str, Any]]]:
    """What Access lists."""
    infrastructure = {
        "id": "app-ssh",
        "type": "infrastructure",
        "name": "servers",
        "aud": "aud-ssh",
        "target_criteria": [{"port": 22, "protocol": "SSH", "target_attributes": {"hostname": ["bastion"]}}],
        "policies": [policy()],
    }
    return {
        "access/apps": [app("admin", "admin.example.com"), app("wiki", "wiki.example.com"), infrastructure],
        "access/policies": [{k: v for k, v in policy().items() if k != "precedence"}],
        "access/groups": [
            {
                "id": STAFF,
                "name": "staff",
                "include": [{"email": {"email": "anna@example.com"}}],
                "require": [],
                "exclude": [],
            }
        ],
        "access/identity_providers": [{"id": IDP, "name": "Okta", "type": "okta", "config": {"client_secret": CANARY}}],
        "access/service_tokens": [
            {
                "id": "st-1",
                "name": "deploy",
                "duration": "720h",
                "enabled": True,
                "client_id": CANARY,
                "expires_at": "2026-12-20T00:00:00Z",
            }
        ],
        "devices/posture": [{"id": POSTURE, "name": "disk", "type": "disk_encryption", "input": {"secret": CANARY}}],
        "access/apps/ca": [{"id": "ca1", "aud": "aud-other", "public_key": CANARY}],
        "access/gateway_ca": [{"id": "gca1", "public_key": CANARY}],
    }


def _network() -> dict[str, list[dict[str, Any]]]:
    """What tunnels, Gateway and Logpush list."""
    return {
        "cfd_tunnel": [
            {
                "id": TUNNEL,
                "name": "main",
                "account_tag": ACCOUNT,
                "status": "healthy",
                "config_src": "cloudflare",
                "connections": [
                    {"client_id": "c1", "client_version": "2026.9.0", "origin_ip": "198.51.100.7"},
                    {"client_id": "c2", "client_version": "2026.9.0", "origin_ip": "198.51.100.8"},
                ],
            }
        ],
        "logpush/jobs": [
            {
                "id": 1,
                "dataset": "access_requests",
                "enabled": True,
                "last_error": None,
                "error_message": None,
                "destination_conf": f"s3://x?secret={CANARY}",
            }
        ],
        "gateway/rules": [
            {
                "id": "g1",
                "name": "staff",
                "action": "allow",
                "enabled": True,
                "filters": ["l4"],
                "precedence": 1,
                "traffic": "net.dst.ip in {10.0.0.0/8}",
                "identity": 'any(identity.groups.name[*] in {"staff"})',
            },
            {
                "id": "g2",
                "name": "rest",
                "action": "block",
                "enabled": True,
                "filters": ["l4"],
                "precedence": 2,
                "traffic": "net.dst.ip in {10.0.0.0/8}",
                "identity": "",
            },
        ],
        "teamnet/routes": [{"id": "r1", "network": "10.1.0.0/16", "tunnel_id": TUNNEL, "tunnel_name": "main"}],
        "infrastructure/targets": [{"id": "t1", "hostname": "bastion", "ip": {}}],
    }


def compliant() -> State:
    """An account in which every check passes."""
    ingress = [
        {"hostname": host, "service": "http://localhost:80", "originRequest": {"access": access}}
        for host, access in (
            ("admin.example.com", {"required": True, "teamName": "acme", "audTag": ["aud-admin"]}),
            ("wiki.example.com", {"required": True, "teamName": "acme", "audTag": ["aud-wiki"]}),
        )
    ]
    return State(
        lists={**_access(), **_network()},
        singles={
            "": {"id": ACCOUNT, "name": "Acme", "type": "standard", "settings": {"enforce_twofactor": True}},
            "access/organizations": {
                "auth_domain": "acme.cloudflareaccess.com",
                "session_duration": "24h",
                "deny_unmatched_requests": True,
                "deny_unmatched_requests_exempted_zone_names": [],
                "mfa_required_for_all_apps": False,
            },
        },
        zones=[
            {"id": ZONE, "name": "example.com", "paused": False, "plan": {"name": "Pro"}, "account": {"id": ACCOUNT}}
        ],
        records={
            ZONE: [
                record("admin.example.com", "CNAME", f"{TUNNEL}.cfargotunnel.com"),
                record("wiki.example.com", "CNAME", f"{TUNNEL}.cfargotunnel.com"),
                record("example.com", "A", "203.0.113.9"),
                record("www.example.com", "CNAME", "example.com"),
                record("_token.example.com", "TXT", CANARY, proxied=False),
            ]
        },
        rulesets={
            (ZONE, "http_request_firewall_managed"): [managed("efb7b8c949ac4650a09736fc376e9aee")],
            (ZONE, "http_ratelimit"): [
                {
                    "id": "rl",
                    "action": "block",
                    "enabled": True,
                    "expression": '(http.request.uri.path eq "/login")',
                    "ratelimit": {},
                }
            ],
        },
        configurations={TUNNEL: {"config": {"ingress": [*ingress, {"service": "http_status:404"}]}}},
    )


def record(name: str, type_: str, content: str, *, proxied: bool = True) -> dict[str, Any]:
    """A DNS record as the vendor sends it."""
    return {"id": f"{type_}-{name}-{content}", "name": name, "type": type_, "content": content, "proxied": proxied}
