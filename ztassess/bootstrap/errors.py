"""Owns the one error of the bootstrap: a sentence for the person at the terminal, and the ways it comes about."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

FULL = {errno.ENOSPC: "is full", errno.EDQUOT: "has reached its quota", errno.EFBIG: "allows no larger files"}
FULL_WORDS = (
    "No space left on device",
    "disk is full",
    "Disk quota exceeded",
    "File too large",
    "[Errno 28]",
    "[Errno 27]",
    "disk I/O error",
)


class BootstrapError(Exception):
    """What happened, what was kept, what to do; the command ends with exit code 1."""


def disk_full(where: Path, why: str = "is full") -> BootstrapError:
    """The sentence for a disk that takes no more."""
    return BootstrapError(
        f"The disk that holds {where} {why}. Nothing was lost: free some space, then run the same command again."
    )


def from_os_error(error: OSError, where: Path) -> BootstrapError:
    """The sentence for an error of the file system."""
    path = Path(str(error.filename)) if error.filename else where
    if error.errno in FULL:
        return disk_full(path, FULL[error.errno])
    if error.errno == errno.EROFS:
        return BootstrapError(
            f"Cannot write {path}: the file system is read-only. Keep data elsewhere with ZTASSESS_DATA_DIR=/a/folder "
            "and the virtual environment with ZTASSESS_VENV=/another/folder."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return BootstrapError(
            f"No permission for {path}. Run as the user that owns the checkout, or set ZTASSESS_DATA_DIR."
        )
    return BootstrapError(f"Cannot use {path}: {error.strerror or error}.")


def tells_full_disk(output: str, code: int) -> bool:
    """Whether a program that failed did so for want of space."""
    return code == -signal.SIGXFSZ or any(word in output for word in FULL_WORDS)
