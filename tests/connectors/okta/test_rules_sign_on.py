"""The checks of ways in, by tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.okta.factory import declared, good, result, said, verdicts, with_rules
from tests.connectors.okta.org import access_rule, app, service_app
from tests.connectors.okta.test_sign_on import KEY, PASSWORD, SMS, STRONG, WEAK, assurance, chain, chains
from ztassess.connectors.api import Row
from ztassess.connectors.okta.parsing import app_of
from ztassess.connectors.okta.snapshot import OktaSnapshot
from ztassess.domain.findings import Outcome, Unavailable

ONE, TWO = assurance("1FA"), assurance("2FA")
PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
TOP = access_rule("top", "Strict", priority=0)


def last(method: dict) -> dict:
    return access_rule("last", "Catch-all Rule", priority=99, system=True, method=method)


def apps(*found: dict) -> tuple:
    return tuple(app_of(Row("Application", each)) for each in found)


def hidden(snapshot: OktaSnapshot) -> OktaSnapshot:
    """As a Read-Only Administrator sees it."""
    return replace(snapshot, apps=tuple(each for each in snapshot.apps if each.id not in ("0oa5", "0oa6")))


def partial(snapshot: OktaSnapshot, keep: int) -> OktaSnapshot:
    rules = snapshot.access_rules[:keep]
    return replace(snapshot, access_rules=Unavailable("partial_data", detail="Broke off.", read=rules))


@pytest.mark.parametrize(
    ("snapshot", "two", "resistant"),
    [
        (good(), PASS, PASS),
        (with_rules(TOP, last(TWO)), PASS, FAIL),
        # The first rule alone proves nothing: whom it does not take, the catch-all takes.
        (with_rules(TOP, last(ONE)), FAIL, FAIL),
        (with_rules(TOP, {**last(ONE), "status": "INACTIVE"}), PASS, PASS),
        (with_rules(TOP, last(assurance("2FA", STRONG, WEAK))), PASS, FAIL),
        (with_rules(TOP, last(chains(chain([PASSWORD], [KEY])))), PASS, PASS),
        (with_rules(TOP, last(chains(chain([PASSWORD], [KEY, SMS])))), PASS, FAIL),
        (with_rules(TOP, last({"type": "ID_PROOFING"})), SKIP, SKIP),
        (with_rules(), SKIP, SKIP),
        (with_rules(TOP, apps=Unavailable("missing_scope", "okta.apps.read")), SKIP, SKIP),
        (replace(good(), access_rules=Unavailable("missing_scope", "okta.policies.read")), SKIP, SKIP),
        # A broken page chain: no pass, but what was read of a weak rule stays a fail.
        (partial(with_rules(TOP, last(TWO)), 1), SKIP, SKIP),
        (partial(with_rules(last(ONE), TOP), 1), FAIL, FAIL),
        (replace(good(), apps=apps(app("a", "x", "Hidden policy", ""))), SKIP, SKIP),
        (replace(good(), apps=()), NONE, NONE),
        (replace(good(), apps=apps(service_app("a", "Robot"))), NONE, NONE),
        (replace(good(), apps=apps({**app("a", "x", "Old"), "status": "INACTIVE"})), NONE, NONE),
        # Okta's own apps are hidden: fine only if no policy that may be theirs is weak.
        (hidden(good()), PASS, PASS),
        (hidden(with_rules(TOP, own=[last(ONE)])), SKIP, SKIP),
        (replace(hidden(good()), access_policies=Unavailable("rate_limited")), SKIP, SKIP),
    ],
)
def test_every_app(snapshot: OktaSnapshot, two: Outcome, resistant: Outcome) -> None:
    assert result(snapshot, "mfa_required_every_app").outcome is two
    assert result(snapshot, "phishing_resistant_every_app").outcome is resistant


def test_catch_all_is_named_beside_the_rule_that_looks_good() -> None:
    words = said(with_rules(TOP, last(ONE)), "mfa_required_every_app")
    assert "GitHub: rule 'Strict' asks for two factors, but the catch-all rule allows one." in words
    assert "one of 5 active apps" in words


def test_ordinary_way_beside_a_resistant_one_is_named() -> None:
    words = said(with_rules(last(assurance("2FA", STRONG, WEAK))), "phishing_resistant_every_app")
    assert "GitHub offers a phishing-resistant way and an ordinary one; an attacker takes the ordinary one." in words


def test_an_authenticator_alone_is_no_proof_of_phishing_resistance() -> None:
    assert result(with_rules(last(TWO)), "phishing_resistant_every_app").outcome is FAIL


def test_global_session_policy_alone_is_no_proof() -> None:
    snapshot = replace(good(), apps=apps(app("a", "x", "Hidden policy", "")))
    assert all(rule.require_factor for rule in snapshot.session_rules)
    assert result(snapshot, "mfa_required_every_app").outcome is SKIP


def test_rule_for_break_glass_accounts_alone_is_left_out_and_named() -> None:
    people = {"people": {"users": {"include": ["00u4"]}}}
    glass = access_rule("glass", "Emergency", method=ONE, conditions=people)
    snapshot = with_rules(glass, last(assurance("2FA", STRONG)))
    assert result(snapshot, "mfa_required_every_app").outcome is FAIL
    named = replace(snapshot, declared=replace(snapshot.declared, break_glass=("Dan@acme.example",)))
    assert result(named, "mfa_required_every_app").outcome is PASS
    assert "For break-glass accounts alone, left out: rule Emergency" in said(named, "mfa_required_every_app")


@pytest.mark.parametrize("check", ["mfa_required_every_app", "phishing_resistant_every_app"])
def test_exception_for_one_weak_rule_leaves_the_others(check: str) -> None:
    """Each weak rule has a line of its own, for an exception is by the object of a line."""
    snapshot = with_rules(access_rule("weak", method=ONE), last(ONE))
    (found, *_) = [each for each in verdicts(snapshot, check) if each.outcome is FAIL]
    assert len({line.object for line in found.evidence}) == 2


def test_rule_that_may_be_for_break_glass_accounts_alone_is_no_failure() -> None:
    """Rules name ids, people declare logins: without the users nobody can tell."""
    people = {"people": {"users": {"include": ["00u4"]}}}
    glass = access_rule("glass", "Emergency", method=ONE, conditions=people)
    snapshot = replace(with_rules(glass, last(assurance("2FA", STRONG))), users=Unavailable("missing_scope"))
    named = replace(snapshot, declared=replace(snapshot.declared, break_glass=("Dan@acme.example",)))
    assert result(named, "mfa_required_every_app").outcome is SKIP
    assert result(named, "managed_device_required").outcome is not PASS
    weak = replace(with_rules(glass, last(ONE)), users=Unavailable("missing_scope"), declared=named.declared)
    assert result(weak, "mfa_required_every_app").outcome is FAIL


def test_apps_without_people_are_named_as_left_out() -> None:
    assert "no person signs in to them: Assessment." in said(good(), "mfa_required_every_app")


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (declared(internal_hosts=None), SKIP),
        (declared(internal_hosts=()), SKIP),
        (declared(internal_hosts=("wiki.acme.example", "grafana.acme.example")), FAIL),
        (with_rules(TOP, last(ONE)), FAIL),
        (replace(good(), apps=Unavailable("rate_limited")), SKIP),
        (replace(good(), access_rules=Unavailable("rate_limited")), SKIP),
        (with_rules(last({"type": "ID_PROOFING"})), SKIP),
    ],
)
def test_internal_tools(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "internal_tools_behind_two_factors").outcome is outcome


def test_zone_that_lets_a_tool_in_with_one_factor_is_named() -> None:
    zone = {"network": {"connection": "ZONE", "include": ["nzo1"]}}
    snapshot = with_rules(access_rule("in", "Office", method=ONE, conditions=zone), last(TWO))
    words = said(snapshot, "internal_tools_behind_two_factors")
    assert "wiki.acme.example is in Okta but its policy allows one factor from Office." in words


def test_tool_that_may_stand_behind_a_proxy_is_not_called_open() -> None:
    snapshot = declared(internal_hosts=("grafana.acme.example",))
    proxy = apps(app("p", "cloudflare", "Cloudflare Access"))
    (verdict,) = verdicts(replace(snapshot, apps=(*snapshot.apps, *proxy)), "internal_tools_behind_two_factors")
    assert (verdict.outcome, verdict.reason_code) == (SKIP, "input_missing")


def test_host_of_another_company_is_not_taken_for_the_tool() -> None:
    assert result(declared(internal_hosts=("iki.acme.example",)), "internal_tools_behind_two_factors").outcome is FAIL


@pytest.mark.parametrize(
    ("snapshot", "outcome", "level"),
    [
        (good(), PASS, None),
        (with_rules(own=[last(TWO)]), PASS, 2),
        (with_rules(own=[TOP, last(ONE)]), FAIL, None),
        (with_rules(own=[last(assurance("2FA", STRONG, WEAK))]), PASS, 2),
        (with_rules(own=[last({"type": "ID_PROOFING"})]), SKIP, None),
        (hidden(good()), SKIP, None),
        (replace(good(), apps=Unavailable("missing_scope", "okta.apps.read")), SKIP, None),
        (replace(good(), apps=apps({**app("a", "saasure", "Console"), "status": "INACTIVE"})), NONE, None),
    ],
)
def test_admin_console(snapshot: OktaSnapshot, outcome: Outcome, level: int | None) -> None:
    found = result(snapshot, "admin_console_phishing_resistant")
    assert (found.outcome, found.level) == (outcome, level)


def test_hidden_console_says_which_role_would_see_it() -> None:
    (verdict,) = verdicts(hidden(good()), "admin_console_phishing_resistant")
    assert verdict.reason_code == "forbidden_role"
    assert "Super Administrators only" in verdict.reason


def test_console_at_level_two_says_what_is_lacking() -> None:
    words = said(with_rules(own=[last(TWO)]), "admin_console_phishing_resistant")
    assert "Two factors are demanded, but not phishing-resistant ones: level 2." in words
