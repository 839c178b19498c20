"""Owns what a firewall lets in: how much of the internet a range is, and which ports an opening has."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from ztassess.connectors.google_iap.snapshot_resources import FirewallRule, Opening

WEB_PORTS: Final = frozenset({80, 443})
ADMIN_PORTS: Final = (22, 3389, 5432, 3306)
SIGN_IN_PORTS: Final = (22, 3389)
ALL_PORTS: Final = range(65_536)
# A range that large is no company's; two halves of the internet are all of it.
_WIDEST_V4, _WIDEST_V6 = 7, 15
IAP_V4: Final = IPv4Network("35.235.240.0/20")
IAP_V6: Final = IPv6Network("2600:2d00:1:7::/64")
"""From where IAP forwards (IAP, "Using IAP for TCP forwarding")."""
# By name and by IANA's number: protocols with ports, and those that carry any other.
_WITHOUT_PORTS: Final = frozenset({"icmp", "1", "icmpv6", "ipv6-icmp", "58", "esp", "50", "ah", "51"})
_WITH_PORTS: Final = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "sctp": "sctp", "132": "sctp", "all": "all"}


def parsed(text: str) -> IPv4Network | IPv6Network | None:
    """A range; None if it is none."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def is_internet(text: str) -> bool:
    """True for the whole internet and for ranges no smaller than half a per cent of it; also where it is unreadable."""
    found = parsed(text)
    if found is None:
        return True
    return found.prefixlen <= (_WIDEST_V4 if found.version == 4 else _WIDEST_V6)  # noqa: PLR2004  IP version


def from_iap(text: str) -> bool:
    """True if only IAP's forwarding can come from a range."""
    found = parsed(text)
    if isinstance(found, IPv4Network):
        return found.subnet_of(IAP_V4)
    return found is not None and found.subnet_of(IAP_V6)


def ports_of(opening: Opening) -> list[range]:
    """The ports that an opening has; no list means all of them."""
    if not opening.ports:
        return [ALL_PORTS]
    found = []
    for text in opening.ports:
        low, _, high = text.partition("-")
        if not low.strip().isdecimal() or (high and not high.strip().isdecimal()):
            return [ALL_PORTS]
        found.append(range(int(low), int(high or low) + 1))
    return found


def opens(opening: Opening, port: int) -> bool:
    """True if an opening lets TCP to a port in."""
    return _WITH_PORTS.get(opening.protocol) in {"tcp", "all"} and any(port in each for each in ports_of(opening))


def beyond_web(opening: Opening) -> str:
    """What an opening lets in beside the web, for a sentence; empty if nothing. ICMP and IPsec open no port."""
    if opening.protocol in _WITHOUT_PORTS:
        return ""
    kind = _WITH_PORTS.get(opening.protocol)
    if kind is None:
        return f"all of protocol {opening.protocol}"
    wide = [each for each in ports_of(opening) if not set(each[:3]) <= WEB_PORTS or len(each) > len(WEB_PORTS)]
    if not wide:
        return ""
    if any(each == ALL_PORTS for each in wide) or kind == "all":
        return f"all ports of {opening.protocol}"
    return ", ".join(f"{opening.protocol} {each.start}" + (f"-{each[-1]}" if len(each) > 1 else "") for each in wide)


def admin_ports(openings: Iterable[Opening]) -> list[int]:
    """The administration ports among what is open."""
    found = list(openings)
    return [port for port in ADMIN_PORTS if any(opens(each, port) for each in found)]


def past_iap(rule: FirewallRule) -> bool:
    """True if a rule lets SSH or remote desktop in from elsewhere than IAP's forwarding."""
    if not any(opens(each, port) for each in rule.openings for port in SIGN_IN_PORTS):
        return False
    return not rule.sources or not all(from_iap(source) for source in rule.sources)
