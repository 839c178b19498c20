"""The checks of sessions, access tokens, the log, devices and context, by tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.okta.factory import OWN, declared, good, result, said, verdicts, with_rules
from tests.connectors.okta.org import access_rule, session_rule
from tests.connectors.okta.test_sign_on import STRONG, assurance
from ztassess.connectors.api import Row
from ztassess.connectors.okta.parsing import zone_of
from ztassess.connectors.okta.parsing_policies import session_rule_of
from ztassess.connectors.okta.snapshot import AuthorizationServer, LogStream, OktaSnapshot, Zone
from ztassess.connectors.okta.snapshot_policies import Network, Policy, SessionRule, TokenRule
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
UNREAD = Unavailable("missing_scope", "okta.policies.read")


def session(**limits: object) -> OktaSnapshot:
    return replace(good(), session_rules=(session_rule_of(Row("R", session_rule("r", **limits)), "pos1"),))


LAX = {"maxSessionLifetimeMinutes": 0}
DENYING = replace(session(**LAX).session_rules[0], access="DENY")


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (session(), PASS),
        (session(maxSessionLifetimeMinutes=720, maxSessionIdleMinutes=1), PASS),
        (session(**LAX), FAIL),  # 0 means unlimited
        (session(maxSessionLifetimeMinutes=721), FAIL),
        (session(maxSessionIdleMinutes=0), FAIL),
        (session(maxSessionIdleMinutes=121), FAIL),
        (session(usePersistentCookie=True), FAIL),
        (session(maxSessionLifetimeMinutes=None), SKIP),
        (session(usePersistentCookie=None), SKIP),
        (session(maxSessionLifetimeMinutes=None, maxSessionIdleMinutes=999), FAIL),
        (replace(session(**LAX), session_policies=(Policy("pos1", "Old", "OKTA_SIGN_ON", "INACTIVE"),)), FAIL),
        (replace(good(), session_rules=(DENYING, *good().session_rules)), PASS),  # it begins no session
        (replace(good(), session_policies=(), session_rules=()), FAIL),  # nothing is enforced
        (replace(good(), session_policies=UNREAD, session_rules=UNREAD), SKIP),
        (replace(good(), session_rules=Unavailable("partial_data", read=good().session_rules)), SKIP),
        (replace(good(), session_rules=Unavailable("partial_data", read=session(**LAX).session_rules)), FAIL),
    ],
)  # fmt: skip
def test_sessions(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "session_limits").outcome is outcome


def test_unlimited_life_is_a_near_miss_and_the_admin_console_is_named() -> None:
    assert "Idle ends after 120 min, but the total life is unlimited (0)." in said(session(**LAX), "session_limits")
    assert "The admin console ends after 720 minutes, idle after 15." in said(good(), "session_limits")


def tokens(minutes: int | None, status: str = "ACTIVE") -> OktaSnapshot:
    return replace(good(), token_rules=(TokenRule("aus1", "default", "All", "Web", status, minutes),))


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (tokens(15), PASS),
        (tokens(60), FAIL),
        (tokens(0), FAIL),
        (tokens(None), SKIP),
        (tokens(60, "INACTIVE"), NONE),
        (replace(good(), servers=(), token_rules=()), SKIP),
        (replace(good(), servers=(AuthorizationServer("a", "A", "INACTIVE"),), token_rules=()), SKIP),
        (replace(good(), servers=UNREAD, token_rules=UNREAD), SKIP),
        (replace(good(), token_rules=Unavailable("partial_data", read=tokens(60).token_rules)), FAIL),
    ],
)
def test_access_tokens(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "access_token_lifetime").outcome is outcome


def test_long_token_names_server_and_rule() -> None:
    assert "Server 'default', rule 'Web': 60 min." in said(tokens(60), "access_token_lifetime")


@pytest.mark.parametrize(
    ("streams", "outcome"),
    [
        ((LogStream("A", "splunk_cloud_logstreaming", "ACTIVE"), LogStream("B", "x", "INACTIVE")), PASS),
        ((LogStream("A", "x", "INACTIVE"),), FAIL),
        ((), FAIL),
        (Unavailable("forbidden_role", "okta.logStreams.read"), SKIP),
    ],
)
def test_log_streams(streams, outcome: Outcome) -> None:
    assert result(replace(good(), log_streams=streams), "log_stream_active").outcome is outcome


def test_inactive_stream_is_a_near_miss() -> None:
    words = said(replace(good(), log_streams=(LogStream("A", "x", "INACTIVE"),)), "log_stream_active")
    assert "A stream exists but is INACTIVE." in words


def device(id_: str, access: str = "ALLOW", **asks: object) -> dict:
    return access_rule(id_, id_, access=access, conditions={"device": asks})


MANAGED = device("managed", registered=True, managed=True)
OPEN = access_rule("open", "Catch-all Rule", system=True, priority=99)
CLOSED = access_rule("closed", "Catch-all Rule", system=True, priority=99, access="DENY")


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_rules(device("assured", assurance={"include": ["dae1"]}), CLOSED), PASS),
        (with_rules(device("registered", registered=True), CLOSED), FAIL),
        (with_rules(MANAGED, OPEN), FAIL),
        (with_rules(device("empty", assurance={"include": []}), CLOSED), FAIL),
        (with_rules(device("odd", "", managed=True)), SKIP),
        (with_rules(), SKIP),
        (declared(sensitive_tools=None), SKIP),
        (declared(sensitive_tools=("Payroll", "Fax")), SKIP),
        (replace(good(), device_assurances=Unavailable("unsupported")), SKIP),
        (replace(good(), device_assurances=Unavailable("missing_scope")), SKIP),
        (replace(good(), access_rules=UNREAD), SKIP),
        (replace(good(), apps=UNREAD), SKIP),
    ],
)
def test_managed_devices(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "managed_device_required").outcome is outcome


def test_open_rule_that_may_be_for_break_glass_accounts_alone_is_no_failure() -> None:
    glass = access_rule("glass", conditions={"people": {"users": {"include": ["00u4"]}}})
    seen = replace(with_rules(glass, CLOSED), users=Unavailable("missing_scope"))
    named = replace(seen, declared=replace(seen.declared, break_glass=("dan@acme.example",)))
    assert result(named, "managed_device_required").outcome is SKIP
    assert result(replace(named, users=good().users), "managed_device_required").outcome is not FAIL


def test_unmanaged_catch_all_behind_a_managed_rule_is_a_near_miss() -> None:
    words = said(with_rules(MANAGED, OPEN), "managed_device_required")
    assert "Payroll prefers managed devices but lets others in by rule 'Catch-all Rule'." in words


def test_feature_that_the_plan_lacks_is_no_failure() -> None:
    snapshot = replace(with_rules(OPEN), device_assurances=Unavailable("unsupported"))
    assert [each.reason_code for each in verdicts(snapshot, "managed_device_required")] == ["missing_license"]


def zone(usage: str = "BLOCKLIST", status: str = "ACTIVE", **more: object) -> Zone:
    value = {"id": "nzo9", "name": "Anonymizers", "type": "DYNAMIC", "status": status, "usage": usage, **more}
    return zone_of(Row("NetworkZone", value))


TOR, ANY = zone(proxyType="Tor"), zone(proxyType="Any")
CATEGORIES = {"type": "DYNAMIC_V2", "ipServiceCategories": {"include": ["ALL_ANONYMIZERS"]}}


def zones(*found: Zone, **more: object) -> OktaSnapshot:
    return replace(good(), zones=found, **more)


def denying(policy: str, **more: Any) -> SessionRule:
    network = Network("ZONE", ("nzo9",))
    return SessionRule(policy, "d", "No anonymizers", "ACTIVE", False, "DENY", network=network, **more)


TWO, BEST = assurance("2FA"), assurance("2FA", STRONG)
PLAIN = access_rule("plain", "Catch-all Rule", system=True, priority=99, method=TWO)
LETTING = SessionRule("pos1", "a", "Everybody", "ACTIVE", False, "ALLOW", priority=1)
BUT = Network("ZONE", (), ("nzo9",))
USED = zone("POLICY", proxyType="Any")


def session_denying(conditions: dict[str, Any]) -> SessionRule:
    network = {"network": {"connection": "ZONE", "include": ["nzo9"]}}
    value = {**session_rule("d"), "conditions": {**network, **conditions}, "actions": {"signon": {"access": "DENY"}}}
    return session_rule_of(Row("R", value), "pos1")


DEFAULTS: dict[str, Any] = {"riskScore": {"level": "ANY"}, "risk": {"behaviors": []}}


def by_app(usage: str, *, priority: int = 1, conditions: dict[str, Any] | None = None) -> OktaSnapshot:
    """No session rule denies; a rule before every app does."""
    network = {"network": {"connection": "ZONE", "include": ["nzo9"]}, **(conditions or {})}
    deny = access_rule("deny", access="DENY", priority=priority, conditions=network)
    found = with_rules(deny, access_rule("in", priority=3), PLAIN, own=[deny, *OWN])
    return replace(found, zones=zones(zone(usage, proxyType="Any")).zones)


OTHER = Policy("pos2", "Contractors", "OKTA_SIGN_ON", "ACTIVE")


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (zones(TOR), PASS),
        (zones(ANY), PASS),
        (zones(zone(**CATEGORIES)), PASS),
        (zones(zone(status="INACTIVE", proxyType="Tor")), FAIL),
        (zones(zone(proxyType="null")), FAIL),
        (zones(zone(proxyType="NotTorAnonymizer")), FAIL),
        (zones(zone("POLICY", proxyType="Tor")), FAIL),
        (zones(zone(proxyType="Any", locations=[{"country": "RU"}])), FAIL),
        (zones(zone(**CATEGORIES, locations={"include": [{"country": "RU"}]})), FAIL),
        (zones(), FAIL),
        (zones(zone("POLICY", proxyType="Any"), session_rules=(denying("pos1"),)), PASS),
        # One policy that denies is not all of them.
        (zones(zone("POLICY", proxyType="Any"), session_rules=(denying("pos1"),),
               session_policies=(*good().session_policies, OTHER)), FAIL),
        (zones(zone("POLICY", proxyType="Any"), session_rules=UNREAD), SKIP),
        # A rule that denies after another one let everybody in, or that is not for everybody, keeps nobody out.
        (zones(USED, session_rules=(denying("pos1", priority=2), LETTING)), FAIL),
        (zones(USED, session_rules=(denying("pos1", priority=2), replace(LETTING, network=BUT))), PASS),
        (zones(USED, session_rules=(denying("pos1", narrowed=True),)), FAIL),
        (zones(USED, session_rules=(session_denying({"riskScore": {"level": "HIGH"}}),)), FAIL),
        (zones(USED, session_rules=(session_denying(DEFAULTS),)), PASS),
        (zones(USED, session_rules=(session_denying({"authContext": {"authType": "RADIUS"}}),)), FAIL),
        (by_app("POLICY"), PASS),
        (by_app("POLICY", priority=5), FAIL),
        (by_app("POLICY", conditions={"people": {"groups": {"include": ["g1"]}}}), FAIL),
        (by_app("POLICY", conditions={"people": {"users": {"exclude": ["u1"]}}}), FAIL),
        (by_app("POLICY", conditions={"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}}), FAIL),
        (by_app("POLICY", conditions={"platform": {"include": [{"type": "ANY", "os": {"type": "ANY"}}]}}), PASS),
        (by_app("POLICY", conditions={"riskScore": {"level": "HIGH"}}), FAIL),
        (replace(good(), zones=Unavailable("missing_scope", "okta.networkZones.read")), SKIP),
    ],
)  # fmt: skip
def test_anonymizers(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "anonymizers_blocked").outcome is outcome


def test_zone_without_a_rule_is_a_near_miss() -> None:
    words = said(zones(zone("POLICY", proxyType="Any")), "anonymizers_blocked")
    assert "The zone exists but is used by no rule." in words


IN_ZONE = {"network": {"connection": "ZONE", "include": ["nzo1"]}}
RISKY = {"riskScore": {"level": "HIGH"}}


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_rules(access_rule("risky", access="DENY", conditions=RISKY), PLAIN), PASS),
        (with_rules(access_rule("risky", method=BEST, conditions=RISKY), PLAIN), PASS),
        (with_rules(access_rule("zone", access="DENY", conditions=IN_ZONE), PLAIN), PASS),
        (with_rules(MANAGED, CLOSED), PASS),
        # A zone that asks for less is no step up.
        (with_rules(access_rule("zone", method=assurance("1FA"), conditions=IN_ZONE), PLAIN), FAIL),
        (with_rules(PLAIN), FAIL),
        (declared(sensitive_tools=None), SKIP),
        (declared(sensitive_tools=("Fax",)), SKIP),
        (replace(with_rules(PLAIN), declared=declared(sensitive_tools=None).declared), FAIL),
        (replace(good(), access_rules=UNREAD), SKIP),
        (replace(good(), apps=UNREAD), SKIP),
    ],
)
def test_context(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "context_conditions_used").outcome is outcome


def test_unused_zones_are_a_near_miss() -> None:
    assert "Zones are defined, no rule refers to them." in said(with_rules(PLAIN), "context_conditions_used")
