"""The connection test: who can be found, who is private, what is not proven; and no request to anybody."""

from __future__ import annotations

from collections.abc import Callable

from tests.connectors.http_probe.lab import ADMIN, STORE, TOKEN, TOOL, Internet, Start, to_sign_in
from ztassess.connectors.contract import Preflight, ReadContext
from ztassess.connectors.http_probe import CONNECTOR
from ztassess.connectors.http_probe.collect import Pace
from ztassess.connectors.http_probe.preflight import preflight

Contexts = Callable[..., ReadContext]


def asked(context: ReadContext, internet: Internet) -> Preflight:
    return preflight(context, Pace(0.0, 80, internet.lookup))


def test_every_host_is_looked_up_and_none_is_connected_to(internet: Internet, context_of: Contexts) -> None:
    internet.names.update(
        {"admin.example.com": (TOOL,), "inner.example.com": ("10.1.2.3",), "db.example.com": (STORE,)}
    )
    context = context_of(
        internal_hosts=f"{ADMIN},https://inner.example.com/,https://gone.example.com/",
        data_stores="db.example.com:5432",
        origins="10.0.0.1:443 admin.example.com",
        vpn_hosts="vpn.example.com",
    )
    found = asked(context, internet)
    rows = {(row.part, row.allowed): row.detail for row in found.rows}
    assert [row.part for row in found.rows] == ["targets"] * 3 + ["origins", "vpn_gateways", "data_stores"]
    assert rows["targets", True] == "1 of 3 can be reached by name"
    details = " ".join(row.detail for row in found.rows if not row.allowed)
    assert "inner.example.com resolves to a private address. It cannot be tested from here" in details
    assert "gone.example.com has no public address" in details
    assert "10.0.0.1 resolves to a private address" in details
    assert internet.connects == []
    assert context.budget.requests == 0
    assert found.refused == ""
    assert found.identity == "a stranger who calls itself ztassess-probe"


def test_each_unproven_domain_is_named_once_with_its_record(internet: Internet, context_of: Contexts) -> None:
    names = ("a.example.com", "b.example.com", "c.example.org", "d.example.co.uk")
    internet.names.update(dict.fromkeys(names, (TOOL,)))
    internet.txt["_ztassess.example.org"] = (TOKEN,)
    found = asked(context_of(internal_hosts=",".join(f"https://{name}/" for name in names)), internet)
    assert len(found.warnings) == 2
    assert f"_ztassess.example.com TXT {TOKEN}" in found.warnings[0]
    assert f"_ztassess.example.co.uk TXT {TOKEN}" in found.warnings[1]
    assert "_ztassess.co.uk" not in internet.looked_up


def test_ports_without_consent_are_pointed_out(proven: Internet, context_of: Contexts) -> None:
    proven.names["admin.example.com"] = (TOOL,)
    waiting = asked(context_of(internal_hosts=ADMIN, owned_addresses=STORE), proven)
    assert "waits for your consent" in waiting.warnings[0]
    assert asked(context_of(internal_hosts=ADMIN, owned_addresses=STORE, consent="yes"), proven).warnings == ()


def test_what_the_operator_opened_is_reachable_and_needs_no_proof(
    site: Start, internet: Internet, context_of: Contexts
) -> None:
    internet.names["localhost"] = ("127.0.0.1",)
    found = asked(context_of(allow=("localhost",), internal_hosts="https://localhost:8443/"), internet)
    assert [row.allowed for row in found.rows] == [True]
    assert found.warnings == ()


def test_a_connection_for_uploads_says_so(internet: Internet, context_of: Contexts) -> None:
    found = asked(context_of(internal_hosts=ADMIN, origin_of_probe="upload"), internet)
    assert [(row.allowed, row.detail) for row in found.rows] == [
        (False, "Nothing is sent from here; upload the runner's result.")
    ]
    assert internet.looked_up == []


def test_a_run_before_the_connection_is_saved_says_why_nothing_is_proven(
    internet: Internet, context_of: Contexts
) -> None:
    internet.names["admin.example.com"] = (TOOL,)
    (warning,) = asked(context_of(internal_hosts=ADMIN, external_id=""), internet).warnings
    assert warning.startswith("example.com is not proven to be yours: this run has no token.")


def test_a_host_that_cannot_be_reached_needs_no_proof_yet(internet: Internet, context_of: Contexts) -> None:
    found = asked(context_of(internal_hosts="https://10.0.0.1/,https://gone.example.com/"), internet)
    assert [row.allowed for row in found.rows] == [False, False]
    assert found.warnings == ()
    assert internet.looked_up == []


def test_a_bare_address_is_proven_by_a_file_only(internet: Internet, context_of: Contexts) -> None:
    (warning,) = asked(context_of(internal_hosts=f"https://{TOOL}/"), internet).warnings
    assert f"with the file https://{TOOL}/.well-known/{TOKEN}.txt holding {TOKEN}" in warning
    assert "DNS" not in warning


def test_when_time_is_over_the_rest_is_named_not_guessed(internet: Internet, context_of: Contexts) -> None:
    internet.names["admin.example.com"] = (TOOL,)
    found = asked(context_of(internal_hosts=ADMIN, seconds=0.0), internet)
    assert [row.allowed for row in found.rows] == [False]
    assert "time limit" in found.rows[0].detail


def test_its_parts_are_parts_of_the_snapshot(site: Start, proven: Internet, context_of: Contexts) -> None:
    proven.put("admin.example.com", TOOL, 443, site(to_sign_in).port)
    found = asked(context_of(internal_hosts=ADMIN, data_stores="x.example.com:1", vpn_hosts="v.example.com"), proven)
    parts = {part for check in CONNECTOR.checks for part in check.parts}
    assert {row.part for row in found.rows} <= parts
