"""The checks of keys, postures, shells and logs by tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.tailscale.factory import (
    BEN,
    GOOD,
    HIDDEN,
    ZERO,
    acl,
    ago,
    ahead,
    findings,
    grant,
    key,
    outcome,
    policy,
    settings,
    snapshot,
    told,
)
from ztassess.connectors.tailscale.rules_ssh import period_of
from ztassess.connectors.tailscale.snapshot import Credential, DeviceAttributes, Integration, TailscaleSnapshot
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NOT_CHECKED, NOT_APPLICABLE = Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
SOME = Credential(frozenset({"auth_keys:read"}))


def keys(*each: Any, **more: Any) -> TailscaleSnapshot:
    return snapshot(keys=each, **more)


KEYS = [
    ("single use, ephemeral", GOOD, PASS),
    ("single use, lasting", keys(key(create={"ephemeral": False})), PASS),
    ("reusable, ephemeral", keys(key(create={"reusable": True})), PASS),
    ("reusable, lasting", keys(key(create={"reusable": True, "ephemeral": False})), FAIL),
    ("reusable, nothing said of the devices", keys(key(create={"reusable": True, "ephemeral": None})), FAIL),
    ("91 days", keys(key(created=ago(days=1), expires=ahead(days=90, hours=1))), FAIL),
    ("90 days", keys(key(created=ago(days=1), expires=ahead(days=89))), PASS),
    ("never ends", keys(key(expires=ZERO)), FAIL),
    ("end not told", keys(key(expires=None)), FAIL),
    ("a person's token", keys(key(keyType="api", capabilities={})), FAIL),
    (
        "a token of an hour",
        keys(key(keyType="api", userId="", created=ago(minutes=1), expires=ahead(minutes=59))),
        NOT_APPLICABLE,
    ),
    ("a person's token of an hour", keys(key(keyType="api", created=ago(minutes=1), expires=ahead(minutes=59))), FAIL),
    ("no person's, but long", keys(key(keyType="api", userId="", expires=ahead(days=9))), FAIL),
    ("trust credentials", keys(key(keyType="client", expires=ZERO), key("k2", keyType="federated")), NOT_APPLICABLE),
    ("revoked", keys(key(expires=ZERO, revoked=ago(days=2))), NOT_APPLICABLE),
    ("invalid", keys(key(expires=ZERO, invalid=True)), NOT_APPLICABLE),
    ("ended", keys(key(create={"reusable": True, "ephemeral": False}, expires=ago(days=1))), NOT_APPLICABLE),
    ("unknown kind", keys(key(keyType="robot")), NOT_CHECKED),
    ("use not told", keys(key(create={"reusable": None})), NOT_CHECKED),
    ("begin not told", keys(key(created=None)), NOT_CHECKED),
    ("none", keys(), NOT_APPLICABLE),
    ("hidden", snapshot(keys=HIDDEN), NOT_CHECKED),
    ("in part", snapshot(keys=Unavailable("partial_data", read=(key(),))), NOT_CHECKED),
    ("bad before it broke off", snapshot(keys=Unavailable("partial_data", read=(key(expires=ZERO),))), FAIL),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in KEYS])
def test_keys(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("auth_keys_bounded", seen) is expected


def test_a_list_that_may_be_short_says_so() -> None:
    for seen in (keys(credential=SOME), keys(key(), credential=SOME), keys(credential=Credential())):
        assert "visible to this credential" in told("auth_keys_bounded", seen)
    assert "visible to this credential" not in told("auth_keys_bounded", GOOD)


def test_long_life_of_an_ephemeral_key_is_a_near_miss() -> None:
    assert "k1 (ci) is ephemeral but lives 21 days." in told("auth_keys_bounded", GOOD)
    long = keys(key(expires=ahead(days=200)))
    assert "k1 (ci) is ephemeral but lives 201 days." in told("auth_keys_bounded", long)


GATED = grant(["group:ops"], ["tag:prod"], ["443"], srcPosture=["posture:managed"])
BARE = grant([BEN], ["tag:prod"], ["22"])
WIKI = grant(["group:dev"], ["tag:wiki"])


def rules(*grants: Any, **more: Any) -> TailscaleSnapshot:
    parts = {name: more.pop(name) for name in ("postures", "defaultSrcPosture", "groups") if name in more}
    return snapshot(policy=policy(grants=list(grants), **parts), **more)


POSTURE = [
    ("before production", GOOD, PASS),
    ("a way around it", rules(GATED, BARE), FAIL),
    ("a way around it by star", rules(GATED, grant(["*"], ["*"])), FAIL),
    ("a machine's way", rules(GATED, grant(["tag:ci"], ["tag:prod"])), PASS),
    ("default", rules(grant(["group:ops"], ["tag:prod"]), WIKI, defaultSrcPosture=["posture:managed"]), PASS),
    ("default, production undeclared", rules(WIKI, defaultSrcPosture=["posture:managed"], production_tags=None), PASS),
    ("default of a name nobody defined", rules(WIKI, defaultSrcPosture=["posture:none"]), FAIL),
    ("own conditions in the rule", rules({**GATED, "srcPosture": ["node:os == 'macos'"]}, postures={}), PASS),
    (
        "one alternative asks for nothing",
        rules(
            {**GATED, "srcPosture": ["posture:managed", "posture:any"]},
            postures={"posture:managed": ["node:os == 'macos'"], "posture:any": []},
        ),
        FAIL,
    ),
    ("defined and unused", rules(WIKI), FAIL),
    ("used, not before production", rules({**WIKI, "srcPosture": ["posture:managed"]}, BARE), FAIL),
    ("none", rules(WIKI, postures={}), FAIL),
    ("none, no rules", rules(postures={}), FAIL),
    ("production undeclared", snapshot(production_tags=None), NOT_CHECKED),
    ("production unknown", snapshot(production_tags=("tag:live",)), NOT_CHECKED),
    (
        "nobody reaches production",
        rules(
            {**WIKI, "srcPosture": ["posture:managed"]},
            grant(["group:ops"], ["tag:wiki"]),
            grant(["tag:ci"], ["tag:prod"]),
        ),
        NOT_APPLICABLE,
    ),
    ("a way nobody can tell", rules(GATED, grant(["group:dev"], ["somewhere"])), NOT_CHECKED),
    ("policy hidden", snapshot(policy=HIDDEN), NOT_CHECKED),
    ("default policy", snapshot(policy=policy(acls=None, grants=None)), NOT_CHECKED),
    ("devices hidden", snapshot(devices=HIDDEN), NOT_CHECKED),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in POSTURE])
def test_posture(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("posture_used", seen) is expected


def test_unused_posture_is_named_and_so_is_a_device_manager() -> None:
    assert "Posture 'posture:managed' is defined but no rule uses it." in told("posture_used", rules(WIKI))
    seen = rules(WIKI, postures={}, integrations=(Integration("kandji", failing=False),))
    assert "kandji reports to Tailscale, but no rule asks for its answer." in told("posture_used", seen)


def test_pass_tells_conditions_reports_and_failing_synchronizations() -> None:
    sampled = (
        DeviceAttributes("a", ("intune:complianceState", "node:os")),
        DeviceAttributes("b", ("node:os",)),
    )
    seen = snapshot(attributes=sampled, integrations=(Integration("intune", failing=True),))
    said = told("posture_used", seen)
    assert "1 of 2 sampled devices report intune:complianceState, node:os" in said
    assert "The last synchronization with intune failed." in said
    (finding,) = findings("posture_used", seen)
    assert "node:os == 'macos'" in finding.verdict.evidence[0].observed


def shell(action: str = "check", **more: Any) -> dict[str, Any]:
    return {"action": action, "src": ["group:ops"], "dst": ["tag:prod"], "users": ["root"], **more}


def ssh(*each: dict[str, Any], **more: Any) -> TailscaleSnapshot:
    return snapshot(policy=policy(ssh=list(each)), **more)


OWN = {"action": "accept", "src": ["autogroup:member"], "dst": ["autogroup:self"], "users": ["autogroup:nonroot"]}
SSH = [
    ("check", GOOD, PASS),
    ("check, 12 hours", ssh(shell(checkPeriod="12h")), PASS),
    ("check, always", ssh(shell(checkPeriod="always")), PASS),
    ("check, 20 hours", ssh(shell(checkPeriod="20h")), FAIL),
    ("check, 13 hours in minutes", ssh(shell(checkPeriod="780m")), FAIL),
    ("check, a period we do not know", ssh(shell(checkPeriod="1 week")), NOT_CHECKED),
    ("accept", ssh(shell("accept")), FAIL),
    ("accept, production without root", ssh(shell("accept", users=["autogroup:nonroot"])), FAIL),
    ("accept, root on one's own", ssh({**OWN, "users": ["root"]}), FAIL),
    ("accept, nobody named", ssh({**OWN, "users": []}), FAIL),
    ("accept, production by autogroup", ssh(shell("accept", dst=["autogroup:tagged"], users=["deploy"])), FAIL),
    ("machines cannot be asked", ssh(shell("accept", src=["tag:ci"])), FAIL),
    ("check and accept for the same", ssh(shell(), shell("accept")), PASS),
    ("check for members covers a group", ssh(shell(src=["autogroup:member"]), shell("accept")), PASS),
    (
        "check for members covers no machine",
        ssh(shell(src=["autogroup:member"]), shell("accept", src=["tag:ci"])),
        FAIL,
    ),
    ("check of a wider time does not cover", ssh(shell(checkPeriod="100h"), shell("accept")), FAIL),
    ("check with a posture does not cover", ssh(shell(srcPosture=["posture:managed"]), shell("accept")), FAIL),
    ("check for other users does not cover", ssh(shell(users=["deploy"]), shell("accept")), FAIL),
    ("unknown action", ssh(shell("record")), NOT_CHECKED),
    ("own devices without root", ssh(OWN), NOT_APPLICABLE),
    ("no rule", ssh(), NOT_APPLICABLE),
    ("tags, production undeclared", ssh(shell(users=["deploy"]), production_tags=None), NOT_CHECKED),
    ("root checked, production undeclared", ssh(shell(), production_tags=None), PASS),
    ("production unknown", ssh(shell(), production_tags=("tag:live",)), NOT_CHECKED),
    ("hidden", snapshot(policy=HIDDEN), NOT_CHECKED),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SSH])
def test_ssh(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("ssh_needs_check", seen) is expected


def test_period_is_told() -> None:
    assert "check, with a period of 20h." in told("ssh_needs_check", ssh(shell(checkPeriod="20h")))
    assert period_of("1h30m") == timedelta(hours=1, minutes=30)
    assert period_of("") == timedelta(hours=12)
    assert period_of("-1h") is None


FLOW = [
    ("on", GOOD, PASS),
    ("off", snapshot(settings=(settings(networkFlowLoggingOn=False),)), FAIL),
    ("absent", snapshot(settings=(settings(networkFlowLoggingOn=None),)), NOT_CHECKED),
    ("hidden", snapshot(settings=HIDDEN), NOT_CHECKED),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in FLOW])
def test_flow_logs(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("flow_logs_on", seen) is expected


def test_absent_flow_logs_are_a_plan_or_a_scope() -> None:
    absent = (settings(networkFlowLoggingOn=None),)
    (plan,) = findings("flow_logs_on", snapshot(settings=absent))
    assert plan.verdict.reason_code == "missing_license"
    (scope,) = findings("flow_logs_on", snapshot(settings=absent, credential=SOME))
    assert (scope.verdict.reason_code, scope.verdict.missing_scope) == ("missing_scope", "logs:network:read")


def test_configuration_logs_are_no_flow_logs() -> None:
    off = (settings(networkFlowLoggingOn=False),)
    assert "Configuration logs exist; flow logs are off." in told("flow_logs_on", snapshot(settings=off))
    assert "Configuration logs" not in told("flow_logs_on", snapshot(settings=off, changes=HIDDEN))


def test_no_rule_reaches_beyond_its_words() -> None:
    """A grant without ports gives rights inside an app, not a way there."""
    inside = {"src": ["*"], "dst": ["tag:prod"], "app": {"acme.example/cap": [{"admin": True}]}}
    assert outcome("posture_used", rules(GATED, inside)) is PASS
    assert outcome("no_member_to_prod", rules(GATED, inside)) is PASS
    assert outcome("no_member_to_prod", snapshot(policy=policy(acls=[acl(["*"], ["tag:prod:0"])]))) is FAIL
