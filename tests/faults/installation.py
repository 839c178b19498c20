"""A small installation for tests that need processes of their own: a data directory, a migrated database, a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.migrated import migrated_database

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import os, sys
sys.path.insert(0, {root!r})
import django
django.setup()
from django.conf import settings
plain = {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
settings.STORAGES = {{**settings.STORAGES, "staticfiles": plain}}
from io import BytesIO
from django.core.wsgi import get_wsgi_application

_application = get_wsgi_application()

def get(path, **environ):
    said = []
    environ = {{
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, **environ,
    }}
    reply = _application(environ, lambda status, headers: said.append((int(status.split()[0]), dict(headers))))
    body = b"".join(reply).decode()
    reply.close()
    return said[0][0], body, said[0][1]
"""


@dataclass
class Installation:
    """One data directory with its own database file and keys."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.data / "ztassess.sqlite3"

    def _around(self, environment: dict[str, str]) -> dict[str, str]:
        own = {"ZTASSESS_DATA_DIR": str(self.data), "DJANGO_SETTINGS_MODULE": "ztassess.settings", "DATABASE_URL": ""}
        return {**os.environ, **own, **self.environment, **environment}

    def popen(self, code: str, **environment: str) -> subprocess.Popen[str]:
        """Run Python with Django set up and `get(path)` at hand; its output is one pipe."""
        return subprocess.Popen(
            [sys.executable, "-c", PRELUDE.format(root=str(ROOT)) + textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._around(environment),
        )

    def run(self, code: str, **environment: str) -> str:
        """Run Python to its end; what it printed."""
        process = self.popen(code, **environment)
        out, _ = process.communicate(timeout=60)
        return out

    def manage(self, *arguments: str, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of manage.py, of this checkout or of another."""
        return subprocess.run(
            [sys.executable, str(root / "manage.py"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd="/",
            env=self._around(environment),
        )


def migrated_installation(data: Path) -> Installation:
    """A fresh installation whose database is a copy of the migrated one of this run."""
    data.mkdir(mode=0o700, exist_ok=True)
    made = Installation(data)
    shutil.copy(migrated_database(), made.database)
    return made
