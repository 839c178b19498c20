"""Owns what a refusal of Google Cloud means: an interface switched off, a permission or a project that is lacking."""

from __future__ import annotations

from typing import Any, Final

from ztassess.connectors.api.google import SWITCHED_OFF, reasons, switched_off
from ztassess.connectors.errors import Forbidden, NotFound, Refused
from ztassess.connectors.netguard import Answer

FORBIDDEN, NOT_FOUND = 403, 404
ON: Final = " on "
NO_SCOPE: Final = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def needed(permission: str, resource: str) -> str:
    """A permission together with the resource it is needed on, to be told apart by `refusal`."""
    return f"{permission}{ON}{resource}"


def refusal(answer: Answer, value: Any, scope: str) -> Refused | None:
    """Our reading of a refusal; None where the general one fits.

    Parameters:
        scope: as `needed` wrote it.
    """
    permission, _, resource = scope.partition(ON)
    words = tuple(reasons(value))
    word = words[0] if words else ""
    if answer.status == NOT_FOUND and resource.startswith("projects/"):
        sentence = f"Project {resource.removeprefix('projects/')} is unknown to this account."
        return NotFound(sentence, status=NOT_FOUND, word=word, scope=permission)
    if answer.status != FORBIDDEN:
        return None
    if set(words) & SWITCHED_OFF:
        api, project = switched_off(value)
        sentence = f"Enable the API {api} in project {project} (free), or leave these controls unchecked."
        return _forbidden("not_configured", sentence, word, "")
    if NO_SCOPE in words:
        sentence = f"The token was not given the scope that reading {resource or 'this'} needs."
        return _forbidden("missing_scope", sentence, word, permission)
    if not permission:
        return None
    return _forbidden("missing_scope", f"Permission {permission} is missing on {resource}.", word, permission)


def _forbidden(reason: str, sentence: str, word: str, permission: str) -> Forbidden:
    found = Forbidden(sentence, status=FORBIDDEN, word=word, scope=permission)
    found.reason = reason
    return found
