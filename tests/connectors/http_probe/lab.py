"""Owns the parts of the probe's lab: HTTP servers on loopback, an internet of names, short words for verdicts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from ztassess.connectors.errors import Unreachable
from ztassess.connectors.http_probe import CONNECTOR
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot
from ztassess.domain.findings import Part, Unavailable, Verdict

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TOOL, FRONT, ORIGIN, STORE, VPN = (f"93.184.216.{last}" for last in (10, 11, 20, 30, 40))
TOKEN = "ztassess-6d0f6a52-1111-4222-8333-944445555666"
EXTERNAL_ID = TOKEN.removeprefix("ztassess-")

T = TypeVar("T")
Said = tuple[int, dict[str, str] | list[tuple[str, str]], bytes]
Page = Callable[[str, dict[str, str]], Said]


@dataclass
class Site:
    """One HTTP server and what it was asked.

    Attributes:
        asked: path and headers (names in lower case) of every request, in order.
        most_at_once: how many requests were under way at the same time.
    """

    port: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, page: Page, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page, self.context = page, context
        self.site = Site(self.server_address[1])
        self.lock, self.busy = threading.Lock(), 0

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError):
            request.settimeout(20)
            wrapped = self.context.wrap_socket(request, server_side=True) if self.context else request
            self.RequestHandlerClass(wrapped, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none of the test's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait for each other's acknowledgment
    server: Server

    def do_GET(self) -> None:
        server, headers = self.server, {name.lower(): value for name, value in self.headers.items()}
        with server.lock:
            server.busy += 1
            server.site.most_at_once = max(server.site.most_at_once, server.busy)
            server.site.asked.append((self.path, headers))
        try:
            status, extra, body = server.page(self.path, headers)
            self.send_response_only(status)
            for name, value in extra.items() if isinstance(extra, dict) else extra:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            with server.lock:
                server.busy -= 1

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@dataclass
class Internet:
    """Public names and addresses that end on this machine. What is not named here does not answer.

    Attributes:
        names: addresses by name.
        ports: loopback port by public address and port.
        silent: addresses whose packets are dropped.
        connects: every (address, port) that was tried.
    """

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    connects: list[tuple[str, int]] = field(default_factory=list)
    txt: dict[str, tuple[str, ...]] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)

    def resolve(self, name: str, seconds: float) -> tuple[str, ...]:
        """The resolver of a guard."""
        found = self.names.get(name.rstrip("."))
        if found is None:
            raise Unreachable(how="name")
        return found

    def lookup(self, name: str) -> tuple[str, ...]:
        """TXT records."""
        self.looked_up.append(name)
        return self.txt.get(name, ())

    def put(self, name: str, address: str, port: int, local: int) -> None:
        """Let a name and port lead to a server on this machine."""
        self.names[name] = (address,)
        self.ports[address, port] = local


Probe = Callable[..., HttpProbeSnapshot]


def verdicts(snapshot: HttpProbeSnapshot, check: str) -> list[Verdict]:
    """What a check says."""
    return list(CONNECTOR.checks[f"http_probe.{check}"].rule(snapshot))


def have(part: Part[T]) -> tuple[T, ...]:
    """A part that was read."""
    assert not isinstance(part, Unavailable)
    return part


def words(snapshot: HttpProbeSnapshot, check: str) -> list[tuple[str, str]]:
    """Outcome and reason code of each verdict."""
    return [(each.outcome.value, each.reason_code) for each in verdicts(snapshot, check)]


PASS, FAIL = [("pass", "")], [("fail", "")]


def unsure(code: str) -> list[tuple[str, str]]:
    """One verdict that something could not be told."""
    return [("not_checked", code)]


Start = Callable[..., Site]
ADMIN = "https://admin.example.com/"


def to_sign_in(path: str, headers: dict[str, str]) -> Said:
    """A proxy that sends everybody to the identity provider."""
    return (
        302,
        {"Location": "https://login.example.com/authorize?client_id=a&state=secret", "Set-Cookie": "csrf=secret"},
        b"",
    )


def to_tls(path: str, headers: dict[str, str]) -> Said:
    return 301, {"Location": f"https://{headers['host'].partition(':')[0]}{path}"}, b""


def opened(path: str, headers: dict[str, str]) -> Said:
    return 200, {"Content-Type": "text/html"}, b"<html><title>Admin</title>CANARY-PAGE</html>"


def only(status: int, *paths: str) -> Page:
    """A proxy that leaves some paths open."""
    return lambda path, headers: (status, {}, b"ok") if path in paths else to_sign_in(path, headers)
