"""A real PostgreSQL server for tests: found, else installed by apt as root; TLS on, SCRAM passwords, ephemeral port."""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import re
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

import psycopg
import trustme
from psycopg.conninfo import conninfo_to_dict, make_conninfo

MISSING = (
    "No PostgreSQL server was found: run `apt-get install -y postgresql-15` (Debian 12), or point "
    "ZTASSESS_TEST_POSTGRES_URL at one, such as postgresql://postgres:secret@localhost:5432/postgres."
)
"""Wheels that ship PostgreSQL are no way out: those on the package index are built without TLS."""

_START_SECONDS = 30
_SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=100")


class PostgresUnavailable(Exception):
    """There is no server to test against; the text says what to install."""


@dataclass
class PostgresServer:
    """One running server and how its superuser gets in.

    Attributes:
        host: the name its certificate is for.
        ca_pem: the certificate authority a client must trust, as PEM; empty if unknown (given by environment).
        data: the data directory; None if the server is not ours, so its files cannot be changed.
    """

    host: str
    port: int
    superuser: str
    password: str
    ca_pem: str = ""
    data: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def dsn(self, dbname: str = "postgres", *, user: str = "", password: str = "") -> str:
        """A connection string for test set-up (the product itself never uses one)."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=dbname,
            user=user or self.superuser,
            password=password or self.password,
        )

    @contextlib.contextmanager
    def admin(self, dbname: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """A superuser's connection in autocommit mode; over the local socket where the server is ours."""
        target = make_conninfo(self.dsn(dbname), **({"host": str(self.data.parent)} if self.data else {}))
        with psycopg.connect(target, autocommit=True) as connection:
            yield connection

    @contextlib.contextmanager
    def hba(self, lines: str) -> Iterator[None]:
        """Replace pg_hba.conf without loading it: `pg_hba_file_rules` reads the file, the suite keeps its access."""
        if self.data is None:
            raise PostgresUnavailable("This server was given by environment; its pg_hba.conf cannot be changed.")
        path = self.data / "pg_hba.conf"
        before = path.read_text()
        path.write_text(lines)
        try:
            yield
        finally:
            path.write_text(before)

    def stop(self) -> None:
        """End the server and remove its files; safe to call twice. A server given by environment is left alone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)  # "fast shutdown": open sessions are closed
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(10)
        if self.data is not None:
            shutil.rmtree(self.data.parent, ignore_errors=True)


def start_postgres(*, need_tls: bool = False) -> PostgresServer:
    """Start a server on a free loopback port, or take the one of ZTASSESS_TEST_POSTGRES_URL.

    Parameters:
        need_tls: the caller verifies the certificate, so a given server is taken only with its authority
            (ZTASSESS_TEST_POSTGRES_CA, a PEM file); without one, our own is started.

    Raises:
        PostgresUnavailable: none was found and none could be installed.
    """
    url = os.environ.get("ZTASSESS_TEST_POSTGRES_URL", "")
    if url and (not need_tls or os.environ.get("ZTASSESS_TEST_POSTGRES_CA")):
        return _given(url)
    binaries = find_binaries() or _install()
    home = Path(tempfile.mkdtemp(prefix="ztpg-"))
    owner = _owner()
    password = secrets.token_hex(12)
    ca_pem = _initialize(binaries, home, owner, password)
    server = PostgresServer("localhost", 0, "postgres", password, ca_pem, home / "data")
    for _ in range(3):  # a free port may be taken between choosing and binding it
        server.port = _free_port()
        server._process = _spawn(binaries, home, owner, server.port)
        if _answers(server):
            atexit.register(server.stop)
            return server
    log = (home / "log").read_text(errors="replace")[-2000:]
    raise PostgresUnavailable(f"PostgreSQL of {binaries} did not start within {_START_SECONDS} s. Its log ends:\n{log}")


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: Debian's newest, else PATH's."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def psql_path() -> str | None:
    """The psql program, for running the shipped export script as a person would."""
    binaries = find_binaries()
    beside = binaries / "psql" if binaries else None
    return str(beside) if beside and beside.exists() else shutil.which("psql")


def _install() -> Path:
    """Install Debian's server without letting it start a cluster of its own on port 5432."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise PostgresUnavailable(MISSING)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=quiet, capture_output=True, timeout=300, check=False)
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]
    subprocess.run([*install, "postgresql-common"], env=quiet, capture_output=True, timeout=300, check=False)
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if settings.exists():
        text = re.sub(r"(?m)^#?\s*create_main_cluster\s*=.*$", "create_main_cluster = false", settings.read_text())
        settings.write_text(text)
    for package in ("postgresql-15", "postgresql"):
        subprocess.run([*install, package], env=quiet, capture_output=True, timeout=600, check=False)
        found = find_binaries()
        if found is not None:
            return found
    raise PostgresUnavailable(MISSING)


def _given(url: str) -> PostgresServer:
    parts = conninfo_to_dict(url)
    ca_file = os.environ.get("ZTASSESS_TEST_POSTGRES_CA", "")
    return PostgresServer(
        str(parts.get("host", "localhost")),
        int(parts.get("port") or 5432),
        str(parts.get("user", "postgres")),
        str(parts.get("password", "")),
        Path(ca_file).read_text() if ca_file else "",
    )


def _owner() -> pwd.struct_passwd | None:
    """Whom the server runs as; None means us. The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresUnavailable("PostgreSQL refuses to run as root, and there is no other user to run it as.")


def _as(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _initialize(binaries: Path, home: Path, owner: pwd.struct_passwd | None, password: str) -> str:
    """Make the data directory, the server certificate for localhost and its authority; return the authority's PEM."""
    data = home / "data"
    secret = home / "pw"
    secret.write_text(password)
    if owner is not None:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        os.chown(secret, owner.pw_uid, owner.pw_gid)
    options = [
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    made = subprocess.run(
        [str(binaries / "initdb"), *options, "--locale=C"],
        capture_output=True,
        text=True,
        cwd=home,
        check=False,
        **_as(owner),
    )
    secret.unlink()
    if made.returncode != 0:
        raise PostgresUnavailable(f"initdb failed: {made.stderr.strip()[-1000:]}")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1", "::1")
    certificate.private_key_pem.write_to_path(data / "server.key")
    for index, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(data / "server.crt", append=index > 0)
    (data / "server.key").chmod(0o600)
    if owner is not None:
        for name in ("server.key", "server.crt"):
            os.chown(data / name, owner.pw_uid, owner.pw_gid)
    return authority.cert_pem.bytes().decode()


def _spawn(binaries: Path, home: Path, owner: pwd.struct_passwd | None, port: int) -> subprocess.Popen[bytes]:
    settings = [*_SPEED, "ssl=on", "listen_addresses=localhost", f"port={port}", f"unix_socket_directories={home}"]
    flags = [part for setting in settings for part in ("-c", setting)]
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(home / "data"), *flags],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=home,
            **_as(owner),
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: PostgresServer) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server._process is None or server._process.poll() is not None:
            return False
        with contextlib.suppress(psycopg.OperationalError), server.admin():
            return True
        time.sleep(0.05)
    return False
