"""A real MariaDB server for tests: found, else installed by apt as root; TLS on, a private folder, ephemeral port."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
import trustme
from pymysql.cursors import Cursor

MISSING = "No MariaDB server was found: run `apt-get install -y mariadb-server` (Debian 12)."
_START_SECONDS = 30
_SPEED = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=4M",
    "--innodb-doublewrite=0",
    "--sync-binlog=0",
    "--performance-schema=OFF",
    "--skip-log-bin",
)


class MariadbUnavailable(Exception):
    """There is no server to test against; the text says what to install."""


@dataclass
class MariadbServer:
    """One running server and how its administrator gets in.

    Attributes:
        host: the name its certificate is for.
        ca_pem: the certificate authority a client must trust, as PEM.
        home: its folder: data, socket, certificates, log.
    """

    host: str
    port: int
    password: str
    ca_pem: str
    home: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def socket(self) -> Path:
        """The local socket, which the administrator uses."""
        return self.home / "sock"

    @contextlib.contextmanager
    def admin(self) -> Iterator[Cursor]:
        """The administrator's cursor, over the local socket, each statement on its own."""
        connection = pymysql.connect(
            unix_socket=str(self.socket), user="root", password=self.password, autocommit=True, charset="utf8mb4"
        )
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def run(self, *statements: str) -> None:
        """Run statements as the administrator."""
        with self.admin() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def stop(self) -> None:
        """End the server and remove its files; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)


def start_mariadb() -> MariadbServer:
    """Start a server on a free loopback port.

    Raises:
        MariadbUnavailable: none was found and none could be installed, or it did not start.
    """
    program = _program("mariadbd") or _install()
    home = Path(tempfile.mkdtemp(prefix="ztmy-"))
    authority = trustme.CA()
    _write_certificate(authority, home)
    _initialize(home)
    server = MariadbServer("localhost", 0, "", authority.cert_pem.bytes().decode(), home)
    for _ in range(3):  # a free port may be taken between choosing and binding it
        server.port = _free_port()
        server._process = _spawn(program, home, server.port)
        if _answers(server):
            _protect(server)
            atexit.register(server.stop)
            return server
        server._process.kill()
        server._process.wait(10)
    log = (home / "log").read_text(errors="replace")[-2000:]
    raise MariadbUnavailable(f"MariaDB did not start within {_START_SECONDS} s. Its log ends:\n{log}")


def client_path() -> str | None:
    """The mariadb program, for running the shipped export script as a person would."""
    return shutil.which("mariadb")


def _program(name: str) -> str | None:
    found = shutil.which(name) or f"/usr/sbin/{name}"
    return found if Path(found).exists() else None


def _install() -> str:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "mariadb-server"]):
            subprocess.run(["apt-get", *command], env=quiet, capture_output=True, timeout=600, check=False)
    found = _program("mariadbd")
    if found is None:
        raise MariadbUnavailable(MISSING)
    return found


def _write_certificate(authority: trustme.CA, home: Path) -> None:
    certificate = authority.issue_cert("localhost", "127.0.0.1", "::1")
    certificate.private_key_pem.write_to_path(home / "server.key")
    for index, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(home / "server.crt", append=index > 0)
    authority.cert_pem.write_to_path(home / "ca.crt")
    (home / "server.key").chmod(0o600)


def _user() -> list[str]:
    """The server refuses to run as root unless it is told to."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _initialize(home: Path) -> None:
    program = _program("mariadb-install-db")
    if program is None:
        raise MariadbUnavailable(MISSING)
    options = ["--no-defaults", f"--datadir={home / 'data'}", "--auth-root-authentication-method=normal"]
    done = subprocess.run(
        [program, *options, "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=4M", *_user()],
        capture_output=True,
        text=True,
        cwd=home,
        check=False,
    )
    if done.returncode != 0:
        raise MariadbUnavailable(f"mariadb-install-db failed: {(done.stderr or done.stdout).strip()[-1000:]}")


def _spawn(program: str, home: Path, port: int) -> subprocess.Popen[bytes]:
    options = [
        "--no-defaults",
        f"--datadir={home / 'data'}",
        f"--socket={home / 'sock'}",
        f"--pid-file={home / 'pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        f"--ssl-cert={home / 'server.crt'}",
        f"--ssl-key={home / 'server.key'}",
        f"--ssl-ca={home / 'ca.crt'}",
        *_SPEED,
        *_user(),
    ]
    with (home / "log").open("ab") as log:
        return subprocess.Popen([program, *options], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=home)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: MariadbServer) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server._process is None or server._process.poll() is not None:
            return False
        with contextlib.suppress(pymysql.err.OperationalError), server.admin():
            return True
        time.sleep(0.05)
    return False


def _protect(server: MariadbServer) -> None:
    """A password for the administrator, and none of the accounts that a fresh installation leaves open."""
    password = secrets.token_hex(12)
    with server.admin() as cursor:
        cursor.execute("SELECT User, Host FROM mysql.user WHERE User = 'root' AND Host <> 'localhost'")
        others: list[tuple[Any, ...]] = list(cursor.fetchall())
        for user, host in others:
            cursor.execute("DROP USER %s@%s", (user, host))
        cursor.execute("DELETE FROM mysql.proxies_priv")
        cursor.execute("ALTER USER root@localhost IDENTIFIED BY %s", (password,))
    server.password = password
