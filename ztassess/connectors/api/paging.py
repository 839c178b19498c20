"""Owns lists that come in pages: each vendor's way of saying that there is more, and that all of it was seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import urljoin

from ztassess.connectors.api.parts import fan_out
from ztassess.connectors.api.session import ApiSession, Params, Reply, pairs
from ztassess.connectors.errors import Incomplete

T = TypeVar("T")
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))', re.IGNORECASE)


def by_link(session: ApiSession, path: str, params: Params = (), *, scope: str = "") -> Iterator[Reply]:
    """Pages linked by the ``Link`` header with ``rel="next"`` (RFC 8288). Raises as `ApiSession.get`.

    Raises:
        Incomplete: the chain leads to another server or in a circle.
    """
    return _chain(session, path, params, scope, _next_link)


def by_url(
    session: ApiSession, path: str, params: Params = (), *, field: str = "@odata.nextLink", scope: str = ""
) -> Iterator[Reply]:
    """Pages whose body holds the whole address of the next one. Raises as `by_link`."""

    def following(reply: Reply) -> str | None:
        link = reply.value.get(field) if isinstance(reply.value, dict) else None
        if link is not None and not isinstance(link, str):
            raise Incomplete(f"{session.vendor} sent a page link of another kind.")
        return link or None

    return _chain(session, path, params, scope, following)


def _chain(
    session: ApiSession, path: str, params: Params, scope: str, following: Callable[[Reply], str | None]
) -> Iterator[Reply]:
    seen: set[str] = set()
    reply = session.get(path, params, scope=scope)
    while True:
        yield reply
        link = following(reply)
        if link is None:
            return
        if link in seen:
            raise Incomplete(f"{session.vendor} sent pages in a circle; what was read is not complete.")
        seen.add(link)
        session.context.budget.spend_page()
        reply = session.get(urljoin(reply.url, link), scope=scope)


def _next_link(reply: Reply) -> str | None:
    for header in reply.answer.header_all("link"):
        for target, parameters in _LINK.findall(header):
            relation = _REL.search(parameters)
            if relation and "next" in (relation[1] or relation[2] or "").lower().split():
                return str(target)
    return None


def by_token(
    session: ApiSession,
    path: str,
    params: Params = (),
    *,
    field: str = "nextPageToken",
    param: str = "pageToken",
    scope: str = "",
) -> Iterator[Reply]:
    """Pages whose body holds a token to ask the next one with. Raises as `by_link`.

    Parameters:
        field: where the token stands; dots lead into objects, such as ``metadata.continue``.
    """
    asked: list[tuple[str, Any]] = pairs(params)
    seen: set[str] = set()
    token = ""
    while True:
        more = ((param, token),) if token else ()
        reply = session.get(path, (*((name, str(value)) for name, value in asked), *more), scope=scope)
        yield reply
        found: Any = reply.value
        for name in field.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is None or found == "":
            return
        if not isinstance(found, str) or found in seen:
            raise Incomplete(f"{session.vendor} sent pages in a circle; what was read is not complete.")
        seen.add(found)
        token = found
        session.context.budget.spend_page()


def by_number(
    session: ApiSession,
    path: str,
    params: Params = (),
    *,
    total: Callable[[Reply], int | None],
    size: int,
    first: int = 1,
    page: str = "page",
    scope: str = "",
) -> Iterator[Reply]:
    """Numbered pages: the first says how many rows there are, the others are read side by side, in order.

    Parameters:
        total: rows in all, as the first page states; None if it does not, then pages are asked one after the other
            until a page has fewer than `size` rows (see `rows_in`).
        size: rows of a full page.
        first: number of the first page.

    Raises:
        As `by_link`.
    """
    opening = session.get(path, {**dict(pairs(params)), page: first}, scope=scope)
    yield opening
    count = total(opening)
    if count is None:
        yield from _until_short(session, path, params, opening, size, lambda nth: {page: first + nth}, scope)
        return
    yield from _others(session, path, params, range(1, -(-count // size)), lambda nth: {page: first + nth}, scope)


def by_offset(
    session: ApiSession,
    path: str,
    params: Params = (),
    *,
    total: Callable[[Reply], int | None],
    size: int,
    first: int = 0,
    offset: str = "offset",
    scope: str = "",
) -> Iterator[Reply]:
    """Pages by the number of rows to skip; else as `by_number`."""
    opening = session.get(path, {**dict(pairs(params)), offset: first}, scope=scope)
    yield opening
    count = total(opening)
    if count is None:
        yield from _until_short(session, path, params, opening, size, lambda nth: {offset: first + nth * size}, scope)
        return
    yield from _others(session, path, params, range(size, count, size), lambda skip: {offset: first + skip}, scope)


def _others(
    session: ApiSession, path: str, params: Params, places: range, ask: Callable[[int], dict[str, int]], scope: str
) -> Iterator[Reply]:
    # A total is the vendor's word: one without end costs the budget, not our memory.
    for _ in places:
        session.context.budget.spend_page()

    def one(place: int) -> Reply:
        return session.get(path, {**dict(pairs(params)), **ask(place)}, scope=scope)

    yield from fan_out(session, places, one)


def _until_short(
    session: ApiSession,
    path: str,
    params: Params,
    opening: Reply,
    size: int,
    ask: Callable[[int], dict[str, int]],
    scope: str,
) -> Iterator[Reply]:
    reply, nth = opening, 0
    while rows_in(reply) >= size:
        nth += 1
        session.context.budget.spend_page()
        reply = session.get(path, {**dict(pairs(params)), **ask(nth)}, scope=scope)
        yield reply


def rows_in(reply: Reply) -> int:
    """Rows of a page: of the outermost list, or of the longest list inside the outermost object."""
    if isinstance(reply.value, list):
        return len(reply.value)
    if isinstance(reply.value, dict):
        return max((len(value) for value in reply.value.values() if isinstance(value, list)), default=0)
    return 0


def whole(session: ApiSession, what: str, rows: int, stated: int | None) -> None:
    """Compare what came with what the vendor said there is.

    Parameters:
        what: the rows in plural, for the sentence.
        stated: the vendor's total; None if it states none.

    Raises:
        Incomplete: fewer rows came than there are.
    """
    if stated is not None and rows < stated:
        raise Incomplete(f"{session.vendor} sent {rows} of {stated} {what}; what is missing was not judged.")


def distinct(rows: Iterable[T], key: Callable[[T], str], who: str) -> Iterator[T]:
    """The rows, as long as none comes twice: pages that repeat an object may have skipped another one.

    Parameters:
        key: the vendor's identifier of a row.
        who: the vendor, for the sentence.

    Raises:
        Incomplete: an identifier came twice; the rows before it were given.
    """
    seen: set[str] = set()
    for row in rows:
        name = key(row)
        if name in seen:
            raise Incomplete(f"{who} sent {name[:80]} twice; what was read is not complete.")
        seen.add(name)
        yield row
