"""Owns the lab of the probe: TLS servers on loopback, and an internet whose public addresses lead to them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.connectors.http_probe.lab import (
    EXTERNAL_ID,
    NOW,
    TOKEN,
    TOOL,
    Internet,
    Page,
    Probe,
    Server,
    Site,
    Start,
    to_sign_in,
    to_tls,
)
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.http_probe import CONNECTOR
from ztassess.connectors.http_probe.collect import Pace, collect
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import parse_form


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A certificate authority, and the file a guard may trust it by."""
    made, path = trustme.CA(), tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


@pytest.fixture
def site(authority: tuple[trustme.CA, Path]) -> Iterator[Callable[..., Site]]:
    """Start HTTP servers; each request goes to the given function."""
    running: list[Server] = []

    def start(page: Page, *names: str, tls: bool = True) -> Site:
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority[0].issue_cert(*(names or ("admin.example.com", "localhost", "127.0.0.1"))).configure_cert(context)
        running.append(Server(page, context))
        threading.Thread(target=running[-1].serve_forever, args=(0.02,), daemon=True).start()
        return running[-1].site

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def raw(authority: tuple[trustme.CA, Path]) -> Iterator[Callable[..., int]]:
    """Start servers that do to a connection whatever the given function does; returns the port."""
    listeners: list[socket.socket] = []

    def one(connection: socket.socket, handle: Callable[[socket.socket], None], context: ssl.SSLContext | None) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            handle(context.wrap_socket(connection, server_side=True) if context else connection)

    def accept(listener: socket.socket, *how: Any) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0], *how), daemon=True).start()

    def start(handle: Callable[[socket.socket], None], *, tls: bool = True) -> int:
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority[0].issue_cert("admin.example.com", "localhost").configure_cert(context)
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=accept, args=(listeners[-1], handle, context), daemon=True).start()
        return int(listeners[-1].getsockname()[1])

    yield start
    for listener in listeners:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    """The internet, in place of every Python socket's way out."""
    made, real_connect, real_peer = Internet(), socket.socket.connect, socket.socket.getpeername
    peers: dict[int, tuple[str, int]] = {}

    def connect(sock: socket.socket, address: Any) -> None:
        where = (str(address[0]), int(address[1]))
        if where[0].startswith("127."):
            real_connect(sock, address)
            return
        made.connects.append(where)
        if where[0] in made.silent:
            raise TimeoutError("dropped")
        if where not in made.ports:
            raise ConnectionRefusedError("nobody listens")
        peers[sock.fileno()] = where
        real_connect(sock, ("127.0.0.1", made.ports[where]))

    def getpeername(sock: socket.socket) -> Any:
        found = real_peer(sock)
        return peers.get(sock.fileno(), found) if found[1] in made.ports.values() else found

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "getpeername", getpeername)
    return made


@pytest.fixture
def context_of(internet: Internet, authority: tuple[trustme.CA, Path]) -> Callable[..., ReadContext]:
    """A run's context from the form's text, on the lab's internet."""

    def make(*, allow: tuple[str, ...] = (), seconds: float = 60.0, **entered: str) -> ReadContext:
        values, problems = parse_form(CONNECTOR, {"external_id": EXTERNAL_ID, **entered}, {})
        assert problems == {}
        guard = Guard(allow, extra_ca=str(authority[1]), resolver=internet.resolve)
        return ReadContext(config=values, guard=guard, budget=Budget(seconds=seconds), now=NOW)

    return make


@pytest.fixture
def probe(internet: Internet, context_of: Callable[..., ReadContext]) -> Probe:
    """One run, without pauses."""

    def run(*, plain_port: int = 80, pause: float = 0.0, **asked: Any) -> HttpProbeSnapshot:
        return collect(context_of(**asked), Pace(pause, plain_port, internet.lookup))

    return run


@pytest.fixture
def proven(internet: Internet) -> Internet:
    """The internet, on which example.com is proven to be ours."""
    internet.txt["_ztassess.example.com"] = (TOKEN,)
    return internet


@pytest.fixture
def tool(site: Start, proven: Internet) -> Callable[..., Site]:
    """Put admin.example.com on the internet, its port 80 redirecting."""

    def put(page: Page = to_sign_in) -> Site:
        made = site(page)
        proven.put("admin.example.com", TOOL, 443, made.port)
        proven.put("admin.example.com", TOOL, 80, site(to_tls, tls=False).port)
        return made

    return put
