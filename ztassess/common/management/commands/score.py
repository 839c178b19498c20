"""Owns `manage.py score`: judges one company from a file, without the database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand

from ztassess.catalog import CatalogError, load_catalog
from ztassess.domain.assessing import assess
from ztassess.domain.planning import TEAM, plan_sprint
from ztassess.domain.score_file import ScoreFileError, parse_score_input
from ztassess.domain.score_report import score_json, score_table

WRONG_INPUT = 2
SIZE_LIMIT = 1024 * 1024


class Command(BaseCommand):
    """Prints attainment, stages, gate, 80/20, labels, mesh verdict and plan of the company that a file describes."""

    help = "Score the facts, answers and verified levels of a YAML or JSON file. Exit: 0 scored, 2 the input is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            output = _score(options["file"], as_json=options["as_json"])
        except ScoreFileError as problem:
            for sentence in problem.problems:
                self.stderr.write(sentence)
            sys.exit(WRONG_INPUT)
        except CatalogError as problem:
            self.stderr.write(problem.sentence)
            sys.exit(WRONG_INPUT)
        self.stdout.write(output, ending="")


def _score(path: Path, *, as_json: bool) -> str:
    catalog = load_catalog()
    given = parse_score_input(_load(path), catalog)
    assessment = assess(
        catalog,
        given.facts,
        given.answers,
        given.verified,
        today=given.today,
        attestations=given.attestations,
    )
    start = given.today.date() if isinstance(given.today, datetime) else given.today
    plan = plan_sprint(assessment, start=start, people=max(1, min(TEAM, given.facts.n_people or TEAM)))
    if as_json:
        return json.dumps(score_json(assessment, plan), indent=2) + "\n"
    return score_table(assessment, plan)


def _once(keys: Iterable[Any]) -> None:
    """Raises ValueError for a key that stands twice: the second would silently win."""
    seen: set[Any] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{str(key)[:80]} stands twice")
        seen.add(key)


class _Loader(yaml.SafeLoader):
    """The safe loader, which also refuses a key that stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        _once(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        return super().construct_mapping(node, deep)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _once(key for key, _ in pairs)
    return dict(pairs)


def _load(path: Path) -> object:
    """The document of a file. Raises ScoreFileError with one sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as problem:
        raise ScoreFileError([f"{path} cannot be read: {problem.strerror or type(problem).__name__}."]) from problem
    if len(content) > SIZE_LIMIT:
        raise ScoreFileError([f"{path} is larger than {SIZE_LIMIT // 1024} KiB, far more than a score needs."])
    try:
        text = content.decode("utf-8-sig")
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=_pairs)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a subclass of the safe loader
    except UnicodeDecodeError as problem:
        raise ScoreFileError([f"{path} is not UTF-8 text."]) from problem
    except RecursionError as problem:
        raise ScoreFileError([f"{path} is nested far deeper than a score needs."]) from problem
    except (yaml.YAMLError, ValueError) as problem:
        raise ScoreFileError([f"{path} is not valid YAML or JSON{_where(problem)}."]) from problem


def _where(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f" (line {problem.lineno}: {problem.msg})"
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark:
        return f" (line {problem.problem_mark.line + 1}: {problem.problem})"
    return "" if isinstance(problem, yaml.YAMLError) else f" ({problem})"
