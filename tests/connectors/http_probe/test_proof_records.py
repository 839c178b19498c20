"""Where a proof may stand: the name servers' side of it, and which name proves which host."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from tests.connectors.http_probe.lab import ADMIN, PASS, TOKEN, TOOL, Internet, Start, to_sign_in, words
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.http_probe.client import Line
from ztassess.connectors.http_probe.collect import Pace, collect
from ztassess.connectors.http_probe.ownership import Ownership, domains_of, proof_token, txt_records


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[bytes]]]:
    """A name server on loopback that answers TXT questions from a table, in place of the system's own."""
    records: dict[str, list[bytes]] = {}
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                wire, client = sock.recvfrom(4096)
                query = dns.message.from_wire(wire)
                answer = dns.message.make_response(query)
                texts = records.get(str(query.question[0].name).rstrip("."))
                if texts is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                else:
                    data = [f'"{text[:9].decode()}" "{text[9:].decode()}"' for text in texts]
                    answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", *data))
                sock.sendto(answer.to_wire(), client)

    threading.Thread(target=serve, daemon=True).start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], sock.getsockname()[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    yield records
    sock.close()


def test_a_record_may_come_in_pieces_and_beside_others(name_server: dict[str, list[bytes]]) -> None:
    name_server["_ztassess.example.com"] = [b"v=spf1 -all something", TOKEN.encode()]
    assert TOKEN in txt_records("_ztassess.example.com")


def test_no_record_and_no_name_server_prove_nothing(
    name_server: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert txt_records("_ztassess.example.org") == ()
    deaf = dns.resolver.Resolver(configure=False)
    monkeypatch.setattr(dns.resolver, "default_resolver", deaf)
    assert txt_records("_ztassess.example.com") == ()


def test_a_whole_run_is_proven_by_a_real_record(
    name_server: dict[str, list[bytes]], site: Start, internet: Internet, context_of: Callable[..., ReadContext]
) -> None:
    name_server["_ztassess.example.com"] = [TOKEN.encode()]
    made = site(to_sign_in)
    internet.put("admin.example.com", TOOL, 443, made.port)
    snapshot = collect(context_of(internal_hosts=ADMIN, identity_hosts="login.example.com"), Pace(0.0))
    assert words(snapshot, "anonymous_request_refused") == PASS
    assert len(made.asked) == 12


DOMAINS = {
    "admin.example.com": ("admin.example.com", "example.com"),
    "example.com": ("example.com",),
    "a.b.c.d.e.example.com": ("c.d.e.example.com", "d.e.example.com", "e.example.com", "example.com"),
    "admin.example.co.uk": ("admin.example.co.uk", "example.co.uk"),
    "example.co.uk": ("example.co.uk",),
    "93.184.216.10": ("93.184.216.10",),
    "grafana": ("grafana",),
}


@pytest.mark.parametrize("host", DOMAINS)
def test_a_host_is_proven_at_itself_or_above(host: str) -> None:
    assert domains_of(host) == DOMAINS[host]


def test_a_proof_of_one_domain_is_none_of_another(internet: Internet, context_of: Callable[..., ReadContext]) -> None:
    context = context_of(internal_hosts=ADMIN)
    internet.txt["_ztassess.admin.example.com"] = (TOKEN,)
    internet.names.update({"admin.example.com": (TOOL,), "shop.example.com": (TOOL,), "example.com": (TOOL,)})
    owned = Ownership(Line(context.guard, context.budget), TOKEN, internet.lookup)
    assert owned.proven_without_request("admin.example.com")
    assert not owned.proven_without_request("shop.example.com")
    assert not owned.proven_without_request("example.com")


def test_the_token_is_made_of_the_identifier_and_nothing_else() -> None:
    assert proof_token("6D0F6A52-1111-4222-8333-944445555666") == TOKEN
    assert proof_token("") == ""
    assert proof_token("../../x?y") == "ztassess-xy"
