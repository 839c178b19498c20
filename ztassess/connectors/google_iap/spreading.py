"""Owns one question to many projects: what all of them answered, and the first reason why one did not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ztassess.connectors.api import ApiSession, fan_out, unavailable_of
from ztassess.connectors.errors import ConnectorError

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """The rows of all that answered.

    Attributes:
        problem: why another did not; None if all did.
    """

    rows: tuple[R, ...]
    problem: ConnectorError | None = None

    def __iter__(self) -> Iterator[R]:
        """The rows, then the problem: a part read by this is whole, or says why not and keeps what came."""
        yield from self.rows
        if self.problem is not None:
            raise self.problem


def over(session: ApiSession, items: Iterable[T], read: Callable[[T], Iterable[R]]) -> Found[R]:
    """Read something of each item, several at once. One that fails takes nothing from the others.

    Raises:
        AuthFailed, Canceled...: problems of the whole connection.
    """

    def one(item: T) -> tuple[list[R], ConnectorError | None]:
        rows: list[R] = []
        try:
            rows.extend(read(item))  # keeps what came before a break
        except ConnectorError as problem:
            unavailable_of(problem)  # raises again what is about the whole connection
            return rows, problem
        return rows, None

    found: list[R] = []
    first: ConnectorError | None = None
    for rows, problem in fan_out(session, items, one):
        found += rows
        first = first or problem
    return Found(tuple(found), first)


class Once(Generic[R]):
    """A reading that several parts stand on: made by the first that asks, the others wait for it."""

    def __init__(self, read: Callable[[], Found[R]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._found: Found[R] | ConnectorError | None = None

    def __call__(self) -> Found[R]:
        """What was found. Raises what the reading raised, to everybody who asks."""
        with self._lock:
            if self._found is None:
                try:
                    self._found = self._read()
                except ConnectorError as problem:
                    self._found = problem
            if isinstance(self._found, ConnectorError):
                raise self._found
            return self._found


def then(base: Found[T], found: Found[R]) -> Found[R]:
    """Rows that were read for each row of another list: that list's hole is one here too."""
    return Found(found.rows, base.problem or found.problem)
