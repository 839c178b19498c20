"""Owns the checks of single ports: data stores, administration ports, VPN gateways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.http_probe.doors import control_lines, control_of, inside_verdict, is_closed
from ztassess.connectors.http_probe.fingerprints import portal_of
from ztassess.connectors.http_probe.judging import private_sentence, reply_evidence, unread, unsent_word
from ztassess.connectors.http_probe.probe import ADMIN_PORTS
from ztassess.connectors.http_probe.snapshot import INTERNET, Door, Gateway, HttpProbeSnapshot, Reply
from ztassess.connectors.judging import count
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
# Kinds of addresses, in the guard's words, that a stranger on the internet cannot reach.
_INNER: Final = ("a private", "an internal", "a carrier-grade NAT")
_LOOKED: Final = ("open", "refused", "timeout", "name", "closed")


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
        lines = (*control_lines(snapshot), *map(_line, snapshot.data_stores))
        yield passed("data stores", reason, seen=total, evidence=lines[:50])


def _store(door: Door, control: str, total: int) -> Verdict | None:
    """What one store says to the internet; None if it stays closed."""
    if door.vantage != INTERNET:
        return inside_verdict(str(door))
    if door.result == "open":
        near_miss = f"{door} accepts a TCP connection even if it then asks for a password."
        reason = f"{door} accepts connections from the internet."
        return failed(str(door), reason, seen=total, evidence=(_line(door),), near_miss=near_miss)
    if not is_closed(door) and not _is_private(door):
        return _unjudged(door)
    if control:
        return not_checked(str(door), "unreachable", f"{door}: {control}")
    return None


def _is_private(door: Door) -> bool:
    """True if the name leads to an address of an inner network; a loopback name says nothing about which machine."""
    return door.result == "private" and door.detail in _INNER and door.host != "localhost"


def _unjudged(door: Door) -> Verdict:
    """A door that was not tried, was no door, or hung up at once."""
    if door.result == "untested":
        return not_checked(str(door), door.reason, door.detail or f"{door} was not tried before the limit of this run.")
    if door.result == "private":
        return not_checked(str(door), "unreachable", private_sentence(door.host, door.detail))
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
    hosts: dict[str, set[int]] = {door.host: set() for door in doors}
    for door in doors:
        if is_closed(door) or door.result == "open":
            hosts[door.host].add(door.port)
    whole = [host for host, ports in hosts.items() if ports.issuperset(ADMIN_PORTS)]
    inside = dict.fromkeys(door.host for door in doors if door.vantage != INTERNET)
    yield from (inside_verdict(host) for host in inside)
    if len(whole) < len(hosts):
        yield _partial(scope, doors, len(whole), len(hosts))
    elif control := control_of(snapshot):
        yield not_checked(scope, "unreachable", control)
    elif not inside and not any(door.result == "open" for door in doors):
        reason = (
            f"{len(ADMIN_PORTS)} administration ports of {count(len(hosts), 'address')} are closed to the internet."
        )
        consent = Evidence("form", scope, "consent", snapshot.declared.consent_by or "in the uploaded run", "given")
        yield passed(scope, reason, seen=len(hosts), evidence=(consent, *control_lines(snapshot), _line(doors[0])))


def _partial(scope: str, doors: Sequence[Door], tested: int, total: int) -> Verdict:
    missing = [door for door in doors if door.result == "untested"]
    if missing and all(door.reason == "consent_missing" for door in missing):
        return not_checked(scope, "consent_missing", missing[0].detail)
    private = next((door for door in doors if door.result == "private"), None)
    if private is not None:
        return not_checked(scope, "unreachable", private_sentence(private.host, private.detail))
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
    asked = [each for each in gateways if any(_looked(reply) for reply in each.talk.replies)]
    tried = [door for door in doors if door.result in _LOOKED]
    near_miss = "No portal answered, which does not prove that no VPN exists."
    if not asked and not tried:
        yield _nowhere(gateways, doors)
    elif not snapshot.declared.no_vpn:
        reason = "No VPN portal was found, but absence cannot be proved: WireGuard and IPsec are silent."
        yield not_checked("vpn", "unsupported", reason, near_miss=near_miss)
    elif len(tried) < len(doors) or not all(map(_is_whole, gateways)):
        yield not_checked("vpn", "partial_data", "Not every place where a VPN could be was asked.", near_miss=near_miss)
    else:
        where = f"{count(len(asked), 'gateway')} and {count(len(tried), 'port')}"
        reason = f"No VPN answered at {where}, and none is in the inventory ({snapshot.declared.no_vpn})."
        yield passed("vpn", reason, seen=len(asked) + len(tried))


def _looked(reply: Reply) -> bool:
    """True if a request told something: an answer, or that nobody is there."""
    return reply.status is not None or reply.error in _LOOKED


def _is_whole(gateway: Gateway) -> bool:
    """True if all pages were asked for, or nobody is there to ask."""
    unsent = gateway.talk.unsent
    return unsent is None or (unsent.reason == "unreachable" and all(map(_looked, gateway.talk.replies)))


def _portal(gateway: Gateway) -> Verdict | None:
    for reply in gateway.talk.replies:
        product = portal_of(reply)
        if product:
            reason = f"{gateway.host} shows the sign-in page of {product} to anybody."
            lines = (reply_evidence(gateway.host, reply, "no sign-in page of a VPN"),)
            return failed(gateway.host, reason, evidence=lines)
    return None


def _nowhere(gateways: Sequence[Gateway], doors: Sequence[Door]) -> Verdict:
    """Nothing was asked: nothing declared, nothing allowed, or nothing that can be reached from here."""
    for gateway in gateways:
        word = unsent_word(gateway.talk, gateway.host)
        private = next((reply for reply in gateway.talk.replies if reply.error == "private"), None)
        if private is not None:
            return not_checked("vpn", "unreachable", private_sentence(gateway.host, private.detail))
        return not_checked("vpn", word.code, word.sentence)
    for door in doors:
        return _unjudged(door)
    reason = "Name your VPN gateways, old ones too, or the addresses you own, so that there is somewhere to look."
    return not_checked("vpn", "input_missing", reason)
