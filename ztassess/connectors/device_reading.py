"""Owns reading the one list that everything of a device manager hangs on, and the details that hang on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ztassess.connectors.api import ApiSession, read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.domain.findings import Part, Unavailable

Reader = Callable[[], Iterable[Any]]
# A reading of one part needs another one that is always there, so that a refusal does not end it as a whole.
ANSWERED = "answered"


def read_list(
    context: ReadContext, session: ApiSession, name: str, reader: Reader, **beside: Reader
) -> list[Part[Any]]:
    """The list, and what is read beside it at once.

    A list that is refused, or that breaks off, is a hole in the snapshot: there is something to tell. One that gave
    nothing for now (throttled, unreachable, broken) ends the reading, so that it is tried again.

    Raises:
        ConnectorError: as `read_parts`, or the list gave nothing for now.
    """
    problems: list[ConnectorError] = []

    def watched() -> Iterator[Any]:
        try:
            yield from reader()
        except ConnectorError as problem:
            problems.append(problem)
            raise

    readers: dict[str, Reader] = {name: watched, **beside, ANSWERED: lambda: (session.base,)}
    found = read_parts(context, session, readers)
    listed = found[name]
    if isinstance(listed, Unavailable) and not listed.read and problems[0].retryable:
        raise problems[0]
    return [found[each] for each in (name, *beside)]


def read_details(context: ReadContext, session: ApiSession, name: str, reader: Reader) -> Part[Any]:
    """What hangs on a list that was read: refused or broken, it is a hole in the snapshot.

    Raises:
        AuthFailed, Canceled: as `read_parts`.
    """
    return read_parts(context, session, {name: reader, ANSWERED: lambda: (session.base,)})[name]
