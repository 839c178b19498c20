"""Places in which `up` really runs, and tiny packages for the virtual environment's own logic."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services.installation import Up, clean_environment, copy_checkout, write_wheel


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="zt-up-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
def up() -> Iterator[Callable[..., Up]]:
    """Start `up`; whatever still runs at the end is ended."""
    started: list[Up] = []

    def start(checkout: Path, *arguments: str, env: dict[str, str], cwd: Path | None = None) -> Up:
        started.append(Up(checkout, *arguments, env=env, cwd=cwd))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                one.end()
        one.process.kill()
        one.process.communicate()


@pytest.fixture(scope="session")
def empty_environment(tmp_path_factory) -> Path:
    """A virtual environment with pip only, to be copied: making one takes seconds."""
    made = tmp_path_factory.mktemp("empty") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    return made


@pytest.fixture
def tiny(folder) -> tuple[Path, dict[str, str]]:
    """A checkout whose one requirement is a local wheel, and an environment in which pip finds nothing else."""
    checkout = copy_checkout(folder / "tiny", "manage.py", "ztassess")
    (checkout / "wheels").mkdir()
    write_wheel(checkout / "wheels", "littlezt", "1.0")
    (checkout / "requirements.txt").write_text("littlezt==1.0\n")
    return checkout, clean_environment(
        PIP_NO_INDEX="1", PIP_FIND_LINKS=str(checkout / "wheels"), PIP_CONFIG_FILE=os.devnull
    )
