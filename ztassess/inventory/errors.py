"""Owns the refusals of this floor: each is one sentence for the person who asked, and nothing was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ztassess.domain.inventory_paste import Problem


class InventoryError(Exception):
    """Base: the inventory or the board of apps stayed as it was."""

    retryable = False


class InventoryRefused(InventoryError):
    """Rows are wrong. ``problems`` has one sentence for each line of a paste."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        what = "1 line is wrong" if count == 1 else f"{count} lines are wrong"
        super().__init__(f"{what}, so nothing was changed. Your text is still in the form.")
        self.problems = tuple(problems)


class RowsRefused(InventoryError):
    """Rows of the editor are wrong or were changed by somebody else. ``rows`` has a sentence by place in the form."""

    def __init__(self, rows: Mapping[int, str]) -> None:
        count = len(rows)
        what = "1 row needs" if count == 1 else f"{count} rows need"
        super().__init__(f"{what} a look, so nothing was changed. What you entered is still in the form.")
        self.rows = dict(rows)


class InventoryChanged(InventoryError):
    """The inventory is another one than the one the preview was made for."""


class AppRefused(InventoryError):
    """An app of the board could not be added or changed."""


class AppChanged(InventoryError):
    """Somebody else changed the app since this person read it."""
