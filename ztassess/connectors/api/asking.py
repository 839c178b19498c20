"""Owns one row of a connection test: a small question for one part, and what hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from ztassess.connectors.api.parts import unavailable_of
from ztassess.connectors.contract import PreflightRow
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.judging import count
from ztassess.domain.checks import Checks


def asked_row(part: str, rows: Callable[[], Iterable[object]], *, so: str = "", first: int | None = 1) -> PreflightRow:
    """Ask for a part; allowed if its first rows came, or if it is empty.

    Parameters:
        so: a sentence about what follows where it may not be read.
        first: how many rows to ask for; None for all.

    Raises:
        AuthFailed, Canceled, InputInvalid, OverPrivileged: they are about the whole connection.
    """
    try:
        for _ in islice(rows(), first):
            pass
    except ConnectorError as problem:
        return PreflightRow.refused(part, unavailable_of(problem), so=so)
    return PreflightRow(part, allowed=True)


def without_it(checks: Checks[Any], *parts: str) -> str:
    """How many checks stand on one of these parts, as a sentence for a part that may not be read."""
    needing = sum(1 for check in checks if set(parts) & set(check.parts))
    return f"{count(needing, 'check')} {'is' if needing == 1 else 'are'} not run in full."
