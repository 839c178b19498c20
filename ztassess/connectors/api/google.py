"""Owns what all of Google's interfaces share: their lists, their throttles, their words for a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from ztassess.connectors.api.paging import by_token
from ztassess.connectors.api.parts import fan_out
from ztassess.connectors.api.rows import Row, row_of
from ztassess.connectors.api.session import ApiSession, Params
from ztassess.connectors.errors import BadAnswer, Incomplete
from ztassess.connectors.netguard import Answer, parse_json

T = TypeVar("T")
FORBIDDEN = 403
THROTTLES: Final = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
)
"""Reasons of a 403 that is no refusal (Directory API, "Limits and quotas"; Compute Engine API likewise)."""
DAILY: Final = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
SWITCHED_OFF: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
BACK_OFF_SECONDS, A_DAY = 4.0, 86_400.0


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


def reasons(value: Any) -> Iterator[str]:
    """All of Google's own words for an error, old form (``errors[].reason``) and new (``details[].reason``)."""
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(error, str):
        yield error
    if not isinstance(error, dict):
        return
    for place in ("errors", "details"):
        found = error.get(place)
        for each in found if isinstance(found, list) else ():
            if isinstance(each, dict) and isinstance(each.get("reason"), str):
                yield each["reason"][:80]
    if isinstance(error.get("status"), str):
        yield error["status"][:80]


def throttle(answer: Answer) -> float | None:
    """Seconds to wait if a 403 is a throttle; a day's quota that is used up is more than one scan waits for."""
    if answer.status != FORBIDDEN:
        return None
    try:
        words = set(reasons(parse_json(answer.body)))
    except BadAnswer:
        return None
    if words & DAILY:
        return A_DAY
    return BACK_OFF_SECONDS if words & THROTTLES else None


def switched_off(value: Any) -> tuple[str, str]:
    """Interface and project of ``SERVICE_DISABLED`` (google.rpc.ErrorInfo), as far as Google names them."""
    error = value.get("error") if isinstance(value, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for each in details if isinstance(details, list) else ():
        data = each.get("metadata") if isinstance(each, dict) else None
        if isinstance(data, dict):
            service, project = data.get("service"), data.get("consumer")
            return (
                service[:80] if isinstance(service, str) else "the interface",
                project.removeprefix("projects/")[:80] if isinstance(project, str) else "of the service account",
            )
    return "the interface", "of the service account"
