"""A real SCIM 2.0 service for tests: scim2-server as its command starts it, behind TLS on loopback.

Each test gets a tenant of its own, with no users; the administrator makes and changes them through the interface.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.vendor import authority

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ADMINISTRATOR, READER = "scim-administrator-token", "scim-reader-token-canary-4f1d"
_START_SECONDS = 20.0
_NUMBERS = itertools.count(1)


class ScimUnavailable(Exception):
    """The server did not start; the text holds the end of its log."""


@dataclass
class ScimServer:
    """One running server.

    Attributes:
        plain: ``http://127.0.0.1:PORT``, for setting things up.
        address: ``https://localhost:PORT``; its certificate is of the fakes' authority.
    """

    plain: str
    address: str
    _process: subprocess.Popen[bytes] = field(repr=False)
    _door: socket.socket = field(repr=False)

    def tenant(self) -> Tenant:
        """A part of the server with users of its own, none yet."""
        return Tenant(self, f"tenant-{next(_NUMBERS)}")

    def stop(self) -> None:
        """End it. Safe to call twice."""
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)


@dataclass(frozen=True)
class Tenant:
    """One application's users, as its administrator handles them."""

    server: ScimServer
    name: str

    @property
    def base(self) -> str:
        """The SCIM base URL that a person enters."""
        return f"{self.server.address}/{self.name}/v2"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask as the administrator; the parsed answer."""
        request = urllib.request.Request(  # noqa: S310  loopback
            f"{self.server.plain}/{self.name}/v2{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {ADMINISTRATOR}", "Content-Type": "application/scim+json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def add(self, name: str, *emails: str, **more: Any) -> str:
        """Make a user; its id. Active unless `more` says otherwise; ``active=None`` leaves the field out."""
        return str(self.call("POST", "/Users", user(name, *emails, **more))["id"])

    def deactivate(self, user_id: str) -> None:
        """Switch a user off the way identity providers do."""
        change = {"op": "replace", "path": "active", "value": False}
        self.call("PATCH", f"/Users/{user_id}", {"schemas": [PATCH], "Operations": [change]})

    def fill(self, number: int) -> None:
        """Many users at once."""
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": str(each), "data": user(f"user-{each:04}@acme.example")}
            for each in range(number)
        ]
        self.call("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})


def user(name: str, *emails: str, **more: Any) -> dict[str, Any]:
    """A user as it is sent to a server."""
    value = {"schemas": [USER], "userName": name, "active": True, **more}
    if emails:
        value["emails"] = [{"value": each, "primary": index == 0} for index, each in enumerate(emails)]
    return {field: each for field, each in value.items() if each is not None}


def start_scim() -> ScimServer:
    """Start ``scim2-server`` on a free port, with TLS before it.

    Raises:
        ScimUnavailable: it did not start.
    """
    command = Path(sys.executable).with_name("scim2-server")
    with tempfile.TemporaryFile() as log:
        port = _free_port()
        process = subprocess.Popen(
            [command, "--hostname=127.0.0.1", f"--port={port}", "--dynamic-tenants"]
            + [f"--bearer-token={token}" for token in (ADMINISTRATOR, READER)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": os.environ.get("PATH", "")},
        )
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                log.seek(0)
                raise ScimUnavailable(log.read()[-2000:].decode(errors="replace"))
            time.sleep(0.05)
    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_let_in, args=(door, port), daemon=True).start()
    address = f"https://localhost:{door.getsockname()[1]}"
    server = ScimServer(f"http://127.0.0.1:{port}", address, process, door)
    atexit.register(server.stop)
    return server


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _let_in(door: socket.socket, port: int) -> None:
    """TLS before a server that has none: each connection is passed on byte by byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority()[0].issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with contextlib.suppress(OSError):
        while True:
            connection, _ = door.accept()
            threading.Thread(target=_pass_on, args=(connection, context, port), daemon=True).start()


def _pass_on(connection: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """One thread for both directions: a TLS connection that two threads use at once ends the process."""
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(connection, server_side=True) as line,
        socket.create_connection(("127.0.0.1", port), 10) as inside,
    ):
        while True:
            ready = [line] if line.pending() else select.select([line, inside], [], [])[0]
            for one in ready:
                data = one.recv(65_536)
                if not data:
                    return
                (inside if one is line else line).sendall(data)
