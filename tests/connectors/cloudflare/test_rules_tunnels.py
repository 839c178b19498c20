"""What lies behind the proxy: assertions, tunnels, SSH, private networks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.account import app
from tests.connectors.cloudflare.factory import (
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    REFUSED,
    apps,
    base,
    result,
    snapshot,
    verdicts,
)
from ztassess.connectors.cloudflare.snapshot import AppAuthority, GatewayRule, Route
from ztassess.domain.findings import Unavailable

ASSERTION, TUNNELS, SSH, ROUTES = (
    "assertion_checked_at_origin",
    "tunnels_healthy",
    "admin_access_short_lived",
    "private_routes_have_policies",
)
FIRST, SECOND = base().ingress
UP = base().tunnels[0]


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("both tunnels demand it", {}, PASS),
        ("not required", {"ingress": (replace(FIRST, access_required=False), SECOND)}, NOT_CHECKED),
        ("another app's assertion", {"ingress": (replace(FIRST, audiences=("aud-wiki",)), SECOND)}, NOT_CHECKED),
        (
            "one path of the host is open",
            {"ingress": (FIRST, replace(FIRST, path="/x", access_required=False), SECOND)},
            NOT_CHECKED,
        ),
        ("no tunnel", {"ingress": ()}, NOT_CHECKED),
        (
            "a host below a wildcard app",
            {
                "apps": apps(app("admin", "*.example.com")),
                "ingress": (replace(FIRST, host="*.example.com"), replace(FIRST, access_required=False)),
            },
            NOT_CHECKED,
        ),
        ("tunnels refused", {"ingress": REFUSED}, NOT_CHECKED),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        ("no app of a host", {"apps": ()}, NOT_APPLICABLE),
        ("cut off", {"ingress": Unavailable("partial_data", read=base().ingress)}, NOT_CHECKED),
    ],
)
def test_assertions(name, parts, outcome):
    assert result(ASSERTION, snapshot(**parts)).outcome is outcome, name


def test_a_neighbor_could_still_call_the_origin():
    (verdict,) = verdicts(ASSERTION, snapshot(ingress=(replace(FIRST, access_required=False), SECOND)))
    assert verdict.near_miss == "The tunnel hides the origin; a neighbor on the network could still call it."
    assert "external probe" in verdict.reason


@pytest.mark.parametrize(
    ("name", "tunnels", "outcome"),
    [
        ("healthy", (UP,), PASS),
        ("degraded", (replace(UP, status="degraded"),), FAIL),
        ("down", (UP, replace(UP, id="2", status="down")), FAIL),
        ("never started", (replace(UP, status="inactive"),), NOT_APPLICABLE),
        ("one never started", (UP, replace(UP, id="2", name="idle", status="inactive")), PASS),
        ("no state", (replace(UP, status=""),), NOT_CHECKED),
        ("a state we do not know", (replace(UP, status="dreaming"),), NOT_CHECKED),
        ("none", (), NOT_APPLICABLE),
        ("refused", REFUSED, NOT_CHECKED),
        ("cut off", Unavailable("partial_data", read=(UP,)), NOT_CHECKED),
        ("cut off after a broken one", Unavailable("partial_data", read=(replace(UP, status="down"),)), FAIL),
    ],
)
def test_tunnels(name, tunnels, outcome):
    assert result(TUNNELS, snapshot(tunnels=tunnels)).outcome is outcome, name


def test_a_single_connector_and_idle_tunnels_are_named():
    idle = replace(UP, id="2", name="idle", status="inactive")
    (verdict,) = verdicts(TUNNELS, snapshot(tunnels=(replace(UP, connectors=1), idle)))
    assert verdict.near_miss == "Tunnel main runs one connector only."
    assert "1 tunnel never started: idle" in verdict.reason


SHELL = app("shell", "ssh.example.com", type="ssh")
BY_TUNNEL = replace(FIRST, host="box.example.com", scheme="ssh")
BOX = app("box", "box.example.com")
NOBODY = {"said": {"admin_hosts": frozenset()}}


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("infrastructure app", {}, PASS),
        ("the account has no authority", {"gateway_authorities": ()}, FAIL),
        ("authorities refused", {"gateway_authorities": REFUSED}, NOT_CHECKED),
        ("SSH app without one", {"apps": apps(SHELL), **NOBODY}, FAIL),
        (
            "SSH app with its own",
            {"apps": apps(SHELL), "app_authorities": (AppAuthority("c", "aud-shell"),), **NOBODY},
            PASS,
        ),
        ("SSH behind an ordinary app", {"apps": apps(BOX), "ingress": (BY_TUNNEL,), **NOBODY}, FAIL),
        ("app authorities refused", {"apps": apps(SHELL), "app_authorities": REFUSED, **NOBODY}, NOT_CHECKED),
        (
            "a declared host that nothing reaches",
            {"said": {"admin_hosts": frozenset({"bastion", "other"})}},
            NOT_CHECKED,
        ),
        ("a target that is gone", {"targets": ()}, NOT_CHECKED),
        ("targets refused", {"targets": REFUSED}, NOT_CHECKED),
        ("no SSH, nobody listed any", {"apps": (), **NOBODY}, NOT_CHECKED),
        ("no SSH, though hosts are listed", {"apps": ()}, NOT_CHECKED),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        ("tunnels refused, so SSH may hide there", {"ingress": REFUSED}, NOT_CHECKED),
    ],
)
def test_ssh(name, parts, outcome):
    assert result(SSH, snapshot(**parts)).outcome is outcome, name


def test_keys_may_remain_even_so():
    (verdict,) = verdicts(SSH, snapshot())
    assert verdict.near_miss == "SSH goes through Access but keys in authorized_keys remain possible."


ALLOW, BLOCK = base().gateway_rules
OPEN = replace(ALLOW, identity="", name="open")


def rule(action: str, precedence: int, **more: str) -> GatewayRule:
    return replace(ALLOW, id=f"r{precedence}", action=action, precedence=precedence, **more)


@pytest.mark.parametrize(
    ("name", "rules", "outcome"),
    [
        ("allow by identity, block the rest", (ALLOW, BLOCK), PASS),
        ("listed the other way round", (BLOCK, ALLOW), PASS),
        ("no rule", (), FAIL),
        ("only allows by identity: the rest is allowed, too", (ALLOW,), FAIL),
        ("the last one allows everyone", (ALLOW, rule("allow", 2, identity="")), FAIL),
        ("everyone before the block", (OPEN, BLOCK), FAIL),
        ("everyone after the block", (rule("block", 1, identity=""), rule("allow", 2, identity="")), PASS),
        ("the block is disabled", (ALLOW, replace(BLOCK, enabled=False)), FAIL),
        ("the block is for HTTP", (ALLOW, replace(BLOCK, filters=("http",))), FAIL),
        ("the block is for one group", (ALLOW, replace(BLOCK, identity="x")), FAIL),
        ("the block is of another network", (ALLOW, replace(BLOCK, traffic="net.dst.ip in {192.168.0.0/16}")), FAIL),
        ("the block is of a part", (ALLOW, replace(BLOCK, traffic="net.dst.ip in {10.1.2.0/24}")), FAIL),
        ("the block is of everything", (ALLOW, replace(BLOCK, traffic="")), PASS),
        (
            "two networks joined",
            (ALLOW, replace(BLOCK, traffic="net.dst.ip in {10.0.0.0/8} or net.dst.ip == 192.168.1.1")),
            PASS,
        ),
        (
            "an expression that says more",
            (ALLOW, replace(BLOCK, traffic="net.dst.ip in {10.0.0.0/8} and net.dst.port == 22")),
            NOT_CHECKED,
        ),
        (
            "an unclear block, then a clear one",
            (rule("block", 0, traffic="net.dst.ip in $list", identity=""), ALLOW, BLOCK),
            PASS,
        ),
        (
            "an unclear allow of everyone",
            (rule("allow", 0, traffic="net.dst.ip in $list", identity=""), ALLOW, BLOCK),
            NOT_CHECKED,
        ),
        ("a healthy device alone", (replace(ALLOW, identity="", posture="x"), BLOCK), NOT_CHECKED),
        ("the block acts at some hours only", (ALLOW, replace(BLOCK, temporary=True)), NOT_CHECKED),
        ("refused", REFUSED, NOT_CHECKED),
    ],
)
def test_routes(name, rules, outcome):
    assert result(ROUTES, snapshot(gateway_rules=rules)).outcome is outcome, name


@pytest.mark.parametrize(
    ("routes", "outcome"),
    [
        ((), NOT_APPLICABLE),
        (REFUSED, NOT_CHECKED),
        ((Route("10.1.0.0/16", "main"), Route("172.16.0.0/12", "main")), FAIL),
        ((Route("fd00::/8", "main"),), FAIL),
        ((Route("somewhere", "main"),), NOT_CHECKED),
    ],
)
def test_networks(routes, outcome):
    assert result(ROUTES, snapshot(routes=routes)).outcome is outcome


def test_a_rule_for_everyone_is_a_near_miss():
    (verdict,) = verdicts(ROUTES, snapshot(gateway_rules=(OPEN, BLOCK)))
    assert verdict.near_miss == "Rules exist but the last one allows everyone."
    assert verdict.resource == "10.1.0.0/16"
