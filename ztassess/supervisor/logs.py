"""Owns the log files of the children: rotation by size, and which of their lines a person sees on the screen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
KEEP = 3
MAX_LINE = 16 * 1024


class RotatingLog:
    """Append-only file `name.log` with `name.log.1` to `name.log.3` behind it; a full disk never stops the writer."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path, self.max_bytes, self.keep = path, max_bytes, keep
        self.failed: OSError | None = None
        self._fd: int | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append; on an error the bytes are dropped, `failed` says why, and the next write tries again."""
        try:
            if self._fd is None:
                self._open()
            elif self._size and self._size + len(data) > self.max_bytes:
                self._rotate()
            while data:
                done = os.write(self._fd, data)  # type: ignore[arg-type]  # opened just above
                self._size += done
                data = data[done:]
        except OSError as error:
            self.failed = error
        else:
            self.failed = None

    def _open(self) -> None:
        self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._fd).st_size

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _rotate(self) -> None:
        self.close()
        for number in range(self.keep - 1, 0, -1):
            if self._numbered(number).exists():
                self._numbered(number).replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))
        self._open()

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)


class LineCutter:
    """Cuts a byte stream into lines and hands each to a function; a line without end is cut at 16 KiB."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take what was read; complete lines are handed on at once."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._on_line(line.decode("utf-8", "replace").rstrip("\r"))

    def close(self) -> None:
        """Hand on what came without a line end."""
        if self._rest:
            self.feed(b"\n")
