"""What may be asked of whom: only what the operator opened, or what is proven to be the customer's."""

from __future__ import annotations

import pytest

from tests.connectors.http_probe.lab import (
    ADMIN,
    FAIL,
    FRONT,
    ORIGIN,
    PASS,
    STORE,
    TOKEN,
    TOOL,
    VPN,
    Internet,
    Probe,
    Said,
    Start,
    opened,
    to_sign_in,
    unsure,
    verdicts,
    words,
)


def test_without_proof_only_the_front_page_is_asked_for(site: Start, internet: Internet, probe: Probe) -> None:
    made = site(to_sign_in)
    internet.put("admin.example.com", TOOL, 443, made.port)
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    proof = f"/.well-known/{TOKEN}.txt"
    assert [path for path in made.paths if path != proof] == ["/"]
    (verdict,) = verdicts(snapshot, "anonymous_request_refused")
    assert (verdict.outcome.value, verdict.reason_code) == ("not_checked", "consent_missing")
    assert f"_ztassess.example.com TXT {TOKEN}" in verdict.reason
    assert (TOOL, 80) not in internet.connects


def test_without_proof_an_open_front_page_still_fails(site: Start, internet: Internet, probe: Probe) -> None:
    internet.put("admin.example.com", TOOL, 443, site(opened).port)
    assert words(probe(internal_hosts=ADMIN), "anonymous_request_refused") == FAIL


def test_without_proof_a_path_is_not_asked_for_at_all(site: Start, internet: Internet, probe: Probe) -> None:
    made = site(to_sign_in)
    internet.put("admin.example.com", TOOL, 443, made.port)
    snapshot = probe(internal_hosts="https://admin.example.com/tool")
    assert "/tool" not in made.paths
    assert words(snapshot, "anonymous_request_refused") == unsure("consent_missing")


def test_without_proof_no_port_no_origin_and_no_gateway_is_tried(site: Start, internet: Internet, probe: Probe) -> None:
    internet.put("admin.example.com", TOOL, 443, site(to_sign_in).port)
    snapshot = probe(
        internal_hosts=ADMIN,
        origins=f"{ORIGIN}:443",
        data_stores=f"{STORE}:5432",
        owned_addresses=STORE,
        vpn_hosts="vpn.example.com",
        consent="yes",
    )
    assert not {address for address, _ in internet.connects} & {ORIGIN, STORE, VPN}
    for check in ("data_stores_closed", "admin_ports_closed", "origin_unreachable", "vpn_portal_absent"):
        assert words(snapshot, check) == unsure("consent_missing"), check


@pytest.mark.parametrize("host", ["example.com", "admin.example.com"])
def test_a_file_proves_the_domain_and_counts_among_the_twelve(
    site: Start, internet: Internet, probe: Probe, host: str
) -> None:
    proof = f"/.well-known/{TOKEN}.txt"

    def page(path: str, headers: dict[str, str]) -> Said:
        if path == proof and headers["host"] == host:
            return 200, {}, f"{TOKEN}\n".encode()
        return to_sign_in(path, headers)

    tool, apex = site(page), site(page, "example.com")
    internet.put("admin.example.com", TOOL, 443, tool.port)
    internet.put("example.com", FRONT, 443, apex.port)
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    assert len(tool.asked) == 12
    assert len(apex.asked) == 1
    assert words(snapshot, "anonymous_request_refused") == PASS


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"something else"),
        (200, {}, f"{TOKEN} and more".encode()),
        (404, {}, TOKEN.encode()),
        (302, {}, TOKEN.encode()),
    ],
)
def test_another_file_proves_nothing(site: Start, internet: Internet, probe: Probe, answer: Said) -> None:
    made = site(lambda path, headers: answer if path.startswith("/.well-known/ztassess") else to_sign_in(path, headers))
    internet.put("admin.example.com", TOOL, 443, made.port)
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    assert words(snapshot, "anonymous_request_refused") == unsure("consent_missing")


def test_somebody_elses_token_proves_nothing(site: Start, internet: Internet, probe: Probe) -> None:
    internet.put("admin.example.com", TOOL, 443, site(to_sign_in).port)
    internet.txt["_ztassess.example.com"] = ("ztassess-00000000-1111-4222-8333-944445555666",)
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    assert words(snapshot, "anonymous_request_refused") == unsure("consent_missing")


def test_each_domain_is_asked_for_its_proof_once(site: Start, internet: Internet, probe: Probe) -> None:
    names = [f"t{number}.example.com" for number in range(6)]
    made = site(to_sign_in, *names)
    for number, name in enumerate(names):
        internet.put(name, f"93.184.217.{number}", 443, made.port)
    probe(internal_hosts="\n".join(f"https://{name}/" for name in names))
    assert internet.looked_up.count("_ztassess.example.com") == 1


def test_what_the_operator_opened_needs_no_proof(site: Start, internet: Internet, probe: Probe) -> None:
    made = site(to_sign_in)
    internet.names["localhost"] = ("127.0.0.1",)
    snapshot = probe(
        allow=("localhost",),
        plain_port=made.port,
        internal_hosts=f"https://localhost:{made.port}/",
        identity_hosts="login.example.com",
    )
    assert words(snapshot, "anonymous_request_refused") == PASS
    assert internet.looked_up == []
