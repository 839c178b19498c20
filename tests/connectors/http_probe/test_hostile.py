"""Servers that mean harm, or are broken: each ends in words, none is passed, none takes the run along."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
import trustme

from tests.connectors.http_probe.lab import (
    ADMIN,
    FAIL,
    PASS,
    TOOL,
    Internet,
    Probe,
    Said,
    Start,
    to_sign_in,
    unsure,
    verdicts,
    words,
)
from ztassess.connectors.http_probe import client

Raw = Callable[..., int]


def heard(sock: socket.socket) -> bytes:
    """One request's head."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = sock.recv(4096)
        if not piece:
            raise ConnectionError("client left")
        head += piece
    return head


def drip(sock: socket.socket) -> None:
    heard(sock)
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
            sock.sendall(bytes([byte]))
            time.sleep(0.05)


def forever(sock: socket.socket) -> None:
    heard(sock)
    with suppress(OSError):
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65536)


def endless_head(sock: socket.socket) -> None:
    heard(sock)
    with suppress(OSError):
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            sock.sendall(b"X-Line: " + b"x" * 1000 + b"\r\n")


def garbage(sock: socket.socket) -> None:
    heard(sock)
    sock.sendall(b"\x00\xff\xfe" * 1000)


def hang_up(sock: socket.socket) -> None:
    heard(sock)


BOMB = gzip.compress(b"x" * 50_000_000)


def bomb(sock: socket.socket) -> None:
    heard(sock)
    lines = ("HTTP/1.1 302 Found", "Location: https://login.example.com/", "Content-Encoding: gzip")
    head = "\r\n".join((*lines, f"Content-Length: {len(BOMB)}", "", ""))
    with suppress(OSError):
        sock.sendall(head.encode() + BOMB)


def to_metadata(sock: socket.socket) -> None:
    heard(sock)
    sock.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n"
    )


HOSTILE = {
    "drips": (drip, unsure("not_reachable")),
    "streams forever": (forever, FAIL),  # it answered 200; how much follows does not matter
    "head without end": (endless_head, unsure("unexpected_answer")),
    "garbage": (garbage, unsure("unexpected_answer")),
    "hangs up": (hang_up, unsure("unexpected_answer")),
    "compressed bomb behind a redirect": (bomb, PASS),
    "redirect to metadata": (to_metadata, unsure("unknown_redirect")),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_server_gets_words(
    raw: Raw, proven: Internet, probe: Probe, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    handle, expected = HOSTILE[case]
    monkeypatch.setattr(client, "ADDRESS_SECONDS", 3.0)
    proven.put("admin.example.com", TOOL, 443, raw(handle))
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com", data_stores="db.example.com:5432")
    assert words(snapshot, "anonymous_request_refused") == expected
    assert ("169.254.169.254", 80) not in proven.connects
    assert {address for address, _ in proven.connects} == {TOOL}


def test_a_server_that_never_answers_costs_one_request(
    raw: Raw, proven: Internet, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []

    def silent(sock: socket.socket) -> None:
        heads.append(heard(sock))
        with suppress(OSError):
            sock.recv(1)

    monkeypatch.setattr(client, "ADDRESS_SECONDS", 1.0)
    proven.put("admin.example.com", TOOL, 443, raw(silent))
    snapshot = probe(internal_hosts=ADMIN)
    assert len(heads) == 1
    (verdict,) = verdicts(snapshot, "anonymous_request_refused")
    assert "did not answer in time" in verdict.reason


def test_one_bad_server_does_not_spoil_the_others(raw: Raw, site: Start, proven: Internet, probe: Probe) -> None:
    proven.put("bad.example.com", "93.184.216.77", 443, raw(garbage))
    proven.put("admin.example.com", TOOL, 443, site(to_sign_in).port)
    snapshot = probe(internal_hosts=f"https://bad.example.com/,{ADMIN}", identity_hosts="login.example.com")
    assert [each.resource for each in verdicts(snapshot, "anonymous_request_refused")] == ["https://bad.example.com/"]


def test_only_the_first_64_kib_of_a_page_are_looked_at(site: Start, proven: Internet, probe: Probe) -> None:
    def page(path: str, headers: dict[str, str]) -> Said:
        return 403, {}, b" " * 70_000 + b"/oauth2/start"

    proven.put("admin.example.com", TOOL, 443, site(page).port)
    snapshot = probe(internal_hosts=ADMIN)
    assert words(snapshot, "anonymous_request_refused") == unsure("refused_by_unknown")
    (target,) = snapshot.targets  # type: ignore[misc]
    assert {reply.body_length for reply in target.talk.replies if reply.status} == {65536}


def test_a_certificate_that_cannot_be_verified_ends_it(site: Start, proven: Internet, probe: Probe) -> None:
    made = site(to_sign_in, "other.example.net")
    proven.put("admin.example.com", TOOL, 443, made.port)
    (verdict,) = verdicts(probe(internal_hosts=ADMIN, identity_hosts="login.example.com"), "anonymous_request_refused")
    assert made.asked == []
    assert verdict.reason_code == "unexpected_answer"
    assert (
        "the certificate could not be verified (CERTIFICATE_VERIFY_FAILED). The page was not requested."
        in verdict.reason
    )


def test_a_foreign_authority_is_not_trusted(raw: Raw, proven: Internet, probe: Probe) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("admin.example.com").configure_cert(context)

    def handle(sock: socket.socket) -> None:
        with suppress(OSError):
            heard(context.wrap_socket(sock, server_side=True))

    proven.put("admin.example.com", TOOL, 443, raw(handle, tls=False))
    assert words(probe(internal_hosts=ADMIN), "anonymous_request_refused") == unsure("unexpected_answer")


def test_a_name_with_one_private_address_is_refused_whole(site: Start, proven: Internet, probe: Probe) -> None:
    made = site(to_sign_in)
    proven.put("admin.example.com", TOOL, 443, made.port)
    proven.names["admin.example.com"] = (TOOL, "169.254.169.254")
    (verdict,) = verdicts(probe(internal_hosts=ADMIN), "anonymous_request_refused")
    assert "resolves to a metadata address" in verdict.reason
    assert made.asked == []
    assert proven.connects == []


def test_a_name_that_rebinds_never_reaches_the_inside(
    site: Start, proven: Internet, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, times = site(to_sign_in), []
    proven.put("admin.example.com", TOOL, 443, made.port)

    def turning(self: Internet, name: str, seconds: float) -> tuple[str, ...]:
        times.append(name)
        return (TOOL,) if len(times) < 3 else ("10.0.0.5",)

    monkeypatch.setattr(Internet, "resolve", turning)
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com", data_stores="admin.example.com:6379")
    assert "10.0.0.5" not in {address for address, _ in proven.connects}
    assert words(snapshot, "https_only") == unsure("unexpected_answer")


def test_a_server_that_closes_kept_connections_is_not_asked_more_often_than_allowed(
    raw: Raw, proven: Internet, probe: Probe
) -> None:
    heads: list[bytes] = []

    def once(sock: socket.socket) -> None:
        heads.append(heard(sock))
        sock.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\nContent-Length: 0\r\n\r\n")

    proven.put("admin.example.com", TOOL, 443, raw(once))
    probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    assert len(heads) <= 12
