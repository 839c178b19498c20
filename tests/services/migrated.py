"""The migrated SQLite file of a test run: made once by whoever asks first, copied by all processes that need one.

A migration of everything takes ten seconds of a core; a run needs a dozen migrated databases.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Many thousand models are made and dropped on the way, so sweeping for cycles is a fifth of it.
MIGRATE = """
import gc, sys
gc.disable()
import django
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, skip_checks=True, verbosity=0)
"""


def migrated_database() -> Path:
    """The file; copy it, never write to it. Whoever comes second waits for the first."""
    folder = Path(os.environ["ZTASSESS_TEST_RUN"])
    made = folder / f"{_digest()}.sqlite3"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _migrate(folder / "fresh", made)
    return made


def fill(name: str) -> sqlite3.Connection:
    """Copy it into the database of this name, which lives in memory as long as the connection that is returned."""
    filled = sqlite3.connect(name, uri=True)
    source = sqlite3.connect(f"file:{migrated_database()}?mode=ro", uri=True)
    source.backup(filled)
    source.close()
    return filled


def _digest() -> str:
    """Of all that may change what a migration makes: a test may run pytest in another checkout."""
    digest = hashlib.sha256()
    for path in [*sorted(ROOT.glob("ztassess/*/migrations/*.py")), ROOT / "requirements.txt"]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(data: Path, made: Path) -> None:
    data.mkdir()
    own = {"ZTASSESS_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "ztassess.settings", "DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE], cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    database = data / "ztassess.sqlite3"
    settled = sqlite3.connect(database)
    settled.execute("PRAGMA journal_mode=DELETE")  # one file, whole; each installation chooses its journal anew
    settled.close()
    database.replace(made)
    shutil.rmtree(data)
