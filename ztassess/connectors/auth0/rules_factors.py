"""Owns the checks of second factors: asked for everywhere, and none that can be phished."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.auth0.snapshot import Auth0Snapshot, Factor
from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[Auth0Snapshot] = Checks("auth0")
POLICIES: Final = "GET /api/v2/guardian/policies"
FACTORS: Final = "GET /api/v2/guardian/factors"
EVERYWHERE, ON_RISK = "all-applications", "confidence-score"
WEBAUTHN: Final = "webauthn-"
# A way back in, no factor of its own: Auth0 gives it out beside another one.
RECOVERY: Final = "recovery-code"
ADAPTIVE: Final = "Adaptive MFA asks only on risk."


def _on(snapshot: Auth0Snapshot) -> tuple[Factor, ...]:
    """Enabled factors, without recovery codes."""
    return tuple(factor for factor in rows_read(snapshot.factors) if factor.enabled and factor.name != RECOVERY)


def _policy(snapshot: Auth0Snapshot) -> Evidence:
    observed = names(rows_read(snapshot.policies)) or "none"
    return Evidence(POLICIES, snapshot.tenant, "policies", observed, EVERYWHERE)


def _not_everywhere(snapshot: Auth0Snapshot) -> Iterator[Verdict]:
    """Why a second factor is not asked for everywhere; nothing where the policy says so, or was not read."""
    policies = rows_read(snapshot.policies)
    if EVERYWHERE in policies or unread(snapshot.policies):
        return
    if ON_RISK in policies:
        reason = "A second factor is asked for only where Auth0 sees a risk (confidence-score)."
        yield failed(snapshot.tenant, reason, evidence=(_policy(snapshot),), near_miss=ADAPTIVE)
    else:
        found = f"The policies are {names(policies)}, which we do not know" if policies else "No policy asks for one"
        reason = f"{found}; an Action may demand it, which cannot be seen from here. Attest it, or set the policy."
        yield not_checked(snapshot.tenant, "unsupported", reason, seen=1)


@CHECKS.check(
    "auth0.mfa_all_applications",
    title="MFA covers all applications",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("policies", "factors"),
)
def mfa_all_applications(snapshot: Auth0Snapshot) -> Iterator[Verdict]:
    """The policy for all applications, and a factor that people can have."""
    on = _on(snapshot)
    problems = list(_not_everywhere(snapshot))
    if not on and not unread(snapshot.factors):
        listed = count(len(rows_read(snapshot.factors)), "factor")
        line = Evidence(FACTORS, snapshot.tenant, "enabled factors", "none", "1 or more")
        reason = f"None of {listed} is enabled, so that no policy can ask for one."
        problems.append(failed(f"{snapshot.tenant}/factors", reason, seen=1, evidence=(line,)))
    yield from conclude(
        snapshot.tenant,
        problems,
        of=(snapshot.policies, snapshot.factors),
        seen=max(1, len(on)),
        good=f"All applications ask for a second factor: {names([factor.name for factor in on])}.",
        nothing="",
        evidence=(_policy(snapshot),),
    )


@CHECKS.check(
    "auth0.phishing_resistant_factors_only",
    title="Only WebAuthn is enabled",
    verifies=(
        Verifies("mfa.phishing-resistant", level=2),
        Verifies("mfa.no-bypass", level=2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("policies", "factors"),
)
def phishing_resistant_factors_only(snapshot: Auth0Snapshot) -> Iterator[Verdict]:
    """A phisher chooses the weakest factor that is on; a factor that nothing asks for proves nothing."""
    on, listed = _on(snapshot), rows_read(snapshot.factors)
    weak = [factor.name for factor in on if not factor.name.startswith(WEBAUTHN)]
    strong = [factor.name for factor in on if factor.name.startswith(WEBAUTHN)]
    problems = []
    if weak:
        lines = tuple(Evidence(FACTORS, name, "enabled", "true", "false") for name in weak)
        near_miss = f"WebAuthn is offered beside {names(weak)}." if strong else ""
        reason = f"{len(weak)} of {count(len(listed), 'factor')} that are enabled can be phished: {names(weak)}."
        problems.append(failed(snapshot.tenant, reason, seen=len(listed), evidence=lines, near_miss=near_miss))
    elif not strong and not unread(snapshot.factors):
        line = Evidence(FACTORS, snapshot.tenant, "enabled webauthn factors", "none", "1 or more")
        reason = f"None of {count(len(listed), 'factor')} is WebAuthn and enabled."
        problems.append(failed(snapshot.tenant, reason, seen=len(listed), evidence=(line,)))
    else:
        problems += _not_everywhere(snapshot)
    codes = any(factor.enabled and factor.name == RECOVERY for factor in listed)
    yield from conclude(
        snapshot.tenant,
        problems,
        of=(snapshot.factors, snapshot.policies),
        seen=len(listed),
        good=f"Of {count(len(listed), 'factor')} only {names(strong)} can be used, and all applications ask for one."
        f"{' Recovery codes are on as a way back in.' if codes else ''}",
        nothing="",
        evidence=tuple(Evidence(FACTORS, each.name, "enabled", str(each.enabled).lower(), "") for each in listed),
    )
