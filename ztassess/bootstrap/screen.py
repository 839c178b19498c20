"""Owns what `up` and `test` print: one line per step with its time, and progress while a step works."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

WIDTH = 58
STARTED = "ZTASSESS_STARTED"  # survives the change to the virtual environment's interpreter
QUIET_SECONDS = 10.0


class Screen:
    """Lines for a person; on a terminal the running step is redrawn, elsewhere it is named every ten seconds."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.live = self._stream.isatty()
        self._drawn = 0
        self.started = float(os.environ.pop(STARTED, "") or time.monotonic())

    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.started

    def line(self, text: str = "") -> None:
        """Print one line; a terminal that has gone away is no reason to fall."""
        self._write("\r" + " " * self._drawn + "\r" if self._drawn else "")
        self._drawn = 0
        self._write(text + "\n")

    def redraw(self, text: str) -> None:
        """Replace the line of the running step."""
        if self.live:
            shown = text[: WIDTH + 18]
            self._write("\r" + shown + " " * max(0, self._drawn - len(shown)))
            self._drawn = len(shown)

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "ascii"
        try:
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError):
            self.live = False

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """A piece of work: its line is printed when it has succeeded."""
        step = Step(self, title)
        step.tick()
        yield step
        step.finish()


class Step:
    """The step that runs now."""

    def __init__(self, screen: Screen, title: str) -> None:
        self._screen, self._title = screen, title
        self.done = title
        self.started = time.monotonic()
        self._told = self.started
        self._detail = ""

    def finish(self) -> None:
        """It succeeded: its line, with its time, stays."""
        self._screen.line(f"  {self.done:<{WIDTH}} {time.monotonic() - self.started:5.1f} s")

    def tick(self, detail: str | None = None) -> None:
        """Something moved, or time passed."""
        if detail is not None:
            self._detail = detail
        now = time.monotonic()
        text = f"  {self._title}{': ' + self._detail if self._detail else ''}"
        if self._screen.live:
            self._screen.redraw(f"{text} ... {now - self.started:.0f} s")
        elif now - self._told >= QUIET_SECONDS:
            self._told = now
            self._screen.line(f"{text} ...")
