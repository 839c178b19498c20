"""Owns the checks of the served certificate: its life, its dates, whose name it carries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ztassess.connectors.tls_probe.judging import Judged, targets_of, unseen, verdicts
from ztassess.connectors.tls_probe.rules_callers import SENSITIVE, STRICT
from ztassess.connectors.tls_probe.snapshot import Certificate, ProbedTarget, TlsSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Outcome, Severity, Verdict

CERTIFICATES: Checks[TlsSnapshot] = Checks("tls_probe")
HOURS, TOLERATED, LONGEST = timedelta(hours=24), timedelta(hours=72), timedelta(days=398)
ROTATION_LATE = 0.1  # of its life left: a certificate that is rotated in time is replaced well before


def _shown(target: ProbedTarget) -> Certificate | Judged:
    """The certificate, or the word that says why there is none to judge."""
    if not target.control.server_hello:
        return unseen(target)
    if target.control.certificate is None:
        reason = f"{target.label} showed no certificate that we can read."
        return Judged(target, Outcome.NOT_CHECKED, reason, "partial_data")
    return target.control.certificate


def _line(target: ProbedTarget, field: str, observed: str, expected: str) -> tuple[Evidence, ...]:
    return (Evidence("TLS handshake control", target.where, field, observed, expected),)


def _length(life: timedelta) -> str:
    return f"{life.days} days" if life.days > 3 else f"{life.total_seconds() / 3600:.0f} h"  # noqa: PLR2004  72 h read better


@CERTIFICATES.check(
    "tls_probe.certificate_short_lived",
    title="Service certificates live hours, not months",
    verifies=(Verifies(SENSITIVE, level=2), Verifies(STRICT, level=2)),
    severity=Severity.MEDIUM,
    parts=("targets",),
)
def certificate_short_lived(snapshot: TlsSnapshot) -> Iterator[Verdict]:
    """Only sensitive paths count: a public front door has a public authority's certificate, which lives longer."""
    targets = targets_of(snapshot)
    if isinstance(targets, Verdict):
        yield targets
        return
    yield from verdicts(
        [_short_lived(target) for target in targets],
        "{seen} of {declared} sensitive services show a certificate that lives three days at most.",
        "No service is marked as a sensitive path.",
    )


def _short_lived(target: ProbedTarget) -> Judged:
    if not target.sensitive:
        return Judged(target, Outcome.NOT_APPLICABLE)
    found = _shown(target)
    if isinstance(found, Judged):
        return found
    length = _length(found.life)
    line = _line(target, "not_after - not_before", length, "24 h")
    if found.life <= TOLERATED:
        note = "" if found.life <= HOURS else f"{target.label}: {length}; 24 h would be better."
        return Judged(target, Outcome.PASS, note, evidence=line)
    near = f"{target.label}: {length}. Rotation exists, but a stolen key stays useful too long."
    return Judged(
        target,
        Outcome.FAIL,
        f"The certificate of {target.label} lives {length}.",
        evidence=line,
        near_miss=near if found.life <= LONGEST else "",
        severity=Severity.HIGH if found.life > LONGEST else None,
    )


@CERTIFICATES.check(
    "tls_probe.certificate_valid",
    title="The served certificate is in date",
    verifies=(Verifies(STRICT, level=2, supporting=True),),
    severity=Severity.HIGH,
    parts=("targets",),
)
def certificate_valid(snapshot: TlsSnapshot) -> Iterator[Verdict]:
    """Dates against the clock of the probing; a private authority is fine and is recorded."""
    targets = targets_of(snapshot)
    if isinstance(targets, Verdict):
        yield targets
        return
    yield from verdicts(
        [_in_date(target, snapshot) for target in targets],
        "{seen} of {declared} services show a certificate that is in date.",
        "No service was probed.",
    )


def _in_date(target: ProbedTarget, snapshot: TlsSnapshot) -> Judged:
    found = _shown(target)
    if isinstance(found, Judged):
        return found
    now, dates = snapshot.taken_at, f"{found.not_before:%Y-%m-%d %H:%M} to {found.not_after:%Y-%m-%d %H:%M} UTC"
    line = _line(target, "not_before, not_after", dates, f"contains {now:%Y-%m-%d %H:%M} UTC")
    line += _line(target, "issuer", _issuer(found), "recorded")
    if found.not_before <= now < found.not_after:
        left = found.not_after - now
        if left < found.life * ROTATION_LATE:
            hours, life = left.total_seconds() / 3600, _length(found.life)
            late = f"{target.label} expires in {hours:.0f} h and its life is {life}: rotation may have stopped."
            return Judged(target, Outcome.PASS, late, evidence=line)
        return Judged(target, Outcome.PASS, evidence=line)
    state = "is not valid yet" if now < found.not_before else f"expired on {found.not_after:%Y-%m-%d}"
    return Judged(target, Outcome.FAIL, f"The certificate of {target.label} {state}.", evidence=line)


def _issuer(found: Certificate) -> str:
    authority = {True: ", by your authority", False: ", not by your authority", None: ""}[found.trusted]
    return f"{'self-signed' if found.self_signed else found.issuer or 'unknown'}{authority}"


@CERTIFICATES.check(
    "tls_probe.workload_name_in_certificate",
    title="The certificate names a workload",
    verifies=(Verifies("identity.workload-identity", level=2, supporting=True),),
    severity=Severity.LOW,
    parts=("targets",),
)
def workload_name_in_certificate(snapshot: TlsSnapshot) -> Iterator[Verdict]:
    """A SPIFFE name is one workload's; one certificate behind several labels is nobody's in particular."""
    targets = targets_of(snapshot)
    if isinstance(targets, Verdict):
        yield targets
        return
    shared: dict[tuple[str, str], set[str]] = {}
    for target in targets:
        found = target.control.certificate
        if found is not None and found.serial:
            shared.setdefault((found.issuer, found.serial), set()).add(target.label)
    yield from verdicts(
        [_named(target, shared) for target in targets],
        "{seen} of {declared} services carry a workload name of their own in the certificate.",
        "No service was probed.",
    )


def _named(target: ProbedTarget, shared: dict[tuple[str, str], set[str]]) -> Judged:
    found = _shown(target)
    if isinstance(found, Judged):
        return found
    line = _line(target, "subject alternative names", ", ".join(found.san) or "none", "spiffe://trust-domain/...")
    labels = sorted(shared.get((found.issuer, found.serial), ()))
    if len(labels) > 1:
        reason = f"{' and '.join(labels[:5])} show the same certificate: a shared identity."
        return Judged(target, Outcome.FAIL, reason, evidence=line)
    if any(name.startswith("spiffe://") and len(name.split("/")) > 3 for name in found.san):  # noqa: PLR2004  scheme, domain, path
        return Judged(target, Outcome.PASS, evidence=line)
    wild = [name for name in found.san if name.startswith("*.")]
    near = f"The certificate names {wild[0]}: one identity for many services." if wild else ""
    reason = f"{target.label} names hosts only; its certificate may still be one service's own."
    return Judged(target, Outcome.NOT_CHECKED, reason, "ambiguous", line, near)
