"""Owns the connection test: the token is accepted, and which parts it may read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from ztassess.connectors.api import fan_out, unavailable_of
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.scim.client import get_config, get_users, open_door

UNVERIFIED: Final = "We could not verify that this token is read-only."


def preflight(context: ReadContext) -> Preflight:
    """Ask for the description and for one user.

    SCIM has no way to read a token's rights back, so the warning always stands.

    Raises:
        ConnectorError: the token was refused, or nothing could be read.
    """
    with open_door(context) as door:
        asks: dict[str, Callable[[], Any]] = {
            "config": lambda: next(get_config(door)),
            "users": lambda: get_users(door, 1, count=1),
        }
        tried = list(fan_out(door.session, asks.items(), lambda each: _try(*each)))
    problems = [problem for _, problem in tried if problem is not None]
    if len(problems) == len(tried):
        raise problems[0]
    return Preflight(
        f"whoever holds the token, at {urlsplit(context.config['base_url']).hostname}",
        tuple(row for row, _ in tried),
        (UNVERIFIED,),
    )


def _try(part: str, ask: Callable[[], Any]) -> tuple[PreflightRow, ConnectorError | None]:
    try:
        ask()
    except ConnectorError as problem:
        return PreflightRow.refused(part, unavailable_of(problem)), problem
    return PreflightRow(part, allowed=True), None
