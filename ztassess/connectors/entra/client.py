"""Owns the conversation with Microsoft Graph: one session, its limits, its refusals, its pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, by_url, origin, row_of, rows_of, whole
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.entra.signing_in import authorizing
from ztassess.connectors.errors import Forbidden, Refused
from ztassess.connectors.netguard import Answer

T = TypeVar("T")
GRAPH: Final = "https://graph.microsoft.com"
VERSION: Final = "/v1.0"
PLACE: Final = "App registrations > API permissions"
NO_PREMIUM: Final = (
    "Your tenant has no Entra ID P1/P2 for this, so it is not checked; this is not a failure of your setup."
)
NO_INTUNE: Final = "No Intune license in this tenant."
# "Microsoft Graph service-specific throttling limits": reports 5 requests in 10 s, Conditional Access 1 in 1 s, both
# per tenant and without Retry-After; directory objects by resource units. Four at once stay far below the units.
PACE: Final = Pace(width=4)
USED: Final = "x-ms-throttle-limit-percentage"
MOST_USED: Final = 0.9
WINDOW_SECONDS: Final = 10.0
_PREMIUM_WORDS: Final = ("nonpremiumtenant", "premium license", "missinglicense", "aadpremium", "premium 2 license")
_INTUNE_WORDS: Final = ("request not applicable to target tenant",)
_DENIED: Final = frozenset({"Authorization_RequestDenied", "AccessDenied", "Forbidden", "UnknownError"})
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403


class Unlicensed(Forbidden):
    """The tenant's plan does not offer this; nobody's permission would change that."""

    code = "unlicensed"
    reason = "missing_license"


def graph_session(context: ReadContext) -> AbstractContextManager[ApiSession]:
    """A session with Graph v1.0 that has signed in, proved that it only reads, and renews its token by itself.

    Raises:
        As `ztassess.connectors.entra.signing_in.sign_in`.
    """
    return api_session(
        context,
        "Microsoft Graph",
        f"{origin(context, GRAPH)}{VERSION}",
        authorize=authorizing(context),
        pace=PACE,
        refusal=refusal,
    )


def refusal(answer: Answer, value: Any, scope: str) -> Refused | None:
    """Our reading of an answer that is no success; None where the general one fits."""
    code, message = error_of(value)
    if answer.status == UNAUTHORIZED and not scope.startswith("DeviceManagement"):
        return None  # Intune alone says 401 where a permission is missing
    return problem_of(answer.status, code, message, scope)


def error_of(value: Any) -> tuple[str, str]:
    """Code and message of Graph's error object; empty if there is none."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return "", ""
    code, message = error.get("code"), error.get("message")
    return (code if isinstance(code, str) else ""), (message if isinstance(message, str) else "")


def problem_of(status: int, code: str, message: str, scope: str) -> Refused | None:
    """What Graph's words mean: a license that is missing, a permission that is missing, or neither (None).

    Microsoft's message is looked at and not repeated: it may hold names and ids.
    """
    said = f"{code} {message}".lower()
    if any(word in said for word in _PREMIUM_WORDS):
        return Unlicensed(NO_PREMIUM, status=status, word=code[:80])
    if any(word in said for word in _INTUNE_WORDS):
        return Unlicensed(NO_INTUNE, status=status, word=code[:80])
    if status in (UNAUTHORIZED, FORBIDDEN) and (code in _DENIED or not code):
        named = f"Permission {scope}" if scope else "A permission"
        sentence = f"{named} is not consented. An administrator grants it under {PLACE}."
        return Forbidden(sentence, status=status, word=code[:80], scope=scope)
    return None


def listed(
    session: ApiSession,
    path: str,
    kind: str,
    read: Callable[[Row], T],
    *,
    scope: str,
    params: Mapping[str, str | int] | None = None,
) -> Iterator[T]:
    """All objects of a collection, following ``@odata.nextLink`` to its end.

    Parameters:
        kind: Graph's name of one object.

    Raises:
        Incomplete: fewer came than ``@odata.count`` states, or the chain broke.
        ConnectorError: as `ApiSession.get`.
    """
    stated: int | None = None
    seen: set[str] = set()
    for page in by_url(session, path, params or {}, scope=scope):
        body = row_of(page.value, f"{kind} collection")
        if stated is None:
            counted = body.value.get("@odata.count")
            stated = counted if isinstance(counted, int) and not isinstance(counted, bool) else None
        for row in rows_of(body.value.get("value"), kind):
            identity = row.text("id")
            if identity not in seen:  # a page that repeats rows must not stand for the rows that it leaves out
                seen.add(identity)
                yield read(row)
        leave_some(session, page.answer)
    whole(session, f"objects of {path}", len(seen), stated)


def single(session: ApiSession, path: str, kind: str, *, scope: str, params: Mapping[str, str | int]) -> Row:
    """One object. Raises as `ApiSession.get`."""
    reply = session.get(path, dict(params), scope=scope)
    leave_some(session, reply.answer)
    return row_of(reply.value, kind)


def counted(session: ApiSession, path: str, *, scope: str) -> int | None:
    """How many objects a collection has: an advanced query, so it asks for eventual consistency."""
    reply = session.get(
        path, {"$count": "true", "$top": 1, "$select": "id"}, scope=scope, headers={"ConsistencyLevel": "eventual"}
    )
    found = row_of(reply.value, "collection").value.get("@odata.count")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def leave_some(session: ApiSession, answer: Answer) -> None:
    """Wait for the next window where less than a tenth of the resource units is left to the customer's own traffic."""
    text = (answer.header(USED) or "").strip()
    try:
        used = float(text) if text else 0.0
    except ValueError:
        return
    if used >= MOST_USED:
        session.pacer.wait(WINDOW_SECONDS, time.monotonic())
