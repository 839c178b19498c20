"""A real Redis-compatible server for tests: given by environment, else the system's, else the one in a wheel."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ztassess.bootstrap.broker import find_server
from ztassess.supervisor.process import end_group, spawn

GIVEN = "ZTASSESS_TEST_REDIS_URL"  # such as redis://127.0.0.1:6379/15; tests may empty that database
_START_SECONDS = 15
_TRIES = 5  # another process may take the port between our choice and the server's start


class RedisUnavailable(Exception):
    """The server did not start; the text holds its log."""


@dataclass
class RedisServer:
    """One running server.

    Attributes:
        url: for Celery and for redis.from_url alike.
        pid: None if the server was given by environment, so that it is not ours to stop or freeze.
    """

    url: str
    pid: int | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _files: Path | None = field(default=None, repr=False)

    def stop(self, *, kill: bool = False) -> None:
        """End it, in order or by SIGKILL, and remove its files; harmless when done twice."""
        if self._process is not None:
            if kill:
                self._process.send_signal(signal.SIGKILL)
            end_group(self._process, grace=3)
            self._process = None
        if self._files is not None:
            shutil.rmtree(self._files, ignore_errors=True)
            self._files = None


def start_redis(*, port: int | None = None) -> RedisServer:
    """Start a server on loopback, or name the given one. A fixed `port` is for starting again where one had died."""
    if port is None and (url := os.environ.get(GIVEN)):
        return RedisServer(url)
    for _ in range(1 if port else _TRIES):
        server = _start(port or _free_port())
        if server is not None:
            return server
    raise RedisUnavailable("No port was free for a Redis-compatible server.")


def _start(port: int) -> RedisServer | None:
    """A running server, or None if somebody else has the port."""
    files = Path(tempfile.mkdtemp(prefix="zt-redis-"))
    log = files / "server.log"
    options = {"bind": "127.0.0.1", "port": str(port), "save": "", "appendonly": "no", "dir": files, "logfile": log}
    argv = [str(find_server(os.environ))]
    for name, value in options.items():
        argv += [f"--{name}", str(value)]
    process = spawn(argv)
    server = RedisServer(f"redis://127.0.0.1:{port}/0", process.pid, process, files)
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _is_ours(port, process.pid):
            return server
        time.sleep(0.02)
    said = log.read_text() if log.exists() else ""
    server.stop(kill=True)
    if "Address already in use" in said:
        return None
    raise RedisUnavailable(f"The Redis-compatible server did not start:\n{said}")


def _is_ours(port: int, pid: int) -> bool:
    """Whether our process answers there, and not one that took the port first."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(b"INFO server\r\n")
            answer = line.recv(8192)
    except OSError:
        return False
    return f"process_id:{pid}\r".encode() in answer


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
