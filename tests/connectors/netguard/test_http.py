"""HTTP against real loopback servers: what is sent, what is followed, what hostile servers get."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    BudgetExceeded,
    ConnectorError,
    InputInvalid,
    RateLimited,
    TlsFailed,
    Unreachable,
)
from ztassess.connectors.netguard import Budget, Guard, HttpClient, http_client, parse_url

LOCAL = Guard(("localhost", "127.0.0.0/8"))
OK = b"HTTP/1.1 200 OK\r\n"
Serve = Callable[[Callable[[socket.socket], None]], int]


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(4096)
        if not received:
            raise ConnectionError("client left")
        head += received
    return head


def _answering(*parts: bytes, heads: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """A handler that reads one request, sends the parts and closes."""

    def handle(connection: socket.socket) -> None:
        head = _head(connection)
        if heads is not None:
            heads.append(head)
        for part in parts:
            connection.sendall(part)

    return handle


def _body(body: bytes, *headers: str, status: str = "200 OK", then: str = "close") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Connection: {then}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with http_client(LOCAL, Budget(), schemes=("http",)) as made:
        yield made


def test_answer_carries_status_headers_body_and_address(serve: Serve, client: HttpClient) -> None:
    heads: list[bytes] = []
    port = serve(_answering(_body(b"hello", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Name: v"), heads=heads))
    answer = client.get(f"http://127.0.0.1:{port}/a/b?c=d#e", headers={"X-Api-Key": "k"})
    assert (answer.status, answer.body, answer.truncated, answer.address) == (200, b"hello", False, "127.0.0.1")
    assert answer.header("x-NAME") == "v"
    assert answer.header("absent") is None
    assert answer.header_all("Set-Cookie") == ("a=1", "b=2")
    first, *lines = heads[0].decode().split("\r\n")
    assert first == "GET /a/b?c=d HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}" in lines
    assert "x-api-key: k" in lines


def test_environment_is_not_read(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    heads: list[bytes] = []
    port = serve(_answering(_body(b""), heads=heads))
    with http_client(LOCAL, Budget(), schemes=("http",)) as client:
        assert client.get(f"http://127.0.0.1:{port}/").status == 200
    assert b"authorization" not in heads[0].lower()


def test_cookies_are_not_kept(serve: Serve, client: HttpClient) -> None:
    heads: list[bytes] = []
    port = serve(_answering(_body(b"", "Set-Cookie: a=1"), heads=heads))
    client.get(f"http://127.0.0.1:{port}/")
    client.get(f"http://127.0.0.1:{port}/")
    assert b"cookie" not in heads[1].lower()


def test_connection_is_used_again(serve: Serve, client: HttpClient) -> None:
    served: list[int] = []

    def keep(connection: socket.socket) -> None:
        served.append(0)
        while True:
            _head(connection)
            served[-1] += 1
            connection.sendall(_body(b"x", then="keep-alive"))

    port = serve(keep)
    for _ in range(3):
        client.get(f"http://127.0.0.1:{port}/")
    assert served == [3]


def test_body_is_cut_where_a_probe_asks(serve: Serve) -> None:
    budget = Budget()
    port = serve(_answering(_body(b"x" * 1_000_000)))
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        answer = client.get(f"http://127.0.0.1:{port}/", max_body=1000)
    assert (len(answer.body), answer.truncated) == (1000, True)
    assert budget.wire_bytes < 500_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "x"},
        {"Content-Length": "5"},
        {"X": "a\r\nB: c"},
        {"X": "\u2028"},
        {"X y": "a"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_headers_that_frame_or_smuggle_are_refused(headers: dict[str, str], serve: Serve, client: HttpClient) -> None:
    port = serve(_answering(_body(b"")))
    with pytest.raises(InputInvalid):
        client.get(f"http://127.0.0.1:{port}/", headers=headers)


def test_redirect_is_not_followed_by_itself(serve: Serve, client: HttpClient) -> None:
    port = serve(_answering(_body(b"", "Location: /next", status="302 Found")))
    answer = client.get(f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.header("location")) == (302, "/next")


def test_redirect_on_the_same_host_keeps_headers_and_counts(serve: Serve) -> None:
    heads: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        heads.append(_head(connection))
        done = b"/2 " in heads[-1]
        connection.sendall(_body(b"end") if done else _body(b"", "Location: /2", status="302 Found"))

    budget = Budget()
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        answer = client.get(f"http://127.0.0.1:{serve(handle)}/1", headers={"Authorization": "s"}, redirects=3)
    assert answer.body == b"end"
    assert b"authorization: s" in heads[1]
    assert budget.requests == 2


def test_redirects_end_after_three(serve: Serve) -> None:
    budget = Budget()
    port = serve(_answering(_body(b"", "Location: /again", status="302 Found")))
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        assert client.get(f"http://127.0.0.1:{port}/", redirects=50).status == 302
    assert budget.requests == 4


def test_redirect_does_not_reach_a_private_target_even_if_listed(serve: Serve, client: HttpClient) -> None:
    asked: list[bytes] = []
    inner = serve(_answering(_body(b"secret"), heads=asked))
    port = serve(_answering(_body(b"", f"Location: http://127.0.0.1:{inner}/", status="302 Found")))
    with pytest.raises(Blocked):
        client.get(f"http://127.0.0.1:{port}/", redirects=1)
    assert asked == []


def test_credentials_stay_behind_when_the_host_changes(lab: Any, serve: Serve) -> None:
    heads: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        heads.append(_head(connection))
        elsewhere = _body(b"", "Location: http://other.public.example/", status="307 Temporary Redirect")
        connection.sendall(_body(b"end") if b"other" in heads[-1] else elsewhere)

    lab.backstop = serve(handle)
    sent = {"Authorization": "s", "Cookie": "c=1", "X-Api-Key": "k", "Accept-Language": "en"}
    with http_client(Guard(), Budget(), schemes=("http",), ports=(80,)) as client:
        assert client.get("http://public.example/", headers=sent, redirects=1).body == b"end"
    second = heads[1].lower()
    assert b"accept-language" in second
    assert not any(name in second for name in (b"authorization", b"cookie", b"x-api-key"))


def test_redirect_from_https_to_http_is_refused() -> None:
    first = parse_url("https://a.example/", schemes=("https",))
    with http_client(Guard(), Budget(), schemes=("http", "https")) as client, pytest.raises(Blocked) as caught:
        client._redirected(first, "http://a.example/")
    assert caught.value.reason.startswith("redirect")


def test_kept_connection_that_the_server_closed_is_replaced_once(serve: Serve) -> None:
    """The server closes without saying so, and always after it has read the next request: the worst moment."""

    def handle(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(_body(b"x", then="keep-alive"))
        _head(connection)

    budget = Budget()
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        port = serve(handle)
        for _ in range(3):
            assert client.get(f"http://127.0.0.1:{port}/").body == b"x"
    assert budget.requests == 5


def test_other_address_is_dialed_while_the_name_stays(serve: Serve, client: HttpClient) -> None:
    heads: list[bytes] = []
    port = serve(_answering(_body(b"origin"), heads=heads))
    answer = client.get("http://shop.example/", connect_to=("127.0.0.1", port))
    assert answer.body == b"origin"
    assert b"Host: shop.example\r\n" in heads[0]


# Hostile servers: each gets its named error; the deadline is the budget's, and memory stays bounded.


def _endless(chunk: bytes, start: bytes = b"") -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(start)
        with suppress(OSError):
            while True:
                connection.sendall(chunk)

    return handle


def _dripping(start: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        import time

        _head(connection)
        connection.sendall(start)
        with suppress(OSError):
            while True:
                connection.sendall(drop)
                time.sleep(0.02)

    return handle


def _silent(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(4096):
        pass


BOMB = gzip.compress(gzip.compress(b"\0" * 50_000_000))
HOSTILE: dict[str, tuple[Callable[[socket.socket], None], type[ConnectorError]]] = {
    "slow headers": (_dripping(OK, b"X"), BudgetExceeded),
    "slow body": (_dripping(OK + b"Content-Length: 100000\r\n\r\n", b"x"), BudgetExceeded),
    "silence": (_silent, BudgetExceeded),
    "endless body": (_endless(b"x" * 65536, OK + b"\r\n"), BudgetExceeded),
    "endless chunks": (
        _endless(b"8\r\nxxxxxxxx\r\n" * 1000, OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        BudgetExceeded,
    ),
    "endless status line": (_endless(b"H" * 65536), BadAnswer),
    "header flood": (_endless(b"X-A: b\r\n" * 1000, OK), BadAnswer),
    "long header": (_answering(OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n"), BadAnswer),
    "gzip bomb": (_answering(_body(gzip.compress(b"\0" * 100_000_000), "Content-Encoding: gzip")), BudgetExceeded),
    "nested bomb": (_answering(_body(BOMB, "Content-Encoding: gzip, gzip")), BadAnswer),
    "two codings in two headers": (
        _answering(_body(BOMB, "Content-Encoding: gzip", "Content-Encoding: gzip")),
        BadAnswer,
    ),
    "brotli": (_answering(_body(b"x", "Content-Encoding: br")), BadAnswer),
    "garbage": (_answering(bytes(range(256)) * 40), BadAnswer),
    "closed at once": (lambda connection: connection.close(), BadAnswer),
    "closed in the body": (_answering(OK + b"Content-Length: 100\r\n\r\nabc"), BadAnswer),
    "two lengths": (_answering(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), BadAnswer),
    "negative length": (_answering(OK + b"Content-Length: -1\r\n\r\n"), BadAnswer),
    "broken chunk": (_answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), BadAnswer),
    "endless 100 Continue": (_endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), BudgetExceeded),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_server_gets_its_named_error_in_bounded_memory(name: str, serve: Serve) -> None:
    handle, error = HOSTILE[name]
    budget = Budget(seconds=0.6, wire_bytes=2 * 1024 * 1024, decoded_bytes=4 * 1024 * 1024)
    port = serve(handle)
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        tracemalloc.start()
        try:
            with pytest.raises((error, Unreachable) if name == "closed at once" else error):
                client.get(f"http://127.0.0.1:{port}/")
            assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" * 10_000 + b"]" * 10_000, "application/json"),
        (b"{}", "text/html"),
        (b"{}", ""),
        (b"[]", "application/json"),
        (b'"text"', "application/json"),
        (b"{NaN}", "application/json"),
        (b'{"a":1,"a":2}', "application/json"),
    ],
)
def test_json_of_another_kind_is_a_bad_answer(body: bytes, kind: str, serve: Serve, client: HttpClient) -> None:
    port = serve(_answering(_body(body, f"Content-Type: {kind}")))
    with pytest.raises(BadAnswer):
        client.get_json(f"http://127.0.0.1:{port}/", dict)


def test_json_is_read(serve: Serve, client: HttpClient) -> None:
    port = serve(
        _answering(_body(json.dumps({"a": [1]}).encode(), "Content-Type: application/scim+json; charset=utf-8"))
    )
    assert client.get_json(f"http://127.0.0.1:{port}/", dict) == {"a": [1]}


@pytest.mark.parametrize(
    ("status", "error"),
    [("401 Unauthorized", AuthFailed), ("404 Not Found", BadAnswer), ("500 Oops", BadAnswer), ("302 Found", BadAnswer)],
)
def test_status_becomes_a_named_error(
    status: str, error: type[ConnectorError], serve: Serve, client: HttpClient
) -> None:
    port = serve(_answering(_body(b"{}", "Content-Type: application/json", status=status)))
    with pytest.raises(error):
        client.get_json(f"http://127.0.0.1:{port}/", dict)


@pytest.mark.parametrize(
    ("header", "seconds"), [("Retry-After: 7", 7.0), ("Retry-After: 99999", 900.0), ("X: y", 60.0)]
)
def test_slow_down_says_how_long(header: str, seconds: float, serve: Serve, client: HttpClient) -> None:
    port = serve(_answering(_body(b"", header, status="429 Too Many Requests")))
    with pytest.raises(RateLimited) as caught:
        client.get_json(f"http://127.0.0.1:{port}/", dict)
    assert caught.value.retry_after == seconds


# TLS


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
                    _silent(plain)
                raise
            handle(secured)

    return serve_tls


def test_certificate_of_the_operators_authority_is_accepted(
    authority: trustme.CA, trusted: Guard, serve: Serve
) -> None:
    port = serve(_over_tls(authority, "localhost", _answering(_body(b"secure"))))
    with http_client(trusted, Budget()) as client:
        assert client.get(f"https://localhost:{port}/").body == b"secure"


def test_strangers_certificate_is_refused_and_no_request_is_sent(authority: trustme.CA, serve: Serve) -> None:
    heads: list[bytes] = []
    port = serve(_over_tls(authority, "localhost", _answering(_body(b""), heads=heads)))
    with http_client(LOCAL, Budget()) as client, pytest.raises(TlsFailed, match="could not be verified"):
        client.get(f"https://localhost:{port}/", headers={"Authorization": "s"})
    assert heads == []


def test_certificate_for_another_name_is_refused(authority: trustme.CA, trusted: Guard, serve: Serve) -> None:
    port = serve(_over_tls(authority, "other.example", _answering(_body(b""))))
    with http_client(trusted, Budget()) as client, pytest.raises(TlsFailed):
        client.get(f"https://localhost:{port}/")


def test_probe_that_judges_certificates_may_connect_anyway(authority: trustme.CA, serve: Serve) -> None:
    port = serve(_over_tls(authority, "other.example", _answering(_body(b"seen"))))
    with http_client(LOCAL, Budget(), verify=False) as client:
        assert client.get(f"https://localhost:{port}/").body == b"seen"


def test_demand_for_a_client_certificate_is_named(authority: trustme.CA, trusted: Guard, serve: Serve) -> None:
    port = serve(_over_tls(authority, "localhost", _answering(_body(b"")), demand=True))
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


def test_closed_port_and_refusal_by_policy_say_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    said = set()
    for url in (f"http://127.0.0.1:{port}/", "http://10.0.0.1/", "http://169.254.169.254/"):
        with (
            http_client(LOCAL, Budget(), schemes=("http",), ports=None) as client,
            pytest.raises(ConnectorError) as caught,
        ):
            client.get(url)
        said.add((caught.value.sentence, caught.value.code))
    assert said == {("Could not reach the host.", "unreachable")}
