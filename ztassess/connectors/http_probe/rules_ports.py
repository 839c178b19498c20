"""Owns the checks of single ports: data stores, administration ports, VPN gateways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.http_probe.doors import control_of, inside_verdict, is_closed
from ztassess.connectors.http_probe.fingerprints import portal_of
from ztassess.connectors.http_probe.judging import count, reply_evidence, unread
from ztassess.connectors.http_probe.snapshot import INTERNET, Door, Gateway, HttpProbeSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_checked,
    passed,
)

CHECKS: Checks[HttpProbeSnapshot] = Checks("http_probe")


def _line(door: Door) -> Evidence:
    return Evidence("TCP connect", str(door), "result", door.result, "refused or no answer")


@CHECKS.check(
    "http_probe.data_stores_closed",
    title="Declared stores refuse connections from outside",
    verifies=(Verifies("perimeter.private-datastores", level=2),),
    severity=Severity.CRITICAL,
    parts=("data_stores", "controls"),
)
def data_stores_closed(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """No declared data store accepts a connection from the internet."""
    if isinstance(snapshot.data_stores, Unavailable):
        yield unread(snapshot.data_stores, "data stores")
        return
    control, total = control_of(snapshot), len(snapshot.data_stores)
    verdicts = [_store(door, control, total) for door in snapshot.data_stores]
    yield from (verdict for verdict in verdicts if verdict is not None)
    if all(verdict is None for verdict in verdicts):
        reason = f"{total} of {count(total, 'data store')} accepted no connection from the internet."
        yield passed("data stores", reason, seen=total, evidence=tuple(map(_line, snapshot.data_stores))[:50])


def _store(door: Door, control: str, total: int) -> Verdict | None:
    """What one store says to the internet; None if it stays closed."""
    if door.vantage != INTERNET:
        return inside_verdict(str(door))
    if door.result == "open":
        near_miss = f"{door} accepts a TCP connection even if it then asks for a password."
        reason = f"{door} accepts connections from the internet."
        return failed(str(door), reason, seen=total, evidence=(_line(door),), near_miss=near_miss)
    if not is_closed(door):
        return _unjudged(door)
    if control:
        return not_checked(str(door), "unreachable", f"{door}: {control}")
    return None


def _unjudged(door: Door) -> Verdict:
    """A door that was not tried, or hung up at once."""
    if door.result == "untested":
        return not_checked(str(door), door.reason, door.detail or f"{door} was not tried before the limit of this run.")
    return not_checked(str(door), "unexpected_answer", f"{door} gave an answer that says neither open nor closed.")


@CHECKS.check(
    "http_probe.admin_ports_closed",
    title="Administration ports are closed to the internet",
    verifies=(Verifies("perimeter.default-deny-firewall", level=2), Verifies("proxy.admin-paths", level=1)),
    severity=Severity.HIGH,
    parts=("admin_ports", "controls"),
)
def admin_ports_closed(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """No administration port of an owned address accepts a connection from the internet."""
    scope = "owned addresses"
    if isinstance(snapshot.admin_ports, Unavailable):
        yield unread(snapshot.admin_ports, scope)
        return
    doors = snapshot.admin_ports
    seen = [door for door in doors if door.vantage == INTERNET]
    for door in seen:
        if door.result == "open":
            reason = f"{door} accepts connections from the internet."
            yield failed(str(door), reason, seen=len(doors), evidence=(_line(door),))
    hosts = dict.fromkeys(door.host for door in doors)
    whole = [
        host for host in hosts if all(is_closed(door) or door.result == "open" for door in doors if door.host == host)
    ]
    inside = dict.fromkeys(door.host for door in doors if door.vantage != INTERNET)
    yield from (inside_verdict(host) for host in inside)
    if len(whole) < len(hosts):
        yield _partial(scope, doors, len(whole), len(hosts))
    elif control := control_of(snapshot):
        yield not_checked(scope, "unreachable", control)
    elif not inside and not any(door.result == "open" for door in doors):
        reason = (
            f"{count(len(doors) // len(hosts), 'administration port')} of {count(len(hosts), 'address')} are closed to "
            "the internet."
        )
        yield passed(scope, reason, seen=len(hosts), evidence=(_line(doors[0]),))


def _partial(scope: str, doors: Sequence[Door], tested: int, total: int) -> Verdict:
    missing = [door for door in doors if door.result == "untested"]
    if missing and all(door.reason == "consent_missing" for door in missing):
        return not_checked(scope, "consent_missing", missing[0].detail)
    reason = f"Only {tested} of {count(total, 'address')} were tested."
    return not_checked(scope, "partial_data", reason, near_miss=reason)


@CHECKS.check(
    "http_probe.vpn_portal_absent",
    title="No VPN sign-in portal is exposed",
    verifies=(Verifies("proxy.vpn-retired", level=1),),
    severity=Severity.MEDIUM,
    parts=("vpn_gateways", "vpn_ports"),
)
def vpn_portal_absent(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """No gateway shows the sign-in page of a VPN product, none accepts OpenVPN over TCP, and somebody vouches."""
    gateways = () if isinstance(snapshot.vpn_gateways, Unavailable) else snapshot.vpn_gateways
    doors = () if isinstance(snapshot.vpn_ports, Unavailable) else snapshot.vpn_ports
    found = [verdict for gateway in gateways if (verdict := _portal(gateway))]
    for door in doors:
        if door.result == "open":
            reason = f"{door} accepts connections on OpenVPN's port."
            found.append(failed(str(door), reason, evidence=(_line(door),)))
    yield from found
    if found:
        return
    asked = [each for each in gateways if each.talk.replies]
    tried = [door for door in doors if door.result != "untested"]
    near_miss = "No portal answered, which does not prove that no VPN exists."
    if not asked and not tried:
        yield _nowhere(snapshot)
    elif not snapshot.declared.no_vpn:
        reason = "No VPN portal was found, but absence cannot be proved: WireGuard and IPsec are silent."
        yield not_checked("vpn", "unsupported", reason, near_miss=near_miss)
    elif len(tried) < len(doors) or any(each.talk.unsent and each.talk.unsent.reason != _SILENT for each in gateways):
        yield not_checked("vpn", "partial_data", "Not every place where a VPN could be was asked.", near_miss=near_miss)
    else:
        where = f"{count(len(asked), 'gateway')} and {count(len(tried), 'port')}"
        yield passed(
            "vpn", f"No VPN answered at {where}; {snapshot.declared.no_vpn} vouches that there is none.", seen=1
        )


_SILENT: Final = "unreachable"


def _portal(gateway: Gateway) -> Verdict | None:
    for reply in gateway.talk.replies:
        product = portal_of(reply)
        if product:
            reason = f"{gateway.host} shows the sign-in page of {product} to anybody."
            lines = (reply_evidence(gateway.host, reply, "no sign-in page of a VPN"),)
            return failed(gateway.host, reason, evidence=lines)
    return None


def _nowhere(snapshot: HttpProbeSnapshot) -> Verdict:
    """Nothing was asked: nothing declared, or nothing allowed."""
    parts = (snapshot.vpn_gateways, snapshot.vpn_ports)
    unsent = [gateway.talk.unsent for part in parts[:1] if not isinstance(part, Unavailable) for gateway in part]
    for each in unsent:
        if each is not None:
            return not_checked("vpn", each.reason, each.detail or "The VPN gateways were not asked.")
    reason = "Name your VPN gateways, old ones too, or the addresses you own, so that there is somewhere to look."
    return not_checked("vpn", "input_missing", reason)
