"""Owns what surrounds every reply of Cloudflare: success or errors, how many there are, pages, and the rate limit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, fan_out, row_of, rows_of, whole
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, Forbidden, Incomplete, NotFound, Refused
from ztassess.connectors.netguard import Answer

VENDOR: Final = "Cloudflare"
ORIGIN: Final = "https://api.cloudflare.com"
PREFIX: Final = "/client/v4"
SECRET: Final = "api_token"  # noqa: S105  the name of a field
BLOCKED: Final = "Cloudflare blocks all calls of this token's owner for 5 minutes, dashboard included. We wait."
PAGE_SIZE: Final = 100
PEEK_SIZE: Final = 5
QUOTA: Final = 1200  # requests in 5 minutes per user or account token ("Rate limits", API reference)
_LACKING: Final = (9109, 10000)
_UNKNOWN_ID: Final = (1003, 7003)
_NO_ENTRY_POINT: Final = 10003
_BAD_TOKEN: Final = (1000, 6003, 6111, 9103, 9106)
_REMAINING = re.compile(r";\s*r=(\d{1,9})")
_RESET = re.compile(r";\s*t=(\d{1,9})")
_ACCOUNT = re.compile(r"/accounts/([0-9a-f]{32})")
_LIMIT = re.compile(r";\s*q=(\d{1,9})")


class NotSetUp(NotFound):
    """Zero Trust was never set up, so there is nothing to read."""

    code = "not_configured"
    reason = "not_configured"


class NothingDeployed(NotFound):
    """There is no ruleset in this phase of the zone; the vendor said so in as many words."""


def quota(answer: Answer) -> tuple[float, float, float] | None:
    """``Ratelimit: "default";r=50;t=30`` and ``Ratelimit-Policy`` (IETF's structured form): left, in all, seconds."""
    stated = answer.header("ratelimit") or ""
    left, reset = _REMAINING.search(stated), _RESET.search(stated)
    if left is None:
        return None
    limit = _LIMIT.search(answer.header("ratelimit-policy") or "")
    return float(left[1]), float(limit[1]) if limit else float(QUOTA), float(reset[1]) if reset else 300.0


def open_session(context: ReadContext) -> AbstractContextManager[ApiSession]:
    """A session with the account's token; it can only read."""
    token = context.secrets[SECRET].strip()
    return api_session(
        context,
        VENDOR,
        ORIGIN,
        authorize=lambda _session, _renew: {"authorization": f"Bearer {token}"},
        pace=Pace(width=6, quota=quota, tries=3),
        refusal=refusal,
    )


def problem_of(status: int, code: int, message: str, scope: str) -> Refused | None:
    """The vendor's codes that mean something to people; None for all others.

    Parameters:
        scope: the permission group that the request needed.
    """
    word = str(code)
    if "access.api.error.not_enabled" in message:
        return NotSetUp("Zero Trust was never set up in this account.", status=status, word=word, scope=scope)
    if code == _NO_ENTRY_POINT or "could not find entrypoint ruleset" in message:
        return NothingDeployed("No ruleset is deployed in this phase.", status=status, word=word, scope=scope)
    if code in _UNKNOWN_ID:
        return NotFound("This account or zone id is not visible to this token.", status=status, word=word, scope=scope)
    if code in _LACKING:
        lacks = f"The token lacks the group '{scope}'. Add it; until then this" if scope else "The token may not; this"
        return Forbidden(f"{lacks} stays unchecked.", status=status, word=word, scope=scope)
    return None


def refusal(answer: Answer, value: Any, scope: str) -> Refused | None:
    """What an answer that is no success means."""
    code, message = _first_error(value)
    found = problem_of(answer.status, code, message, scope)
    account = _ACCOUNT.search(answer.url) if code in _UNKNOWN_ID else None
    if found is not None and account is not None:
        sentence = f"Account id {account[1]} is not visible to this token."
        return NotFound(sentence, status=answer.status, word=str(code), scope=scope)
    return found


def _first_error(value: Any) -> tuple[int, str]:
    errors = value.get("errors") if isinstance(value, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return 0, ""
    code, message = first.get("code"), first.get("message")
    return code if type(code) is int else 0, message if isinstance(message, str) else ""


def opened(value: Any, scope: str) -> Row:
    """The envelope of a reply, once it says that it is a success. HTTP's 200 alone does not say so.

    Raises:
        Refused: it names a reason that we know.
        AuthFailed: the token is not valid.
        BadAnswer: it says that it failed, or not even that it succeeded.
    """
    envelope = row_of(value, "Envelope")
    if envelope.flag("success"):
        return envelope
    code, message = _first_error(value)
    known = problem_of(200, code, message, scope)
    if known is not None:
        raise known
    if code in _BAD_TOKEN:
        raise AuthFailed("Cloudflare refused the credentials. Check that they are still valid.")
    raise BadAnswer(f"{VENDOR} answered 200 and said that the request failed ({code or 'no code'}).")


def one(session: ApiSession, path: str, kind: str, *, scope: str) -> Row:
    """A reply that is one object."""
    envelope = opened(session.get(f"{PREFIX}{path}", scope=scope).value, scope)
    return row_of(envelope.value.get("result"), kind)


def peek(session: ApiSession, path: str, *, scope: str) -> bool:
    """Ask for a few rows only, to see whether that is allowed. Raises as `opened`."""
    opened(session.get(f"{PREFIX}{path}", {"per_page": PEEK_SIZE}, scope=scope).value, scope)
    return True


def items(envelope: Row, kind: str) -> tuple[Row, ...]:
    """The rows of one page. Some lists are null where there is nothing; only with a stated total of 0 is that so."""
    found = envelope.value.get("result")
    if found is None and envelope.number("result_info.total_count", None) == 0:
        return ()
    return rows_of(found, kind)


def total_of(envelope: Row) -> int | None:
    """Rows in all, as stated; None if it is not."""
    return envelope.number("result_info.total_count", None)


def listed(
    session: ApiSession, path: str, kind: str, params: Mapping[str, Any] | None = None, *, scope: str
) -> list[Row]:
    """A list that comes in one piece.

    Raises:
        Incomplete: it states more rows than came.
    """
    envelope = opened(session.get(f"{PREFIX}{path}", params or {}, scope=scope).value, scope)
    rows = list(items(envelope, kind))
    whole(session, f"rows of {path.rpartition('/')[2]}", len(rows), total_of(envelope))
    return rows


def paged(
    session: ApiSession,
    path: str,
    kind: str,
    params: Mapping[str, Any] | None = None,
    *,
    scope: str,
    size: int = PAGE_SIZE,
) -> Iterator[Row]:
    """A list in numbered pages: the first says how many rows there are and how many a page holds, which may be fewer
    than asked; the others are read side by side.

    Raises:
        Incomplete: fewer rows came than there are, or the same ones twice.
    """
    asked = {**(params or {}), "per_page": size}

    def page(number: int) -> Row:
        return opened(session.get(f"{PREFIX}{path}", {**asked, "page": number}, scope=scope).value, scope)

    seen: set[str] = set()
    rows = 0

    def fresh(envelope: Row) -> Iterator[Row]:
        nonlocal rows
        for row in items(envelope, kind):
            name = row.value.get("id")
            if isinstance(name, str):
                if name in seen:
                    raise Incomplete(f"{VENDOR} sent the same row twice; the pages of {path} are not complete.")
                seen.add(name)
            rows += 1
            yield row

    first = page(1)
    yield from fresh(first)
    total, held = total_of(first), first.number("result_info.per_page", size) or size
    if total is None:
        number, last = 1, rows
        while last >= size:
            number += 1
            session.context.budget.spend_page()
            before = rows
            yield from fresh(page(number))
            last = rows - before
        return
    numbers = range(2, -(-total // max(1, held)) + 1)
    for _ in numbers:
        session.context.budget.spend_page()
    for envelope in fan_out(session, numbers, page):
        yield from fresh(envelope)
    whole(session, f"rows of {path.rpartition('/')[2]}", rows, total)
