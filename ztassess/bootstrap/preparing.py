"""Owns the other end of prepare.py: shows its steps on the screen, turns its failure into a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ztassess.bootstrap.commands import run_command
from ztassess.bootstrap.errors import BootstrapError, disk_full, tells_full_disk
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.screen import Screen, Step
from ztassess.supervisor.logs import RotatingLog

SHOWN_FROM = 0.05  # seconds; a step that took less is not worth a line


class _Reader:
    """Takes the lines of prepare.py as they come."""

    def __init__(self, screen: Screen, log: RotatingLog) -> None:
        self._screen, self._log = screen, log
        self.step: Step | None = None
        self.said: list[str] = []
        self.failure = ""
        self.title = "Preparing"

    def line(self, line: str) -> None:
        word, _, text = line.partition("\t")
        if word == "step":
            self.title = text
            self.step = Step(self._screen, text)
        elif word == "tick" and self.step is not None:
            self.step.tick(text.strip())
        elif word == "done" and self.step is not None:
            self.step.done = text
            if time.monotonic() - self.step.started >= SHOWN_FROM:
                self.step.finish()
            self.step = None
        elif word == "say":
            self.said.append(text)  # may hold the demo's password: for the screen, not for a file
        elif word == "fail":
            self.failure = text
        else:
            self._log.write(line.encode("utf-8", "replace") + b"\n")


def prepare_data(
    layout: Layout, screen: Screen, *, env: Mapping[str, str], demo: bool, on_tick: Callable[[], None]
) -> list[str]:
    """Migrate, check, collect static files, make the demo: each only if it is due. Lines to show at the end.

    BootstrapError if one of them fails; what was done before it stays done.
    """
    log = RotatingLog(layout.logs / "prepare.log")
    reader = _Reader(screen, log)

    def tick() -> None:
        on_tick()
        if reader.step is not None:
            reader.step.tick()

    arguments = [] if demo else ["--no-demo"]
    argv = [str(layout.python), "-m", "ztassess.bootstrap.prepare", *arguments]
    try:
        ended = run_command(argv, cwd=layout.root, env=env, on_line=reader.line, on_tick=tick)
    finally:
        log.close()
    if ended.code != 0:
        if tells_full_disk(ended.output, ended.code):
            failing = "disk I/O error" in ended.output  # SQLite says no more about a write that was refused
            raise disk_full(layout.data, "is full or failing" if failing else "is full")
        told = [line for line in ended.output.splitlines() if line.strip() and "\t" not in line]
        why = reader.failure or f"{told[-1].strip() if told else 'no reason given'} See {log.path}"
        raise BootstrapError(f"{reader.title} failed: {why}")
    return reader.said
