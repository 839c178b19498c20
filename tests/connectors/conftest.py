"""Owns what tests of several connectors need: loopback servers made of one function."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache

import pytest

from ztassess.connectors.api import signing

Serve = Callable[[socket.socket], None]


@pytest.fixture(autouse=True, scope="session")
def proven_keys() -> Iterator[None]:
    """Prove the primes of each test key once: they are few, and a run uses them hundreds of times at 40 ms each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "load_pem_private_key", cache(signing.load_pem_private_key))
        yield


@pytest.fixture
def serve() -> Iterator[Callable[[Serve], int]]:
    """Start loopback servers: each connection goes to the given function, in a thread of its own; returns the port."""
    listeners: list[socket.socket] = []

    def one(connection: socket.socket, handle: Serve) -> None:
        with connection, suppress(OSError):
            handle(connection)

    def accept(listener: socket.socket, handle: Serve) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection, handle), daemon=True).start()

    def start(handle: Serve) -> int:
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=accept, args=(listeners[-1], handle), daemon=True).start()
        return int(listeners[-1].getsockname()[1])

    yield start
    for listener in listeners:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
