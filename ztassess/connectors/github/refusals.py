"""Owns what a refusal of GitHub means: a missing permission, a plan, a throttle, an allow list, or nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ztassess.connectors.errors import BadAnswer, Forbidden, NotFound, Refused
from ztassess.connectors.github.permissions import BY_TITLE
from ztassess.connectors.netguard import Answer, parse_json

FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE = 403, 404, 409, 422
NOT_PROTECTED: Final = "branch not protected"
NO_BRANCH: Final = "branch not found"
# GitHub asks for at least a minute where a secondary limit names no time ("Rate limits for the REST API").
SECONDARY_PAUSE: Final = 60.0


class PlanLacks(Refused):
    """The organization's plan does not offer this."""

    code, reason = "plan", "missing_license"


class OwnersOnly(Refused):
    """Only an owner of the organization is told this."""

    code, reason = "owners_only", "forbidden_role"


class NotAdmitted(Refused):
    """The organization's allow list of addresses keeps us out."""

    code, reason = "ip_allow_list", "unreachable"


class NotExported(Refused):
    """The upload does not hold this."""

    code, reason = "not_exported", "input_missing"


def message_of(value: Any) -> str:
    """GitHub's sentence of a refusal; empty if the body is something else."""
    found = value.get("message") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def throttled(answer: Answer) -> float | None:
    """Seconds to wait if a 403 is a throttle and no matter of permissions, else None."""
    if answer.status != FORBIDDEN:
        return None
    after = (answer.header("retry-after") or "").strip()
    if after:
        return float(after[:9]) if after.isascii() and after.isdigit() else SECONDARY_PAUSE
    if (answer.header("x-ratelimit-remaining") or "").strip() == "0":
        return _until_reset(answer)
    try:
        said = message_of(parse_json(answer.body)).lower()
    except BadAnswer:
        return None
    return SECONDARY_PAUSE if "rate limit" in said else None


def _until_reset(answer: Answer) -> float:
    """The quota renews at a moment in the server's own clock, which its Date header tells."""
    reset, date = (answer.header("x-ratelimit-reset") or "").strip(), answer.header("date") or ""
    try:
        return max(1.0, float(reset[:15]) - parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError):
        return SECONDARY_PAUSE


def refusal(status: int, value: Any, scope: str, granted: Mapping[str, str] | None) -> Refused | None:
    """A refusal in our words; None where the general reading of an answer fits.

    Parameters:
        scope: title of the permission that was needed.
        granted: the permissions of the installation; None if they are not known, as in an upload.
    """
    said = message_of(value)
    about: dict[str, Any] = {"status": status, "word": said[:120], "scope": scope}
    if status == FORBIDDEN:
        return _forbidden(said, about, scope, granted)
    if status == NOT_FOUND:
        return _not_found(said, about, scope, granted)
    if status in (CONFLICT, UNPROCESSABLE):
        return Refused(f"GitHub refused the question with status {status} ({said[:120]}).", **about)
    return None


def _forbidden(said: str, about: dict[str, Any], scope: str, granted: Mapping[str, str] | None) -> Refused:
    low = said.lower()
    if "ip allow list" in low:
        return NotAdmitted(
            "Your organization's IP allow list blocks us. Add the addresses that this installation calls from.", **about
        )
    if "upgrade to github" in low or "enterprise" in low or "is not enabled" in low or "must be enabled" in low:
        return PlanLacks(f"Your plan does not offer this ({said[:120]}). Not checked: this is no failure.", **about)
    if _is_granted(scope, granted):
        problem = Forbidden(f"{scope} is granted, but GitHub hides this from the App ({said[:120]}).", **about)
        problem.reason = "forbidden_role"
        return problem
    return Forbidden(
        f"Approve the new permission {scope} of the App under Organization settings > GitHub Apps.", **about
    )


def _not_found(said: str, about: dict[str, Any], scope: str, granted: Mapping[str, str] | None) -> Refused:
    if granted is None or _is_granted(scope, granted):
        return NotFound(f"GitHub does not have this here ({said[:120] or 'not found'}).", **about)
    problem = NotFound(
        f"GitHub hides what the App may not see: this usually means a missing permission ({scope}), not an absent "
        "feature.",
        **about,
    )
    problem.reason = "missing_scope"
    return problem


def _is_granted(scope: str, granted: Mapping[str, str] | None) -> bool:
    permission = BY_TITLE.get(scope)
    return granted is not None and permission is not None and permission.key in granted
