"""Owns the checks of what lies behind the proxy: assertions at the origin, healthy tunnels, short-lived SSH access."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ztassess.connectors.cloudflare.hosts import matches, public_destinations
from ztassess.connectors.cloudflare.judging import all_of, line
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Ingress, Tunnel
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Part, Severity, Unavailable, Verdict, failed, not_checked, passed

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
TUNNELS = "GET /accounts/{account}/cfd_tunnel"
CONFIGURATION = "GET /accounts/{account}/cfd_tunnel/{tunnel}/configurations"
AUTHORITIES = "GET /accounts/{account}/access/apps/ca"
HEALTHY, INACTIVE = "healthy", "inactive"
BROKEN = frozenset({"degraded", "down"})
KEYS_REMAIN = "SSH goes through Access but keys in authorized_keys remain possible."


@checks.check(
    "cloudflare.assertion_checked_at_origin",
    title="The app verifies the Access assertion",
    verifies=(Verifies("proxy.per-request-authz", 2),),
    severity=Severity.HIGH,
    parts=("apps", "ingress"),
)
def assertion_checked_at_origin(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """A tunnel that demands this app's assertion checks it; whether an app itself does shows only from outside."""
    apps = tuple(app for app in rows_read(snapshot.apps) if public_destinations(app))
    rules = rows_read(snapshot.ingress)
    problems: list[Verdict] = []
    for app in apps:
        for host in dict.fromkeys(each.host for each in public_destinations(app)):
            verdict = _unverified(app, host, rules, len(apps))
            if verdict is not None:
                problems.append(verdict)
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.apps, snapshot.ingress),
        seen=len(apps),
        good=f"The tunnels of {count(len(apps), 'app')} demand the app's own Access assertion.",
        nothing="No Access app protects a public host.",
        evidence=(line(CONFIGURATION, snapshot.account_id, "originRequest.access.required", "true", "true"),),
    )


def _unverified(app: App, host: str, rules: tuple[Ingress, ...], seen: int) -> Verdict | None:
    mine = [rule for rule in rules if matches(rule.host, host) or matches(host, rule.host)]
    if mine and all(rule.access_required and app.aud and app.aud in rule.audiences for rule in mine):
        return None
    required = [rule for rule in mine if rule.access_required]
    if not mine:
        why, miss = "no tunnel checks it", ""
    elif len(required) < len(mine):
        why = f"the tunnel {mine[0].tunnel} does not check it"
        miss = "The tunnel hides the origin; a neighbor on the network could still call it."
    else:
        why, miss = f"the tunnel {mine[0].tunnel} takes the assertion of another app", ""
    reason = (
        f"{host} ({app.name}): {why}. Whether the app verifies the assertion itself shows only from outside; connect "
        "the external probe."
    )
    return not_checked(f"{app.id}:{host}", "unsupported", reason, seen=seen, near_miss=miss)


@checks.check(
    "cloudflare.tunnels_healthy",
    title="Tunnels are up and current",
    verifies=(Verifies("proxy.no-direct-origin", 2, supporting=True),),
    severity=Severity.LOW,
    parts=("tunnels",),
)
def tunnels_healthy(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """A tunnel that was never started carries nothing and is left out by name."""
    tunnels = rows_read(snapshot.tunnels)
    idle = [tunnel.name for tunnel in tunnels if tunnel.status == INACTIVE]
    used = [tunnel for tunnel in tunnels if tunnel.status != INACTIVE]
    problems = [verdict for tunnel in used if (verdict := _unhealthy(tunnel, len(used))) is not None]
    left_out = f" {count(len(idle), 'tunnel')} never started: {names(idle)}." if idle else ""
    single = [tunnel.name for tunnel in used if tunnel.connectors == 1]
    versions = sorted({version for tunnel in used for version in tunnel.versions})
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.tunnels,),
        seen=len(used),
        good=f"{all_of(len(used), 'tunnel')} are healthy; connectors run {names(versions) or 'unknown versions'}."
        f"{left_out}",
        nothing=f"There is no tunnel in use.{left_out}",
        evidence=(line(TUNNELS, snapshot.account_id, "status", HEALTHY, HEALTHY),),
        near_miss=f"Tunnel {single[0]} runs one connector only." if single else "",
    )


def _unhealthy(tunnel: Tunnel, seen: int) -> Verdict | None:
    if tunnel.status == HEALTHY:
        return None
    if tunnel.status not in BROKEN:
        reason = f"{tunnel.name} has the state {tunnel.status or 'none'}, which we do not know."
        return not_checked(tunnel.id, "partial_data", reason, seen=seen)
    evidence = (line(TUNNELS, tunnel.name, "status", tunnel.status, HEALTHY),)
    reason = f"The tunnel {tunnel.name} is {tunnel.status} (1 of {count(seen, 'tunnel')})."
    miss = f"Tunnel {tunnel.name} runs one connector only." if tunnel.connectors == 1 else ""
    return failed(tunnel.id, reason, seen=seen, evidence=evidence, near_miss=miss)


@checks.check(
    "cloudflare.admin_access_short_lived",
    title="SSH uses short-lived certificates",
    verifies=(Verifies("proxy.admin-paths", 2),),
    severity=Severity.MEDIUM,
    parts=("apps", "ingress", "targets", "app_authorities", "gateway_authorities"),
)
def admin_access_short_lived(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Infrastructure apps use the account's authority, other SSH apps one of their own."""
    if isinstance(snapshot.apps, Unavailable):
        yield not_checked(snapshot.account_id, snapshot.apps)
        return
    apps = {app.id: app for app in snapshot.apps if app.type in ("ssh", "infrastructure")}
    apps |= {app.id: app for app in snapshot.apps if _carries_ssh(snapshot, app)}
    problems = [verdict for app in apps.values() if (verdict := _lasting_keys(snapshot, app, len(apps))) is not None]
    yield from problems
    missing = [host for host in sorted(snapshot.declared.admin_hosts) if not _reached(snapshot, apps, host)]
    for host in missing:
        yield not_checked(
            host, "not_configured", f"{host}: no SSH or infrastructure app of Access reaches it.", seen=len(apps)
        )
    if isinstance(snapshot.ingress, Unavailable) and not problems:
        reason = "The hosts of tunnels could not be read, so SSH services behind other apps are not known."
        yield not_checked(snapshot.account_id, snapshot.ingress, reason, seen=len(apps))
    elif not apps and not missing:
        reason = (
            "No app of Access carries SSH, and nobody has listed the hosts that administrators reach (connect form)."
        )
        yield not_checked(snapshot.account_id, "input_missing", reason)
    elif not problems and not missing:
        evidence = (line(AUTHORITIES, snapshot.account_id, "SSH apps without an authority", 0, "0"),)
        reason = f"{all_of(len(apps), 'SSH app')} use short-lived certificates."
        verdict = passed(snapshot.account_id, reason, seen=len(apps), evidence=evidence)
        yield replace(verdict, near_miss=KEYS_REMAIN)


def _carries_ssh(snapshot: CloudflareSnapshot, app: App) -> bool:
    ssh = [rule.host for rule in rows_read(snapshot.ingress) if rule.scheme == "ssh"]
    return any(matches(each.host, host) for each in public_destinations(app) for host in ssh)


def _lasting_keys(snapshot: CloudflareSnapshot, app: App, seen: int) -> Verdict | None:
    part: Part[Any]
    if app.type == "infrastructure":
        part, found = snapshot.gateway_authorities, bool(rows_read(snapshot.gateway_authorities))
    else:
        part = snapshot.app_authorities
        found = any(each.audience == app.aud for each in rows_read(snapshot.app_authorities))
    if found:
        return None
    if isinstance(part, Unavailable):
        return not_checked(app.id, part, f"{app.name}: its certificate authority could not be read.", seen=seen)
    evidence = (line(AUTHORITIES, app.name, "aud", "no authority", "one short-lived certificate authority"),)
    reason = f"{app.name} carries SSH without a short-lived certificate authority (1 of {count(seen, 'SSH app')})."
    return failed(app.id, reason, seen=seen, evidence=evidence)


def _reached(snapshot: CloudflareSnapshot, apps: dict[str, App], host: str) -> bool:
    """An app leads to this host: by its own address, or as a target that exists."""
    targets = {target.host for target in rows_read(snapshot.targets)}
    for app in apps.values():
        if any(matches(each.host, host) for each in public_destinations(app)):
            return True
        if host in app.targets and host in targets:
            return True
    return False
