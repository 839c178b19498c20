"""Owns Google's lists: an absent list is an empty one only where the answer is what it claims to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from ztassess.connectors.api import ApiSession, Row, by_token, fan_out, row_of
from ztassess.connectors.api.session import Params
from ztassess.connectors.errors import BadAnswer, Incomplete

T = TypeVar("T")


def listed(
    session: ApiSession,
    path: str,
    params: Params,
    *,
    kind: str,
    field: str,
    of: str,
    scope: str,
    word: str = "",
    most: int = 0,
) -> Iterator[Row]:
    """The rows of all pages.

    Parameters:
        kind: Google's name of the envelope, such as ``Users``.
        field: the envelope's list.
        of: Google's name of one row.
        word: the ``kind`` that every envelope carries, such as ``admin#directory#users``; empty if it carries none.
        most: pages that are read at the most; 0 for all.

    Raises:
        Incomplete: there are more pages than that.
        BadAnswer: an answer is not this list.
    """
    for number, reply in enumerate(by_token(session, path, params, scope=scope), start=1):
        yield from rows_in(reply.value, kind=kind, field=field, of=of, word=word)
        more = row_of(reply.value, kind).text("nextPageToken", absent="")
        if most and number >= most and more:
            raise Incomplete(f"{session.vendor} has more than {most:,} pages of this log; the rest was not read.")


def together(session: ApiSession, lists: Sequence[Callable[[], Iterable[T]]]) -> Iterator[T]:
    """The rows of several lists, asked for side by side, in their order. Raises as `listed`, by the first that does."""
    for rows in fan_out(session, lists, lambda each: tuple(each())):
        yield from rows


def first_page(
    session: ApiSession, path: str, params: Params, *, kind: str, field: str, of: str, scope: str, word: str = ""
) -> tuple[Row, ...]:
    """The rows of the first page. Raises as `listed`."""
    return rows_in(session.get(path, params, scope=scope).value, kind=kind, field=field, of=of, word=word)


def rows_in(value: Any, *, kind: str, field: str, of: str, word: str = "") -> tuple[Row, ...]:
    """The rows of one answer. Google leaves an empty list out, so the rest of the answer must prove what it is.

    Raises:
        BadAnswer: an error with status 200, another list, or something else.
    """
    envelope = row_of(value, kind)
    if "error" in envelope.value:
        raise BadAnswer(f"Instead of {kind} came an error of Google's own.")
    if word and envelope.text("kind") != word:
        raise BadAnswer(f"Instead of {kind} came another list.")
    if not word and field not in envelope.value and set(envelope.value) - {"nextPageToken"}:
        raise BadAnswer(f"Instead of {kind} came something else.")
    found = envelope.rows(field, absent=())
    if field in envelope.value and envelope.value[field] is None:
        raise BadAnswer(f"{kind}.{field} is null.")
    return tuple(Row(of, row.value) for row in found)
