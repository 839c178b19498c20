"""Owns reading one YAML file: C parser events become plain values, every key and item keeps its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ztassess.catalog.errors import CatalogError

MAX_DEPTH = 12
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file.

    Attributes:
        name: file name for messages.
        data: dicts, lists, strings, integers and booleans only.
        lines: line (from 1) of each key and item, by its place, for example ``("controls", 3, "weight")``.
    """

    name: str
    data: Any
    lines: dict[Place, int] = field(repr=False)

    def at(self, place: Place = ()) -> str:
        """``name:line`` of the nearest known place, for the front of a sentence."""
        return f"{self.name}:{self.line(place)}"

    def line(self, place: Iterable[str | int]) -> int:
        """Line, from 1, of the nearest known place."""
        place = tuple(place)
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_document(path: Path) -> Document:
    """Read one YAML file of at most `MAX_DEPTH` levels. Plain integers and true/false are values, all else is text.

    Raises:
        CatalogError: unreadable, not UTF-8, broken syntax, a key twice, an alias or a tag, nested too deep.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CatalogError(f"{path.name}: the file cannot be read ({type(problem).__name__}).") from problem
    return parse_document(path.name, text)


def parse_document(name: str, text: str) -> Document:
    """Parse YAML text; see `read_document` for what is accepted and raised."""
    lines: dict[Place, int] = {}
    try:
        data = _Builder(name, lines, yaml.parse(text, Loader=yaml.CSafeLoader)).document()
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise CatalogError(f"{name}:{line}: this is not valid YAML ({problem.problem}).") from problem
    except yaml.YAMLError as problem:
        raise CatalogError(f"{name}:1: this is not valid YAML (a character that YAML does not allow).") from problem
    return Document(name, data, lines)


class _Builder:
    """Turns a stream of parser events into values.

    Twice as fast as the standard constructor, and the only way to see a key that stands twice, together with its line.
    """

    def __init__(self, name: str, lines: dict[Place, int], events: Iterator[yaml.Event]) -> None:
        self.name = name
        self.lines = lines
        self.events = events

    def document(self) -> Any:
        data: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.refused(event, "a second document starts here; one file holds one")
                data = self.value(next(self.events), ())
        return data

    def value(self, event: yaml.Event, place: Place) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(place) >= MAX_DEPTH:
            raise self.refused(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, place)
        raise self.refused(event, "aliases are not used in the catalog; write the value again")

    def mapping(self, start: yaml.MappingStartEvent, place: Place) -> dict[str, Any]:
        self.untagged(start)
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refused(event, "a key must be a word")
            key = event.value
            here = (*place, key)
            if key in mapping:
                raise self.refused(event, f'the key "{key}" stands twice, first in line {self.lines[here]}')
            self.lines[here] = _line(event)
            mapping[key] = self.value(next(self.events), here)
        return mapping

    def sequence(self, start: yaml.SequenceStartEvent, place: Place) -> list[Any]:
        self.untagged(start)
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            here = (*place, len(items))
            self.lines[here] = _line(event)
            items.append(self.value(event, here))
        return items

    def scalar(self, event: yaml.ScalarEvent) -> str | int | bool:
        self.untagged(event)
        text: str = event.value
        if event.style:  # quoted or block text is always text
            return text
        if text in {"true", "false"}:
            return text == "true"
        return int(text) if _INTEGER.fullmatch(text) else text

    def untagged(self, event: yaml.NodeEvent) -> None:
        if getattr(event, "tag", None) is not None or event.anchor is not None:
            raise self.refused(event, "tags and anchors are not used in the catalog")

    def refused(self, event: yaml.Event, reason: str) -> CatalogError:
        return CatalogError(f"{self.name}:{_line(event)}: {reason}.")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
