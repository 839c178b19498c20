"""The floors: imports only go down, and the bootstrap needs nothing but the standard library."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The only modules of the bootstrap that run inside the virtual environment's Django.
INSIDE = {"prepare.py"}


def test_import_contracts_hold():
    code = "from importlinter.cli import lint_imports_command as c; c(['--no-logo', '--no-cache'])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    assert " kept, 0 broken." in ran.stdout


def test_every_app_stands_on_a_floor():
    contracts = (ROOT / "pyproject.toml").read_text()
    apps = [path.parent.name for path in (ROOT / "ztassess").glob("*/__init__.py")]
    assert len(apps) > 8
    assert [app for app in sorted(apps) if f"ztassess.{app}" not in contracts] == []


def test_bootstrap_and_supervisor_import_the_standard_library_only():
    foreign = []
    for path in [ROOT / "manage.py", *ROOT.glob("ztassess/bootstrap/*.py"), *ROOT.glob("ztassess/supervisor/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                ours = name.startswith(("ztassess.bootstrap", "ztassess.supervisor"))
                django = top == "django" and (path.name in INSIDE or name == "django.core.management")
                if top not in sys.stdlib_module_names and not ours and not django:
                    foreign.append(f"{path.relative_to(ROOT)}: {name}")
    assert foreign == []


def test_up_can_be_loaded_without_any_installed_package():
    code = "import ztassess.bootstrap.entry, ztassess.bootstrap.up, ztassess.bootstrap.testing"
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
