"""Owns the words a rule needs: what one attempt proves, and how verdicts on single targets become verdicts on all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ztassess.connectors.tls_probe.snapshot import Attempt, Control, ProbedTarget, TlsSnapshot
from ztassess.domain.findings import (
    Evidence,
    Outcome,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

ALL = "all services"
BAD_REQUEST = 400
HANDSHAKE_FAILURE = 40


class Word(Enum):
    """What one attempt proves about a caller."""

    REFUSED = "refused"
    SERVED = "served"
    SKIPPED = "skipped"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule's word on one target, before the verdicts are put together.

    Attributes:
        reason: a sentence; for a pass only what is worth a note.
        code: reason code, for not_checked.
    """

    target: ProbedTarget
    outcome: Outcome
    reason: str = ""
    code: str = ""
    evidence: tuple[Evidence, ...] = ()
    near_miss: str = ""
    severity: Severity | None = None


def told(attempt: Attempt) -> str:
    """What happened, as a raw value for evidence: ``alert 116 on read``, ``http 200``."""
    match attempt.result:
        case "alert":
            return f"alert {attempt.alert} in {attempt.phase}"
        case "http":
            return f"http {attempt.http_status}" + (f" ({attempt.body_match})" if attempt.body_match else "")
        case _:
            return attempt.result


def evidence(target: ProbedTarget, attempt: Attempt, expected: str) -> Evidence:
    """The line of one attempt."""
    return Evidence(f"TLS handshake {attempt.variant}", target.where, "answer", told(attempt), expected)


def refused(attempt: Attempt, control: Control, alerts: frozenset[int], sentence: str) -> Word:
    """What the answer to a caller with no or a bad certificate proves.

    Parameters:
        alerts: alerts that can only mean the certificate (RFC 8446, 6.2).
        sentence: the known sentence with which nginx refuses it at the HTTP layer, as a 400.
    """
    if attempt.result == "not_offered":
        return Word.SKIPPED
    if attempt.result == "alert":
        if attempt.alert in alerts or (attempt.alert == HANDSHAKE_FAILURE and _past_hello(attempt, control)):
            return Word.REFUSED
        return Word.UNCLEAR
    if attempt.result == "http" and attempt.http_status is not None:
        if attempt.http_status == BAD_REQUEST and attempt.body_match:
            return Word.REFUSED if attempt.body_match == sentence else Word.UNCLEAR
        # 401 and 403 come from the application: the caller was already inside. 5xx may come from a proxy on its own.
        return Word.SERVED if attempt.http_status < 500 else Word.UNCLEAR  # noqa: PLR2004  HTTP's server errors
    return Word.UNCLEAR


def _past_hello(attempt: Attempt, control: Control) -> bool:
    """True if handshake_failure cannot mean that protocols or ciphers did not fit, only that a certificate lacks.

    Said to a caller who did show one it proves nothing about that one.
    """
    wanted = {"tls13_no_cert": "TLSv1.3", "tls12_no_cert": "TLSv1.2"}.get(attempt.variant)
    if wanted is None:
        return False
    if attempt.certificate_requested or attempt.server_hello:
        return True
    return attempt.server_hello is None and control.server_hello and control.protocol == wanted


def unseen(target: ProbedTarget) -> Judged:
    """A target whose control handshake failed."""
    code = {"partial_data": "partial_data", "timeout": "unreachable"}.get(target.control.error, "unreachable")
    reason = target.detail or f"{target.label}: no server hello was seen at {target.where}. Nothing was judged."
    return Judged(target, Outcome.NOT_CHECKED, reason, code)


def verdicts(judged: list[Judged], praise: str, nothing: str) -> Iterator[Verdict]:
    """One verdict for each target that fails or could not be judged, one pass over those that passed.

    Parameters:
        praise: the passing sentence, with ``{seen}`` and ``{declared}``.
        nothing: the sentence if the check applies to no target.
    """
    good = [each for each in judged if each.outcome is Outcome.PASS]
    counted = [each for each in judged if each.outcome is not Outcome.NOT_APPLICABLE]
    seen = len([each for each in counted if each.outcome.definite])
    if not counted:
        yield not_applicable(ALL, nothing)
    for each in counted:
        if each.outcome is Outcome.FAIL:
            yield failed(
                each.target.where,
                each.reason,
                seen=seen,
                evidence=each.evidence,
                severity=each.severity,
                near_miss=each.near_miss,
            )
        elif each.outcome is Outcome.NOT_CHECKED:
            yield not_checked(
                each.target.where, Unavailable(each.code, detail=each.reason), seen=seen, near_miss=each.near_miss
            )
    if good and not any(each.outcome is Outcome.FAIL for each in counted):
        notes = " ".join(each.reason for each in good if each.reason)
        shown = tuple(line for each in good for line in each.evidence)[:50]
        text = praise.format(seen=len(good), declared=len(counted))
        yield passed(ALL, f"{text} {notes}".strip(), seen=len(good), evidence=shown)


def targets_of(snapshot: TlsSnapshot) -> tuple[ProbedTarget, ...] | Verdict:
    """The targets, or the verdict that says why there are none."""
    if isinstance(snapshot.targets, Unavailable):
        return not_checked(ALL, snapshot.targets)
    if not snapshot.targets:
        return not_checked(ALL, "input_missing", "No service was named.")
    return snapshot.targets
