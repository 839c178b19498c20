"""Owns HTTP requests: GET, and POST to listed paths only; guarded, within the budget, redirects by our own rules."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

import httpcore

from ztassess.connectors.errors import AuthFailed, BadAnswer, Blocked, InputInvalid, RateLimited, Unreachable
from ztassess.connectors.netguard.body import decoded, parse_json
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard
from ztassess.connectors.netguard.http_backend import GuardBackend
from ztassess.connectors.netguard.names import Url, parse_url
from ztassess.connectors.netguard.sockets import tls_context, unverified_context

HTTPS_PORTS = (443, 8443)
MAX_REDIRECTS = 3
MAX_HEADER_BYTES = 64 * 1024
MAX_CONNECTIONS = 4
USER_AGENT = "ztassess-probe"
_TIMEOUTS = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 60.0}
# What may travel to another host; everything else (Authorization, cookies, API keys) was meant for the first one.
_TRAVELING = frozenset({"accept", "accept-language", "user-agent"})
_OURS = frozenset({"host", "connection", "accept-encoding", "transfer-encoding", "content-length", "te", "upgrade"})
_J = TypeVar("_J", dict[str, Any], list[Any])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to one GET.

    Attributes:
        url: the last URL asked, after redirects that were followed.
        headers: names in lower case, in the order received, repeated ones repeated.
        body: after decompression; cut at `max_body` if `truncated`.
        address: the IP address that answered.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool
    address: str

    def header(self, name: str) -> str | None:
        """The first header of this name (any case), or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def header_all(self, name: str) -> tuple[str, ...]:
        """All headers of this name (any case), such as each Set-Cookie."""
        return tuple(value for key, value in self.headers if key == name.lower())


class HttpClient:
    """Made by `http_client`; use it in a ``with`` block, which closes its connections. Threads may share it."""

    def __init__(
        self,
        guard: Guard,
        budget: Budget,
        *,
        schemes: Collection[str],
        ports: Collection[int] | None,
        verify: bool,
        headers: Mapping[str, str],
        posts: Collection[str],
        authority: str,
        connections: int,
    ) -> None:
        self._guard, self._budget = guard, budget
        self._schemes, self._ports, self._headers = tuple(schemes), ports, dict(headers)
        self._context = _trusting(guard, authority) if verify else unverified_context()
        self._posts = tuple(re.compile(path) for path in posts)
        self._connections = connections
        self._pools: dict[tuple[str, int] | bool, tuple[httpcore.ConnectionPool, GuardBackend]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        for pool, _ in self._pools.values():
            pool.close()
        self._pools.clear()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        redirects: int = 0,
        max_body: int | None = None,
        connect_to: tuple[str, int] | None = None,
    ) -> Answer:
        """Send one GET and read the answer within the budget.

        Parameters:
            headers: added to the client's; Host and framing headers are refused.
            redirects: how many to follow, at most 3; each is judged like a first URL, must not lead from https to
                http, and leaves credentials behind when scheme, host or port change.
            max_body: cut the body here, in bytes, and say so, instead of reading it whole.
            connect_to: (host, port) to connect to instead of the URL's; name in SNI and Host header stay the URL's.
                For asking an origin behind a proxy directly. Not followed across redirects.

        Raises:
            Blocked: refused by policy.
            Unreachable: nothing answered, or the server hung up.
            TlsFailed: the handshake failed, or the server demanded a client certificate.
            BadAnswer: not HTTP, too large headers, damaged compression.
            BudgetExceeded: time, requests or bytes ran out.
            InputInvalid: a header that cannot be sent.
        """
        target = parse_url(url, schemes=self._schemes)
        sent = _sendable({**self._headers, **(headers or {})})
        answer = self._once(target, sent, max_body, connect_to)
        for _ in range(min(redirects, MAX_REDIRECTS)):
            location = answer.header("location")
            if answer.status not in (301, 302, 303, 307, 308) or location is None:
                return answer
            following = self._redirected(target, location)
            if following.origin != target.origin:
                sent = {name: value for name, value in sent.items() if name in _TRAVELING}
            answer = self._once(following, sent, max_body, None, first=target)
            target = following
        return answer

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        max_body: int | None = None,
    ) -> Answer:
        """Send one POST to a path that the client was made for: signing in, or a question that is asked this way.

        Redirects are never followed: the body was meant for this address.

        Parameters:
            max_body: cut the answer's body here, in bytes, and say so, instead of reading it whole.

        Raises:
            Blocked: the path is not one of `posts`; nothing was sent.
            Others: as `get`.
        """
        target = parse_url(url, schemes=self._schemes)
        if not any(path.fullmatch(target.target.partition("?")[0]) for path in self._posts):
            raise Blocked(f"post: {target.target[:80]} is not listed")
        sent = _sendable({**self._headers, **(headers or {}), "content-type": content_type})
        return self._once(target, sent, max_body, None, body=body)

    def get_json(self, url: str, expect: type[_J], *, headers: Mapping[str, str] | None = None) -> _J:
        """GET a JSON document whose outermost value is of the expected type.

        Raises:
            AuthFailed: 401.
            RateLimited: 429 or 503, with the seconds of Retry-After.
            BadAnswer: another status than 200, not JSON, NaN, a key twice, nested too deep, or of another type.
        """
        answer = self.get(url, headers={"accept": "application/json", **(headers or {})})
        _accept_status(answer)
        kind = (answer.header("content-type") or "").split(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise BadAnswer("The server did not send JSON.")
        value = parse_json(answer.body)
        if not isinstance(value, expect):
            raise BadAnswer(
                f"The server sent JSON of another shape: expected {expect.__name__}, got {type(value).__name__}."
            )
        return value

    def _redirected(self, source: Url, location: str) -> Url:
        target = parse_url(urljoin(str(source), location), schemes=self._schemes)
        if source.scheme == "https" and target.scheme != "https":
            raise Blocked("redirect: from https to http")
        return target

    def _once(
        self,
        target: Url,
        headers: Mapping[str, str],
        max_body: int | None,
        connect_to: tuple[str, int] | None,
        *,
        first: Url | None = None,
        body: bytes | None = None,
    ) -> Answer:
        # A redirect to another host is the server's wish, not the operator's: private targets are not open to it.
        elsewhere = first is not None and (first.host, first.port) != (target.host, target.port)
        pool, backend = self._pool(connect_to, public_only=elsewhere)
        dialed = backend.dialed
        try:
            return self._exchange(pool, target, headers, max_body, body)
        except (Unreachable, BadAnswer):
            if backend.dialed != dialed or not dialed or body is not None:
                raise
        # The server closed a kept connection just as we used it again; a GET may be repeated (RFC 9112, 9.3.1).
        return self._exchange(pool, target, headers, max_body, None)

    def _exchange(
        self,
        pool: httpcore.ConnectionPool,
        target: Url,
        headers: Mapping[str, str],
        max_body: int | None,
        body: bytes | None,
    ) -> Answer:
        self._budget.spend_request()
        framing = [] if body is None else [("Content-Length", str(len(body)))]
        with (
            _named_errors(),
            pool.stream(
                "GET" if body is None else "POST",
                httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.target),
                headers=[("Host", target.authority), *framing, *headers.items()],
                content=body,
                extensions={"timeout": dict(_TIMEOUTS)},
            ) as response,
        ):
            received = tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers
            )
            if sum(len(name) + len(value) for name, value in received) > MAX_HEADER_BYTES:
                raise BadAnswer("The server sent more than 64 KiB of headers.")
            codings = [value for name, value in received if name == "content-encoding"]
            read, truncated = _read(decoded(response.iter_stream(), ",".join(codings), self._budget), max_body)
            address = response.extensions["network_stream"].get_extra_info("server_addr")[0]
        return Answer(str(target), response.status, received, read, truncated, str(address))

    def _pool(
        self, connect_to: tuple[str, int] | None, *, public_only: bool
    ) -> tuple[httpcore.ConnectionPool, GuardBackend]:
        key = public_only if connect_to is None else connect_to
        with self._lock:
            if key not in self._pools:
                guard = self._guard.public_only() if public_only else self._guard
                backend = GuardBackend(guard, self._budget, self._ports, connect_to)
                pool = httpcore.ConnectionPool(
                    ssl_context=self._context,
                    max_connections=self._connections,
                    keepalive_expiry=15.0,
                    retries=0,
                    network_backend=backend,
                )
                self._pools[key] = (pool, backend)
            return self._pools[key]


def http_client(
    guard: Guard,
    budget: Budget,
    *,
    schemes: Collection[str] = ("https",),
    ports: Collection[int] | None = HTTPS_PORTS,
    verify: bool = True,
    headers: Mapping[str, str] | None = None,
    posts: Collection[str] = (),
    authority: str = "",
    connections: int = MAX_CONNECTIONS,
) -> HttpClient:
    """A client that can only GET (and POST to `posts`), only where the guard agrees, only within the budget.

    It reads no environment, no proxy settings, no netrc, keeps no cookies, speaks HTTP/1.1 only.

    Parameters:
        schemes: accepted schemes; vendors' interfaces are https only.
        ports: accepted ports; None for probes whose owner named the port.
        verify: False only for probes that judge the certificate themselves and send no credential.
        headers: sent with every request.
        posts: regular expressions of whole paths that may be posted to: token endpoints, and questions that a vendor
            only answers to a POST. Nothing else can be written to. For an address that a customer chose whole, see
            `ztassess.connectors.netguard.webhook`.
        authority: PEM of the one authority that this server's certificate must come from, instead of the system's.
        connections: how many at once; a request more waits for one of them.

    Raises:
        TlsFailed: `authority` holds no certificate.
    """
    return HttpClient(
        guard,
        budget,
        schemes=schemes,
        ports=ports,
        verify=verify,
        headers=headers or {},
        posts=posts,
        authority=authority,
        connections=connections,
    )


def _trusting(guard: Guard, authority: str) -> ssl.SSLContext:
    return tls_context(guard, ca_pem=authority) if authority else _verifying(guard)


def _verifying(guard: Guard) -> ssl.SSLContext:
    """The verifying context of a guard, shared: reading the system's authorities takes 0.1 s for each of many hosts."""
    try:
        changed = Path(guard.extra_ca).stat().st_mtime_ns if guard.extra_ca else 0
    except OSError:
        changed = 0
    return _context_of(guard.extra_ca, changed)


@lru_cache(maxsize=4)
def _context_of(extra_ca: str, changed: int) -> ssl.SSLContext:
    del changed  # a part of the key: a renewed file is read again
    return tls_context(Guard(extra_ca=extra_ca))


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case, ours added.

    Raises:
        InputInvalid: a name that frames the request, or a line break smuggled into a value.
    """
    sent = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, deflate"}
    for name, value in headers.items():
        if name.lower() in _OURS or not name.isascii() or not all(" " <= mark <= "~" for mark in value):
            raise InputInvalid(f"The header {name[:40]!r} cannot be sent.")
        sent[name.lower()] = value
    return sent


def _read(pieces: Iterator[bytes], limit: int | None) -> tuple[bytes, bool]:
    """The body, and whether it was cut at the limit."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if limit is not None and len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


def _accept_status(answer: Answer) -> None:
    if answer.status == 401:  # noqa: PLR2004  HTTP's own number
        raise AuthFailed("The credentials were refused.")
    if answer.status in (429, 503):
        after = answer.header("retry-after") or ""
        seconds = float(after) if after.isdecimal() and after.isascii() else 60.0
        raise RateLimited("The server asked us to slow down.", seconds)
    if answer.status != 200:  # noqa: PLR2004  HTTP's own number
        raise BadAnswer(f"The server answered with status {answer.status}.")


@contextmanager
def _named_errors() -> Iterator[None]:
    """httpcore's errors in our words."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.PoolTimeout) as problem:
        raise Unreachable(how="timeout") from problem
    except httpcore.RemoteProtocolError as problem:
        raise BadAnswer("The server did not answer in HTTP, or broke off in the middle.") from problem
    except httpcore.LocalProtocolError as problem:
        raise InputInvalid("The request cannot be sent: a header or path is not valid HTTP.") from problem
    except httpcore.NetworkError as problem:
        raise Unreachable(how="closed") from problem
