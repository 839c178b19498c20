"""Hostile systems, met by each connector through the worker: it lives, nothing is judged, a person reads why."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from ztassess.common.models import organization_scope
from ztassess.connectors.http_probe import client as http_client
from ztassess.connectors.netguard import postgres as guarded_postgres
from ztassess.connectors.tls_probe import runner
from ztassess.scans import reading, work
from ztassess.scans.models import Finding, ScanState, StandingResult

Behavior = Callable[[socket.socket], None]
MOST_MEMORY = 64 * 1024 * 1024
SECONDS = 1.0


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Behavior:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return handle


def silence(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(4096):
        pass


def hang_up(connection: socket.socket) -> None:
    connection.recv(1)


def garbage(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(bytes(range(256)) * 400)


def endless(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def dripping(connection: socket.socket) -> None:
    import time

    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X")
        time.sleep(0.05)


JSON, XML = "Content-Type: application/json", "Content-Type: text/xml"
BEHAVIORS: dict[str, Behavior] = {
    "hangs": silence,
    "hangs up": hang_up,
    "garbage": garbage,
    "streams for ever": endless,
    "drips": dripping,
    "deep JSON": answer(b"[" * 10_000 + b"]" * 10_000, JSON),
    "deep XML": answer(b"<a>" * 10_000 + b"</a>" * 10_000, XML),
    "XML that expands": answer(
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
        + b"".join(b'<!ENTITY b%d "%s">' % (n + 1, b"&b%s;" % (b"%d" % n if n else b"") * 10) for n in range(9))
        + b"]><a>&b9;</a>",
        XML,
    ),
    "gzip bomb": answer(gzip.compress(bytes(20_000_000)), JSON, "Content-Encoding: gzip"),
    "sign-in page": answer(b"<!doctype html><title>Sign in</title>", "Content-Type: text/html"),
    "not a number": answer(b'{"Account": NaN}', JSON),
    "server error": answer(b"", status="500 Internal Server Error"),
}


def over_tls(behavior: Behavior, context: ssl.SSLContext) -> Behavior:
    def handle(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            behavior(tls)

    return handle


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    """The local network is opened as an operator may; limits of time and bytes are the real ones, made small."""
    settings.ALLOW_PRIVATE_TARGETS = "127.0.0.0/8"
    monkeypatch.setattr(work, "PREFLIGHT_SECONDS", SECONDS)
    monkeypatch.setattr(work, "SCAN_SECONDS", SECONDS)
    monkeypatch.setattr(reading, "SCAN_WIRE_BYTES", 4 * 1024 * 1024)
    monkeypatch.setattr(reading, "SCAN_DECODED_BYTES", 8 * 1024 * 1024)
    monkeypatch.setattr(runner, "SECONDS", 0.5)
    monkeypatch.setattr(http_client, "ADDRESS_SECONDS", 1.0)
    monkeypatch.setattr(guarded_postgres, "CONNECT_SECONDS", 2)


def memory(field: str) -> int:
    """Bytes of this process, from the kernel."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


@pytest.fixture(autouse=True)
def small_memory():
    """A worker holds at most some megabytes of whatever is sent."""
    Path("/proc/self/clear_refs").write_text("5")  # sets the high-water mark to what is used now
    before = memory("VmRSS")
    yield
    assert memory("VmHWM") - before < MOST_MEMORY


SESSION = {
    "access_key_id": "ASIAIOSFODNN7EXAMPLE",
    "secret_access_key": "canary-secret-0123456789",
    "session_token": "canary-token-0123456789",
    "regions": "us-east-1",
}


@pytest.mark.parametrize("name", ["hangs", "hangs up", "garbage", "streams for ever", "sign-in page"])
def test_postgres(company, serve, name):
    company.connect("postgres", host="127.0.0.1", port=str(serve(BEHAVIORS[name])), password="canary-password-1")
    ends_in_a_sentence(company)


@pytest.mark.parametrize("name", BEHAVIORS)
def test_aws(company, serve, settings, name):
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{serve(BEHAVIORS[name])}"
    company.connect("aws", **SESSION)
    ends_in_a_sentence(company)


def ends_in_a_sentence(company) -> None:
    scan = company.work()
    assert scan.state == ScanState.FAILED
    assert scan.error_code != "internal"
    assert "canary" not in scan.error_sentence
    assert company.reads(scan)


@pytest.mark.parametrize("slug", ["postgres", "aws"])
def test_scan_of_a_hostile_system_judges_nothing(company, serve, settings, slug):
    """The test was taken for good; what the scan then meets leaves every check not checked."""
    port = serve(garbage)
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{port}"
    fields = SESSION if slug == "aws" else {"host": "127.0.0.1", "port": str(port), "password": "canary-password-1"}
    connection = company.connect(slug, **fields)
    company.work()
    scan = company.scan(connection)
    assert scan.state == ScanState.FAILED
    with organization_scope(company.organization):
        assert set(StandingResult.objects.values_list("outcome", "latest_outcome")) == {("", "not_checked")}
        assert not Finding.objects.exists()


def judges_nothing_good(company, connection) -> None:
    """The probes ask anybody, so a hostile answer is an answer: never a pass, and what could not be seen is named."""
    assert company.work().state == ScanState.DONE
    scan = company.scan(connection)
    assert scan.state == ScanState.DONE
    with organization_scope(company.organization):
        outcomes = set(Finding.objects.filter(scan=scan).values_list("outcome", flat=True))
    assert not outcomes & {"pass", "error"}
    assert "not_checked" in outcomes


@pytest.mark.parametrize("name", ["hangs", "garbage", "streams for ever"])
def test_tls_probe(company, serve, name):
    target = f"127.0.0.1:{serve(BEHAVIORS[name])} label=payments sensitive"
    judges_nothing_good(company, company.connect("tls_probe", targets=target))


@pytest.fixture
def trusted(settings, tmp_path: Path) -> ssl.SSLContext:
    """A server's context whose certificate the installation trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    settings.EXTRA_CA_FILE = str(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("name", ["hangs", "garbage", "streams for ever", "drips", "deep JSON", "gzip bomb"])
def test_http_probe(company, serve, trusted, name):
    port = serve(over_tls(BEHAVIORS[name], trusted))
    address = f"https://127.0.0.1:{port}/"
    judges_nothing_good(company, company.connect("http_probe", internal_hosts=address, consent="on"))
