"""Owns how a child process is born and ended: its own process group, and a tie to the life of its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked us to end while we were still starting: a wish like KeyboardInterrupt, not an error."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


def heard_signals() -> list[signal.Signals]:
    """The stop signals, but for those that whoever started us turned off, as nohup does."""
    return [signum for signum in STOP_SIGNALS if signal.getsignal(signum) is not signal.SIG_IGN]


def interrupt_on_signals() -> None:
    """From now on a stop signal raises Interrupted wherever we are, so that every `finally` runs."""

    def on_signal(signum: int, _frame: FrameType | None) -> None:
        raise Interrupted(signum)

    for signum in heard_signals():
        signal.signal(signum, on_signal)


def _tie() -> Callable[[], None] | None:
    """A function for the child, before exec: ask the kernel for SIGTERM when the parent dies, however it dies."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded in the parent: after fork there is no time for imports
    parent = os.getpid()

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return in_child


def spawn(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, with its output on one pipe and nothing to read.

    Its group is not the terminal's, so Ctrl-C reaches it through us only, in the order we choose.
    """
    return subprocess.Popen(  # noqa: S603  # argv are our own lists, never a shell line
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        process_group=0,
        preexec_fn=_tie(),  # noqa: PLW1509  # the parent has one thread only
    )


def signal_group(pgid: int, signum: int) -> bool:
    """Send a signal to a whole group; False if nothing of it is left."""
    try:
        os.killpg(pgid, signum)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so for a group of zombies
        return False
    return True


def end_group(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """End a process and its descendants: SIGTERM, then SIGKILL after `grace` seconds."""
    signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=grace)
    # What the leader left behind belongs to it and goes with it.
    signal_group(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def describe_exit(code: int) -> str:
    """`Popen.returncode` in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def until(condition: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Wait for a condition; False if it did not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(every)
    return True
