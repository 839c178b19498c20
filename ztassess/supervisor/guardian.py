"""Owns the last wall against orphans: a process that outlives a killed supervisor and ends the groups it left.

The kernel's death signal reaches the direct children only; gunicorn's and Celery's own children are in their groups.
The supervisor writes `+<group>` and `-<group>` lines to our input; its end, however it comes, closes that pipe.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

GRACE = 4.0


class Guardian:
    """The supervisor's end of the pipe; starts the process anew if somebody ended it."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # our own file, run isolated from the environment
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _tell(self, lines: Iterable[str]) -> None:
        assert self._process.stdin is not None  # noqa: S101  # opened as a pipe above
        with suppress(BrokenPipeError):  # it died; look_after() starts it again and tells all
            self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())
            self._process.stdin.flush()

    def watch(self, group: int) -> None:
        """From now on this process group ends with the supervisor."""
        self._groups.add(group)
        self._tell([f"+{group}"])

    def forget(self, group: int) -> None:
        """This group has ended; its number may come to mean somebody else."""
        self._groups.discard(group)
        self._tell([f"-{group}"])

    def look_after(self) -> None:
        """Start the guardian again if it is gone."""
        if self._process.poll() is not None:
            self._process = self._start()
            self._tell([f"+{group}" for group in sorted(self._groups)])

    def close(self) -> None:
        """Everything has ended in order; nothing is left to guard."""
        for group in list(self._groups):
            self.forget(group)
        assert self._process.stdin is not None  # noqa: S101  # opened as a pipe above
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)


def _kill(groups: Iterable[int], signum: int) -> list[int]:
    left = []
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signum)
            left.append(group)
    return left


def guard(lines: Iterable[str]) -> None:
    """Read groups until the input ends, then end them: SIGTERM, SIGKILL after GRACE seconds."""
    groups: set[int] = set()
    for line in lines:
        number = line[1:].strip()
        if number.isdigit() and int(number) > 1:
            (groups.add if line[0] == "+" else groups.discard)(int(number))
    left = _kill(groups, signal.SIGTERM)
    end = time.monotonic() + GRACE
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left = _kill(left, 0)
    _kill(left, signal.SIGKILL)


if __name__ == "__main__":
    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(caught, signal.SIG_IGN)  # only the end of our input ends us
    guard(sys.stdin)
