"""Owns the checks of callers: without a certificate, with a stranger's, without TLS."""

from __future__ import annotations

from collections.abc import Iterator

from ztassess.connectors.tls_probe.judging import (
    BAD_REQUEST,
    Judged,
    Word,
    evidence,
    refused,
    targets_of,
    unseen,
    verdicts,
)
from ztassess.connectors.tls_probe.snapshot import ProbedTarget, TlsSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Outcome, Severity, Verdict

CALLERS: Checks[TlsSnapshot] = Checks("tls_probe")
SENSITIVE, SERVICES = "mesh.sensitive-path-mtls", "mesh.service-auth"
STRICT, ORIGIN = "mesh.strict-everywhere", "proxy.no-direct-origin"
_ANONYMOUS = {"tls13_no_cert": "TLS 1.3", "tls12_no_cert": "TLS 1.2"}
# certificate_required, bad_certificate, access_denied: what servers say to a caller who showed none.
_NONE_SHOWN = frozenset({116, 42, 49})
# bad_certificate, certificate_unknown, unknown_ca, decrypt_error: what they say to one they cannot verify.
_NOT_VERIFIED = frozenset({42, 46, 48, 51})


@CALLERS.check(
    "tls_probe.client_certificate_required",
    title="A caller without a certificate is refused",
    verifies=(Verifies(SENSITIVE, level=2), Verifies(SERVICES, level=2), Verifies(ORIGIN, level=2)),
    severity=Severity.HIGH,
    parts=("targets",),
)
def client_certificate_required(snapshot: TlsSnapshot) -> Iterator[Verdict]:
    """Both protocol versions that are offered must refuse; a finished handshake proves nothing in TLS 1.3."""
    targets = targets_of(snapshot)
    if isinstance(targets, Verdict):
        yield targets
        return
    yield from verdicts(
        [_anonymous(target) for target in targets],
        "{seen} of {declared} services refuse a caller without a certificate.",
        "No service was probed.",
    )


def _anonymous(target: ProbedTarget) -> Judged:
    if not target.control.server_hello:
        return unseen(target)
    words: dict[str, Word] = {}
    lines = []
    for variant, protocol in _ANONYMOUS.items():
        attempt = target.attempt(variant)
        if attempt is None:
            reason = f"{target.label}: the attempt with {protocol} is missing. Probe again."
            return Judged(target, Outcome.NOT_CHECKED, reason, "partial_data")
        words[variant] = refused(attempt, target.control, _NONE_SHOWN, "no_certificate")
        lines.append(evidence(target, attempt, "refused"))
    served = [_ANONYMOUS[variant] for variant, word in words.items() if word is Word.SERVED]
    skipped = [_ANONYMOUS[variant] for variant, word in words.items() if word is Word.SKIPPED]
    if served:
        reason = f"{target.label} answered a caller without a certificate over {' and '.join(served)}."
        return Judged(target, Outcome.FAIL, reason, evidence=tuple(lines), near_miss=_optional(target))
    if Word.UNCLEAR in words.values() or len(skipped) == len(words):
        reason = f"{target.label} broke off without saying why ({', '.join(line.observed for line in lines)})."
        return Judged(target, Outcome.NOT_CHECKED, reason, "ambiguous", tuple(lines))
    notes = [f"{target.label} does not offer {skipped[0]}; that variant was skipped."] if skipped else []
    if any(line.observed.startswith("http") for line in lines):
        notes.append(f"{target.label} refuses at the HTTP layer.")
    return Judged(target, Outcome.PASS, " ".join(notes), evidence=tuple(lines))


def _optional(target: ProbedTarget) -> str:
    asked = any(attempt.certificate_requested for attempt in target.attempts)
    return f"{target.label} asks for a certificate but serves callers who have none (optional mode)." if asked else ""


@CALLERS.check(
    "tls_probe.wrong_certificate_refused",
    title="A certificate from a stranger is refused",
    verifies=(Verifies(SENSITIVE, level=2), Verifies(SERVICES, level=2)),
    severity=Severity.HIGH,
    parts=("targets",),
)
def wrong_certificate_refused(snapshot: TlsSnapshot) -> Iterator[Verdict]:
    """A self-signed certificate must be refused as such; only asked where none is refused as well."""
    targets = targets_of(snapshot)
    if isinstance(targets, Verdict):
        yield targets
        return
    yield from verdicts(
        [_stranger(target) for target in targets],
        "{seen} of {declared} services refuse a certificate that nobody issued.",
        "No service demands a certificate, so there is none to judge.",
    )


def _stranger(target: ProbedTarget) -> Judged:
    demanded = _anonymous(target)
    if demanded.outcome is Outcome.FAIL:
        return Judged(target, Outcome.NOT_APPLICABLE)
    if demanded.outcome is Outcome.NOT_CHECKED:
        return demanded
    attempt = target.attempt("wrong_cert")
    if attempt is None:
        reason = (
            f"{target.label}: no stranger's certificate was tried. Install the cryptography package beside the runner "
            "and run it again."
        )
        return Judged(target, Outcome.NOT_CHECKED, reason, "input_missing")
    line = (evidence(target, attempt, "refused"),)
    word = refused(attempt, target.control, _NOT_VERIFIED, "bad_certificate")
    if word is Word.REFUSED:
        return Judged(target, Outcome.PASS, evidence=line)
    if word is Word.SERVED:
        near = f"{target.label} demands a certificate but accepts one that nobody issued."
        return Judged(target, Outcome.FAIL, near, evidence=line, near_miss=near)
    reason = f"{target.label} broke off without saying why ({line[0].observed})."
    return Judged(target, Outcome.NOT_CHECKED, reason, "ambiguous", line)


@CALLERS.check(
    "tls_probe.plaintext_refused",
    title="The port does not speak plain text",
    verifies=(Verifies(SENSITIVE, level=2), Verifies(STRICT, level=2)),
    severity=Severity.HIGH,
    parts=("targets",),
)
def plaintext_refused(snapshot: TlsSnapshot) -> Iterator[Verdict]:
    """A permissive sidecar answers both; seen from inside the mesh, plain text would have been upgraded on the way."""
    targets = targets_of(snapshot)
    if isinstance(targets, Verdict):
        yield targets
        return
    yield from verdicts(
        [_plain(target, outside=snapshot.outside_the_mesh) for target in targets],
        "{seen} of {declared} services refuse plain text.",
        "No service was probed.",
    )


def _plain(target: ProbedTarget, *, outside: bool) -> Judged:
    attempt = target.attempt("plaintext")
    if attempt is None:
        return unseen(target) if not target.control.server_hello else _missing(target)
    line = (evidence(target, attempt, "refused"),)
    if not outside:
        reason = f"{target.label}: the runner stood inside the mesh, where its plain text is upgraded on the way."
        return Judged(target, Outcome.NOT_CHECKED, reason, "unsupported", line)
    if attempt.result == "http":
        if attempt.http_status == BAD_REQUEST and attempt.body_match == "plain_text":
            return Judged(target, Outcome.PASS, evidence=line)
        both = target.control.server_hello
        near = f"{target.label} accepts mutual TLS and plain text on the same port (permissive)." if both else ""
        reason = f"{target.label} answered plain text with status {attempt.http_status}."
        return Judged(target, Outcome.FAIL, reason, evidence=line, near_miss=near)
    if attempt.result in ("alert", "reset", "eof", "data") and target.control.server_hello:
        return Judged(target, Outcome.PASS, evidence=line)
    if not target.control.server_hello:
        return unseen(target)
    reason = f"{target.label} did not react to plain text in time."
    return Judged(target, Outcome.NOT_CHECKED, reason, "ambiguous", line)


def _missing(target: ProbedTarget) -> Judged:
    reason = f"{target.label}: the attempt in plain text is missing. Probe again."
    return Judged(target, Outcome.NOT_CHECKED, reason, "partial_data")
