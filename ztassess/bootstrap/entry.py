"""Owns the command line of manage.py: `up` and `test` are ours, the rest is Django's, in the virtual environment."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ztassess.bootstrap.dotenv import load_dotenv
from ztassess.bootstrap.errors import BootstrapError, from_os_error
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.lock import take_up_lock
from ztassess.bootstrap.options import UpOptions, parse_up
from ztassess.bootstrap.preflight import check_file_system, check_port
from ztassess.bootstrap.screen import STARTED, Screen
from ztassess.bootstrap.venv import prepare_venv
from ztassess.supervisor.process import Interrupted, interrupt_on_signals

LOCK_FD = "ZTASSESS_LOCK_FD"  # set only between the two interpreters of one `up`


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    root = Path(__file__).resolve().parents[2]
    try:
        if arguments[:1] != ["test"]:  # tests do not depend on one installation's settings
            load_dotenv(root / ".env", os.environ)
        layout = Layout.of(root, os.environ)
        if arguments[:1] in (["up"], ["test"]):
            return _ours(layout, arguments[0], arguments[1:])
        return _django(layout, arguments)
    except BootstrapError as error:
        _say(str(error))
        return 1


def _say(sentence: str) -> None:
    print(f"\nztassess: {sentence}", file=sys.stderr)  # noqa: T201  # the sentence for the person at the terminal


def _ours(layout: Layout, command: str, arguments: Sequence[str]) -> int:
    interrupt_on_signals()
    try:
        if command == "up":
            return _up(layout, arguments)
        from ztassess.bootstrap.testing import run_test

        return run_test(layout, arguments)
    except OSError as error:
        raise from_os_error(error, layout.data) from error
    except Interrupted as interrupted:
        _say("stopped before the end; nothing keeps running.")
        return 128 + interrupted.signum


def _up(layout: Layout, arguments: Sequence[str]) -> int:
    options = parse_up(arguments)
    inherited = os.environ.pop(LOCK_FD, "")
    screen = Screen()
    if not inherited:
        screen.line(f"ztassess: starting in {layout.root} (Python {'.'.join(map(str, sys.version_info[:3]))})")
    layout.make()
    lock = take_up_lock(layout.run / "up.lock", inherited=inherited)
    if not inherited:
        return _up_first(layout, options, arguments, screen, lock)
    from ztassess.bootstrap.up import run_up

    return run_up(layout, options, screen)


def _up_first(layout: Layout, options: UpOptions, arguments: Sequence[str], screen: Screen, lock: int) -> int:
    check_file_system(layout.data, os.environ)
    check_port(options.bind, options.port)
    prepare_venv(layout, screen, dev=False)
    os.set_inheritable(lock, True)  # noqa: FBT003  # its only form
    environment = os.environ | {LOCK_FD: str(lock), STARTED: str(screen.started)}
    os.chdir(layout.root)
    return _replace(layout, ["up", *arguments], environment)


def _replace(layout: Layout, arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Become the same command in the virtual environment's interpreter; returns only if that fails, by OSError."""
    os.execve(layout.python, [str(layout.python), str(layout.manage), *arguments], environment)  # noqa: S606  # no shell


def _django(layout: Layout, arguments: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ztassess.settings")
    if os.access(layout.python, os.X_OK) and Path(sys.prefix).resolve() != layout.venv.resolve():
        return _replace(layout, arguments, dict(os.environ))
    if importlib.util.find_spec("django") is None:
        raise BootstrapError(
            "The virtual environment is not there yet. Make it and start everything with: python3 manage.py up"
        )
    from django.core.management import execute_from_command_line

    execute_from_command_line([str(layout.manage), *arguments])
    return 0
