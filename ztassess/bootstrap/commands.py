"""Owns running commands to their end: output to a log and to a function, ended with us, never left behind."""

from __future__ import annotations

import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ztassess.supervisor.logs import LineCutter, RotatingLog
from ztassess.supervisor.process import end_group, spawn

GRACE = 3.0
KEPT_LINES = 2000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: exit code (negative: signal), the last lines it printed, and seconds."""

    code: int
    output: str
    seconds: float


class Running:
    """A command that runs, and what it has printed."""

    def __init__(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None, on_line: Callable[[str], None]
    ) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._on_line = on_line
        self._cutter = LineCutter(self._take)
        self._started = time.monotonic()
        self.process = spawn(argv, env=env, cwd=cwd)
        assert self.process.stdout is not None  # noqa: S101  # spawn() opens it
        self.pipe = self.process.stdout

    def _take(self, line: str) -> None:
        self._lines.append(line)
        self._on_line(line)

    def read(self) -> bool:
        """Take what it printed; False at the end of its output."""
        data = os.read(self.pipe.fileno(), 65536)
        self._cutter.feed(data)
        return bool(data)

    def end(self) -> Ended:
        """Wait if its output has ended; if not, end it and its descendants."""
        self._cutter.close()
        end_group(self.process, grace=GRACE)
        return Ended(self.process.returncode, "\n".join(self._lines), time.monotonic() - self._started)


def run_command(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    on_tick: Callable[[], None] | None = None,
) -> Ended:
    """Run to the end. If we are interrupted meanwhile, the command and its descendants are ended first."""
    written = RotatingLog(log) if log is not None else None

    def take(line: str) -> None:
        if written is not None:
            written.write(line.encode("utf-8", "replace") + b"\n")
        if on_line is not None:
            on_line(line)

    try:
        start = (lambda: Running(argv, cwd=cwd, env=env, on_line=take),)
        return next(iter(run_side_by_side(start, at_once=1, on_tick=on_tick)))[1]
    finally:
        if written is not None:
            written.close()


def run_side_by_side(
    starts: Sequence[Callable[[], Running]], *, at_once: int, on_tick: Callable[[], None] | None = None
) -> Iterator[tuple[int, Ended]]:
    """Run commands, at most so many at a time; their number and end, in the order in which they end."""
    waiting = list(enumerate(starts))
    running: dict[int, Running] = {}
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    number, start = waiting.pop(0)
                    running[number] = start()
                    selector.register(running[number].pipe, selectors.EVENT_READ, number)
                if on_tick is not None:
                    on_tick()
                for number in _over(selector, running):
                    selector.unregister(running[number].pipe)
                    yield number, _wait(running.pop(number))
        finally:
            for left in running.values():
                left.end()


def _over(selector: selectors.BaseSelector, running: Mapping[int, Running]) -> list[int]:
    """Those whose output has ended, or who ended while a descendant keeps the pipe open."""
    readable = {key.data for key, _ in selector.select(0.25)}
    over = [number for number in readable if not running[number].read()]
    return over + [n for n, one in running.items() if n not in readable and one.process.poll() is not None]


def _wait(running: Running) -> Ended:
    running.process.wait()
    return running.end()
