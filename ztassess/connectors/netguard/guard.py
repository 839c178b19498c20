"""Owns the decision where we may connect: text, one look-up, every record judged, the number pinned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

from ztassess.connectors.errors import Blocked, InputInvalid, Unreachable
from ztassess.connectors.netguard.addresses import Network, allowable, denial, network_allowable, parsed_address
from ztassess.connectors.netguard.names import host_text, port_number, public_name
from ztassess.connectors.netguard.resolving import Resolver, resolve

RESOLVE_SECONDS = 5.0
MAX_RECORDS = 16


@dataclass(frozen=True, slots=True)
class Pinned:
    """A target whose numbers were judged; connect to these and to nothing else.

    Attributes:
        host: the name (or address) as it goes into SNI, Host header and certificate verification.
        ip: the first address.
        addresses: all judged addresses in the system's order, `ip` first; the next is tried if one does not answer.
    """

    host: str
    ip: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """The policy of one installation.

    Parameters:
        allow_private: private targets the operator opened, hosts or CIDRs such as ``localhost``, ``10.1.0.0/16``.
            A listed host also needs no public name and no port from a connector's list: the operator named exactly
            this system, and databases and services inside a network live on ports of their own. An address counts
            as listed if it is inside a listed range; a name only if it is listed itself. Redirects and budgets are
            not widened by it, and metadata, link-local and multicast addresses can never be listed.
        extra_ca: path of a PEM file with certificate authorities trusted besides the system's; an operator's setting.
        nat64: /96 prefixes of the installation's own NAT64 gateway; the IPv4 address inside is judged instead.
        resolver: for tests only.

    Raises:
        InputInvalid: an entry is neither a host nor an allowable range.
    """

    allow_private: Sequence[str] = ()
    extra_ca: str = field(default="", kw_only=True)
    nat64: Sequence[str] = field(default=(), kw_only=True)
    resolver: Resolver = field(default=resolve, kw_only=True, compare=False, repr=False)
    _hosts: frozenset[str] = field(init=False, repr=False, compare=False)
    _networks: tuple[Network, ...] = field(init=False, repr=False, compare=False)
    _nat64: tuple[IPv6Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        entries = tuple(_entry(text) for text in self.allow_private)
        object.__setattr__(self, "allow_private", tuple(self.allow_private))
        object.__setattr__(self, "_hosts", frozenset(entry for entry in entries if isinstance(entry, str)))
        object.__setattr__(self, "_networks", tuple(entry for entry in entries if not isinstance(entry, str)))
        object.__setattr__(self, "_nat64", tuple(_nat64_prefix(text) for text in self.nat64))

    @staticmethod
    def parse_allowed(text: str) -> tuple[str, ...]:
        """The entries of the setting ``ZTASSESS_ALLOW_PRIVATE_TARGETS``: hosts or CIDRs, separated by commas or spaces.

        Raises:
            InputInvalid: an entry is malformed, or opens a range that nobody may open.
        """
        entries = tuple(dict.fromkeys(text.replace(",", " ").split()))
        for entry in entries:
            _entry(entry)
        return entries

    def public_only(self) -> Guard:
        """The same policy without the operator's private targets: what a redirect to another host must pass."""
        return Guard(extra_ca=self.extra_ca, nat64=self.nat64, resolver=self.resolver)

    def listed(self, host: str) -> bool:
        """True if the operator opened exactly this host: by name, or as an address inside a listed range."""
        address = parsed_address(host)
        return host in self._hosts if address is None else self._in_networks(address)

    def address_ok(self, ip: str, *, host: str = "") -> bool:
        """True if we may be connected to this address.

        Parameters:
            host: the name it was reached by; a listed name may lead to private addresses.
        """
        address = parsed_address(ip)
        return address is not None and not self._denial(address, named=host in self._hosts)

    def pin(self, host: str, port: int, *, ports: Collection[int] | None, seconds: float = RESOLVE_SECONDS) -> Pinned:
        """Judge a target and fix the numbers to connect to.

        Parameters:
            ports: the connector's list; None accepts every port.
            seconds: deadline of the one look-up.

        Raises:
            Blocked: refused by policy; ``reason`` starts with ``text``, ``name``, ``port``, ``records`` or ``address``.
            Unreachable: the name does not resolve, or not in time.
        """
        name, number = host_text(host), port_number(port)
        literal, listed = parsed_address(name), self.listed(name)
        if literal is None and not listed:
            public_name(name)
        if literal is not None:
            self._judge((name,), named=False)
        if ports is not None and number not in ports and not listed:
            raise Blocked(f"port: {number} is not one of this connector's")
        # Names the operator listed are often known to /etc/hosts or a search domain only, so they get no trailing dot.
        found = (name,) if literal is not None else self.resolver(name if listed else f"{name}.", seconds)
        if not found:
            raise Unreachable(how="name")
        if len(found) > MAX_RECORDS:
            raise Blocked(f"records: more than {MAX_RECORDS}")
        addresses = self._judge(found, named=listed and literal is None)
        return Pinned(name, addresses[0], number, addresses)

    def _judge(self, texts: Sequence[str], *, named: bool) -> tuple[str, ...]:
        """One denied record refuses all: an attacker who controls a name controls which record is tried first."""
        judged: list[str] = []
        for text in texts:
            address = parsed_address(text)
            why = "not an address" if address is None else self._denial(address, named=named)
            if why:
                raise Blocked(f"address: {text} ({why})")
            judged.append(str(address))
        return tuple(judged)

    def _denial(self, address: IPv4Address | IPv6Address, *, named: bool) -> str:
        if isinstance(address, IPv6Address) and any(address in prefix for prefix in self._nat64):
            return self._denial(IPv4Address(address.packed[-4:]), named=named)
        why = denial(address)
        if why and allowable(address) and (named or self._in_networks(address)):
            return ""
        return why

    def _in_networks(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _entry(text: str) -> str | Network:
    """One entry of the allow-list: a host name, or a range (an address is a range of one)."""
    try:
        network = ip_network(text.strip("[]"))
    except ValueError:
        try:
            name = host_text(text)
        except Blocked as problem:
            raise InputInvalid(f"Allowed private targets: {text[:80]!r} is neither a host nor a network.") from problem
        return name
    if not network_allowable(network):
        raise InputInvalid(
            f"Allowed private targets: {text[:80]!r} cannot be allowed. Only private, loopback and carrier-grade "
            "NAT ranges can; metadata, link-local and multicast addresses never."
        )
    return network


def _nat64_prefix(text: str) -> IPv6Network:
    try:
        prefix = IPv6Network(text)
    except ValueError as problem:
        raise InputInvalid(f"NAT64 prefixes: {text[:80]!r} is not an IPv6 network.") from problem
    if prefix.prefixlen != 96:  # noqa: PLR2004  RFC 6052: only /96 keeps the IPv4 address in the last four bytes
        raise InputInvalid(f"NAT64 prefixes: {text[:80]!r} must be a /96.")
    return prefix
