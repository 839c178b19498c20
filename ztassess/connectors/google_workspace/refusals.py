"""Owns what Google means by a refusal: a throttle, an interface switched off, a scope or a role that is lacking."""

from __future__ import annotations

from typing import Any, Final

from ztassess.connectors.api.google import SWITCHED_OFF, reasons, switched_off
from ztassess.connectors.errors import Forbidden, Refused
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.netguard import Answer

UNAUTHORIZED, FORBIDDEN = 401, 403
NO_SCOPE: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
NOT_DELEGATED: Final = frozenset({"unauthorized_client", "access_denied", "invalid_scope"})


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
        service, project = switched_off(value)
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
