"""The checks of second factors, by tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.connectors.okta.factory import declared, good, result, said, verdicts, with_rules
from tests.connectors.okta.org import access_rule
from tests.connectors.okta.test_sign_on import STRONG, assurance
from tests.fakes.vendor import NOW
from ztassess.connectors.contract import ResourceException
from ztassess.connectors.okta.snapshot import Authenticator, FactorReset, Factors, OktaSnapshot
from ztassess.connectors.okta.snapshot_policies import Network, SessionRule
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
KEYS = [Factors(f"00u{number}", (("webauthn", "ACTIVE"),)) for number in range(1, 5)]


def enrolled(*factors: Factors) -> OktaSnapshot:
    return replace(good(), factors=factors)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (enrolled(*KEYS[:3], Factors("00u4", ())), FAIL),
        (enrolled(*KEYS[:3], Factors("00u4", (("push", "PENDING_ACTIVATION"),))), FAIL),
        (enrolled(*KEYS[:3], Factors("00u4", (("question", "ACTIVE"),))), FAIL),
        (enrolled(*KEYS[:3]), SKIP),  # one was not read
        (replace(good(), factors=Unavailable("partial_data", read=tuple(KEYS[:3]))), SKIP),
        # Even if everybody who was not read had one, it would not be enough.
        (replace(good(), factors=Unavailable("partial_data", read=(Factors("00u1", ()),))), FAIL),
        (replace(good(), users=Unavailable("missing_scope"), factors=Unavailable("missing_scope")), SKIP),
        (replace(good(), users=(), factors=()), NONE),
        (replace(good(), users=(), factors=Unavailable("missing_scope")), NONE),
    ],
)
def test_enrollment(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "users_enrolled_in_factor").outcome is outcome


def test_enrollment_says_how_many_were_read_and_that_it_is_no_enforcement() -> None:
    words = said(replace(good(), factors=Unavailable("partial_data", read=tuple(KEYS[:3]))), "users_enrolled_in_factor")
    assert "3 of 4 read." in words
    words = said(enrolled(*KEYS[:3], Factors("00u4", ())), "users_enrolled_in_factor")
    assert "3 people are enrolled, 1 are not; enforcement is judged separately." in words
    assert "dan@acme.example" in words


def test_break_glass_accounts_are_left_out_of_enrollment_by_name() -> None:
    snapshot = replace(declared(break_glass=("dan@acme.example",)), factors=tuple(KEYS[:3]))
    assert result(snapshot, "users_enrolled_in_factor").outcome is PASS
    assert "1 account is left out, declared as break-glass: dan@acme.example." in said(
        snapshot, "users_enrolled_in_factor"
    )


def authenticators(*extra: Authenticator) -> OktaSnapshot:
    return replace(good(), authenticators=(Authenticator("webauthn", "Passkey", "ACTIVE", ""), *extra))


IN_ZONE = {"network": {"connection": "ZONE", "include": ["nzo1"]}}
TWO, BEST = assurance("2FA"), assurance("2FA", STRONG)
OUTSIDE = access_rule("out", "Catch-all Rule", system=True, priority=99, method=BEST)


def classic(*rules: SessionRule) -> OktaSnapshot:
    gone = Unavailable("unsupported")
    return replace(good(), engine="v1", authenticators=gone, access_rules=gone, session_rules=rules)


def session(id_: str, require: bool, network: Network = Network()) -> SessionRule:  # noqa: B008  frozen
    return SessionRule("pos1", id_, id_, "ACTIVE", False, "ALLOW", require, 720, 120, False, network)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (authenticators(Authenticator("phone_number", "Phone", "ACTIVE", "any")), FAIL),
        (authenticators(Authenticator("phone_number", "Phone", "ACTIVE", "sso")), FAIL),
        (authenticators(Authenticator("phone_number", "Phone", "ACTIVE", "")), FAIL),
        (authenticators(Authenticator("phone_number", "Phone", "ACTIVE", "recovery")), PASS),
        (authenticators(Authenticator("phone_number", "Phone", "INACTIVE", "any")), PASS),
        (authenticators(Authenticator("security_question", "Question", "ACTIVE", "any")), FAIL),
        (authenticators(Authenticator("okta_email", "Email", "ACTIVE", "any")), FAIL),
        (authenticators(Authenticator("okta_email", "Email", "ACTIVE", "")), SKIP),
        (replace(good(), authenticators=()), SKIP),
        (replace(good(), authenticators=Unavailable("forbidden_role")), SKIP),
        (replace(good(), access_rules=Unavailable("rate_limited")), SKIP),
        # A network that stands in for a factor.
        (with_rules(access_rule("in", "Office", method=assurance("1FA"), conditions=IN_ZONE), OUTSIDE), FAIL),
        (with_rules(access_rule("in", "Office", method=TWO, conditions=IN_ZONE), OUTSIDE), FAIL),
        (with_rules(access_rule("in", "Office", method=BEST, conditions=IN_ZONE), OUTSIDE), PASS),
        (classic(session("in", False, Network("ZONE", ("nzo1",))), session("out", True)), FAIL),
        (classic(session("in", True, Network("ZONE", ("nzo1",))), session("out", True)), SKIP),
    ],
)
def test_weak_factors(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "weak_factors_off").outcome is outcome


def test_phone_for_recovery_only_is_a_near_miss() -> None:
    words = said(authenticators(Authenticator("phone_number", "Phone", "ACTIVE", "recovery")), "weak_factors_off")
    assert "is active for recovery only; recovery is judged under mfa.recovery." in words


RESET = FactorReset("e1", NOW - timedelta(days=3), "ben@acme.example", "anna@acme.example")
CHECK = "okta.factor_resets_explained"


def linked(object_: str, check: str = CHECK, days: int = 30) -> ResourceException:
    until = date(2026, 11, 23) + timedelta(days=days)
    return ResourceException(object_, "TICKET-7: lost phone, seen in person", until, check)


@pytest.mark.parametrize(
    ("resets", "exceptions", "outcome"),
    [
        ((), (), NONE),
        ((RESET,), (), SKIP),
        ((RESET,), (linked("e1"),), PASS),
        ((RESET,), (linked("Ben@acme.example"),), PASS),
        ((RESET,), (linked("e1", "okta.weak_factors_off"),), SKIP),
        ((RESET,), (linked("e1", days=-1),), SKIP),
        ((RESET, replace(RESET, id="e2", target="cleo@acme.example")), (linked("e1"),), SKIP),
        (Unavailable("partial_data"), (), SKIP),  # zero events of a log that broke off
        (Unavailable("partial_data", read=(RESET,)), (linked("e1"),), SKIP),
    ],
)
def test_resets(resets, exceptions: tuple[ResourceException, ...], outcome: Outcome) -> None:
    snapshot = replace(declared(exceptions=exceptions), resets=resets)
    assert result(snapshot, "factor_resets_explained").outcome is outcome


def test_resets_without_a_ticket_are_listed() -> None:
    (verdict,) = verdicts(replace(good(), resets=(RESET,)), "factor_resets_explained")
    assert verdict.near_miss == "1 resets without a ticket."
    assert "ben@acme.example on 2026-11-20 by anna@acme.example" in verdict.reason
