"""Owns the checks of second factors: who has one, which weak ones are on, and resets of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import NamedAccounts, conclude, count, excluded, names, rows_read, unread
from ztassess.connectors.okta.judging import active_rules, people_apps, rule_evidence, verification_text
from ztassess.connectors.okta.sign_on import strength
from ztassess.connectors.okta.snapshot import CLASSIC, Authenticator, OktaSnapshot
from ztassess.connectors.okta.snapshot_policies import ACTIVE, ALLOW, AccessRule, SessionRule
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

CHECKS: Checks[OktaSnapshot] = Checks("okta")
ENOUGH: Final = 0.9
WEAK: Final = {"phone_number": "Phone (SMS and voice)", "security_question": "Security question", "okta_email": "Email"}
NOT_FOR_SIGN_IN: Final = frozenset({"recovery", "none"})
FOR_SIGN_IN: Final = frozenset({"any", "sso"})
RESETS: Final = "okta.factor_resets_explained"
_STRENGTHS: Final = ("one factor", "two factors", "two phishing-resistant factors", "nothing: nobody gets in")


@CHECKS.check(
    "okta.users_enrolled_in_factor",
    title="People have a usable second factor",
    verifies=(Verifies("mfa.all-humans", level=1, supporting=True),),
    severity=Severity.HIGH,
    parts=("users", "factors"),
)
def users_enrolled_in_factor(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """A factor that waits for its activation, or a question, is no second factor. Enrollment is not enforcement."""
    glass = NamedAccounts.of(snapshot.declared.break_glass)
    active = [user for user in rows_read(snapshot.users) if user.status == ACTIVE]
    out = [user.login for user in active if glass.matches(user.id, user.login, user.email)]
    people = {user.id: user.login for user in active if user.login not in out}
    read = [each for each in rows_read(snapshot.factors) if each.user_id in people]
    having = [each for each in read if any(kind != "question" and status == ACTIVE for kind, status in each.factors)]
    without = [people[each.user_id] for each in read if each not in having]
    missing = unread(snapshot.users, snapshot.factors)
    if isinstance(snapshot.users, tuple) and not people:
        yield not_applicable(snapshot.org, f"No active user was listed.{excluded(out)}")
        return
    total, left = len(people), excluded(out)
    line = Evidence(
        "GET /api/v1/users/{id}/factors", snapshot.org, "active users with an ACTIVE factor",
        f"{len(having)} of {total}", "90 % or more",
    )  # fmt: skip
    sentence = f"{len(having)} people are enrolled, {len(without)} are not; enforcement is judged separately."
    unread_users = total - len(read)
    # Even if everybody who was not read had one, it would not be enough.
    if isinstance(snapshot.users, tuple) and (len(having) + unread_users) / total < ENOUGH:
        reason = (
            f"{len(without)} of {count(total, 'active user')} have no usable second factor: {names(without)}.{left}"
        )
        yield failed(snapshot.org, reason, seen=len(read), evidence=(line,), near_miss=sentence)
    elif missing is not None or unread_users:
        why = missing or Unavailable("partial_data")
        reason = f"{len(read)} of {total} read. {why.detail}"
        yield not_checked(snapshot.org, why, reason, seen=len(read), near_miss=sentence)
    else:
        reason = f"{len(having)} of {count(total, 'active user')} have a usable second factor.{left}"
        yield passed(snapshot.org, reason, seen=total, evidence=(line,))


@CHECKS.check(
    "okta.weak_factors_off",
    title="SMS, voice and questions are off",
    verifies=(Verifies("mfa.no-bypass", level=2),),
    severity=Severity.MEDIUM,
    parts=("authenticators", "apps", "access_rules", "session_rules"),
)
def weak_factors_off(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Weak authenticators that sign people in, and networks that stand in for a factor."""
    found = rows_read(snapshot.authenticators)
    weak = [each for each in found if each.key in WEAK and each.status == ACTIVE]
    problems = [verdict for each in weak for verdict in _weak(each, len(found))]
    bypasses = list(_bypasses(snapshot))
    recovery = [WEAK[each.key] for each in weak if each.allowed_for == "recovery"]
    near_miss = f"{names(recovery)} is active for recovery only; recovery is judged under mfa.recovery."
    if not unread(snapshot.authenticators) and not found:
        # There is always a password; an empty list is an answer we do not understand.
        problems.append(not_checked(snapshot.org, "partial_data", "Okta listed no authenticator at all."))
    yield from conclude(
        snapshot.org,
        [*problems, *bypasses],
        of=(snapshot.authenticators, snapshot.apps, _rules_part(snapshot)),
        seen=len(found),
        good=f"None of {count(len(found), 'authenticator')} that sign people in is weak, and no rule trusts a network.",
        nothing="",
        near_miss=near_miss if recovery else "",
        evidence=tuple(
            Evidence("GET /api/v1/authenticators", each.key, "status", each.status, "INACTIVE")
            for each in found
            if each.key in WEAK
        ),
    )


def _rules_part(snapshot: OktaSnapshot) -> tuple[object, ...] | Unavailable:
    return snapshot.session_rules if snapshot.engine == CLASSIC else snapshot.access_rules


def _weak(each: Authenticator, of: int) -> Iterator[Verdict]:
    name = WEAK[each.key]
    if each.allowed_for in NOT_FOR_SIGN_IN:
        return
    if each.key == "okta_email" and each.allowed_for not in FOR_SIGN_IN:
        yield not_checked(each.key, "partial_data", "Okta did not say what email is allowed for.")
        return
    observed = f"{each.status}, allowedFor {each.allowed_for or 'absent'}"
    line = Evidence("GET /api/v1/authenticators", each.key, "status, settings.allowedFor", observed, "INACTIVE")
    reason = f"{name} can be used to sign in, as one of {count(of, 'authenticator')}."
    yield failed(each.key, reason, seen=of, evidence=(line,))


def _bypasses(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    policies = {app.policy_id for app in people_apps(snapshot) if app.policy_id}
    for policy_id in sorted(policies):
        yield from _bypass(active_rules(snapshot, policy_id))
    if snapshot.engine == CLASSIC:
        yield from _session_bypasses(rows_read(snapshot.session_rules))


def _bypass(rules: tuple[AccessRule, ...]) -> Iterator[Verdict]:
    """A rule for people inside a zone that demands less than a rule for people outside."""
    allowing = [rule for rule in rules if rule.access == ALLOW]
    for inside in (rule for rule in allowing if rule.network.inside):
        here = strength(inside)
        outside = [(found, rule) for rule in allowing if not rule.network.inside if (found := strength(rule))]
        there = max(outside, key=lambda pair: pair[0], default=None)
        if here is not None and there is not None and here < there[0]:
            reason = (
                f"Rule '{inside.name}' demands {_STRENGTHS[here]} inside a network zone, where '{there[1].name}' "
                f"demands {_STRENGTHS[there[0]]}; {count(len(rules), 'rule')} of the policy read."
            )
            line = rule_evidence(inside, "conditions.network", verification_text(inside), verification_text(there[1]))
            yield failed(f"{inside.policy_id}/{inside.id}", reason, seen=len(rules), evidence=(line,))


def _session_bypasses(rules: tuple[SessionRule, ...]) -> Iterator[Verdict]:
    """On the Classic engine the global session rules are what asks for a factor."""
    allowing = [rule for rule in rules if rule.status == ACTIVE and rule.access == ALLOW]
    for inside in (rule for rule in allowing if rule.network.inside and rule.require_factor is False):
        same = [rule for rule in allowing if rule.policy_id == inside.policy_id and not rule.network.inside]
        if any(rule.require_factor for rule in same):
            reason = f"Rule '{inside.name}' asks for no second factor inside a network zone, but others do outside."
            source = "GET /api/v1/policies/{id}/rules"
            line = Evidence(source, inside.id, "actions.signon.requireFactor", "false", "true")
            yield failed(f"{inside.policy_id}/{inside.id}", reason, seen=len(allowing), evidence=(line,))


@CHECKS.check(
    RESETS,
    title="Factor resets are few and explained",
    verifies=(Verifies("mfa.recovery", level=2),),
    severity=Severity.MEDIUM,
    parts=("resets",),
)
def factor_resets_explained(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """A person links a reset to its ticket by an exception for this check, with the ticket as its reason."""
    found = rows_read(snapshot.resets)
    linked = {
        each.object.casefold()
        for each in snapshot.declared.exceptions
        if each.check == RESETS and each.reason.strip() and each.until >= snapshot.taken_at.date()
    }
    bare = [each for each in found if not linked & {each.id.casefold(), each.target.casefold()}]
    missing = unread(snapshot.resets)
    if bare or missing:
        events = [f"{each.target or 'somebody'} on {each.at:%Y-%m-%d} by {each.actor or 'somebody'}" for each in bare]
        why = missing or Unavailable("input_missing")
        listed = f" Without a ticket: {names(events)}." if bare else ""
        reason = f"{len(bare)} of {count(len(found), 'reset')} in 90 days have no ticket.{listed} {why.detail}".strip()
        near_miss = f"{len(bare)} resets without a ticket." if bare else ""
        yield not_checked(snapshot.org, why, reason, seen=len(found), near_miss=near_miss)
    elif not found:
        yield not_applicable(snapshot.org, "Nobody's factors were reset in 90 days.")
    else:
        line = Evidence("GET /api/v1/logs", snapshot.org, "resets without a ticket", "0", "0")
        reason = f"{len(found)} of {count(len(found), 'reset')} in 90 days are linked to a ticket."
        yield passed(snapshot.org, reason, seen=len(found), evidence=(line,))
