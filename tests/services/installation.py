"""Real installations for tests: a copy of the checkout, and `manage.py up` running in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.services.processes import descendants

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "manage.py",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "ztassess",
    "static",
    "templates",
    "deploy",
)


def copy_checkout(target: Path, *parts: str) -> Path:
    """What `git clone` would bring, without what tools leave behind."""
    target.mkdir(parents=True)
    for part in parts or PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy2(source, target / part)
    return target


def clean_environment(**more: str) -> dict[str, str]:
    """A fresh machine's environment: nothing of ours, nothing of the test run."""
    ours = ("ZTASSESS_", "DJANGO_", "PYTEST_", "REDIS_URL", "DATABASE_URL", "CI", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | more


class Up:
    """A running `manage.py up`."""

    def __init__(self, checkout: Path, *arguments: str, env: dict[str, str], cwd: Path | None = None) -> None:
        self.checkout = checkout
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(checkout / "manage.py"), "up", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=env,
            cwd=cwd or "/",
        )

    def line(self, pattern: str) -> str:
        """Read the screen up to a line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if re.search(pattern, line):
                return line
        raise AssertionError(f"`up` ended without saying {pattern!r}:\n" + "\n".join(self.said))

    def end(self, signum: int | None = signal.SIGTERM, *, within: float = 15) -> int:
        """Ask for the end, read the rest of the screen; the exit code."""
        if signum is not None:
            self.process.send_signal(signum)
        out, _ = self.process.communicate(timeout=within)
        self.said += str(out).splitlines()
        return self.process.returncode

    def processes(self) -> list[int]:
        return descendants(self.process.pid)

    @property
    def screen(self) -> str:
        return "\n".join(self.said)


def run_manage(
    checkout: Path, *arguments: str, env: dict[str, str], python: str = sys.executable, user: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py to its end, from another folder."""
    return subprocess.run(
        [python, str(checkout / "manage.py"), *arguments],
        capture_output=True,
        text=True,
        env=env,
        cwd="/",
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
        user=user,
        group="nogroup" if user else None,
        extra_groups=[] if user else None,
    )


def write_wheel(folder: Path, name: str, version: str, *, bytes_of_data: int = 10) -> None:
    """A wheel with one module, as small as the format allows."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"version = {version!r}\n")
        wheel.writestr(f"{name}.data/purelib/{name}.bin", b"\0" * bytes_of_data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
