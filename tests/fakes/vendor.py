"""A vendor on loopback over real TLS: stateful, paged, throttling, forbidding and broken on demand.

One fake per vendor is a `Vendor` with routes. It keeps its own state, checks the credential and the scope of every
request, and serves what the vendor's documentation says, with the vendor's field names. `Fault`s make it misbehave.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

from ztassess.connectors.contract import Connector, Declared, ReadContext
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import parse_form

CANARY = "canary-4f1d-never-kept"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@cache
def authority() -> tuple[trustme.CA, str]:
    """The authority of all fakes, and the path of its certificate."""
    made = trustme.CA()
    path = Path(mkdtemp(prefix="fake-vendor-")) / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, str(path)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a route sees it.

    Attributes:
        query: the last value of each parameter; `all` has every one.
        match: the route's match, with its groups.
        base: the fake's own address, for page links.
    """

    method: str
    path: str
    query: Mapping[str, str]
    all: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    match: re.Match[str]
    base: str

    @property
    def token(self) -> str:
        """The bearer token, or another scheme's credential."""
        return self.headers.get("authorization", "").partition(" ")[2]

    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route says. `raw` replaces the JSON of `value`."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    kind: str = "application/json"

    @property
    def body(self) -> bytes:
        return json.dumps(self.value).encode() if self.raw is None else self.raw


Route = Callable[[Request], Answer]


@dataclass(slots=True)
class Fault:
    """A fault to inject: answers `answer` instead of the route, `times` times (None: always).

    Attributes:
        after: how many requests of this path pass before it begins.
        change: changes the route's good answer instead of replacing it.
    """

    path: str
    answer: Answer | None = None
    times: int | None = None
    after: int = 0
    change: Callable[[Answer], Answer] | None = None


class Vendor:
    """A server of one vendor. Use it in a ``with`` block.

    Attributes:
        latency: seconds that every request takes.
        requests: every request so far, in the order of arrival.
        most_at_once: how many were being answered at the same time at the most.
    """

    def __init__(self) -> None:
        self.routes: list[tuple[str, re.Pattern[str], Route]] = []
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.latency = 0.0
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def route(self, method: str, path: str) -> Callable[[Route], Route]:
        """Register a route; `path` is a regular expression of the whole path without the query."""

        def register(route: Route) -> Route:
            self.routes.append((method, re.compile(path), route))
            return route

        return register

    def fault(self, path: str, answer: Answer | None = None, **more: Any) -> None:
        """Inject a fault on every path that matches."""
        self.faults.append(Fault(path, answer, **more))

    def asked(self, path: str = ".*", method: str = "") -> list[Request]:
        """The requests whose whole path matches."""
        return [
            request for request in self.requests if re.fullmatch(path, request.path) and method in ("", request.method)
        ]

    @property
    def base(self) -> str:
        """``https://localhost:PORT``."""
        assert self._server is not None, "the fake was not started"
        return f"https://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Vendor:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes; waiting for the first's receipt costs 40 ms

            def do_GET(self) -> None:
                vendor._handle(self)

            do_POST = do_GET  # noqa: N815  the name that http.server calls

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def finish_request(self, request: Any, client_address: Any) -> None:
                # The handshake belongs to the thread of the connection, not to the one that accepts.
                with suppress(OSError):  # an SSLError is one
                    line = vendor._tls.wrap_socket(request, server_side=True)
                    super().finish_request(line, client_address)
                    line.close()

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hung up is no error of ours."""

        authority()[0].issue_cert("localhost", "127.0.0.1").configure_cert(self._tls)
        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            answer = self._answer(handler)
        finally:
            with self._lock:
                self._running -= 1
        handler.send_response(answer.status)
        for name, value in {"content-type": answer.kind, **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def _answer(self, handler: BaseHTTPRequestHandler) -> Answer:
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length) if length else b""
        target = urlsplit(handler.path)
        if self.latency:
            time.sleep(self.latency)
        values = parse_qs(target.query, keep_blank_values=True)
        for method, pattern, route in self.routes:
            match = pattern.fullmatch(target.path)
            if match and method == handler.command:
                request = Request(
                    handler.command,
                    target.path,
                    {name: each[-1] for name, each in values.items()},
                    values,
                    {name.lower(): value for name, value in handler.headers.items()},
                    body,
                    match,
                    self.base,
                )
                with self._lock:
                    self.requests.append(request)
                    fault = self._fault_of(request.path)
                if fault is not None and fault.answer is not None:
                    return fault.answer
                good = route(request)
                return fault.change(good) if fault is not None and fault.change is not None else good
        return Answer({"error": f"no route {handler.command} {target.path}"}, 404)

    def _fault_of(self, path: str) -> Fault | None:
        for fault in self.faults:
            if re.fullmatch(fault.path, path):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is not None:
                    if fault.times <= 0:
                        continue
                    fault.times -= 1
                return fault
        return None


@contextmanager
def running(vendor: Vendor) -> Iterator[Vendor]:
    """A fake that runs for the block."""
    with vendor:
        yield vendor


def local_guard() -> Guard:
    """A guard that lets loopback through and trusts the fakes' authority."""
    return Guard(allow_private=Guard.parse_allowed("localhost,127.0.0.0/8"), extra_ca=authority()[1])


def no_pause(seconds: float) -> bool:
    """Wait for nothing."""
    return False


def context_for(
    connector: Connector,
    entered: Mapping[str, str],
    secrets: Mapping[str, str] | None = None,
    *,
    endpoints: Mapping[str, str] | None = None,
    declared: Declared | None = None,
    now: datetime = NOW,
    for_upload: bool = False,
    seconds: float = 60.0,
    **more: Any,
) -> ReadContext:
    """A run of a connector against fakes, its form parsed as a person's would be.

    Parameters:
        endpoints: what to ask instead of a vendor's fixed address, such as ``https://api.example.com``.
    """
    values, problems = parse_form(connector, entered, secrets or {}, for_upload=for_upload)
    assert problems == {}, problems
    return ReadContext(
        config=values,
        secrets=dict(secrets or {}),
        guard=local_guard(),
        budget=Budget(seconds=seconds, wire_bytes=64 << 20, decoded_bytes=256 << 20, pages=2000),
        now=now,
        declared=declared or Declared(),
        operator={f"endpoint {url}": base for url, base in (endpoints or {}).items()},
        pause=no_pause,
        **more,
    )
