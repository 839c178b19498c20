"""Owns `/healthz` (this process answers) and `/readyz` (send me traffic)."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from ztassess.common.keyproof import key_problem

log = logging.getLogger(__name__)

_migrated = False
_told = ""


class HealthMiddleware:
    """Answers the two health paths before anything else runs, so that they need no host name, session or cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            lacking = not_ready()
            _tell(lacking)
            text, status = ("not ready", 503) if lacking else ("ok", 200)
            response = HttpResponse(text, status=status, content_type="text/plain")
            response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  else Django adds an error a second
            return response
        return self.get_response(request)


def not_ready() -> str:
    """What keeps this process from serving, for the operator's log; empty if nothing does. The broker is not asked."""
    try:
        database_answers()
        if not migrations_done():
            return "migrations of this release wait"
        problem = key_problem()
        storage_writable()
    except DatabaseError as broken:
        return f"the database does not answer ({type(broken).__name__})"
    except OSError as broken:
        return f"{settings.DATA_DIR} cannot be written ({broken.strerror})"
    return problem


def _tell(lacking: str) -> None:
    """Only changes: whoever balances the load asks every second."""
    global _told  # noqa: PLW0603  what this process said last
    if lacking != _told:
        log.warning("not ready: %s", lacking) if lacking else log.info("ready again")
        _told = lacking


def database_answers() -> None:
    """Ask a table of ours: SQLite would make a new, empty file where ours is gone. Raises `DatabaseError`.

    Through a cursor, which replaces a connection that the server has closed meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
        cursor.fetchone()


def migrations_done() -> bool:
    """True if no migration of this release waits. Remembered once true: the code does not change under a process."""
    global _migrated  # noqa: PLW0603  a process-wide fact that only ever turns true
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def storage_writable() -> None:
    """Write where we store. Raises `OSError`; permissions alone tell nothing of a full disk, nor root anything."""
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as probe:
        probe.write(b"ok")
