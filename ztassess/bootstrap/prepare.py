"""Owns what must be true of the data before anything is served; runs in the virtual environment, in one process.

Speaks to `up` by lines on its output: a word, a tab, a text. Everything else it prints goes to the log.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEMO_PENDING = "demo.pending"
STATIC_STAMP = "static.stamp"


def tell(word: str, text: str) -> None:
    """One line for `up`: step, tick, done, say or fail."""
    sys.stdout.write(f"{word}\t{' '.join(text.split()) if word != 'say' else text}\n")
    sys.stdout.flush()


@contextmanager
def step(title: str, done: str) -> Iterator[None]:
    """A step that `up` shows with its time."""
    tell("step", title)
    yield
    tell("done", done)


class Ticker(io.TextIOBase):
    """A stream that turns a command's lines into progress, or into lines for the person."""

    def __init__(self, word: str) -> None:
        self._word, self._rest = word, ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            tell(self._word, line.removeprefix("  Applying ").removesuffix("... OK"))
        return len(text)


def migrate(data: Path) -> bool:
    """Bring the database up to date; True if it was empty before."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not pending:
        return False
    fresh = not executor.loader.applied_migrations
    if fresh:
        (data / DEMO_PENDING).touch()
    with step(f"Preparing the database, {pending} steps", f"Database ready ({pending} migrations applied)"):
        call_command("migrate", interactive=False, skip_checks=True, stdout=Ticker("tick"))
        call_command("createcachetable", stdout=Ticker("tick"))
    return fresh


def check() -> bool:
    """Run Django's and our own checks, the catalog's among them; False if an error was told."""
    from django.core import checks

    with step("Checking the catalog and the settings", "Catalog and settings checked"):
        errors = [message for message in checks.run_checks(databases=["default"]) if message.is_serious()]
    if errors:
        tell(
            "fail", f"The checks found {len(errors)}: " + " ".join(f"{error.msg} ({error.id})" for error in errors[:5])
        )
    return not errors


def collect_static(data: Path, root: Path) -> None:
    """Copy static files to where they are served from, if any of them or any package changed."""
    from django.core.management import call_command

    digest = static_digest(root)
    stamp = data / STATIC_STAMP
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest and (data / "static").is_dir():
        return
    stamp.unlink(missing_ok=True)
    with step("Collecting static files", "Static files collected"):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0, skip_checks=True)
        stamp.write_text(digest, encoding="ascii")


def static_digest(root: Path) -> str:
    """Changes when a file under static/ or a pinned package does."""
    digest = hashlib.sha256()
    own = sorted(path for path in (root / "static").rglob("*") if path.is_file())
    for path in [root / "requirements.txt", root / "ztassess" / "settings.py", *own]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def seed_demo(data: Path, *, wanted: bool) -> None:
    """Make the demo company if the database is new, or if that was interrupted the first time; and add the consulting
    firm where a demo company was made before there was one.
    """
    from django.core.management import call_command, get_commands

    pending = data / DEMO_PENDING
    if not wanted or "seed_demo" not in get_commands():
        pending.unlink(missing_ok=True)
        return
    if pending.exists():
        with step("Making the demo company", "Demo company made"):
            call_command("seed_demo", stdout=Ticker("say"))
        pending.unlink()
    elif demo_lacks_firm():
        with step("Adding the demo's consulting firm", "Demo's consulting firm added"):
            call_command("seed_demo", stdout=Ticker("say"))


def demo_lacks_firm() -> bool:
    """True where a demo company stands alone, and invented data may be made: one from before there was a firm."""
    from django.apps import apps
    from django.conf import settings

    invented = apps.get_model("organizations", "Organization").objects.filter(is_demo=True)
    return bool(settings.EMBEDDED) and invented.count() == 1


def main() -> int:
    """Do all of it; the exit code."""
    import django
    from django.conf import settings

    with step("Loading", "Loaded"):
        django.setup()
    data, root = Path(settings.DATA_DIR), Path(settings.ROOT)
    migrate(data)
    if not check():
        return 1
    collect_static(data, root)
    seed_demo(data, wanted="--no-demo" not in sys.argv[1:])
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ztassess.settings")
    sys.exit(main())
