"""Owns one supervised process: its output, its log, its end, and when it may start again."""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ztassess.supervisor.logs import LineCutter, RotatingLog
from ztassess.supervisor.process import describe_exit, signal_group, spawn
from ztassess.supervisor.screening import LineScreen

BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
STEADY_AFTER = 60.0  # seconds of life after which the next crash counts as the first


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run.

    Parameters:
        name: one word for the screen, and the name of its log file.
        argv: the command, absolute.
        last: ends after all others, because they need it to end in order (the broker).
    """

    name: str
    argv: tuple[str, ...]
    last: bool = False


class Child:
    """A process that is meant to run all the time."""

    def __init__(
        self, spec: ChildSpec, *, logs: Path, env: Mapping[str, str], cwd: Path, say: Callable[[str], None]
    ) -> None:
        self.spec = spec
        self.log = RotatingLog(logs / f"{spec.name}.log")
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes = 0
        self.start_at: float | None = None
        self.recent: deque[str] = deque(maxlen=40)
        self._started = 0.0
        self._env, self._cwd = env, cwd
        self._screen = LineScreen(spec.name, show=say, log=self._keep)
        self._cutter = LineCutter(self._screen.line)

    def _keep(self, text: str) -> None:
        self.recent.append(text)
        self.log.write(text.encode("utf-8", "replace") + b"\n")

    def start(self) -> None:
        """Start it now; OSError if the program cannot be run."""
        self.start_at = None
        self._started = time.monotonic()
        self.process = spawn(self.spec.argv, env=self._env, cwd=self._cwd)
        assert self.process.stdout is not None  # noqa: S101  # spawn() opens it
        os.set_blocking(self.process.stdout.fileno(), False)

    @property
    def pipe(self) -> int:
        """Descriptor of its output, -1 when it does not run."""
        if self.process is None or self.process.stdout is None or self.process.stdout.closed:
            return -1
        return self.process.stdout.fileno()

    def read(self) -> bool:
        """Take what it wrote; False at the end of its output."""
        try:
            data = os.read(self.pipe, 65536)
        except BlockingIOError:
            return True
        self._cutter.feed(data)
        return bool(data)

    def reap(self) -> int | None:
        """Its exit code once it has ended, its descendants ended and its output read; None while it runs."""
        if self.process is None or self.process.poll() is None:
            return None
        process, code = self.process, self.process.returncode
        signal_group(process.pid, 9)  # its own children must not stay behind, they hold its port and its output
        self._drain()
        if process.stdout is not None:
            process.stdout.close()
        self._cutter.close()
        self.log.close()
        self.process = None
        return code

    def _drain(self) -> None:
        for _ in range(64):  # bounded: a descendant that survived SIGKILL for a moment must not hold us
            before = time.monotonic()
            if not self.read() or time.monotonic() - before > 1:
                return

    def crashed(self, code: int) -> str:
        """Plan the next start; the line for the screen."""
        if time.monotonic() - self._started >= STEADY_AFTER:
            self.crashes = 0
        delay = BACKOFF[min(self.crashes, len(BACKOFF) - 1)]
        self.crashes += 1
        self.start_at = time.monotonic() + delay
        return (
            f"{self.spec.name} ended unexpectedly ({describe_exit(code)}), starting it again in {delay:g} s. "
            f"See {self.log.path}"
        )

    def last_words(self) -> str:
        """The line of its output that says most about why it ended."""
        told = [line.strip() for line in self.recent if line.strip()]
        for line in reversed(told):
            if "Error" in line or "error" in line or "ERROR" in line:
                return line[:300]
        return told[-1][:300] if told else "it said nothing"
