"""Moments for what reads by the real clock: the command line and the browser, not the tests of one module."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def lately() -> str:
    """An hour ago, as vendors write it."""
    return f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
