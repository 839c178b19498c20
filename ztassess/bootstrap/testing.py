"""Owns `manage.py test`: the same bootstrap, the gates, then pytest; whatever is missing is said loudly."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from ztassess.bootstrap.commands import run_command
from ztassess.bootstrap.gates import hermetic, run_gates
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.screen import Screen
from ztassess.bootstrap.venv import prepare_venv
from ztassess.supervisor.process import Interrupted

# What the tests run against, and Debian's package of it.
PROGRAMS = {
    "chromium": "chromium",
    "/usr/lib/postgresql/15/bin/postgres": "postgresql-15",
    "nginx": "nginx-light",
    "caddy": "caddy",
    "mariadbd": "mariadb-server",
}
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
CLOSING = ("-p", "tests.services.closing")
STOP_SECONDS = 8.0


def run_test(layout: Layout, arguments: Sequence[str]) -> int:
    """Everything, or what `arguments` of pytest name; the exit code."""
    layout.make()
    screen = Screen()
    prepare_venv(layout, screen, dev=True)
    env = hermetic(os.environ)
    if arguments:
        return run_pytest(layout, arguments, env)
    if os.geteuid() == 0:
        install_programs(layout, screen)
    screen.line("Gates")
    failed = run_gates(layout, screen)
    screen.line(f"Tests (after {screen.elapsed():.0f} s)")
    code = run_pytest(layout, ["-q", "-n", "2"], env | ({"ZTASSESS_GATES_FAILED": ", ".join(failed)} if failed else {}))
    return code or (1 if failed else 0)


def install_programs(layout: Layout, screen: Screen) -> None:
    """As root on Debian: install what the tests run against. What cannot be had is not fatal here; its tests say so."""
    path = f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_FOLDERS}"
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]
    if not missing or shutil.which("apt-get") is None:
        return
    log = layout.logs / "install.log"
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with screen.step(f"Installing {', '.join(missing)}") as step:
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *missing]):
            ended = run_command(["apt-get", *command], cwd=layout.root, env=env, log=log, on_tick=step.tick)
        step.done = (
            f"Installed {', '.join(missing)}" if ended.code == 0 else f"Could not install all of {', '.join(missing)}"
        )


def run_pytest(layout: Layout, arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run pytest on this terminal; its exit code."""
    argv = [str(layout.python), "-m", "pytest", *CLOSING, *arguments]
    process = subprocess.Popen(argv, cwd=layout.root, env=dict(env))  # noqa: S603  # pytest's arguments, from the person
    try:
        return process.wait()
    except Interrupted as interrupted:
        # Ctrl-C has reached pytest too; anything else it hears from us. It ends its servers and prints its summary.
        if interrupted.signum != signal.SIGINT:
            process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
