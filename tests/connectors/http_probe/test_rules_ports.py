"""The checks of ports and VPN gateways, by tables of what was open."""

from __future__ import annotations

import pytest

from tests.connectors.http_probe.factory import NOTHING, door, gateway, reply, snapshot
from tests.connectors.http_probe.lab import FAIL, PASS, unsure, verdicts, words
from ztassess.connectors.http_probe.probe import ADMIN_PORTS, PORTALS, title_hash
from ztassess.connectors.http_probe.snapshot import INSIDE, Unsent

STORES = {
    "closed": (door("refused"), PASS),
    "dropped": (door("timeout"), PASS),
    "no such name": (door("name", "db.example.com"), PASS),
    "private address": (door("private", "db.example.com", detail="a private"), PASS),
    "internal name": (door("private", "db.internal", detail="an internal"), PASS),
    "overlay address": (door("private", "db.example.com", detail="a carrier-grade NAT"), PASS),
    "this machine": (door("private", "localhost", detail="an internal"), unsure("unreachable")),
    "loopback": (door("private", "db.example.com", detail="a loopback"), unsure("unreachable")),
    "metadata": (door("private", "db.example.com", detail="a metadata"), unsure("unreachable")),
    "open": (door("open"), FAIL),
    "open from inside": (door("open", vantage=INSIDE), unsure("unreachable")),
    "closed from inside": (door("refused", vantage=INSIDE), unsure("unreachable")),
    "hung up": (door("closed"), unsure("unexpected_answer")),
    "not tried in time": (door("untested", reason="partial_data"), unsure("partial_data")),
    "not allowed": (door("untested", reason="consent_missing", detail="Prove it."), unsure("consent_missing")),
}


@pytest.mark.parametrize("case", STORES)
def test_data_store(case: str) -> None:
    store, expected = STORES[case]
    assert words(snapshot(data_stores=(store,)), "data_stores_closed") == expected


CONTROLS = {
    "not reachable": (door("timeout", "admin.example.com", 443),),
    "over the inside": (door("open", "admin.example.com", 443, vantage=INSIDE),),
    "none": NOTHING,
}


@pytest.mark.parametrize("case", CONTROLS)
def test_closed_ports_prove_nothing_without_a_control(case: str) -> None:
    found = snapshot(data_stores=(door(),), admin_ports=whole(), controls=CONTROLS[case])
    assert words(found, "data_stores_closed") == unsure("unreachable")
    assert words(found, "admin_ports_closed") == unsure("unreachable")


def test_an_open_store_fails_without_a_control_too() -> None:
    found = snapshot(data_stores=(door("open"), door()), controls=NOTHING)
    (bad, unknown) = verdicts(found, "data_stores_closed")
    assert (bad.outcome.value, unknown.outcome.value) == ("fail", "not_checked")
    assert bad.near_miss == "93.184.216.30:5432 accepts a TCP connection even if it then asks for a password."


def whole(host: str = "93.184.216.30", **changed: str) -> tuple:  # type: ignore[type-arg]
    """All administration ports of an address, closed but for those named like ``p22``."""
    return tuple(door(changed.get(f"p{port}", "timeout"), host, port) for port in ADMIN_PORTS)


def test_the_ports_are_those_that_administer_something() -> None:
    assert ADMIN_PORTS == (22, 23, 445, 1433, 2375, 3306, 3389, 5432, 5900, 6379, 6443, 9200, 11211, 27017)


ADMIN = {
    "all closed": (whole(), PASS),
    "some refused, some dropped": (whole(p22="refused"), PASS),
    "one open": (whole(p22="open"), FAIL),
    "two open": (whole(p22="open", p3389="open"), FAIL * 2),
    "one not tried": (whole(p27017="untested"), unsure("partial_data")),
    "one not tried, one open": (whole(p27017="untested", p22="open"), FAIL + unsure("partial_data")),
    "one port left out of an uploaded run": (whole()[1:], unsure("partial_data")),
    "private": (
        tuple(door("private", "10.0.0.1", port, detail="a private") for port in ADMIN_PORTS),
        unsure("unreachable"),
    ),
    "not allowed": (
        tuple(door("untested", port=port, reason="consent_missing", detail="Tick it.") for port in ADMIN_PORTS),
        unsure("consent_missing"),
    ),
    "from inside": (tuple(door(port=port, vantage=INSIDE) for port in ADMIN_PORTS), unsure("unreachable")),
    "open from inside": (tuple(door("open", port=port, vantage=INSIDE) for port in ADMIN_PORTS), unsure("unreachable")),
}


@pytest.mark.parametrize("case", ADMIN)
def test_administration_ports(case: str) -> None:
    doors, expected = ADMIN[case]
    assert words(snapshot(admin_ports=doors), "admin_ports_closed") == expected


def test_a_partial_run_says_how_much_it_saw() -> None:
    doors = (*whole(), *whole("93.184.216.31", p22="untested"))
    (verdict,) = verdicts(snapshot(admin_ports=doors), "admin_ports_closed")
    assert verdict.reason == verdict.near_miss == "Only 1 of 2 addresses were tested."


def test_a_pass_counts_addresses_and_ports() -> None:
    (verdict,) = verdicts(snapshot(admin_ports=(*whole(), *whole("93.184.216.31"))), "admin_ports_closed")
    assert verdict.reason == "14 administration ports of 2 addresses are closed to the internet."
    assert verdict.seen == 2
    seen = [(line.field, line.object, line.observed) for line in verdict.evidence]
    assert ("control", "admin.example.com:443", "open") in seen


FORTI, IVANTI, CISCO, PALO = (f"portal:{path}" for path in PORTALS)
NOTHING_THERE = tuple(reply(f"portal:{path}", 404) for path in PORTALS)
VOUCHED = "Anna Example, 2026-11-23"
GONE = gateway(reply(FORTI, None, error="timeout"), unsent=Unsent(3, "unreachable"))
HIDDEN = gateway(reply(FORTI, None, error="private", detail="a private"), unsent=Unsent(3, "unreachable"))
VPN = {
    "FortiGate's page": (
        {"vpn_gateways": (gateway(reply(FORTI, 200, title_sha256=title_hash("Please Login"))),)},
        FAIL,
    ),
    "Ivanti's redirect": (
        {"vpn_gateways": (gateway(reply(IVANTI, 302, "/dana-na/auth/url_default/welcome.cgi")),)},
        FAIL,
    ),
    "Cisco's cookie": ({"vpn_gateways": (gateway(reply(CISCO, 200, cookie_names=("webvpnlogin",))),)}, FAIL),
    "GlobalProtect's page": (
        {"vpn_gateways": (gateway(reply(PALO, 200, title_sha256=title_hash("GlobalProtect Portal"))),)},
        FAIL,
    ),
    "OpenVPN over TCP": ({"vpn_ports": (door("open", port=1194),)}, FAIL),
    "a page for every path": (
        {"vpn_gateways": (gateway(*(reply(f"portal:{p}", 200, title_sha256=title_hash("Shop")) for p in PORTALS)),)},
        unsure("unsupported"),
    ),
    "a sign-in for every path": (
        {"vpn_gateways": (gateway(*(reply(f"portal:{p}", 302, "/login") for p in PORTALS)),)},
        unsure("unsupported"),
    ),
    "nothing found": ({"vpn_gateways": (gateway(*NOTHING_THERE),)}, unsure("unsupported")),
    "nobody answers": ({"vpn_gateways": (GONE,), "vpn_ports": (door("timeout", port=1194),)}, unsure("unsupported")),
    "nothing found, somebody vouches": ({"vpn_gateways": (gateway(*NOTHING_THERE),), "no_vpn": VOUCHED}, PASS),
    "nobody answers, somebody vouches": ({"vpn_gateways": (GONE,), "no_vpn": VOUCHED}, PASS),
    "something found, somebody vouches": ({"vpn_ports": (door("open", port=1194),), "no_vpn": VOUCHED}, FAIL),
    "not all asked, somebody vouches": (
        {"vpn_gateways": (gateway(*NOTHING_THERE[:2], unsent=Unsent(2, "rate_limited")),), "no_vpn": VOUCHED},
        unsure("partial_data"),
    ),
    "a port not tried, somebody vouches": (
        {
            "vpn_gateways": (GONE,),
            "vpn_ports": (door("untested", port=1194, reason="consent_missing"),),
            "no_vpn": VOUCHED,
        },
        unsure("partial_data"),
    ),
    "private, somebody vouches": ({"vpn_gateways": (HIDDEN,), "no_vpn": VOUCHED}, unsure("unreachable")),
    "nowhere to look": ({}, unsure("input_missing")),
    "nowhere to look, somebody vouches": ({"no_vpn": VOUCHED}, unsure("input_missing")),
    "not allowed": (
        {"vpn_gateways": (gateway(unsent=Unsent(4, "consent_missing", "Prove it.")),)},
        unsure("consent_missing"),
    ),
}


@pytest.mark.parametrize("case", VPN)
def test_vpn(case: str) -> None:
    parts, expected = VPN[case]
    assert words(snapshot(**parts), "vpn_portal_absent") == expected


def test_silence_gets_the_near_miss() -> None:
    (verdict,) = verdicts(snapshot(vpn_gateways=(gateway(*NOTHING_THERE),)), "vpn_portal_absent")
    assert verdict.near_miss == "No portal answered, which does not prove that no VPN exists."
    assert "WireGuard and IPsec are silent" in verdict.reason


@pytest.mark.parametrize("check", ["data_stores_closed", "admin_ports_closed"])
def test_what_nobody_declared_is_not_judged(check: str) -> None:
    assert words(snapshot(), check) == unsure("input_missing")
