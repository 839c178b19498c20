"""Owns the names of the permission groups that each part of a reading needs, as the API writes them."""

from __future__ import annotations

from typing import Final

APPS: Final = "Access: Apps and Policies Read"
ORGANIZATION: Final = "Access: Organizations, Identity Providers, and Groups Read"
SERVICE_TOKENS: Final = "Access: Service Tokens Read"
POSTURE: Final = "Access: Device Posture Read"
SSH: Final = "Access: SSH Auditing Read"
TUNNELS: Final = "Cloudflare Tunnel Read"
NETWORKS: Final = "Cloudflare One Networks Read"
GATEWAY: Final = "Zero Trust Read"
ACCOUNT: Final = "Account Settings Read"
LOGS: Final = "Logs Write"
"""Cloudflare publishes no reading group for Logpush jobs: "Logs Read" covers Logpull and Instant Logs only."""
ZONES: Final = "Zone Read"
DNS: Final = "DNS Read"
FIREWALL: Final = "Zone WAF Read"

OF_PART: Final = {
    "zones": ZONES,
    "apps": APPS,
    "policies": APPS,
    "groups": ORGANIZATION,
    "identity_providers": ORGANIZATION,
    "organization": ORGANIZATION,
    "service_tokens": SERVICE_TOKENS,
    "posture_rules": POSTURE,
    "tunnels": TUNNELS,
    "ingress": TUNNELS,
    "records": DNS,
    "entry_points": FIREWALL,
    "account": ACCOUNT,
    "log_jobs": LOGS,
    "gateway_rules": GATEWAY,
    "routes": NETWORKS,
    "targets": GATEWAY,
    "app_authorities": APPS,
    "gateway_authorities": SSH,
}
