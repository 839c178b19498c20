"""Owns running one command as a step: output to a log and to a function, ended with us, never left behind."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ztassess.supervisor.logs import LineCutter, RotatingLog
from ztassess.supervisor.process import end_group, spawn

GRACE = 3.0
KEPT_LINES = 2000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: exit code (negative: signal) and the last lines it printed."""

    code: int
    output: str


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
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    written = RotatingLog(log) if log is not None else None

    def take(line: str) -> None:
        lines.append(line)
        if written is not None:
            written.write(line.encode("utf-8", "replace") + b"\n")
        if on_line is not None:
            on_line(line)

    process = spawn(argv, env=env, cwd=cwd)
    try:
        _follow(process, LineCutter(take), on_tick or (lambda: None))
        return Ended(process.wait(), "\n".join(lines))
    finally:
        end_group(process, grace=GRACE)
        if written is not None:
            written.close()


def _follow(process: subprocess.Popen[bytes], cutter: LineCutter, tick: Callable[[], None]) -> None:
    assert process.stdout is not None  # noqa: S101  # spawn() opens it
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            tick()
            if not selector.select(0.25):
                if process.poll() is not None:  # a descendant keeps the pipe open
                    break
                continue
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                break
            cutter.feed(data)
    cutter.close()
