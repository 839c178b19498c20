"""A real moto server process for tests and benchmarks: ephemeral port on loopback, stopped by its process id."""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ACCOUNT = "123456789012"


@dataclass
class MotoServer:
    """One running server.

    Attributes:
        endpoint: ``http://127.0.0.1:PORT``, for ``ZTASSESS_AWS_ENDPOINT_URL`` or ``AWS_ENDPOINT_URL``.
    """

    endpoint: str
    _process: subprocess.Popen[str] = field(repr=False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def reset(self) -> None:
        """Forget every account and every call."""
        _ask(f"{self.endpoint}/moto-api/reset", "POST")
        _ask(f"{self.endpoint}/test-calls", "DELETE")

    def calls(self, *, clear: bool = False) -> list[str]:
        """The calls made so far, for example ``iam:GetAccountSummary``, pages counted."""
        found: list[str] = json.loads(_ask(f"{self.endpoint}/test-calls", "DELETE" if clear else "GET"))
        return found

    def fail(self, call: str, code: str = "", **more: str) -> None:
        """Order a fault for every later call whose name starts so, until the next `reset`.

        Parameters:
            call: for example ``iam:ListVirtualMFADevices`` or ``ec2:``.
            code: AWS's error code, answered with status 403 unless ``status`` is given.
            more: ``region``, ``status`` (with its phrase), ``message``; or ``body`` and ``type`` for any other answer.
        """
        _ask(f"{self.endpoint}/test-faults", "POST", json.dumps({"call": call, "code": code, **more}).encode())

    def stop(self) -> None:
        """End the process; nothing of it stays."""
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start_moto() -> MotoServer:
    """Start a server and wait until it answers."""
    script = Path(__file__).with_name("moto_server.py")
    process = subprocess.Popen(
        [sys.executable, "-P", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    if not port:
        raise RuntimeError("The moto server did not start; run tests/services/moto_server.py to see why.")
    server = MotoServer(f"http://127.0.0.1:{port}", process)

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            server.stop()

    atexit.register(end)
    return server


def build_account(endpoint: str, users: int = 200, roles: int = 500) -> None:
    """Fill the account of a server started by `start_moto` with ordinary identities and the traps that must be found.

    Traps: ``deploy-everything`` (AdministratorAccess), ``shouting-admin`` (``*:*``), ``passes-roles`` (two policies
    that only together raise rights), ``open-to-anyone`` (trusts everybody), ``pipeline-unbound`` (GitHub, no subject).
    """
    body = json.dumps({"users": users, "roles": roles}).encode()
    _ask(f"{endpoint}/test-account", "POST", body)


def _ask(url: str, method: str, body: bytes | None = None) -> str:
    request = urllib.request.Request(url, data=body, method=method)  # noqa: S310  our own server on loopback
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310  our own server on loopback
        return str(reply.read().decode())


@pytest.fixture(scope="session")
def moto_server_process() -> Iterator[MotoServer]:
    """One server for the session of one test process."""
    server = start_moto()
    yield server
    server.stop()


@pytest.fixture
def moto(moto_server_process: MotoServer) -> MotoServer:
    """The server with an empty account."""
    moto_server_process.reset()
    return moto_server_process
