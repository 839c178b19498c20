"""Small servers of one function each, for the tests of the guard's HTTP client."""

from __future__ import annotations

import socket
from collections.abc import Callable

from ztassess.connectors.netguard import Guard

LOCAL = Guard(("localhost", "127.0.0.0/8"))
OK = b"HTTP/1.1 200 OK\r\n"
Serve = Callable[[Callable[[socket.socket], None]], int]


def head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(4096)
        if not received:
            raise ConnectionError("client left")
        head += received
    return head


def answering(*parts: bytes, heads: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """A handler that reads one request, sends the parts and closes."""

    def handle(connection: socket.socket) -> None:
        said = head(connection)
        if heads is not None:
            heads.append(said)
        for part in parts:
            connection.sendall(part)

    return handle


def body_of(body: bytes, *headers: str, status: str = "200 OK", then: str = "close") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Connection: {then}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def silent(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(4096):
        pass
