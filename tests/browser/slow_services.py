"""Services that take their time, so that a scan can be caught while it reads."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress

import trustme


class SlowServices:
    """TLS services on all of 127.0.0.0/8 that accept and then say nothing, until they are told to answer."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.met = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("slow.example.com").configure_cert(self._context)
        self._listener = socket.create_server(("0.0.0.0", 0), backlog=64)  # noqa: S104  all loopback addresses
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def targets(self) -> str:
        """Eight services: a reading takes forty seconds while they are silent."""
        return "\n".join(f"127.0.0.{last}:{self.port}" for last in range(1, 9))

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.met += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if not self.answers.is_set():
                connection.settimeout(60)
                connection.recv(1)
                self.answers.wait(60)
                return
            connection.settimeout(5)
            with self._context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        self.answers.set()
        self._listener.close()
