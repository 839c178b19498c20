"""Owns the words a rule may say: outcomes, severities, evidence, verdicts, and absence with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from ztassess.domain.lines import unturned

T = TypeVar("T")

EXCEPTED = "excepted"
"""Reason code of a failing verdict that an accepted exception took out of the judgment."""


class Outcome(StrEnum):
    """What a check found on one resource (the idea of XCCDF's result values)."""

    PASS = "pass"  # noqa: S105  an outcome, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"
    ERROR = "error"

    @property
    def definite(self) -> bool:
        """True for the two outcomes that may move a level."""
        return self in (Outcome.PASS, Outcome.FAIL)


class Severity(StrEnum):
    """Harm if the check fails, independent of the weight of its control."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A part of a snapshot that could not be read.

    It stands where a tuple would stand, so that no rule can mistake "not allowed to look" for "nothing there".

    Attributes:
        reason: a reason code such as ``missing_scope``, ``unreachable`` or ``partial_data``.
        missing_scope: the permission the vendor wanted, in the vendor's spelling; empty if none is known.
        detail: one sentence for a person; never contains a secret.
        read: the rows that came before the reading broke off: enough to fail by, never to pass by.
    """

    reason: str
    missing_scope: str = ""
    detail: str = ""
    read: tuple[Any, ...] = field(default=(), repr=False)


Part = tuple[T, ...] | Unavailable
"""One part of a snapshot: everything that was there, or the reason why nobody could look."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed fact, raw. Never a secret, never prose.

    Attributes:
        source: where it was read, for example ``iam.get_account_summary`` or ``Q7 effective privileges``.
        object: the identifier of the thing observed.
        field: the vendor's name of what was looked at.
        observed: the value seen, as text.
        expected: the value that would pass, as text.
    """

    source: str
    object: str
    field: str
    observed: str
    expected: str

    def readable(self) -> Evidence:
        """The same without signs that turn the direction of text."""
        return Evidence(*map(unturned, self.texts))

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.source, self.object, self.field, self.observed, self.expected)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's word on one resource.

    A rule yields one verdict for each resource that fails or could not be judged, and a single passing verdict on
    the whole scope (the account, the server) when none failed; so ``seen`` is needed to know how much that covers.

    Attributes:
        outcome: what was found.
        resource: stable identifier of the resource inside the system read; part of the finding's identity.
        reason: one sentence for a person, with names and denominators.
        seen: how many assets the check looked at in this scan (the denominator), at least the resource itself.
        reason_code: why it could not be checked; empty for definite outcomes.
        evidence: the observed facts behind the word.
        level: a pass: the level reached, if below the check's own; a fail: the level that still stands, if not the
            check's own minus one. None means the default.
        severity: overrides the severity of the check for this resource.
        missing_scope: the permission that was lacking, for ``not_checked``.
        near_miss: what lookalike setting is there and what it lacks; empty if there is none.
    """

    outcome: Outcome
    resource: str
    reason: str
    seen: int = 1
    reason_code: str = ""
    evidence: tuple[Evidence, ...] = ()
    level: int | None = None
    severity: Severity | None = None
    missing_scope: str = ""
    near_miss: str = ""

    def readable(self) -> Verdict:
        """The same with texts that turn no sentence around, whatever the system read calls its things.

        The resource stays exact: it is part of the finding's identity.
        """
        said = (
            self.reason,
            self.near_miss,
            self.missing_scope,
            *(text for line in self.evidence for text in line.texts),
        )
        if all(map(str.isascii, said)):
            return self
        return replace(
            self,
            reason=unturned(self.reason),
            near_miss=unturned(self.near_miss),
            missing_scope=unturned(self.missing_scope),
            evidence=tuple(line.readable() for line in self.evidence),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict together with the check that spoke it and the moment the system was read.

    Attributes:
        check: dotted id of the check, for example ``aws.no_admin_roles``.
        severity: harm if failing; the verdict's own where it set one.
        taken_at: the snapshot's clock, timezone-aware UTC.
    """

    check: str
    severity: Severity
    taken_at: datetime
    verdict: Verdict


def passed(
    resource: str, reason: str, *, seen: int, evidence: tuple[Evidence, ...] = (), level: int | None = None
) -> Verdict:
    """A passing verdict over ``seen`` assets.

    Raises:
        ValueError: ``seen`` is below 1: "0 problems of 0 users" is never a pass, yield `not_applicable` instead.
    """
    if seen < 1:
        raise ValueError("a pass needs at least one asset seen; 0 of 0 is not_applicable")
    return Verdict(Outcome.PASS, resource, reason, seen=seen, evidence=evidence, level=level)


def failed(
    resource: str,
    reason: str,
    *,
    seen: int = 1,
    evidence: tuple[Evidence, ...] = (),
    level: int | None = None,
    severity: Severity | None = None,
    near_miss: str = "",
) -> Verdict:
    """A failing verdict on one named resource, out of ``seen`` assets looked at."""
    return Verdict(
        Outcome.FAIL,
        resource,
        reason,
        seen=seen,
        evidence=evidence,
        level=level,
        severity=severity,
        near_miss=near_miss,
    )


def not_applicable(resource: str, reason: str) -> Verdict:
    """The thing does not exist: read, with enough rights, and nothing was there."""
    return Verdict(Outcome.NOT_APPLICABLE, resource, reason, seen=0)


def not_checked(
    resource: str, why: Unavailable | str, reason: str = "", *, seen: int = 0, near_miss: str = ""
) -> Verdict:
    """We could not see enough.

    Parameters:
        why: the part that is unavailable, or a bare reason code such as ``input_missing``.
        reason: a sentence for a person; taken from ``why.detail`` when empty.
    """
    part = why if isinstance(why, Unavailable) else Unavailable(why)
    return Verdict(
        Outcome.NOT_CHECKED,
        resource,
        reason or part.detail or f"Could not be read: {part.reason.replace('_', ' ')}.",
        seen=seen,
        reason_code=part.reason,
        missing_scope=part.missing_scope,
        near_miss=near_miss,
    )
