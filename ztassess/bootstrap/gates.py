"""Owns the checks that stand before the tests: style, types, floors, templates, migrations, settings, packages."""

from __future__ import annotations

import os
import secrets
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ztassess.bootstrap.commands import Ended, Running, run_side_by_side
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.screen import Screen

AT_ONCE = 2
SHOWN_LINES = 80


@dataclass(frozen=True, slots=True)
class Gate:
    """One check: its name, and the arguments of the virtual environment's interpreter."""

    name: str
    arguments: tuple[str, ...]


# The longest first, so that the two lanes end together.
GATES = (
    Gate("types (mypy)", ("-m", "mypy")),
    Gate("templates (djlint)", ("-m", "djlint", "templates", "--check", "--lint")),
    Gate("floors (lint-imports)", ("-c", "from importlinter.cli import lint_imports_command as c; c(['--no-logo'])")),
    Gate("migrations are complete", ("manage.py", "makemigrations", "--check", "--dry-run", "--verbosity", "1")),
    Gate("settings and catalog", ("manage.py", "check", "--fail-level", "WARNING")),
    Gate("style (ruff check)", ("-m", "ruff", "check", "--quiet")),
    Gate("format (ruff format)", ("-m", "ruff", "format", "--check", "--quiet")),
    Gate("packages fit together", ("-m", "pip", "check")),
)


def hermetic(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would make a run depend on this machine's installation or accounts."""
    ours = ("ZTASSESS_TEST_", "ZTASSESS_VENV")
    ambient = (
        *("ZTASSESS_", "AWS_", "PG", "DJANGO_", "EMAIL_URL", "DATABASE_URL", "REDIS_URL", "PYTHONSAFEPATH"),
        "PYTHONDONTWRITEBYTECODE",  # packages come without byte code; each process of the run would compile them again
    )
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(ours) or not (name.startswith(ambient) or name.lower().endswith("_proxy"))
    }


def run_gates(layout: Layout, screen: Screen) -> list[str]:
    """Run all of them, two at a time; the names of those that failed, whose reports are printed as they come."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="ztassess-gates-") as data:
        env = hermetic(os.environ) | {
            "ZTASSESS_DATA_DIR": data,
            "ZTASSESS_SECRET_KEY": secrets.token_urlsafe(50),
            "ZTASSESS_ENCRYPTION_KEYS": f"gates:{b64encode(secrets.token_bytes(32)).decode()}",
        }
        starts = [_starter(layout, gate, env) for gate in GATES]
        for number, ended in run_side_by_side(starts, at_once=AT_ONCE):
            _report(screen, GATES[number], ended)
            if ended.code != 0:
                failed.append(GATES[number].name)
    return failed


def _starter(layout: Layout, gate: Gate, env: Mapping[str, str]) -> Callable[[], Running]:
    argv = [str(layout.python), *gate.arguments]
    return lambda: Running(argv, cwd=layout.root, env=env, on_line=lambda _line: None)


def _report(screen: Screen, gate: Gate, ended: Ended) -> None:
    verdict = "ok" if ended.code == 0 else "FAILED"
    screen.line(f"  {gate.name:<28} {verdict:<8} {ended.seconds:5.1f} s")
    if ended.code == 0:
        return
    lines = ended.output.splitlines()
    for line in lines[-SHOWN_LINES:]:
        screen.line(f"      {line}")
