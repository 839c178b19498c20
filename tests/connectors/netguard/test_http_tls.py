"""HTTPS against real loopback servers: whose certificate is accepted, and what a failed handshake is called."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.connectors.netguard.serving import LOCAL, Serve, answering, body_of, silent
from ztassess.connectors.errors import BudgetExceeded, TlsFailed, Unreachable
from ztassess.connectors.netguard import Budget, Guard, http_client


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Guard:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return Guard(("localhost", "127.0.0.0/8"), extra_ca=str(tmp_path / "ca.pem"))


def _over_tls(
    authority: trustme.CA, name: str, handle: Callable[[Any], None], *, demand: bool = False
) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if demand:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)

    def serve_tls(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
            try:
                secured.do_handshake()
            except ssl.SSLError:  # close in order, or a reset would overtake the alert
                with socket.socket(fileno=secured.detach()) as plain:
                    plain.shutdown(socket.SHUT_WR)
                    silent(plain)
                raise
            handle(secured)

    return serve_tls


def test_certificate_of_the_operators_authority_is_accepted(
    authority: trustme.CA, trusted: Guard, serve: Serve
) -> None:
    port = serve(_over_tls(authority, "localhost", answering(body_of(b"secure"))))
    with http_client(trusted, Budget()) as client:
        assert client.get(f"https://localhost:{port}/").body == b"secure"


def test_strangers_certificate_is_refused_and_no_request_is_sent(authority: trustme.CA, serve: Serve) -> None:
    heads: list[bytes] = []
    port = serve(_over_tls(authority, "localhost", answering(body_of(b""), heads=heads)))
    with http_client(LOCAL, Budget()) as client, pytest.raises(TlsFailed, match="could not be verified"):
        client.get(f"https://localhost:{port}/", headers={"Authorization": "s"})
    assert heads == []


def test_certificate_for_another_name_is_refused(authority: trustme.CA, trusted: Guard, serve: Serve) -> None:
    port = serve(_over_tls(authority, "other.example", answering(body_of(b""))))
    with http_client(trusted, Budget()) as client, pytest.raises(TlsFailed):
        client.get(f"https://localhost:{port}/")


def test_probe_that_judges_certificates_may_connect_anyway(authority: trustme.CA, serve: Serve) -> None:
    port = serve(_over_tls(authority, "other.example", answering(body_of(b"seen"))))
    with http_client(LOCAL, Budget(), verify=False) as client:
        assert client.get(f"https://localhost:{port}/").body == b"seen"


def test_demand_for_a_client_certificate_is_named(authority: trustme.CA, trusted: Guard, serve: Serve) -> None:
    port = serve(_over_tls(authority, "localhost", answering(body_of(b"")), demand=True))
    with http_client(trusted, Budget()) as client, pytest.raises(TlsFailed) as caught:
        client.get(f"https://localhost:{port}/")
    assert "CERTIFICATE_REQUIRED" in caught.value.reason


def test_garbage_instead_of_a_handshake_fails_as_tls(serve: Serve) -> None:
    port = serve(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n" * 10))
    with http_client(LOCAL, Budget()) as client, pytest.raises((TlsFailed, Unreachable)):
        client.get(f"https://localhost:{port}/")


def test_dripping_handshake_ends_with_the_budget(serve: Serve) -> None:
    def drip(connection: socket.socket) -> None:
        import time

        connection.sendall(b"\x16\x03\x03\x40\x00")
        for _ in range(2000):
            connection.sendall(b"\x02")
            time.sleep(0.01)

    with http_client(LOCAL, Budget(seconds=0.5)) as client, pytest.raises((Unreachable, BudgetExceeded)):
        client.get(f"https://localhost:{serve(drip)}/")
