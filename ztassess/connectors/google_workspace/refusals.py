"""Owns what Google means by a refusal: a throttle, an interface switched off, a scope or a role that is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ztassess.connectors.errors import BadAnswer, Forbidden, Refused
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.netguard import Answer, parse_json

UNAUTHORIZED, FORBIDDEN = 401, 403
THROTTLES: Final = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
)
"""Reasons of a 403 that is no refusal (Directory API, "Limits and quotas"; Reports API likewise)."""
DAILY: Final = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
SWITCHED_OFF: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
NO_SCOPE: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
NOT_DELEGATED: Final = frozenset({"unauthorized_client", "access_denied", "invalid_scope"})
BACK_OFF_SECONDS, A_DAY = 4.0, 86_400.0


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


def refusal(admin: str, answer: Answer, value: Any, scope: str) -> Refused | None:
    """Our reading of an answer of an interface; None where the general one fits.

    Parameters:
        admin: whose view we borrow.
        scope: the scope or role that the question needed.
    """
    if answer.status != FORBIDDEN:
        return None
    words = tuple(reasons(value))
    known, part = set(words), scopes.PARTS.get(scope, "that")
    word = words[0] if words else ""
    if known & SWITCHED_OFF:
        service, project = _switched_off(value)
        return _refused("not_configured", f"Enable {service} in Cloud project {project}.", word, scope)
    if known & NO_SCOPE:
        return _refused("missing_scope", missing(scope), word, scope)
    if scope == scopes.POLICIES:
        sentence = "Only a super administrator may read policies; per-user checks still ran."
    elif scope == scopes.READER_ROLE:
        sentence = f"The service account lacks {scope} on the organization."
        return _refused("missing_scope", sentence, word, scope)
    else:
        sentence = f"{admin} lacks the admin role for {part}."
    return _refused("forbidden_role", sentence, word, scope)


def not_delegated(answer: Answer, value: Any, scope: str) -> Refused | None:
    """Our reading of an answer of the token address: a scope that nobody delegated, else None."""
    if answer.status in (400, UNAUTHORIZED, FORBIDDEN) and set(reasons(value)) & NOT_DELEGATED:
        return _refused("missing_scope", missing(scope), next(reasons(value)), scope)
    return None


def missing(scope: str) -> str:
    """What to do about a scope that is lacking."""
    return f"Scope {scope} is not in the domain-wide delegation entry. Add it in {scopes.DELEGATION_PLACE}."


def _refused(reason: str, sentence: str, word: str, scope: str) -> Forbidden:
    found = Forbidden(sentence, status=FORBIDDEN, word=word, scope=scope if reason == "missing_scope" else "")
    found.reason = reason
    return found


def _switched_off(value: Any) -> tuple[str, str]:
    """Interface and project of ``SERVICE_DISABLED`` (google.rpc.ErrorInfo), as far as Google names them."""
    details = value["error"].get("details")
    for each in details if isinstance(details, list) else ():
        data = each.get("metadata") if isinstance(each, dict) else None
        if isinstance(data, dict):
            service, project = data.get("service"), data.get("consumer")
            return (
                service[:80] if isinstance(service, str) else "the interface",
                project.removeprefix("projects/")[:80] if isinstance(project, str) else "of the service account",
            )
    return "the interface", "of the service account"
