"""HTTP against real loopback servers: what is sent, what is followed, what hostile servers get."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.netguard.serving import LOCAL, OK, Serve, answering, body_of, head, silent
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    BudgetExceeded,
    ConnectorError,
    InputInvalid,
    RateLimited,
    Unreachable,
)
from ztassess.connectors.netguard import Budget, Guard, HttpClient, http_client, parse_url


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with http_client(LOCAL, Budget(), schemes=("http",)) as made:
        yield made


def test_answer_carries_status_headers_body_and_address(serve: Serve, client: HttpClient) -> None:
    heads: list[bytes] = []
    port = serve(answering(body_of(b"hello", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Name: v"), heads=heads))
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
    port = serve(answering(body_of(b""), heads=heads))
    with http_client(LOCAL, Budget(), schemes=("http",)) as client:
        assert client.get(f"http://127.0.0.1:{port}/").status == 200
    assert b"authorization" not in heads[0].lower()


def test_cookies_are_not_kept(serve: Serve, client: HttpClient) -> None:
    heads: list[bytes] = []
    port = serve(answering(body_of(b"", "Set-Cookie: a=1"), heads=heads))
    client.get(f"http://127.0.0.1:{port}/")
    client.get(f"http://127.0.0.1:{port}/")
    assert b"cookie" not in heads[1].lower()


def test_connection_is_used_again(serve: Serve, client: HttpClient) -> None:
    served: list[int] = []

    def keep(connection: socket.socket) -> None:
        served.append(0)
        while True:
            head(connection)
            served[-1] += 1
            connection.sendall(body_of(b"x", then="keep-alive"))

    port = serve(keep)
    for _ in range(3):
        client.get(f"http://127.0.0.1:{port}/")
    assert served == [3]


def test_body_is_cut_where_a_probe_asks(serve: Serve) -> None:
    budget = Budget()
    port = serve(answering(body_of(b"x" * 1_000_000)))
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
    port = serve(answering(body_of(b"")))
    with pytest.raises(InputInvalid):
        client.get(f"http://127.0.0.1:{port}/", headers=headers)


def test_redirect_is_not_followed_by_itself(serve: Serve, client: HttpClient) -> None:
    port = serve(answering(body_of(b"", "Location: /next", status="302 Found")))
    answer = client.get(f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.header("location")) == (302, "/next")


def test_redirect_on_the_same_host_keeps_headers_and_counts(serve: Serve) -> None:
    heads: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        heads.append(head(connection))
        done = b"/2 " in heads[-1]
        connection.sendall(body_of(b"end") if done else body_of(b"", "Location: /2", status="302 Found"))

    budget = Budget()
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        answer = client.get(f"http://127.0.0.1:{serve(handle)}/1", headers={"Authorization": "s"}, redirects=3)
    assert answer.body == b"end"
    assert b"authorization: s" in heads[1]
    assert budget.requests == 2


def test_redirects_end_after_three(serve: Serve) -> None:
    budget = Budget()
    port = serve(answering(body_of(b"", "Location: /again", status="302 Found")))
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        assert client.get(f"http://127.0.0.1:{port}/", redirects=50).status == 302
    assert budget.requests == 4


def test_redirect_does_not_reach_a_private_target_even_if_listed(serve: Serve, client: HttpClient) -> None:
    asked: list[bytes] = []
    inner = serve(answering(body_of(b"secret"), heads=asked))
    port = serve(answering(body_of(b"", f"Location: http://127.0.0.1:{inner}/", status="302 Found")))
    with pytest.raises(Blocked):
        client.get(f"http://127.0.0.1:{port}/", redirects=1)
    assert asked == []


def test_credentials_stay_behind_when_the_host_changes(lab: Any, serve: Serve) -> None:
    heads: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        heads.append(head(connection))
        elsewhere = body_of(b"", "Location: http://other.public.example/", status="307 Temporary Redirect")
        connection.sendall(body_of(b"end") if b"other" in heads[-1] else elsewhere)

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
        head(connection)
        connection.sendall(body_of(b"x", then="keep-alive"))
        head(connection)

    budget = Budget()
    with http_client(LOCAL, budget, schemes=("http",)) as client:
        port = serve(handle)
        for _ in range(3):
            assert client.get(f"http://127.0.0.1:{port}/").body == b"x"
    assert budget.requests == 5


def test_other_address_is_dialed_while_the_name_stays(serve: Serve, client: HttpClient) -> None:
    heads: list[bytes] = []
    port = serve(answering(body_of(b"origin"), heads=heads))
    answer = client.get("http://shop.example/", connect_to=("127.0.0.1", port))
    assert answer.body == b"origin"
    assert b"Host: shop.example\r\n" in heads[0]


# Hostile servers: each gets its named error; the deadline is the budget's, and memory stays bounded.


def _endless(chunk: bytes, start: bytes = b"") -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        head(connection)
        connection.sendall(start)
        with suppress(OSError):
            while True:
                connection.sendall(chunk)

    return handle


def _dripping(start: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        import time

        head(connection)
        connection.sendall(start)
        with suppress(OSError):
            while True:
                connection.sendall(drop)
                time.sleep(0.02)

    return handle


BOMB = gzip.compress(gzip.compress(b"\0" * 50_000_000))
HOSTILE: dict[str, tuple[Callable[[socket.socket], None], type[ConnectorError]]] = {
    "slow headers": (_dripping(OK, b"X"), BudgetExceeded),
    "slow body": (_dripping(OK + b"Content-Length: 100000\r\n\r\n", b"x"), BudgetExceeded),
    "silence": (silent, BudgetExceeded),
    "endless body": (_endless(b"x" * 65536, OK + b"\r\n"), BudgetExceeded),
    "endless chunks": (
        _endless(b"8\r\nxxxxxxxx\r\n" * 1000, OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        BudgetExceeded,
    ),
    "endless status line": (_endless(b"H" * 65536), BadAnswer),
    "header flood": (_endless(b"X-A: b\r\n" * 1000, OK), BadAnswer),
    "long header": (answering(OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n"), BadAnswer),
    "gzip bomb": (answering(body_of(gzip.compress(b"\0" * 100_000_000), "Content-Encoding: gzip")), BudgetExceeded),
    "nested bomb": (answering(body_of(BOMB, "Content-Encoding: gzip, gzip")), BadAnswer),
    "two codings in two headers": (
        answering(body_of(BOMB, "Content-Encoding: gzip", "Content-Encoding: gzip")),
        BadAnswer,
    ),
    "brotli": (answering(body_of(b"x", "Content-Encoding: br")), BadAnswer),
    "garbage": (answering(bytes(range(256)) * 40), BadAnswer),
    "closed at once": (lambda connection: connection.close(), BadAnswer),
    "closed in the body": (answering(OK + b"Content-Length: 100\r\n\r\nabc"), BadAnswer),
    "two lengths": (answering(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), BadAnswer),
    "negative length": (answering(OK + b"Content-Length: -1\r\n\r\n"), BadAnswer),
    "broken chunk": (answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), BadAnswer),
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
    port = serve(answering(body_of(body, f"Content-Type: {kind}")))
    with pytest.raises(BadAnswer):
        client.get_json(f"http://127.0.0.1:{port}/", dict)


def test_json_is_read(serve: Serve, client: HttpClient) -> None:
    port = serve(
        answering(body_of(json.dumps({"a": [1]}).encode(), "Content-Type: application/scim+json; charset=utf-8"))
    )
    assert client.get_json(f"http://127.0.0.1:{port}/", dict) == {"a": [1]}


@pytest.mark.parametrize(
    ("status", "error"),
    [("401 Unauthorized", AuthFailed), ("404 Not Found", BadAnswer), ("500 Oops", BadAnswer), ("302 Found", BadAnswer)],
)
def test_status_becomes_a_named_error(
    status: str, error: type[ConnectorError], serve: Serve, client: HttpClient
) -> None:
    port = serve(answering(body_of(b"{}", "Content-Type: application/json", status=status)))
    with pytest.raises(error):
        client.get_json(f"http://127.0.0.1:{port}/", dict)


@pytest.mark.parametrize(
    ("header", "seconds"), [("Retry-After: 7", 7.0), ("Retry-After: 99999", 900.0), ("X: y", 60.0)]
)
def test_slow_down_says_how_long(header: str, seconds: float, serve: Serve, client: HttpClient) -> None:
    port = serve(answering(body_of(b"", header, status="429 Too Many Requests")))
    with pytest.raises(RateLimited) as caught:
        client.get_json(f"http://127.0.0.1:{port}/", dict)
    assert caught.value.retry_after == seconds


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
