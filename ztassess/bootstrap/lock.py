"""Owns the locks: one `up` per data directory, one change of a virtual environment at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ztassess.bootstrap.errors import BootstrapError


def take_up_lock(path: Path, *, inherited: str = "") -> int:
    """Hold `path` for the life of this process; its descriptor, to be handed through a change of interpreter.

    The lock goes with the process however it ends, so a stale file never blocks.
    BootstrapError if another `up` holds it.
    """
    fd = int(inherited) if inherited else os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
        os.close(fd)
        who, how = (f" (process {holder})", f", or: kill {holder}") if holder.isdigit() else ("", "")
        raise BootstrapError(
            f"ztassess is already running here{who}. Use it, or end it first: Ctrl-C in its terminal{how}"
        ) from error
    os.set_inheritable(fd, False)  # noqa: FBT003  # its only form
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Wait for, then hold, an exclusive lock on a folder; where the file system cannot lock, go on without."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
