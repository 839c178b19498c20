"""Whose view a run gives: of private addresses, of ports, of origins past their proxy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.http_probe.lab import (
    ADMIN,
    FAIL,
    ORIGIN,
    PASS,
    STORE,
    TOOL,
    Internet,
    Probe,
    Start,
    opened,
    to_sign_in,
    unsure,
    verdicts,
    words,
)
from ztassess.connectors.errors import InputInvalid


def test_private_addresses_are_refused_with_a_way_out(internet: Internet, probe: Probe) -> None:
    internet.names["admin.example.com"] = ("10.1.2.3",)
    (verdict,) = verdicts(probe(internal_hosts=ADMIN), "anonymous_request_refused")
    assert verdict.reason_code == "not_reachable"
    assert "resolves to a private address. It cannot be tested from here; run the inside runner" in verdict.reason
    assert internet.connects == []


@pytest.mark.parametrize("stands", ["outside", "inside", "stranger"])
def test_a_private_view_says_nothing_about_the_internet_unless_somebody_vouches(
    raw: Callable[..., int], site: Start, probe: Probe, internet: Internet, stands: str
) -> None:
    made, store = site(to_sign_in), raw(lambda sock: None, tls=False)
    internet.names["localhost"] = ("127.0.0.1",)
    snapshot = probe(
        allow=("localhost", "127.0.0.0/8", "10.0.0.0/8"),
        internal_hosts=f"https://localhost:{made.port}/",
        data_stores=f"127.0.0.1:{store}",
        origins=f"127.0.0.1:{made.port}",
        owned_addresses="10.9.9.9",
        consent="yes",
        origin_of_probe=stands,
    )
    if stands == "stranger":
        assert words(snapshot, "data_stores_closed") == FAIL
        assert words(snapshot, "admin_ports_closed") == PASS
    else:
        assert words(snapshot, "data_stores_closed") == unsure("unreachable")
        assert words(snapshot, "admin_ports_closed")[0] == ("not_checked", "unreachable")
        assert words(snapshot, "origin_unreachable") == unsure("unreachable")


def test_from_inside_public_doors_prove_nothing_either(tool: Start, probe: Probe) -> None:
    tool()
    snapshot = probe(internal_hosts=ADMIN, data_stores=f"{STORE}:5432", origin_of_probe="inside")
    assert words(snapshot, "data_stores_closed") == unsure("unreachable")


def test_a_connection_for_uploads_sends_nothing(internet: Internet, probe: Probe) -> None:
    with pytest.raises(InputInvalid, match="takes results of the inside runner"):
        probe(internal_hosts=ADMIN, origin_of_probe="upload")
    assert internet.connects == []


def test_ports_are_tried_once_each_and_only_where_it_was_allowed(tool: Start, probe: Probe, proven: Internet) -> None:
    tool()
    proven.silent.add(f"{STORE}")
    snapshot = probe(
        internal_hosts=ADMIN, owned_addresses=f"{STORE}/31", data_stores="db.example.com:5432", consent="yes"
    )
    tried = [where for where in proven.connects if where[0].startswith("93.184.216.3")]
    assert len(tried) == len(set(tried)) == 2 * 15  # fourteen administration ports and OpenVPN
    assert words(snapshot, "admin_ports_closed") == PASS
    assert words(snapshot, "data_stores_closed") == PASS  # the name does not resolve


def test_no_consent_no_port(tool: Start, probe: Probe, proven: Internet) -> None:
    tool()
    snapshot = probe(internal_hosts=ADMIN, owned_addresses=STORE)
    assert STORE not in {address for address, _ in proven.connects}
    assert words(snapshot, "admin_ports_closed") == unsure("consent_missing")


def test_an_open_port_is_named(tool: Start, probe: Probe, proven: Internet, raw: Callable[..., int]) -> None:
    tool()
    listening = raw(lambda sock: None, tls=False)
    proven.ports[STORE, 5432] = listening
    snapshot = probe(internal_hosts=ADMIN, owned_addresses=STORE, data_stores=f"{STORE}:5432", consent="yes")
    assert [each.resource for each in verdicts(snapshot, "admin_ports_closed")] == [f"{STORE}:5432"]
    (verdict,) = verdicts(snapshot, "data_stores_closed")
    assert verdict.near_miss == f"{STORE}:5432 accepts a TCP connection even if it then asks for a password."


def test_an_origin_is_asked_under_the_public_name(tool: Start, probe: Probe, proven: Internet, site: Start) -> None:
    tool()
    origin = site(lambda path, headers: (403, {}, b""), "other.example.net")
    proven.ports[ORIGIN, 8443] = origin.port
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com", origins=f"{ORIGIN}:8443")
    assert {headers["host"] for _, headers in origin.asked} == {"admin.example.com"}
    assert len(origin.asked) == 7
    token = next(headers for _, headers in origin.asked if "cf-access-jwt-assertion" in headers)
    assert token["cf-access-jwt-assertion"].endswith(".")  # no signature
    assert words(snapshot, "forged_assertion_refused_at_origin") == PASS
    assert words(snapshot, "origin_unreachable") == unsure("refused_by_unknown")


def test_an_origin_without_tls_is_asked_without(tool: Start, probe: Probe, proven: Internet, site: Start) -> None:
    tool()
    origin = site(opened, tls=False)
    proven.ports[ORIGIN, 8080] = origin.port
    snapshot = probe(internal_hosts=ADMIN, origins=f"{ORIGIN}:8080")
    assert [headers["host"] for _, headers in origin.asked if headers] == ["admin.example.com"]
    (verdict,) = verdicts(snapshot, "origin_unreachable")
    assert verdict.level == 0
    assert "answers 200" in verdict.reason


def test_a_closed_origin_passes_level_two_and_says_what_level_three_needs(tool: Start, probe: Probe) -> None:
    tool()
    (verdict,) = verdicts(probe(internal_hosts=ADMIN, origins=f"{ORIGIN}:443"), "origin_unreachable")
    assert (verdict.outcome.value, verdict.level) == ("pass", 2)
    assert "30 days" in verdict.reason


def test_an_origin_that_is_the_proxy_is_not_judged(tool: Start, probe: Probe) -> None:
    tool()
    assert words(probe(internal_hosts=ADMIN, origins=f"{TOOL}:443"), "origin_unreachable") == unsure("input_missing")
