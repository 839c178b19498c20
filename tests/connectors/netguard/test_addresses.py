"""The address table, its edges, and a comparison with the standard library's opinion."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from ztassess.connectors.netguard import addresses
from ztassess.connectors.netguard.addresses import allowable, denial, network_allowable, parsed_address

V4 = [network for network, _ in addresses._V4]
V6 = [network for network, _ in addresses._V6]


@pytest.mark.parametrize("network", V4, ids=str)
def test_ipv4_range_is_denied_from_its_first_to_its_last_address_and_no_further(network) -> None:  # type: ignore[no-untyped-def]
    first, last = int(network[0]), int(network[-1])
    assert denial(IPv4Address(first))
    assert denial(IPv4Address(last))
    for neighbor in (first - 1, last + 1):
        if 0 <= neighbor < 2**32:
            inside_another = any(IPv4Address(neighbor) in other for other in V4)
            assert bool(denial(IPv4Address(neighbor))) is inside_another


@pytest.mark.parametrize("network", V6, ids=str)
def test_ipv6_range_is_denied_to_its_edges(network) -> None:  # type: ignore[no-untyped-def]
    assert denial(network[0])
    assert denial(network[-1])


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("1.1.1.1", True),
        ("9.255.255.255", True),
        ("11.0.0.0", True),
        ("168.63.129.15", True),
        ("168.63.129.17", True),
        ("2606:4700::1111", True),
        ("2003::1", True),
        ("2000::1", True),
        ("3ffe:ffff::1", True),
        ("1fff:ffff::1", False),
        ("4000::1", False),
        ("::ffff:1.1.1.1", False),
        ("64:ff9b::101:101", False),
        ("::1.1.1.1", False),
    ],
)
def test_known_addresses(text: str, public: bool) -> None:
    assert (denial(ip_address(text)) == "") is public


@pytest.mark.parametrize(
    "text", ["127.1", "0177.0.0.1", "0x7f.1", "fe80::1%eth0", "10.0.0.0/8", "", "1.1.1.1 ", "１.1.1.1"]
)
def test_other_spellings_are_no_addresses(text: str) -> None:
    assert parsed_address(text) is None


def test_every_difference_to_the_standard_library_is_a_listed_one() -> None:
    """`is_global` is a second implementation; where we are stricter the reason must be a range of our own table."""
    stricter = [
        ip_network(text)
        for text in (
            *("168.63.129.16/32", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24"),
            *("192.0.0.0/24", "224.0.0.0/4", "198.18.0.0/15"),
            *("2001::/23", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
        )
    ]
    chance, looser, unexplained = random.Random(7), [], []  # noqa: S311  the same addresses every time
    for _ in range(50_000):
        for address in (IPv4Address(chance.getrandbits(32)), IPv6Address((1 << 125) + chance.getrandbits(125))):
            ours = denial(address) == ""
            if ours and not address.is_global:
                looser.append(address)
            if (
                not ours
                and address.is_global
                and not any(address.version == network.version and address in network for network in stricter)
            ):
                unexplained.append(address)
    assert looser == []
    assert unexplained == []


@pytest.mark.parametrize(
    ("text", "may"),
    [
        *(("127.0.0.1", True), ("10.2.3.4", True), ("172.20.0.1", True), ("192.168.1.1", True), ("100.64.0.1", True)),
        *(("::1", True), ("fd12::1", True)),
        *(("169.254.169.254", False), ("169.254.1.1", False), ("100.100.100.200", False), ("168.63.129.16", False)),
        *(
            ("fd00:ec2::254", False),
            ("fd20:ce::254", False),
            ("fe80::1", False),
            ("224.0.0.1", False),
            ("0.0.0.0", False),  # noqa: S104  judged, not bound
        ),
        *(
            ("::", False),
            ("::ffff:127.0.0.1", False),
            ("64:ff9b::7f00:1", False),
            ("192.0.0.192", False),
            ("ff02::1", False),
        ),
    ],
)
def test_what_an_operator_may_open(text: str, may: bool) -> None:
    assert allowable(ip_address(text)) is may


@pytest.mark.parametrize(
    ("text", "may"),
    [
        *(("127.0.0.0/8", True), ("10.1.0.0/16", True), ("100.64.0.0/10", True), ("fc00::/7", True), ("::1/128", True)),
        *(("0.0.0.0/0", False), ("::/0", False), ("169.254.0.0/16", False), ("169.254.169.254/32", False)),
        *(("100.100.100.200/32", False), ("fd00:ec2::254/128", False), ("8.0.0.0/5", False), ("224.0.0.0/4", False)),
        *(("::ffff:0:0/96", False), ("64:ff9b::/96", False), ("fe80::/10", False), ("93.184.216.0/24", False)),
    ],
)
def test_what_ranges_may_stand_in_the_list(text: str, may: bool) -> None:
    assert network_allowable(ip_network(text)) is may
