"""Owns the questionnaire as Markdown, CSV and JSON: the same answers as the page, with the same words."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone

from ztassess.charts.figure import csv_of
from ztassess.domain.questionnaire import Answered
from ztassess.reports.questionnaire_reading import Questionnaire

FORMAT = "ztassess-questionnaire/1"
COLUMNS = ("Topic", "Question", "Answer", "Explanation", "How it is known", "Since", "Proof state")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def known_of(each: Answered) -> str:
    """How an answer is known, in one line."""
    return "; ".join(basis.words for basis in each.known)


def since_of(each: Answered) -> str:
    """The day since which an answer holds; empty where that is not recorded."""
    return timezone.localtime(each.since).date().isoformat() if each.since else ""


def state_of(each: Answered) -> str:
    """The worst proof state behind an answer, in words."""
    return each.state.value.replace("_", " ") if each.state is not None else ""


def markdown(found: Questionnaire, name: str) -> str:
    """The answers as Markdown; what people and systems are called cannot make headings, links or tags of itself."""
    day = timezone.localtime(found.at).date().isoformat()
    lines = [f"# Security questionnaire: {escaped(name)}", "", f"As of {day}, by catalog {found.catalog_version}.", ""]
    for number, each in enumerate(found.answers, start=1):
        said = f"**{each.answer.word}.** {escaped(each.text)}"
        lines += [f"## {number}. {escaped(each.question.text)}", "", said, ""]
        lines += [f"- How it is known: {escaped(known_of(each))}"] if each.known else []
        lines += [f"- Since: {since_of(each)}"] if each.since else []
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """Text in one line of Markdown that means nothing else than itself."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def table(found: Questionnaire) -> str:
    """The answers as CSV; cells that a spreadsheet would run are defused."""
    rows = [
        (
            *(each.question.topic, each.question.text, each.answer.word, each.text),
            *(known_of(each), since_of(each), state_of(each)),
        )
        for each in found.answers
    ]
    return csv_of(COLUMNS, rows)


def document(found: Questionnaire, name: str) -> dict[str, Any]:
    """The answers as plain values for JSON. Keys are only ever added."""
    return {
        "format": FORMAT,
        "organization": name,
        "at": found.at.isoformat(),
        "catalog_version": found.catalog_version,
        "answers": [
            {
                "id": each.question.id,
                "topic": each.question.topic,
                "question": each.question.text,
                "answer": each.answer.value,
                "sentences": list(each.sentences),
                "known": [{"by": basis.kind.value, "words": basis.words} for basis in each.known],
                "since": each.since.isoformat() if each.since else None,
                "state": each.state.value if each.state is not None else None,
                "controls": {one.id: one.state.value for one in each.controls},
            }
            for each in found.answers
        ],
    }
