"""Owns how often somebody may try at share links: dead ones by address, any open one by link.

Counted in the shared cache, which is a table of the database here: it holds for all processes and without the broker.
Passcodes are counted in the log of the link instead, exactly and under a lock, see `ztassess.sharing.services_reading`.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within a window of so many seconds; windows begin at multiples of their length."""

    name: str
    most: int
    seconds: int


DEAD = Limit("share-dead", 30, 60)
OPENINGS = Limit("share-open", 120, 60)
"""A live page asks the whole judgment again; nobody reads faster than this."""


def over(limit: Limit, whose: str) -> int:
    """Count one more try. Returns 0 while it is within the limit, else the seconds until the window ends."""
    now = time.time()
    window = int(now // limit.seconds)
    digest = hashlib.sha256(whose.encode()).hexdigest()[:32]
    key = f"{limit.name}:{digest}:{window}"
    cache.add(key, 0, limit.seconds + 5)
    try:
        count = cache.incr(key)
    except ValueError:  # culled between the two lines, by a cache that is full
        cache.set(key, 1, limit.seconds + 5)
        count = 1
    return 0 if count <= limit.most else max(1, int((window + 1) * limit.seconds - now) + 1)


def address_of(request: HttpRequest) -> str:
    """The address of the visitor, as sign-in counts it; empty where nothing tells it."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""


def network_of(address: str) -> str:
    """The network of an address, as the view log keeps it: /24 of IPv4, /48 of IPv6; empty for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return _around(found, 24, 48)


def counted_as(address: str) -> str:
    """For whom dead links are counted: one address of IPv4, and the /64 of IPv6 that one visitor has for itself."""
    try:
        return _around(ip_address(address), 32, 64)
    except ValueError:
        return ""


def _around(address: IPv4Address | IPv6Address, short: int, long: int) -> str:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    length = short if isinstance(address, IPv4Address) else long
    return str(ip_network(f"{address}/{length}", strict=False))
