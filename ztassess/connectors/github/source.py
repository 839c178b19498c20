"""Owns where answers come from: GitHub itself or an export of the same answers, asked in one way."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import quote, urlencode

from ztassess.connectors.api import ApiSession, Row, by_link, fan_out, row_of, rows_of
from ztassess.connectors.errors import BadAnswer, Blocked, ConnectorError, Incomplete, RateLimited
from ztassess.connectors.github.permissions import Permission
from ztassess.connectors.github.refusals import NotExported, refusal

T = TypeVar("T")
R = TypeVar("R")
Params = Mapping[str, str]
Cursor = Callable[[Any], str | None]
GRAPHQL: Final = "/graphql"
NOTHING: Final[Params] = MappingProxyType({})
FULL_PAGE: Final = 100
USUAL_PAGE: Final = 30  # what GitHub sends where nobody asks for more
_MUTATION = re.compile(r"\bmutation\b", re.IGNORECASE)


class Source(Protocol):
    """Answers of one organization.

    Attributes:
        granted: the App's permissions by GitHub's names; None if they are not known.
        selected: only selected repositories can be seen.
    """

    granted: Mapping[str, str] | None
    selected: bool

    def one(self, path: str, permission: Permission, params: Params = NOTHING) -> Any:
        """One JSON document. Raises `ConnectorError`."""

    def pages(self, path: str, permission: Permission, params: Params = NOTHING) -> Iterator[Any]:
        """The pages of a list. Raises `ConnectorError`, also after some pages."""

    def query(self, text: str, values: Mapping[str, str], permission: Permission, cursor: Cursor) -> Iterator[Any]:
        """The ``data`` of each page of a GraphQL query. Raises `ConnectorError`.

        Parameters:
            text: takes ``$endCursor`` for the next page.
            cursor: where the next page begins, out of the data of one; None on the last.
        """

    def each(self, items: Iterable[T], read: Callable[[T], R]) -> Iterator[R]:
        """The same question about each item, answers in their order."""


def lacks(source: Source, permission: Permission) -> bool:
    """The App is known not to have this permission."""
    return source.granted is not None and permission.key not in source.granted


def path_of(*segments: str) -> str:
    """A path of segments, each of them escaped: a branch may be called ``release/1``."""
    return "".join(f"/{quote(each, safe='')}" for each in segments)


def key_of(path: str, params: Params) -> str:
    """How an answer is called in an export: the path with what narrows it, in the order of the alphabet."""
    return f"{path}?{urlencode(sorted(params.items()))}" if params else path


def read_only(text: str) -> str:
    """A GraphQL query that only reads.

    Raises:
        Blocked: it could change something; nothing was sent.
    """
    if _MUTATION.search(text):
        raise Blocked("graphql: a query that contains a mutation")
    return text


def list_rows(source: Source, path: str, permission: Permission, kind: str, params: Params = NOTHING) -> Iterator[Row]:
    """The rows of a list that is the outermost value of its pages. Raises `ConnectorError`."""
    for page in source.pages(path, permission, params):
        yield from rows_of(page, kind)


def counted_rows(source: Source, path: str, permission: Permission, field: str, kind: str) -> Iterator[Row]:
    """The rows of a list that stands beside its ``total_count``.

    Raises:
        Incomplete: fewer rows came than GitHub stated.
        ConnectorError: else.
    """
    read, stated = 0, None
    for page in source.pages(path, permission):
        outer = row_of(page, f"{kind}List")
        stated = outer.number("total_count")
        for row in outer.rows(field):
            read += 1
            yield Row(kind, row.value)
    if stated is not None and read < stated:
        raise Incomplete(f"GitHub sent {read} of {stated} {field}; what is missing was not judged.")


@dataclass(slots=True)
class LiveSource:
    """GitHub itself, through a session that signs with the installation's token.

    Attributes:
        prefix: ``/v3`` for a GitHub Enterprise Server, whose GraphQL stands beside it, else empty.
    """

    session: ApiSession
    prefix: str
    granted: Mapping[str, str] | None
    selected: bool

    def one(self, path: str, permission: Permission, params: Params = NOTHING) -> Any:
        return self.session.get(self.prefix + path, dict(params), scope=permission.title).value

    def pages(self, path: str, permission: Permission, params: Params = NOTHING) -> Iterator[Any]:
        asked = {**params, "per_page": str(FULL_PAGE)}
        for reply in by_link(self.session, self.prefix + path, asked, scope=permission.title):
            yield reply.value

    def query(self, text: str, values: Mapping[str, str], permission: Permission, cursor: Cursor) -> Iterator[Any]:
        seen: set[str] = set()
        after: str | None = None
        while True:
            asked = {"query": read_only(text), "variables": {**values, "endCursor": after}}
            reply = self.session.post(GRAPHQL, json.dumps(asked).encode(), scope=permission.title)
            data = graphql_data(reply.value, permission, self.granted)
            yield data
            after = cursor(data)
            if after is None:
                return
            if after in seen:
                raise Incomplete("GitHub sent pages in a circle; what was read is not complete.")
            seen.add(after)
            self.session.context.budget.spend_page()

    def each(self, items: Iterable[T], read: Callable[[T], R]) -> Iterator[R]:
        return fan_out(self.session, items, read)


def graphql_data(value: Any, permission: Permission, granted: Mapping[str, str] | None) -> Any:
    """The data of a GraphQL answer; errors come with status 200.

    Raises:
        Refused: the App may not see it.
        RateLimited: too many questions.
        BadAnswer: GitHub could not answer.
    """
    reply = row_of(value, "GraphQL")
    problems = reply.rows("errors", ())
    if not problems:
        return reply.row("data").value
    kind = problems[0].text("type", "")
    if kind == "RATE_LIMITED":
        raise RateLimited("GitHub asked us to slow down.")
    if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"):
        raise refusal(403, {"message": kind}, permission.title, granted) or BadAnswer("GitHub refused a query.")
    raise BadAnswer(f"GitHub could not answer a query ({kind or 'no kind of error given'}).")


class RecordedSource:
    """An export: answers by `key_of`. A list holds its pages (``gh api --paginate --slurp``) or all of its rows.

    An answer that is a refusal as ``gh api`` prints it (``{"message": ..., "status": "404"}``) is taken as one.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.granted: Mapping[str, str] | None = None
        self.selected = False
        self._answers = answers

    def _answer(self, key: str, permission: Permission) -> Any:
        if key not in self._answers:
            what = f"The upload does not hold {key}."
            raise NotExported(what, status=0, scope=permission.title)
        value = self._answers[key]
        refused = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(refused, dict) and "message" in refused and str(refused.get("status", "")).isdecimal():
            status = int(str(refused["status"])[:3])
            raise refusal(status, refused, permission.title, None) or BadAnswer(
                f"The export holds a refusal of GitHub ({status}) instead of {key}."
            )
        return value

    def one(self, path: str, permission: Permission, params: Params = NOTHING) -> Any:
        return self._answer(key_of(path, params), permission)

    def pages(self, path: str, permission: Permission, params: Params = NOTHING) -> Iterator[Any]:
        key = key_of(path, params)
        value = self._answer(key, permission)
        if isinstance(value, dict):
            yield value
        elif not isinstance(value, list):
            raise BadAnswer(f"The export holds no list for {key}.")
        elif value and all(_is_page(each) for each in value):
            yield from value
        else:
            yield value
            if value and (len(value) % USUAL_PAGE == 0 or len(value) % FULL_PAGE == 0):
                raise Incomplete(f"{key} ends exactly at the end of a page; export it with --paginate --slurp.")

    def query(self, text: str, values: Mapping[str, str], permission: Permission, cursor: Cursor) -> Iterator[Any]:
        read_only(text)
        value = self._answer(GRAPHQL, permission)
        last: Any = None
        for page in value if isinstance(value, list) else [value]:
            last = graphql_data(page, permission, None)
            yield last
        if last is not None and cursor(last) is not None:
            raise Incomplete("The export of the GraphQL query lacks its last pages.")

    def each(self, items: Iterable[T], read: Callable[[T], R]) -> Iterator[R]:
        return map(read, items)


def _is_page(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and "total_count" in value)


class ReadOnce(Generic[T]):
    """Rows that several parts need: read by the first that asks, kept for the others, with what ended the reading."""

    def __init__(self, read: Callable[[], Iterable[T]]) -> None:
        self._read, self._lock = read, threading.Lock()
        self._rows: tuple[T, ...] | None = None
        self._problem: ConnectorError | None = None

    def __iter__(self) -> Iterator[T]:
        """All rows. Raises the `ConnectorError` that ended the reading, after the rows before it."""
        with self._lock:
            if self._rows is None:
                rows: list[T] = []
                try:
                    for row in self._read():
                        rows.append(row)  # noqa: PERF402  the rows before a break are kept
                except ConnectorError as problem:
                    self._problem = problem
                self._rows = tuple(rows)
        yield from self._rows
        if self._problem is not None:
            raise self._problem
