"""Owns the walls of a worker process: a clean environment and a seat belt on every socket, put up before any scan."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from ztassess.connectors.netguard import install_seat_belt, scrub_environment
from ztassess.scans.reading import guard

log = logging.getLogger(__name__)

# The installation's own AWS identity, with which it assumes the roles that customers made for it.
KEPT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
)
DEFAULT_PORTS = {"redis": 6379, "rediss": 6379, "postgresql": 5432}


def raise_walls() -> None:
    """Called once in each worker process, before it takes its first scan. Cannot be undone in this process."""
    gone = scrub_environment(keep=KEPT)
    if gone:
        log.info("removed from the environment of this worker: %s", ", ".join(gone))
    install_seat_belt(guard(), internal_targets())


def internal_targets() -> list[str]:
    """What the process itself needs to reach, denied to customers or not: broker, database, mail, own endpoints."""
    targets = [_target(settings.REDIS_URL)]
    if connection.vendor == "postgresql":
        database = connection.settings_dict
        host, port = str(database.get("HOST") or ""), str(database.get("PORT") or DEFAULT_PORTS["postgresql"])
        targets.append(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else f"{host or 'localhost'}:{port}")
    if getattr(settings, "EMAIL_HOST", "") and not settings.MAIL_IN_TERMINAL:
        targets.append(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")
    if settings.AWS_ENDPOINT_URL:
        targets.append(_target(settings.AWS_ENDPOINT_URL))
    return [target for target in targets if target]


def _target(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme.endswith(("+socket", "unix")):
        return parts.path
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}" if parts.hostname else ""
