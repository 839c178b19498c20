"""Owns what a share link may show: its chapters, and for each the fields of the data that get out. Nothing else does.

A chapter's page is given `picked` values only, and only they are frozen, so a field that is not named here can neither
be shown nor be found in a snapshot. Left out on purpose: who answered, owns, asked or decided; comments and evidence
files; findings with their resources; why a connection was not read and which permission it lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Fields = Mapping[str, Any]
"""Field -> None for a plain value, or the fields of an object or of each object of a list."""


def _plain(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names)


NUMBERS: Final = _plain("claimed", "proven", "ceiling")
GATE: Final = _plain("attained", "needed", "is_open", "words")
HEAD: Final[Fields] = _plain("organization", "prepared_at", "redacted", "catalog_version", "method_version")
"""What every page of a link shows."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page that may be chosen."""

    slug: str
    title: str
    text: str
    fields: Fields


CHAPTERS: Final = (
    Chapter(
        "summary",
        "Summary",
        "Both numbers, what they mean, and how many controls are known in which way.",
        {
            "headline": _plain("statement", "sentences"),
            "eighty_twenty": NUMBERS,
            "overall": NUMBERS,
            **_plain("goal", "is_done", "missing_answers", "label_proven", "label_claimed"),
            "gate": GATE,
            "coverage": _plain("states", "applicable", "not_applicable"),
        },
    ),
    Chapter(
        "stages",
        "Stages",
        "The five stages with both numbers, and the identity gate.",
        {
            "stages": {
                **_plain("title", "summary", "is_track", "why", "label_proven", "label_claimed"),
                **_plain("controls", "proven", "missing", "contradicted"),
                "score": NUMBERS,
            },
            "gate": GATE,
            "mesh": None,
        },
    ),
    Chapter(
        "controls",
        "Controls",
        "Every control that applies, with its proof state and the sentence behind it.",
        {
            "controls": {
                **_plain("stage", "title", "in_80_20", "gate", "state", "claimed", "proven", "target", "why", "sources")
            }
        },
    ),
    Chapter(
        "contradictions",
        "Contradictions",
        "Claims that a check refutes, in the words of the check.",
        {"contradictions": _plain("stage", "title", "claimed", "proven", "sentence", "carried")},
    ),
    Chapter(
        "plan",
        "Plan",
        "What is done next and when, without who does it.",
        {
            "plan": {
                **_plain("kind", "title", "first", "last", "hours", "done", "counted", "sentence", "later_count"),
                "tasks": _plain("title", "first", "last", "hours", "state"),
                "later": _plain("title", "hours"),
            }
        },
    ),
    Chapter(
        "questionnaire",
        "Questionnaire",
        "What customers ask most, answered from what is known, with how it is known.",
        {
            "questionnaire": {
                "answers": {
                    **_plain("topic", "question", "answer", "sentences", "since"),
                    "known": _plain("by", "words"),
                }
            }
        },
    ),
    Chapter(
        "coverage",
        "Coverage and method",
        "Which systems were read and when, what could not be checked, and how the numbers are made.",
        {
            "coverage": {
                **_plain("applicable", "not_applicable", "seen", "total"),
                "connections": _plain("name", "connector", "last_scan", "checks", "definite", "uploaded", "carried"),
                "gaps": _plain("connection", "checks", "controls"),
            },
            "mesh": None,
        },
    ),
)
BY_SLUG: Final = {each.slug: each for each in CHAPTERS}
DOCUMENTS: Final = "documents"
"""Slug of the page that lists the chosen report PDFs."""


def picked(values: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The named fields of an object of plain JSON values, and nothing else. Raises KeyError for one that is missing."""
    return {name: _within(values[name], inner) for name, inner in fields.items()}


def _within(value: Any, fields: Fields | None) -> Any:
    if fields is None or value is None:
        return value
    if isinstance(value, list):
        return [picked(each, fields) for each in value]
    return picked(value, fields)
