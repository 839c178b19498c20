"""Owns what is asked of the machine before long work begins: a free port, a local disk that can be written."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from ztassess.bootstrap.errors import BootstrapError

# SQLite's locks and its shared memory do not work on these.
NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "ceph",
    "lustre",
    "afs",
    "gpfs",
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_port(bind: str, port: int) -> None:
    """BootstrapError if nothing can listen there.

    For this machine only, both of localhost's addresses must be free: a browser may take either.
    """
    for address in ("127.0.0.1", "::1") if bind in LOOPBACK else (bind,):
        try:
            family, kind, proto, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        except socket.gaierror as error:
            raise BootstrapError(f"--bind {bind} is not an address of this machine ({error.strerror}).") from error
        try:
            with socket.socket(family, kind, proto) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(where)
                trial.listen(1)
        except OSError as error:
            if address == "::1" and bind != "::1" and error.errno != errno.EADDRINUSE:
                continue  # a machine without IPv6
            raise _port_error(error, bind, port) from error


def _port_error(error: OSError, bind: str, port: int) -> BootstrapError:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1  # noqa: PLR2004  # the highest port there is
        return BootstrapError(
            f"Port {port} is in use by another program. End that program, or take another port: "
            f"python3 manage.py up --port {other}"
        )
    if error.errno == errno.EACCES:
        return BootstrapError(
            f"Port {port} is reserved for the administrator. Take one above 1023, for example --port 8000."
        )
    return BootstrapError(
        f"Cannot listen on {bind}, port {port}: {error.strerror}. --bind takes an address of this machine."
    )


def check_file_system(data: Path, environment: Mapping[str, str], mounts: str = "/proc/mounts") -> None:
    """BootstrapError if SQLite would have to live on a network file system."""
    if environment.get("DATABASE_URL"):
        return
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return  # not Linux
    kind, longest = "", -1
    for line in lines:
        _, point, this_kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        inside = os.path.commonpath([point, data]) == point
        if inside and len(point) >= longest:
            kind, longest = this_kind, len(point)
    if kind in NETWORK_FILE_SYSTEMS:
        raise BootstrapError(
            f"{data} is on a network file system ({kind}), where SQLite can lose data. Set ZTASSESS_DATA_DIR to a "
            "local folder, or DATABASE_URL to a PostgreSQL server."
        )
