"""Real processes for the supervisor: a group that runs as a program of its own, so that it can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services.processes import eventually

ROOT = Path(__file__).resolve().parents[2]

GROUP = """
import os, sys
from pathlib import Path
from ztassess.supervisor.child import ChildSpec
from ztassess.supervisor.group import Group, GroupError
folder = Path(sys.argv[1])
group = Group(logs=folder, env=dict(os.environ), cwd=folder, say=lambda text: print(text, flush=True))
try:
    for number, name in enumerate(sys.argv[2].split(",")):
        group.start(ChildSpec(name, (sys.executable, str(folder / f"{name}.py")), last=name == "broker"))
    group.wait_until(lambda: (folder / "ready").exists(), seconds=20, what="Nobody")
    print("serving", flush=True)
    print("signal", group.serve(), flush=True)
except GroupError as error:
    print("refused:", error, flush=True)
finally:
    group.stop()
print("ended", flush=True)
"""

# A child with a child of its own, as gunicorn and Celery have; writes both numbers, then waits.
PARENT = """
import os, signal, subprocess, sys, time
{before}
inner = subprocess.Popen([sys.executable, "-c", {inner!r}])
open(os.path.basename(__file__)[:-3] + ".pids", "a").write(f"{{os.getpid()}} {{inner.pid}}\\n")
open("ready", "w").close()
{after}
time.sleep(600)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Supervised:
    """A running group and the files in which its children write their numbers."""

    def __init__(self, folder: Path, names: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", GROUP, str(folder), names],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def pids(self, name: str) -> list[int]:
        """Of the newest start of a child: its own number and its child's."""
        assert eventually(lambda: self.starts(name) > 0), f"{name} did not start"
        lines = (self.folder / f"{name}.pids").read_text().splitlines()
        return [int(number) for number in lines[-1].split()]

    def starts(self, name: str) -> int:
        path = self.folder / f"{name}.pids"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def line(self, containing: str) -> str:
        """Read output up to a line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if containing in line:
                return line
        raise AssertionError(f"the group ended without saying {containing!r}")

    def rest(self) -> str:
        out, _ = self.process.communicate(timeout=20)
        return str(out)


@pytest.fixture
def supervised(tmp_path) -> Iterator[Callable[..., Supervised]]:
    """Start a group: children by name, each given as (before, inner, after) code."""
    started: list[Supervised] = []

    def start(**children: tuple[str, str, str]) -> Supervised:
        for name, (before, inner, after) in children.items():
            (tmp_path / f"{name}.py").write_text(PARENT.format(before=before, inner=inner, after=after))
        started.append(Supervised(tmp_path, ",".join(children)))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                one.process.wait(12)
            one.process.kill()
        one.process.communicate()


@pytest.fixture
def plain() -> tuple[str, str, str]:
    return ("", "import time; time.sleep(600)", "")


@pytest.fixture
def stubborn() -> tuple[str, str, str]:
    """Neither it nor its child listens to SIGTERM."""
    return ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", STUBBORN, "")
