"""Owns the connection test: whose token it is, whether it can only read, and which parts it may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ztassess.connectors.api import ApiSession, read_parts
from ztassess.connectors.cloudflare import client, scopes
from ztassess.connectors.cloudflare.client import TokenFacts, TokenRights
from ztassess.connectors.cloudflare.collect import Once, declared_of, missing_zones
from ztassess.connectors.cloudflare.envelope import BLOCKED, open_session, peek
from ztassess.connectors.cloudflare.snapshot import PHASE_MANAGED, Declared
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError, Forbidden, RateLimited
from ztassess.domain.findings import Unavailable

UNVERIFIED: Final = "We could not verify that this credential is read-only."
LONGEST_LIFE: Final = timedelta(days=90)
PATHS: Final = {
    "apps": "/accounts/{account}/access/apps",
    "policies": "/accounts/{account}/access/policies",
    "groups": "/accounts/{account}/access/groups",
    "identity_providers": "/accounts/{account}/access/identity_providers",
    "organization": "/accounts/{account}/access/organizations",
    "service_tokens": "/accounts/{account}/access/service_tokens",
    "posture_rules": "/accounts/{account}/devices/posture",
    "tunnels": "/accounts/{account}/cfd_tunnel",
    "ingress": "/accounts/{account}/cfd_tunnel",
    "log_jobs": "/accounts/{account}/logpush/jobs",
    "gateway_rules": "/accounts/{account}/gateway/rules",
    "routes": "/accounts/{account}/teamnet/routes",
    "targets": "/accounts/{account}/infrastructure/targets",
    "app_authorities": "/accounts/{account}/access/apps/ca",
    "gateway_authorities": "/accounts/{account}/access/gateway_ca",
}
"""What is asked of the account for each part; tunnels and their configurations need the same group."""
_CHANGING: Final = ("Write", "Edit", "Revoke", "Purge", "Run", "Deploy", "Admin", "Publish", "Send")


def preflight(context: ReadContext) -> Preflight:
    """Test a connection: the token, its rights, one small request for each part.

    Raises:
        AuthFailed: the token is refused or not active.
        RateLimited: the account's calls are blocked at the moment.
        ConnectorError: nobody answered.
    """
    account_id, declared = str(context.config["account_id"]), declared_of(context)
    with open_session(context) as session:
        try:
            token = client.verify_token(session, account_id)
            rights = _rights(session, token)
            parts = read_parts(context, session, _probes(session, account_id, declared))
        except RateLimited as problem:
            raise RateLimited(BLOCKED, problem.retry_after) from problem
    rows = tuple(_row(name, part) for name, part in parts.items())
    warnings, refused = judge_rights(token, rights, context.now)
    accounts = parts["account"]
    named = accounts[0].name if not isinstance(accounts, Unavailable) and accounts else ""
    owner = "account-owned" if token.path.startswith("/accounts/") else "a person's"
    identity = f"API token {token.id[:8]} ({owner}) in account {named or account_id}"
    return Preflight(identity, rows, warnings, refused)


def _rights(session: ApiSession, token: TokenFacts) -> TokenRights | None:
    """What the token may do; None if it cannot be read back."""
    try:
        return client.token_rights(session, token)
    except RateLimited:
        raise
    except ConnectorError:
        return None


def judge_rights(token: TokenFacts, rights: TokenRights | None, now: datetime) -> tuple[tuple[str, ...], str]:
    """Warnings about our own token, and why it must not be used (empty if it may)."""
    warnings: list[str] = []
    if token.expires_on is None:
        warnings.append("The token never expires. Give it a life of at most 90 days.")
    elif token.expires_on - now > LONGEST_LIFE:
        warnings.append(f"The token is valid until {token.expires_on:%Y-%m-%d}; at most 90 days are enough.")
    if rights is None:
        return (UNVERIFIED, *warnings), ""
    writing = [group for group in rights.groups if _can_change(group)]
    if writing:
        return tuple(warnings), f"This token can change {', '.join(writing)}. Create one with Read groups."
    unclear = [group or "a group without a name" for group in rights.groups if not group.endswith("Read")]
    if unclear or not rights.groups:
        warnings.insert(0, f"{UNVERIFIED} {', '.join(unclear) or 'No group'} says nothing about it.")
    if not rights.addresses:
        warnings.append("The token works from any address. Limit it to ours.")
    return tuple(warnings), ""


def _can_change(group: str) -> bool:
    words = group.replace(":", " ").split()
    return bool(words) and words[-1] in _CHANGING


def _row(name: str, part: Any) -> PreflightRow:
    if not isinstance(part, Unavailable):
        return PreflightRow(name, allowed=True)
    return PreflightRow.refused(name, part)


def _probes(session: ApiSession, account_id: str, declared: Declared) -> Mapping[str, Callable[[], Iterator[Any]]]:
    """One small question for each part; those that hang on a zone or a tunnel ask the first one."""
    zones = Once(lambda: tuple(z for z in client.zones(session, account_id) if z.name in declared.zones))

    def small(name: str, path: str) -> Callable[[], Iterator[Any]]:
        return lambda: iter((peek(session, path.format(account=account_id), scope=scopes.OF_PART[name]),))

    def seen_zones() -> Iterator[Any]:
        yield from zones()
        missing_zones(zones(), declared)

    def records() -> Iterator[Any]:
        yield from (peek(session, f"/zones/{z.id}/dns_records", scope=scopes.DNS) for z in zones()[:1])

    def entry_points() -> Iterator[Any]:
        for zone in zones()[:1]:
            point = client.entry_point(session, zone, PHASE_MANAGED)
            if isinstance(point.rules, Unavailable):
                raise Forbidden(point.rules.detail, status=403, scope=point.rules.missing_scope)
            yield point

    probes = {name: small(name, path) for name, path in PATHS.items()}
    probes["account"] = lambda: iter((client.account(session, account_id),))
    return {**probes, "zones": seen_zones, "records": records, "entry_points": entry_points}
