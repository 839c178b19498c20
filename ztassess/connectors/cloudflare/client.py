"""Owns the questions asked of Cloudflare: one function per endpoint, each reply parsed at once.

Docstrings name the page of Cloudflare's API reference. Every function raises as `ApiSession.get`; lists raise
`Incomplete` where fewer rows come than are stated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, unavailable_of
from ztassess.connectors.cloudflare import parsing, scopes
from ztassess.connectors.cloudflare import snapshot as s
from ztassess.connectors.cloudflare.envelope import NothingDeployed, listed, one, paged
from ztassess.connectors.errors import AuthFailed, ConnectorError, Refused

ZONE_PAGE: Final = 50


def _safe(identifier: str) -> str:
    return quote(identifier, safe="")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """Our own token: whose it is decides where it can be read back.

    Attributes:
        path: of the token itself.
    """

    id: str
    status: str
    expires_on: datetime | None
    path: str


def verify_token(session: ApiSession, account_id: str) -> TokenFacts:
    """Verify Token, for tokens of the account and, if it is none of those, of a user.

    Raises:
        AuthFailed: neither knows it, or it is not active any more.
    """
    try:
        found = _verified(session, f"/accounts/{account_id}/tokens")
    except (Refused, AuthFailed):
        try:
            found = _verified(session, "/user/tokens")
        except (Refused, AuthFailed) as problem:
            raise AuthFailed(
                "Cloudflare refused the token. Check that it was copied whole and is neither expired nor limited to "
                "other IP addresses."
            ) from problem
    if found.status != "active":
        raise AuthFailed(f"Cloudflare says that the token is {found.status}. Create a new one.")
    return found


def _verified(session: ApiSession, path: str) -> TokenFacts:
    row = one(session, f"{path}/verify", "TokenVerifyResponse", scope="")
    token_id = row.text("id")
    return TokenFacts(token_id, row.text("status"), row.moment("expires_on", None), f"{path}/{_safe(token_id)}")


@dataclass(frozen=True, slots=True)
class TokenRights:
    """What our own token may do.

    Attributes:
        groups: names of the permission groups it is allowed; an empty name where the vendor gave none.
        addresses: it is limited to IP addresses.
    """

    groups: tuple[str, ...]
    addresses: bool


def token_rights(session: ApiSession, token: TokenFacts) -> TokenRights:
    """Token Details (of the account's or the user's tokens)."""
    row = one(session, token.path, "Token", scope="Account API Tokens Read")
    groups = [
        group.text("name", "")
        for policy in row.rows("policies")
        if policy.text("effect") == "allow"
        for group in policy.rows("permission_groups")
    ]
    return TokenRights(tuple(dict.fromkeys(groups)), bool(row.texts("condition.request_ip.in", ())))


def account(session: ApiSession, account_id: str) -> s.Account:
    """Account Details."""
    return parsing.account(one(session, f"/accounts/{account_id}", "Account", scope=scopes.ACCOUNT))


def zones(session: ApiSession, account_id: str, size: int = ZONE_PAGE) -> Iterator[s.Zone]:
    """List Zones, of this account, as far as the token sees them."""
    rows = paged(session, "/zones", "Zone", {"account.id": account_id}, scope=scopes.ZONES, size=size)
    return map(parsing.zone, rows)


def apps(session: ApiSession, account_id: str) -> Iterator[s.App]:
    """List Access applications."""
    return map(parsing.app, paged(session, f"/accounts/{account_id}/access/apps", "Application", scope=scopes.APPS))


def app_policies(session: ApiSession, account_id: str, app_id: str) -> tuple[s.Policy, ...]:
    """List Access application policies, for an app that came without them."""
    path = f"/accounts/{account_id}/access/apps/{_safe(app_id)}/policies"
    return tuple(map(parsing.policy, paged(session, path, "Policy", scope=scopes.APPS)))


def reusable_policies(session: ApiSession, account_id: str) -> Iterator[s.Policy]:
    """List Access reusable policies."""
    rows = paged(session, f"/accounts/{account_id}/access/policies", "ReusablePolicy", scope=scopes.APPS)
    return map(parsing.reusable_policy, rows)


def groups(session: ApiSession, account_id: str) -> Iterator[s.Group]:
    """List Access groups."""
    rows = paged(session, f"/accounts/{account_id}/access/groups", "Group", scope=scopes.ORGANIZATION)
    return map(parsing.group, rows)


def identity_providers(session: ApiSession, account_id: str) -> Iterator[s.IdentityProvider]:
    """List Access identity providers."""
    path = f"/accounts/{account_id}/access/identity_providers"
    return map(parsing.identity_provider, paged(session, path, "IdentityProvider", scope=scopes.ORGANIZATION))


def organization(session: ApiSession, account_id: str) -> s.Organization:
    """Get your Zero Trust organization."""
    path = f"/accounts/{account_id}/access/organizations"
    return parsing.organization(one(session, path, "Organization", scope=scopes.ORGANIZATION))


def service_tokens(session: ApiSession, account_id: str) -> Iterator[s.ServiceToken]:
    """List service tokens."""
    path = f"/accounts/{account_id}/access/service_tokens"
    return map(parsing.service_token, paged(session, path, "ServiceToken", scope=scopes.SERVICE_TOKENS))


def posture_rules(session: ApiSession, account_id: str) -> Iterator[s.PostureRule]:
    """List device posture rules."""
    rows = listed(session, f"/accounts/{account_id}/devices/posture", "DevicePostureRule", scope=scopes.POSTURE)
    return map(parsing.posture_rule, rows)


def tunnels(session: ApiSession, account_id: str) -> Iterator[s.Tunnel]:
    """List Cloudflare Tunnels, without deleted ones."""
    path = f"/accounts/{account_id}/cfd_tunnel"
    rows = paged(session, path, "CloudflareTunnel", {"is_deleted": "false"}, scope=scopes.TUNNELS)
    return map(parsing.tunnel, rows)


def tunnel_ingress(session: ApiSession, account_id: str, tunnel: s.Tunnel) -> tuple[s.Ingress, ...]:
    """Get configuration (of a Cloudflare Tunnel)."""
    path = f"/accounts/{account_id}/cfd_tunnel/{_safe(tunnel.id)}/configurations"
    return parsing.ingress(one(session, path, "TunnelConfiguration", scope=scopes.TUNNELS), tunnel.name)


def records(session: ApiSession, zone: s.Zone) -> Iterator[s.Record]:
    """List DNS Records."""
    rows = paged(session, f"/zones/{_safe(zone.id)}/dns_records", "Record", scope=scopes.DNS)
    return (record for row in rows if (record := parsing.record(row, zone.name)) is not None)


def entry_point(session: ApiSession, zone: s.Zone, phase: str) -> s.EntryPoint:
    """Get a zone entry point ruleset. A zone that may not be read does not hide the others."""
    path = f"/zones/{_safe(zone.id)}/rulesets/phases/{phase}/entrypoint"
    try:
        row = one(session, path, "Ruleset", scope=scopes.FIREWALL)
        rules = tuple(parsing.firewall_rule(each) for each in row.rows("rules", ()))
    except NothingDeployed:
        return s.EntryPoint(zone.name, phase, deployed=False, rules=())
    except ConnectorError as problem:
        return s.EntryPoint(zone.name, phase, deployed=True, rules=unavailable_of(problem))
    return s.EntryPoint(zone.name, phase, deployed=True, rules=rules)


def log_jobs(session: ApiSession, account_id: str) -> Iterator[s.LogJob]:
    """List Logpush jobs (of the account)."""
    return map(
        parsing.log_job, listed(session, f"/accounts/{account_id}/logpush/jobs", "LogpushJob", scope=scopes.LOGS)
    )


def gateway_rules(session: ApiSession, account_id: str) -> Iterator[s.GatewayRule]:
    """List Zero Trust Gateway rules."""
    rows = listed(session, f"/accounts/{account_id}/gateway/rules", "GatewayRule", scope=scopes.GATEWAY)
    return map(parsing.gateway_rule, rows)


def routes(session: ApiSession, account_id: str) -> Iterator[s.Route]:
    """List tunnel routes, without deleted ones."""
    path = f"/accounts/{account_id}/teamnet/routes"
    return map(parsing.route, paged(session, path, "Teamnet", {"is_deleted": "false"}, scope=scopes.NETWORKS))


def targets(session: ApiSession, account_id: str) -> Iterator[s.Target]:
    """List all targets (of infrastructure apps)."""
    path = f"/accounts/{account_id}/infrastructure/targets"
    return map(parsing.target, paged(session, path, "Target", scope=scopes.GATEWAY))


def app_authorities(session: ApiSession, account_id: str) -> Iterator[s.AppAuthority]:
    """List short-lived certificate CAs."""
    path = f"/accounts/{account_id}/access/apps/ca"
    return map(parsing.app_authority, paged(session, path, "CA", scope=scopes.APPS))


def gateway_authorities(session: ApiSession, account_id: str) -> Iterator[str]:
    """List SSH Certificate Authorities."""
    rows = listed(session, f"/accounts/{account_id}/access/gateway_ca", "GatewayCA", scope=scopes.SSH)
    return map(parsing.gateway_authority, rows)
