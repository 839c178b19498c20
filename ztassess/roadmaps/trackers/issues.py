"""Owns what an issue is before it is anybody's: a title, lines of text, and the mark by which it is found again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

TITLE_LIMIT = 250


class TrackerError(Exception):
    """A tracker refused or did not answer.

    Attributes:
        unknown: nobody can say whether the issue was made: the request went out and no answer came.
    """

    def __init__(self, sentence: str, *, unknown: bool = False) -> None:
        super().__init__(sentence)
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Issue:
    """What would be created.

    Attributes:
        mark: unique to the task and the same for ever; stands in the issue, so that a second push finds it.
        lines: paragraphs of plain text.
        url: of the control's page here.
    """

    mark: str
    title: str
    lines: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Created:
    """An issue in a tracker: the name people use, and its address."""

    key: str
    url: str


class Tracker(Protocol):
    """One place in one tracker, for one push."""

    def existing(self) -> dict[str, Created]:
        """Issues that carry a mark of ours, by mark. Raises TrackerError."""

    def create(self, issue: Issue) -> Created:
        """Make one issue. Raises TrackerError."""
