"""Owns `/healthz` (this process answers) and `/readyz` (send me traffic)."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from ztassess.common.envelope import EnvelopeError, associated_data, keyring, seal, unseal

_migrated = False


class HealthMiddleware:
    """Answers the two health paths before anything else runs, so that they need no host name, session or cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            ready = all(part() for part in (database_answers, migrations_done, keys_open, storage_writable))
            text, status = ("ok", 200) if ready else ("not ready", 503)
            return HttpResponse(text, status=status, content_type="text/plain")
        return self.get_response(request)


def database_answers() -> bool:
    """True if the database answers a query."""
    try:
        connection.ensure_connection()
        return connection.is_usable()
    except DatabaseError:
        return False


def migrations_done() -> bool:
    """True if no migration of this release waits. Remembered once true: the code does not change under a process."""
    global _migrated  # noqa: PLW0603  a process-wide fact that only ever turns true
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return False
    return _migrated


def keys_open() -> bool:
    """True if the key-encryption key opens a box that it sealed."""
    try:
        ring, bound = keyring(), associated_data("health", "readyz")
        return unseal(seal(b"ok", ring, bound), ring, bound) == b"ok"
    except EnvelopeError:
        return False


def storage_writable() -> bool:
    """True if the data directory can be written."""
    return os.access(settings.DATA_DIR, os.W_OK)
