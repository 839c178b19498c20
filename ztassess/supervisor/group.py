"""Owns the loop of a supervised group: one thread that reads outputs, restarts what fell, and ends all in order."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from ztassess.supervisor.child import Child, ChildSpec
from ztassess.supervisor.guardian import Guardian
from ztassess.supervisor.process import Interrupted, heard_signals, signal_group

GRACE = 5.0  # seconds for web, workers and scheduler
GRACE_LAST = 1.5  # seconds for what ends last; together well under the ten that were promised
CRASHES_WHILE_STARTING = 3


class GroupError(Exception):
    """A member of the group cannot run; the sentence says which and why."""


class Group:
    """Processes that start, run and end together."""

    def __init__(self, *, logs: Path, env: Mapping[str, str], cwd: Path, say: Callable[[str], None]) -> None:
        self._logs, self._env, self._cwd, self._say = logs, env, cwd, say
        self._children: list[Child] = []
        self._stopping = False
        self._lost_log = False
        self.signals: list[int] = []
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = os.pipe()
        for end in (self._wake, self._waker):
            os.set_blocking(end, False)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        handlers = dict.fromkeys(heard_signals(), self._on_signal) | {signal.SIGCHLD: lambda *_: None}  # wakes the loop
        self._former = {signum: signal.signal(signum, handler) for signum, handler in handlers.items()}
        self._guardian = Guardian()

    def _on_signal(self, signum: int, _frame: FrameType | None) -> None:
        self.signals.append(signum)

    def start(self, spec: ChildSpec) -> Child:
        """Start a member."""
        child = Child(spec, logs=self._logs, env=self._env, cwd=self._cwd, say=self._say)
        self._children.append(child)
        self._launch(child)
        return child

    def _launch(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:
            raise GroupError(f"Could not start {child.spec.name} ({child.spec.argv[0]}): {error.strerror}.") from error
        assert child.process is not None  # noqa: S101  # just started
        self._guardian.watch(child.process.pid)
        self._selector.register(child.pipe, selectors.EVENT_READ, child)

    def turn(self, seconds: float) -> None:
        """One turn of the loop: at most this long, shorter if something happened."""
        due = [child.start_at - time.monotonic() for child in self._children if child.start_at is not None]
        for key, _ in self._selector.select(max(0.0, min([seconds, *due]))):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            elif not key.data.read():
                self._selector.unregister(key.fd)
        for child in self._children:
            self._look_at(child)
        self._guardian.look_after()
        self._tell_lost_logs()

    def turn_or_stop(self, seconds: float) -> None:
        """A turn while starting: a stop signal ends the start."""
        self.turn(seconds)
        if self.signals:
            raise Interrupted(self.signals[0])

    def drop(self, child: Child) -> None:
        """A member that will not run again; it has ended already, or is ended here."""
        self._signal([child], signal.SIGKILL)
        self._stopping = True
        while child.process is not None:
            self.turn(0.05)
        self._stopping = False
        self._children.remove(child)

    def _look_at(self, child: Child) -> None:
        group, pipe = (child.process.pid if child.process else 0), child.pipe
        if child.process is not None and child.process.poll() is not None:
            with suppress(KeyError):
                self._selector.unregister(pipe)
        code = child.reap()
        if code is not None:
            self._guardian.forget(group)
            if not self._stopping and not self.signals:
                self._say(child.crashed(code))
        if child.start_at is not None and child.start_at <= time.monotonic() and not self._stopping:
            self._launch(child)

    def _tell_lost_logs(self) -> None:
        failed = next((child.log for child in self._children if child.log.failed), None)
        if failed is not None and not self._lost_log and failed.failed is not None:
            self._say(f"Log lines are being dropped: cannot write {failed.path} ({failed.failed.strerror}).")
        self._lost_log = failed is not None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Run the group until `ready`; GroupError if a member keeps falling or time runs out."""
        end = time.monotonic() + seconds
        while not ready():
            self.turn_or_stop(0.1)
            for child in self._children:
                if child.crashes >= CRASHES_WHILE_STARTING:
                    raise GroupError(
                        f"The {child.spec.name} process ended {child.crashes} times while starting: "
                        f"{child.last_words()} Its whole log: {child.log.path}"
                    )
            if time.monotonic() > end:
                raise GroupError(f"{what} did not answer within {seconds:g} seconds. See the logs in {self._logs}")

    def serve(self) -> int:
        """Run until somebody asks for the end; the signal that asked."""
        while not self.signals:
            self.turn(5.0)
        return self.signals[0]

    def stop(self) -> None:
        """End all members in order, within ten seconds; at once if a further signal asks for it."""
        self._stopping = True
        asked = len(self.signals)
        for members, grace in (
            ([c for c in self._children if not c.spec.last], GRACE),
            ([c for c in self._children if c.spec.last], GRACE_LAST),
        ):
            self._signal(members, signal.SIGTERM)
            end = time.monotonic() + grace
            while any(c.process for c in members) and time.monotonic() < end and len(self.signals) == asked:
                self.turn(0.1)
            self._signal(members, signal.SIGKILL)
            end = time.monotonic() + 1
            while any(c.process for c in members) and time.monotonic() < end:
                self.turn(0.05)
        self._guardian.close()
        signal.set_wakeup_fd(-1)
        for signum, handler in self._former.items():
            signal.signal(signum, handler)
        self._selector.close()
        os.close(self._wake)
        os.close(self._waker)

    def _signal(self, members: list[Child], signum: int) -> None:
        for child in members:
            child.start_at = None
            if child.process is not None:
                signal_group(child.process.pid, signum)
