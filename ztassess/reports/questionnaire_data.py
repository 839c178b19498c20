"""Owns the questions and their wording as data: read once, held to a schema and to the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from ztassess.catalog import load_catalog
from ztassess.catalog.errors import CatalogError
from ztassess.catalog.reading import Document, read_document
from ztassess.domain.proof_state import ProofState
from ztassess.domain.questionnaire import Answer, Question

DATA = Path(__file__).with_name("questionnaire.yaml")
SCHEMA = Path(__file__).with_name("questionnaire.schema.json")


@dataclass(frozen=True, slots=True)
class Wording:
    """All questions in their order, and what is told of how far a proof goes, by state."""

    questions: tuple[Question, ...]
    clauses: dict[ProofState, str]


@cache
def load_wording(path: Path = DATA) -> Wording:
    """The questionnaire. Raises `CatalogError` with the first problem."""
    document = read_document(path)
    problem = next(wording_problems(document), None)
    if problem is not None:
        raise CatalogError(problem)
    clauses = {ProofState(name): text for name, text in document.data["clauses"].items()}
    return Wording(tuple(_question(each) for each in document.data["questions"]), clauses)


def _question(each: dict[str, Any]) -> Question:
    words = {answer: each[answer.value] for answer in Answer if answer.value in each}
    return Question(each["id"], each["topic"], each["question"], tuple(each.get("controls", ())), words)


def wording_problems(document: Document) -> Iterator[str]:
    """One sentence for each thing that is wrong, with file and line."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    broken = False
    for error in Draft202012Validator(schema).iter_errors(document.data):
        broken = True
        yield f"{document.at(tuple(error.absolute_path))}: {error.message[:200]}."
    if broken:
        return
    known = {control.id for control in load_catalog().controls}
    seen: set[str] = set()
    for place, each in enumerate(document.data["questions"]):
        here = document.at(("questions", place))
        if each["id"] in seen:
            yield f"{here}: the question {each['id']} stands twice."
        seen.add(each["id"])
        for control in each.get("controls", ()):
            if control not in known:
                yield f"{here}: the catalog has no control {control}."
        if each.get("exceptions") and "{exceptions}" not in each["yes"]:
            yield f"{here}: its yes does not say which exceptions are in force."
    if "{until}" not in document.data["clauses"]["excepted"]:
        yield f"{document.at(('clauses', 'excepted'))}: an exception is told without its end."
