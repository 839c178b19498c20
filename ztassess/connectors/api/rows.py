"""Owns reading one object of a vendor's reply: every field by name and type, absence told apart from emptiness."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeVar, overload

from ztassess.connectors.errors import BadAnswer
from ztassess.domain.moments import in_utc

D = TypeVar("D")
Path = str | tuple[str, ...]


class _Must(Enum):
    MUST = "must be there"


MUST: Final = _Must.MUST
LONGEST_NUMBER: Final = 20
_WHOLE: Final = re.compile(r"-?[0-9]+")
# Every field that was read, as (kind, dotted path), while a test listens; else None, which costs nothing.
_heard: set[tuple[str, str]] | None = None


@contextmanager
def heard_fields() -> Iterator[set[tuple[str, str]]]:
    """Collect every field read inside the block, as (kind, dotted path). For contract tests."""
    global _heard  # noqa: PLW0603  one listener at a time, over all threads of a reading
    found: set[tuple[str, str]] = set()
    _heard = found
    try:
        yield found
    finally:
        _heard = None


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON object of a reply.

    A field is named by a dotted path (``profile.login``), or by a tuple where a key itself holds dots. Absent and null
    are the same: the vendor did not say. Reading one that is not there raises, unless ``absent`` says what stands for
    it, so that nobody takes silence for "no", for zero or for an empty list.

    Attributes:
        kind: the vendor's name of this object, such as ``User``; used by contract tests and in sentences.
        value: the object itself; read it through the methods.
    """

    kind: str
    value: dict[str, Any]

    def has(self, path: Path) -> bool:
        """True if the field is there and not null."""
        return self._find(path) is not None

    @overload
    def text(self, path: Path) -> str: ...
    @overload
    def text(self, path: Path, absent: D) -> str | D: ...
    def text(self, path: Path, absent: Any = MUST) -> Any:
        """A string. Raises `BadAnswer` if it is something else, or absent without `absent`."""
        return self._typed(path, str, absent)

    @overload
    def flag(self, path: Path) -> bool: ...
    @overload
    def flag(self, path: Path, absent: D) -> bool | D: ...
    def flag(self, path: Path, absent: Any = MUST) -> Any:
        """True or false. Raises as `text`."""
        return self._typed(path, bool, absent)

    @overload
    def number(self, path: Path) -> int: ...
    @overload
    def number(self, path: Path, absent: D) -> int | D: ...
    def number(self, path: Path, absent: Any = MUST) -> Any:
        """A whole number; some vendors write it as a string. Raises as `text`."""
        found = self._find(path)
        # A longer text is no number of any vendor; cut, or with zeros before it, it would be another number.
        if isinstance(found, str) and len(found) <= LONGEST_NUMBER and _WHOLE.fullmatch(found):
            return int(found)
        if isinstance(found, float) and found.is_integer():
            return int(found)
        return self._typed(path, int, absent)

    @overload
    def moment(self, path: Path) -> datetime: ...
    @overload
    def moment(self, path: Path, absent: D) -> datetime | D: ...
    def moment(self, path: Path, absent: Any = MUST) -> Any:
        """A point in time in ISO 8601, made UTC; without a zone it counts as UTC. Raises as `text`."""
        found = self._typed(path, str, absent)
        if not isinstance(found, str) or (found == "" and absent is not MUST):
            return absent
        try:
            return in_utc(found)
        except ValueError as problem:
            raise BadAnswer(f"{self.kind}.{_dotted(path)} is not a point in time.") from problem

    @overload
    def texts(self, path: Path) -> tuple[str, ...]: ...
    @overload
    def texts(self, path: Path, absent: D) -> tuple[str, ...] | D: ...
    def texts(self, path: Path, absent: Any = MUST) -> Any:
        """A list of strings. Raises as `text`."""
        found = self._typed(path, list, absent)
        if not isinstance(found, list):
            return absent
        if not all(isinstance(each, str) for each in found):
            raise BadAnswer(f"{self.kind}.{_dotted(path)} holds something else than text.")
        return tuple(found)

    @overload
    def row(self, path: Path) -> Row: ...
    @overload
    def row(self, path: Path, absent: D) -> Row | D: ...
    def row(self, path: Path, absent: Any = MUST) -> Any:
        """An object inside this one; its fields are heard under this one's kind and path. Raises as `text`."""
        found = self._typed(path, dict, absent)
        return Row(f"{self.kind}.{_dotted(path)}", found) if isinstance(found, dict) else absent

    @overload
    def rows(self, path: Path) -> tuple[Row, ...]: ...
    @overload
    def rows(self, path: Path, absent: D) -> tuple[Row, ...] | D: ...
    def rows(self, path: Path, absent: Any = MUST) -> Any:
        """A list of objects; their fields are heard under this one's kind and path. Raises as `text`."""
        found = self._typed(path, list, absent)
        return rows_of(found, f"{self.kind}.{_dotted(path)}") if isinstance(found, list) else absent

    def keys(self, path: Path = ()) -> tuple[str, ...]:
        """The names of an object whose keys are data (labels, annotations); empty if it is absent."""
        found = self.value if path == () else self._find(path)
        return tuple(found) if isinstance(found, dict) else ()

    def _typed(self, path: Path, kind: type, absent: Any) -> Any:
        found = self._find(path)
        if found is None:
            if absent is MUST:
                raise BadAnswer(f"{self.kind} came without {_dotted(path)}.")
            return absent
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise BadAnswer(f"{self.kind}.{_dotted(path)} is {type(found).__name__}, not {kind.__name__}.")
        return found

    def _find(self, path: Path) -> Any:
        if _heard is not None:
            _heard.add((self.kind, _dotted(path)))
        found: Any = self.value
        for name in path.split(".") if isinstance(path, str) else path:
            if not isinstance(found, dict):
                if found is None:
                    return None
                raise BadAnswer(f"{self.kind}.{_dotted(path)} stands where {type(found).__name__} is.")
            found = found.get(name)
        return found


def _dotted(path: Path) -> str:
    return path if isinstance(path, str) else ".".join(path)


def row_of(value: Any, kind: str) -> Row:
    """A reply's outermost object.

    Raises:
        BadAnswer: it is something else.
    """
    if not isinstance(value, dict):
        raise BadAnswer(f"Instead of {kind} came {type(value).__name__}.")
    return Row(kind, value)


def rows_of(value: Any, kind: str) -> tuple[Row, ...]:
    """A reply's outermost list of objects.

    Raises:
        BadAnswer: it is something else, or one of its entries is.
    """
    if not isinstance(value, list):
        raise BadAnswer(f"Instead of a list of {kind} came {type(value).__name__}.")
    return tuple(row_of(each, kind) for each in value)
