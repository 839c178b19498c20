"""Owns the check that subnet routers do not open whole networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.judging import conclude, count, names
from ztassess.connectors.tailscale.judging import DEVICES, lines_of, own_devices, policy_read
from ztassess.connectors.tailscale.networks import Network, network_of
from ztassess.connectors.tailscale.people import People, Who
from ztassess.connectors.tailscale.reach import Reach, Target, reach_of
from ztassess.connectors.tailscale.snapshot import Device, TailscaleSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
SHORTEST: Final = 16
IPV4: Final = 4


@dataclass(frozen=True, slots=True)
class Route:
    """One approved route of one router."""

    device: Device
    network: Network

    @property
    def everything(self) -> bool:
        """The route of an exit node: the whole internet."""
        return self.network.prefixlen == 0


@CHECKS.check(
    "tailscale.routes_narrow",
    title="Subnet routers do not expose whole networks",
    verifies=(Verifies("proxy.vpn-retired", 2), Verifies("proxy.front-internal-apps", 2, supporting=True)),
    severity=Severity.HIGH,
    parts=("devices", "policy", "users"),
)
def routes_narrow(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """No approved IPv4 route is wider than /16, and none to everything is granted to members as a network."""
    devices = own_devices(snapshot)
    routes, strange = _routes(devices)
    policy = policy_read(snapshot)
    people = None if isinstance(policy, Unavailable) else People.of(snapshot, policy)
    problems = [_wide(each, people, len(routes)) for each in routes if _is_wide(each)]
    exits = [each for each in routes if each.everything]
    if exits:
        problems += [each for each in [_granted(snapshot, exits, people, policy)] if each]
    blind = [each.label for each in devices if each.routes is None]
    if blind:
        reason = f"The routes of {names(blind)} were not listed; list devices with fields=all."
        problems.append(not_checked("routes not listed", "partial_data", reason, seen=len(routes)))
    if strange:
        reason = f"Nobody can read the routes {names(strange)}."
        problems.append(not_checked("routes not understood", "unsupported", reason, seen=len(routes)))
    yield from conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.devices],
        seen=len(routes),
        good=f"Narrow enough: {len(routes)} of {count(len(routes), 'approved route')}.{_notes(routes)}",
        nothing="No device is a subnet router: no route is approved.",
        evidence=lines_of(
            [Evidence(DEVICES, each.device.label, "enabledRoutes", str(each.network), "narrow") for each in routes]
        ),
    )


def _routes(devices: tuple[Device, ...]) -> tuple[list[Route], list[str]]:
    routes, strange = [], []
    for device in devices:
        for text in device.routes or ():
            network = network_of(text)
            if network is None:
                strange.append(f"{text[:60]} ({device.label})")
            else:
                routes.append(Route(device, network))
    return routes, strange


def _is_wide(route: Route) -> bool:
    return route.network.version == IPV4 and 0 < route.network.prefixlen < SHORTEST


def _wide(route: Route, people: People | None, of: int) -> Verdict:
    text = str(route.network)
    reach = reach_of(people, Target(text, addresses=(route.network,))) if people else None
    line = Evidence(DEVICES, route.device.label, "enabledRoutes", text, f"/{SHORTEST} or narrower")
    reason = f"{route.device.label} opens {text}, one of {count(of, 'approved route')}; {_reached(people, reach)}."
    whom = _by_whom(reach)
    near = f"{text} is reachable by {whom}." if whom else ""
    return failed(f"{route.device.label} {text}", reason, seen=of, evidence=(line,), near_miss=near)


def _by_whom(reach: Reach | None) -> str:
    if reach is None or not reach.accesses:
        return ""
    return names(reach.who.everyone or reach.who.groups or tuple(sorted(reach.who.people)))


def _reached(people: People | None, reach: Reach | None) -> str:
    if people is None or reach is None:
        return "who reaches it could not be read"
    if not reach.accesses:
        return "no rule leads there today" if not reach.unknown else "who reaches it cannot be told"
    return f"{len(reach.rules)} of {count(len(people.policy.rules or ()), 'rule')} lead there"


def _granted(snapshot: TailscaleSnapshot, exits: list[Route], people: People | None, policy: object) -> Verdict | None:
    """A rule for members with everything as its destination, beyond ``autogroup:internet``."""
    label = names(sorted({each.device.label for each in exits}))
    if people is None:
        why = policy if isinstance(policy, Unavailable) else Unavailable("partial_data")
        reason = f"{label} routes everything; whether members may use that as a network could not be read."
        return not_checked("routes to everything", why, reason, seen=len(exits))
    who = Who()
    rules = []
    for rule in people.policy.rules or ():
        if any(_everything(people, each.selector) and not each.ports.none for each in rule.destinations):
            rules.append(rule.name)
            who |= people.sources(rule.sources)
    everyone = people.is_everyone(who) if rules else False
    if everyone is False:
        return None
    if everyone is None:
        reason = f"{label} routes everything, and {names(rules)} may be for all members; nobody can tell here."
        return not_checked("routes to everything", "partial_data", reason, seen=len(exits))
    line = Evidence(DEVICES, label, "enabledRoutes", "0.0.0.0/0", "reached by autogroup:internet alone")
    reason = f"{label} routes everything, and {names(rules)} let all members in there as into a network."
    near = f"0.0.0.0/0 is reachable by {names(who.everyone or who.groups)}."
    return failed("routes to everything", reason, seen=len(exits), evidence=(line,), near_miss=near)


def _everything(people: People, selector: str) -> bool:
    networks = people.networks(selector) or ()
    return selector == "*" or any(each.prefixlen == 0 for each in networks)


def _notes(routes: list[Route]) -> str:
    exits = sorted({each.device.label for each in routes if each.everything})
    longer = [str(each.network) for each in routes if each.network.version != IPV4 and not each.everything]
    found = f" Exit nodes: {names(exits)}." if exits else ""
    return found + (f" The length of IPv6 routes is not judged: {names(longer)}." if longer else "")
