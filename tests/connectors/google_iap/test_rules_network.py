"""Ports, the web application firewall, and stores."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap.factory import NO, armor, backend, broken_off, enforced, judged, only, opening, outcome
from tests.connectors.google_iap.rows import PROD
from ztassess.connectors.google_iap.constraints import NO_PUBLIC_BUCKETS, NO_PUBLIC_SQL
from ztassess.connectors.google_iap.ranges import is_internet
from ztassess.connectors.google_iap.snapshot_resources import ArmorRule, Bucket, Opening, SqlInstance
from ztassess.domain.findings import Severity

PORTS, WAF, STORES = "firewall_closed", "backends_have_cloud_armor", "stores_private"
HALVES = ("0.0.0.0/1", "128.0.0.0/1")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param((opening("80", "443"),), "pass", id="the web"),
        pytest.param((opening("80"), opening("443", protocol="udp")), "pass", id="QUIC"),
        pytest.param((opening("22", sources=("203.0.113.0/24",)),), "pass", id="not the internet"),
        pytest.param((opening(protocol="icmp"),), "pass", id="ping"),
        pytest.param((opening("22"),), "fail", id="SSH"),
        pytest.param((opening("8080"),), "fail", id="another port"),
        pytest.param((opening("443-8443"),), "fail", id="a range beyond the web"),
        pytest.param((opening("80-443"),), "fail", id="a range between"),
        pytest.param((opening(),), "fail", id="no ports means all of them"),
        pytest.param((opening(protocol="all"),), "fail", id="everything"),
        pytest.param((opening("22", protocol="6"),), "fail", id="protocol by number"),
        pytest.param((opening(protocol="47"),), "fail", id="a tunnel"),
        pytest.param((opening("22", sources=("::/0",)),), "fail", id="IPv6"),
        pytest.param((opening("22", sources=HALVES),), "fail", id="in two halves"),
        pytest.param((opening("x-y"),), "fail", id="ports that cannot be read"),
        pytest.param((opening("22", sources=("what",)),), "fail", id="a range that cannot be read"),
        pytest.param(
            (opening("80", openings=(Opening("tcp", ("80",)), Opening("tcp", ("22",)))),), "fail", id="second"
        ),
        pytest.param((), "not_applicable", id="no rule"),
        pytest.param(NO, "not_checked", id="refused"),
        pytest.param(broken_off(opening("22")), "fail", id="open before it broke off"),
        pytest.param(broken_off(opening("80")), "not_checked", id="closed before it broke off"),
    ],
)
def test_ports(rules, expected):
    assert outcome(PORTS, openings=rules) == expected


def test_rules_of_firewall_policies_count():
    assert outcome(PORTS, policy_openings=(opening("22", policy="fp"),)) == "fail"
    assert outcome(PORTS, policy_openings=NO) == "not_checked"


def test_severity_and_near_miss_of_an_open_port():
    assert only(PORTS, openings=(opening("5432"),)).severity is Severity.CRITICAL
    assert only(PORTS, openings=(opening("8080"),)).severity is Severity.HIGH
    tagged = opening("22", targets=("web",), name="ssh")
    assert only(PORTS, openings=(tagged,)).near_miss == "Rule ssh is limited by tag web, which 1 instance carries."
    assert "Hierarchical firewall policies" in only(PORTS).reason


def test_a_company_range_is_not_the_internet():
    assert not is_internet("10.0.0.0/8")
    assert is_internet("64.0.0.0/2")


def rule(**changed):
    values = {"priority": 1000, "action": "deny(403)", "preview": False, "waf": True, "everyone": False} | changed
    return ArmorRule(**values)


@pytest.mark.parametrize(
    ("changed", "expected", "level"),
    [
        pytest.param({}, "pass", None, id="refuses"),
        pytest.param({"backends": (backend(armor=""),)}, "fail", 0, id="no policy"),
        pytest.param({"armor_policies": (armor(rule(preview=True)),)}, "fail", 1, id="preview"),
        pytest.param({"armor_policies": (armor(rule(action="allow")),)}, "fail", 0, id="allows"),
        pytest.param({"armor_policies": (armor(rule(waf=False)),)}, "fail", 0, id="only addresses"),
        pytest.param(
            {"armor_policies": (armor(rule(), rule(priority=1, action="allow", waf=False, everyone=True)),)},
            "fail",
            0,
            id="everybody is let in before it",
        ),
        pytest.param(
            {"armor_policies": (armor(rule(), rule(priority=9999, action="allow", waf=False, everyone=True)),)},
            "pass",
            None,
            id="everybody else is let in after it",
        ),
        pytest.param({"armor_policies": ()}, "not_checked", None, id="its policy is not there"),
        pytest.param({"armor_policies": NO}, "not_checked", None, id="policies refused"),
        pytest.param({"armor_policies": NO, "backends": (backend(armor=""),)}, "fail", 0, id="refused, but none"),
        pytest.param({"backends": NO}, "not_checked", None, id="backends refused"),
        pytest.param({"backends": (backend(scheme="INTERNAL_MANAGED"),)}, "not_applicable", None, id="inside"),
        pytest.param({"backends": (backend(protocol="TCP", armor=""),)}, "not_applicable", None, id="not the web"),
    ],
)
def test_web_application_firewall(changed, expected, level):
    word, verdicts = judged(WAF, **changed)
    assert (word, verdicts[0].level) == (expected, level)


def test_preview_is_a_near_miss():
    assert only(WAF, armor_policies=(armor(rule(preview=True)),)).near_miss == "Policy edge is in preview."


def database(public, *networks):
    return (SqlInstance(PROD, "orders", public, networks),)


def bucket(uniform, prevention):
    return (Bucket(PROD, "files", uniform, prevention),)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="private"),
        pytest.param({"sql_instances": database(True)}, "pass", id="public address, nobody authorized"),
        pytest.param({"sql_instances": database(True, "203.0.113.7/32")}, "pass", id="one address"),
        pytest.param({"sql_instances": database(True, "0.0.0.0/0")}, "fail", id="the internet"),
        pytest.param({"sql_instances": database(True, *HALVES)}, "fail", id="in two halves"),
        pytest.param({"sql_instances": database(False, "0.0.0.0/0")}, "pass", id="authorized, but no address"),
        pytest.param({"sql_instances": database(None, "0.0.0.0/0")}, "not_checked", id="address not told"),
        pytest.param({"buckets": bucket(False, "enforced")}, "fail", id="lists on objects"),
        pytest.param({"buckets": bucket(True, "unspecified")}, "fail", id="can be made public"),
        pytest.param({"buckets": bucket(True, "inherited")}, "fail", id="inherits nothing"),
        pytest.param({"buckets": bucket(True, "")}, "fail", id="not told, and not enforced above"),
        pytest.param(
            {"buckets": bucket(True, "inherited"), "org_policies": enforced(NO_PUBLIC_BUCKETS)}, "pass", id="inherits"
        ),
        pytest.param({"buckets": bucket(True, "inherited"), "org_policies": NO}, "not_checked", id="inherits unread"),
        pytest.param({"buckets": bucket(False, "inherited"), "org_policies": NO}, "fail", id="lists, whatever above"),
        pytest.param({"sql_instances": (), "buckets": ()}, "not_applicable", id="no store"),
        pytest.param({"sql_instances": NO}, "not_checked", id="databases refused"),
        pytest.param({"buckets": NO}, "not_checked", id="buckets refused"),
        pytest.param({"sql_instances": NO, "buckets": bucket(False, "enforced")}, "fail", id="refused, one open"),
    ],
)
def test_stores(changed, expected):
    assert outcome(STORES, **changed) == expected


def test_levels_of_stores():
    both = enforced(NO_PUBLIC_SQL, NO_PUBLIC_BUCKETS)
    assert only(STORES).level == 2
    assert only(STORES, org_policies=both).level == 3
    assert only(STORES, org_policies=enforced(NO_PUBLIC_SQL)).level == 2
    shut = only(STORES, sql_instances=database(True), org_policies=both)
    assert shut.near_miss == "Public IP is on with no authorized network: closed now, one setting from open."
    assert shut.level == 2
    assert only(STORES, buckets=bucket(False, "enforced")).level == 1
    assert judged(STORES, sql_instances=NO, buckets=bucket(False, "enforced"))[1][0].level == 0
