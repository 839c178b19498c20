"""Owns what a rule of an authentication policy really demands: alternatives are as strong as the weakest one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import Final

from ztassess.connectors.okta.snapshot_policies import ALLOW, DENY, AccessRule, Constraint, Method, Step, Verification

KNOWLEDGE: Final = frozenset({"password", "security_question", "tac"})
POSSESSION: Final = frozenset(
    {"webauthn", "signed_nonce", "push", "totp", "otp", "sms", "voice", "email", "duo", "cert"}
)
# Bound to the site by the protocol itself, whatever the rule says.
ALWAYS_RESISTANT: Final = frozenset({"webauthn", "cert"})
REQUIRED: Final = "REQUIRED"


class Answer(IntEnum):
    """Whether a rule demands something. The weakest of several decides, so the order matters."""

    NO = 0
    UNKNOWN = 1
    YES = 2


Demand = Callable[[Verification], Answer]


def weakest(answers: Iterable[Answer]) -> Answer:
    """The weakest of several ways in; UNKNOWN if there is none, for then we did not understand the rule."""
    return min(answers, default=Answer.UNKNOWN)


def rule_demands(rule: AccessRule, demand: Demand) -> Answer:
    """What one rule demands; a rule that lets nobody in demands everything."""
    if rule.access == DENY:
        return Answer.YES
    return demand(rule.verification) if rule.access == ALLOW else Answer.UNKNOWN


def two_factors(how: Verification) -> Answer:
    """Two factors of different kinds on every way in."""
    if how.kind == "ASSURANCE":
        return {"2FA": Answer.YES, "1FA": Answer.NO}.get(how.factor_mode, Answer.UNKNOWN)
    if how.kind == "AUTH_METHOD_CHAIN":
        return weakest(_two_kinds(way) for way in _ways(how.chains))
    return Answer.UNKNOWN


def phishing_resistant(how: Verification) -> Answer:
    """Something phishing-resistant on every way in."""
    if how.kind == "ASSURANCE":
        # No constraint at all: any factor will do.
        return weakest(_resists(each) for each in how.constraints) if how.constraints else Answer.NO
    if how.kind == "AUTH_METHOD_CHAIN":
        return weakest(
            max((_method_resists(each) for each in way), default=Answer.UNKNOWN) for way in _ways(how.chains)
        )
    return Answer.UNKNOWN


def _resists(constraint: Constraint) -> Answer:
    if constraint.phishing_resistant != REQUIRED:
        return Answer.NO
    return Answer.UNKNOWN if constraint.required is False else Answer.YES


def _method_resists(method: Method) -> Answer:
    if method.method in ALWAYS_RESISTANT or method.phishing_resistant == REQUIRED:
        return Answer.YES
    return Answer.NO if method.method in KNOWLEDGE | POSSESSION else Answer.UNKNOWN


def _two_kinds(way: tuple[Method, ...]) -> Answer:
    """Password, then a key: two kinds. Mail, then text message: one kind twice. A key with a fingerprint: two."""
    if not way:
        return Answer.UNKNOWN
    known = any(each.method in KNOWLEDGE for each in way)
    held = [each for each in way if each.method in POSSESSION]
    if (known and held) or any(each.user_verification == REQUIRED for each in held):
        return Answer.YES
    return Answer.NO if all(each.method in KNOWLEDGE | POSSESSION for each in way) else Answer.UNKNOWN


def _ways(steps: tuple[Step, ...]) -> Iterator[tuple[Method, ...]]:
    """Every way through chains: one method of each step. A step without a method is a way that we do not understand."""
    for step in steps:
        if not step.methods:
            yield ()
        for method in step.methods:
            if not step.following:
                yield (method,)
            for rest in _ways(step.following):
                yield (method, *rest) if rest else ()


def strength(rule: AccessRule) -> int | None:
    """0 one factor, 1 two factors, 2 two phishing-resistant ones, 3 nobody gets in; None if it is not known."""
    if rule.access == DENY:
        return 3
    two, resistant = rule_demands(rule, two_factors), rule_demands(rule, phishing_resistant)
    if two is Answer.UNKNOWN:
        return None
    if two is Answer.NO:
        return 0
    return None if resistant is Answer.UNKNOWN else 1 + (resistant is Answer.YES)
