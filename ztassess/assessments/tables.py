"""Owns the tables of the assessment as files: the columns, and a row for each row of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ztassess.assessments.selectors_exceptions import ShownAccount
from ztassess.charts.figure import Cell
from ztassess.domain.assessment import level_name

STAGES = ("Stage", "Proven %", "Claimed %", "Could be %", "Controls", "Answers missing", "Contradicted", "What counts")
CONTROLS = (
    *("Control", "Title", "Proof", "Target", "Claimed", "Proven", "Points", "Hours left", "Answered by", "Evidence"),
)
EXCEPTIONS = (
    *("Control", "Title", "Object", "Check", "State", "Last day", "Reason", "Compensating"),
    *("Asked for by", "Asked for at", "Decided by", "Decided at", "Note"),
)
ACCOUNTS = ("Account", "Where", "Last tested", "Tested by", "Overdue")


def _level(level: int | None) -> str:
    return "" if level is None else level_name(level)


def stage_rows(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[Cell, ...]]:
    """Stages and tracks; one that does not apply has no numbers."""
    for row in rows:
        numbers = (None, None, None) if row["off"] else (row["proven"], row["claimed"], row["ceiling"])
        yield (row["stage"].title, *numbers, row["controls"], row["missing"], row["contradicted"], row["why"])


def control_rows(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[Cell, ...]]:
    """The controls of a stage as the page filters them."""
    for row in rows:
        control, answered = row["control"], row["answered_by"]
        yield (
            *(control.id, control.title, row["state"], level_name(control.target)),
            *(_level(row["claimed"]), _level(row["proven"]), round(row["points"], 2), row["hours"]),
            *(answered.get_full_name() if answered else "", row["evidence"]),
        )


def exception_rows(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[Cell, ...]]:
    """Exceptions as the page filters them."""
    for item in rows:
        row = item["each"].row
        yield (
            *(row.control_id, item["title"], row.object, row.check_id, item["each"].standing),
            *(row.last_day.isoformat(), row.reason, row.compensating, str(row.requested_by or "")),
            *(row.requested_at.isoformat(), str(row.decided_by or "")),
            *(row.decided_at.isoformat() if row.decided_at else "", row.decision_note),
        )


def account_rows(accounts: Iterable[ShownAccount]) -> Iterator[tuple[Cell, ...]]:
    """Break-glass accounts, those whose test is overdue first."""
    for each in accounts:
        row = each.row
        tested = row.last_tested_on.isoformat() if row and row.last_tested_on else ""
        by = str(row.tested_by) if row and row.tested_by else ""
        yield (each.name, row.where if row else "", tested, by, "yes" if each.overdue else "no")
