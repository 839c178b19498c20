"""Owns the virtual environment: made once, filled when its requirements changed, rebuilt when half-built."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ztassess.bootstrap.commands import Ended, run_command
from ztassess.bootstrap.errors import BootstrapError, disk_full, tells_full_disk
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.lock import folder_lock
from ztassess.bootstrap.screen import Screen, Step

BUILDING = "ztassess-building"
STAMP = "ztassess-stamp.json"
PIP = (
    *("-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--retries", "2"),
    # Every package is pinned, so there is nothing to resolve; byte code is written when a module is first imported.
    *("--no-deps", "--no-compile"),
)


@dataclass(frozen=True, slots=True)
class Requirements:
    """A pinned requirements file with what it includes."""

    path: Path
    count: int
    digest: str

    @classmethod
    def read(cls, path: Path) -> Requirements:
        text = _with_includes(path)
        pinned = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
        return cls(path, len(pinned), hashlib.sha256(text.encode()).hexdigest())


def _with_includes(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    included = [_with_includes(path.parent / name) for name in re.findall(r"^-r\s+(\S+)", text, re.MULTILINE)]
    return "\n".join([text, *included])


def prepare_venv(layout: Layout, screen: Screen, *, dev: bool) -> None:
    """Make the virtual environment hold exactly the pinned packages; costs a few milliseconds when it does already.

    BootstrapError if it cannot be made or filled.
    """
    name = "requirements-dev.txt" if dev else "requirements.txt"
    wanted = Requirements.read(layout.root / name)
    layout.venv.parent.mkdir(parents=True, exist_ok=True)
    with folder_lock(layout.venv.parent):
        whole = _is_whole(layout.venv)
        if whole and _stamps(layout.venv).get(name) == wanted.digest:
            return
        if not whole:
            _create(layout, screen)
        (layout.venv / BUILDING).touch()
        _install(layout, screen, wanted)
        _write_stamps(layout.venv, _stamps(layout.venv) | {name: wanted.digest})
        (layout.venv / BUILDING).unlink()


def _is_whole(venv: Path) -> bool:
    """Whether it was finished once and its interpreter still is the one it was made for."""
    config, python = venv / "pyvenv.cfg", venv / "bin" / "python"
    if (venv / BUILDING).exists() or not config.is_file() or not os.access(python, os.X_OK):
        return False
    made_for = re.search(r"^version\s*=\s*(\d+\.\d+)", config.read_text(encoding="utf-8"), re.MULTILINE)
    asked = run_command([str(python), "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], cwd=venv)
    if made_for is None or asked.output.strip() != made_for[1]:
        return False
    return any((venv / "lib" / f"python{made_for[1]}" / "site-packages").glob("pip-*.dist-info"))


def _stamps(venv: Path) -> dict[str, str]:
    try:
        read = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _write_stamps(venv: Path, stamps: dict[str, str]) -> None:
    fresh = venv / f"{STAMP}.new"
    fresh.write_text(json.dumps(stamps), encoding="utf-8")
    fresh.replace(venv / STAMP)


def _create(layout: Layout, screen: Screen) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise BootstrapError(_missing_venv())
    if layout.venv.exists():
        screen.line(f"  The virtual environment in {layout.venv} is not usable, making it again.")
        shutil.rmtree(layout.venv)
    with screen.step("Making the virtual environment") as step:
        layout.venv.mkdir()
        (layout.venv / BUILDING).touch()
        maker = getattr(sys, "_base_executable", sys.executable)  # ours may lie in what was just removed
        ended = _logged(layout, [maker, "-m", "venv", str(layout.venv)], step)
        if ended.code != 0:
            if "ensurepip" in ended.output and "apt" in ended.output:
                raise BootstrapError(_missing_venv())
            raise _failure(layout, ended, "Could not make the virtual environment")
        step.done = "Virtual environment made"


def _install(layout: Layout, screen: Screen, wanted: Requirements) -> None:
    with screen.step(f"Installing {wanted.count} packages") as step:
        seen = 0

        def progress(line: str) -> None:
            nonlocal seen
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                seen += 1
                package = re.split(
                    r"[\s=<>]", line.removeprefix("Requirement already satisfied: ").removeprefix("Collecting ")
                )
                step.tick(f"{seen} of {wanted.count}, {package[0]}")
            elif line.startswith("Installing collected packages"):
                step.tick("unpacking")

        ended = _logged(layout, [str(layout.python), *PIP, "-r", str(wanted.path)], step, progress)
        if ended.code != 0:
            raise _failure(layout, ended, "Could not install the packages")
        step.done = f"{wanted.count} packages installed"


def _logged(layout: Layout, argv: list[str], step: Step, on_line: object = None) -> Ended:
    # A person's own settings for installing elsewhere must not redirect what belongs into this environment.
    unwanted = {"PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "__PYVENV_LAUNCHER__"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted} | {"PIP_USER": "0"}
    return run_command(
        argv,
        cwd=layout.root,
        env=environment,
        log=layout.logs / "install.log",
        on_line=on_line if callable(on_line) else None,
        on_tick=step.tick,
    )


def _failure(layout: Layout, ended: Ended, what: str) -> BootstrapError:
    if tells_full_disk(ended.output, ended.code):
        return disk_full(layout.venv)
    told = [line.strip() for line in ended.output.splitlines() if line.strip()]
    errors = [line for line in told if line.startswith("ERROR: ")] or told[-1:] or ["no reason given"]
    return BootstrapError(
        f"{what}: {errors[-1].removeprefix('ERROR: ').rstrip('.')}. Nothing was started, and what was downloaded is "
        "kept. Check the network and pip's settings, then run the same command again. "
        f"The whole output: {layout.logs / 'install.log'}"
    )


def _missing_venv() -> str:
    running = f"python{sys.version_info.major}.{sys.version_info.minor}"
    default = os.path.realpath("/usr/bin/python3").rpartition("/")[2]
    package = "python3-venv" if default == running else f"{running}-venv"
    sudo = "" if os.geteuid() == 0 else "sudo "
    return (
        f"Python's venv module is not complete here. On Debian and Ubuntu: {sudo}apt-get install -y {package}, "
        "then run the same command again."
    )
