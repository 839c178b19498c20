"""Owns what a Cloudflare account tells rules over several systems: hosts served, covered and exposed; its tokens."""

from __future__ import annotations

from datetime import datetime

from ztassess.connectors.cloudflare.admission import (
    ALLOW,
    BROAD,
    DENY,
    NON_IDENTITY,
    demands_second_factor,
    opens_to_all,
    reachable,
)
from ztassess.connectors.cloudflare.hosts import Front, Names, cover_of, hosts_of, matches, open_by_override
from ztassess.connectors.cloudflare.judging import groups_of, names_of
from ztassess.connectors.cloudflare.rules_hosts import exposed
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Policy, ServiceToken
from ztassess.connectors.judging import rows_read, unread
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Host, Share

MEMBERS_UNREAD = "Members of the Cloudflare account are not read, only its service tokens."


def shares(snapshot: CloudflareSnapshot) -> Share:
    """Hosts as far as DNS, tunnels and apps tell; accounts are never the whole list, for members are not read."""
    tokens = tuple(_account(token, snapshot.taken_at) for token in rows_read(snapshot.service_tokens))
    return Share(accounts=Unavailable("unsupported", detail=MEMBERS_UNREAD, read=tokens), hosts=_hosts(snapshot))


def _account(token: ServiceToken, now: datetime) -> Account:
    ended = token.expires_at is not None and token.expires_at <= now
    active = False if ended else token.enabled
    return Account(id=token.id, name=token.name, kind=AccountKind.SERVICE, active=active)


def _hosts(snapshot: CloudflareSnapshot) -> Part[Host]:
    dns = names_of(snapshot)
    served = {rule.host for rule in rows_read(snapshot.ingress)}
    known = set(dns.by_name) | served | set(hosts_of(rows_read(snapshot.apps)))
    found = tuple(_host(snapshot, dns, name, served) for name in sorted(known))
    missing = unread(snapshot.zones, snapshot.records, snapshot.ingress, snapshot.apps)
    if missing is None:
        return found
    return Unavailable(missing.reason, missing.missing_scope, missing.detail, found)


def _host(snapshot: CloudflareSnapshot, dns: Names, name: str, served: set[str]) -> Host:
    front = dns.front(name)
    covered = _covered(snapshot, front, name)
    leak = exposed(dns, name) is not None
    return Host(
        name=name,
        served=_served(front, dns, name, served),
        covered=covered,
        named=_named(snapshot, name) if covered else None,
        second_factor=_second_factor(snapshot, name) if covered else None,
        origin_open=None if not cover_of(rows_read(snapshot.apps), name).apps else _origin_open(front, leak=leak),
    )


def _served(front: Front, dns: Names, name: str, served: set[str]) -> bool | None:
    if dns.records(name) and front is not Front.ABSENT:
        return True
    if any(matches(each, name) for each in served):
        return True
    return False if front is Front.ABSENT else None


def _covered(snapshot: CloudflareSnapshot, front: Front, name: str) -> bool | None:
    """True only where an app guards the whole host and nothing leads past it."""
    if isinstance(snapshot.apps, Unavailable):
        return None
    whole = cover_of(snapshot.apps, name).whole
    if not whole or front is Front.DIRECT:
        return False
    states = [open_by_override(app, name) or opens_to_all(groups_of(snapshot), app) for app in whole]
    if any(states):
        return False
    return None if None in states or front is Front.UNKNOWN else True


def _ways_in(snapshot: CloudflareSnapshot, name: str) -> list[tuple[App, Policy]] | None:
    """The policies by which people come in, of the apps that guard the whole host; None if some could not be read."""
    found = []
    for app in cover_of(rows_read(snapshot.apps), name).whole:
        if isinstance(app.policies, Unavailable):
            return None
        found += [(app, policy) for policy in reachable(app.policies) if policy.decision not in (DENY, NON_IDENTITY)]
    return found


def _named(snapshot: CloudflareSnapshot, name: str) -> bool | None:
    ways = _ways_in(snapshot, name)
    if not ways:
        return None
    groups = groups_of(snapshot)
    broad = [policy.decision != ALLOW or groups.admits(policy, BROAD) for _, policy in ways]
    return False if True in broad else None if None in broad else True


def _second_factor(snapshot: CloudflareSnapshot, name: str) -> bool | None:
    """Never False: what Access does not ask for, the identity provider may."""
    ways = _ways_in(snapshot, name)
    if not ways:
        return None
    groups = groups_of(snapshot)
    organization = next(iter(rows_read(snapshot.organization)), None)
    demanded = organization.mfa_required if organization else None
    asked = all(
        policy.decision == ALLOW and demands_second_factor(groups, policy, app, demanded) for app, policy in ways
    )
    return True if asked else None


def _origin_open(front: Front, *, leak: bool) -> bool | None:
    if leak:
        return True
    return False if front is Front.TUNNEL else None
