"""Public entry points: declared, and behind a firewall that blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import ACCOUNT, REFUSED, REGION, gap, interface, result, snapshot, verdicts
from ztassess.connectors.aws.rules_network import checks
from ztassess.connectors.aws.snapshot import ApiStage, Distribution, LoadBalancer, RestApi, WafRule, WebAcl
from ztassess.domain.findings import Outcome

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
LISTED = "aws.public_endpoints_listed"
WAF = "aws.waf_attached_and_blocking"

LB, CDN, APIS, NIC, WEB = "load_balancers", "distributions", "rest_apis", "network_interfaces", "web_acls"
BALANCER = LoadBalancer(
    region=REGION,
    arn=f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/shop/1",
    name="shop",
    kind="application",
    internet_facing=True,
    dns_name="shop-1.eu-west-1.elb.amazonaws.com",
)
DISTRIBUTION = Distribution(
    id="E1",
    arn=f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
    domain="d1.cloudfront.net",
    aliases=("www.acme.example",),
    origins=(),
    enabled=True,
    web_acl="",
)
API = RestApi(REGION, "api1", "orders", private=False, stages=(ApiStage("prod", ""),))


@pytest.mark.parametrize(
    ("name", "declared", "parts", "outcome"),
    [
        ("balancer by host", ("SHOP-1.eu-west-1.elb.amazonaws.com.",), {LB: (BALANCER,)}, PASS),
        (
            "balancer by address of the browser",
            ("https://shop-1.eu-west-1.elb.amazonaws.com/",),
            {LB: (BALANCER,)},
            PASS,
        ),
        ("balancer not declared", (), {LB: (BALANCER,)}, FAIL),
        ("internal balancer", (), {LB: (replace(BALANCER, internet_facing=False),)}, NOT_APPLICABLE),
        ("network balancer", (), {LB: (replace(BALANCER, kind="network"),)}, FAIL),
        ("distribution by alias", ("www.acme.example",), {CDN: (DISTRIBUTION,)}, PASS),
        ("distribution not declared", (), {CDN: (DISTRIBUTION,)}, FAIL),
        ("distribution off", (), {CDN: (replace(DISTRIBUTION, enabled=False),)}, NOT_APPLICABLE),
        ("API by host", (API.host,), {APIS: (API,)}, PASS),
        ("API not declared", (), {APIS: (API,)}, FAIL),
        ("private API", (), {APIS: (replace(API, private=True),)}, NOT_APPLICABLE),
        ("API without a stage", (), {APIS: (replace(API, stages=()),)}, NOT_APPLICABLE),
        ("address declared", ("192.0.2.4",), {NIC: (interface(public_address="192.0.2.4"),)}, PASS),
        ("address not declared", (), {NIC: (interface(public_address="192.0.2.4"),)}, FAIL),
        ("private address", (), {NIC: (interface(private_address="10.0.0.4"),)}, NOT_APPLICABLE),
        (
            "address of a NAT gateway",
            (),
            {NIC: (interface(public_address="192.0.2.4", kind="nat_gateway"),)},
            NOT_APPLICABLE,
        ),
        (
            "address of a declared balancer",
            ("shop",),
            {LB: (BALANCER,), NIC: (interface(public_address="192.0.2.4", description="ELB app/shop/1"),)},
            PASS,
        ),
        ("nothing declared", None, {LB: (BALANCER,)}, NOT_CHECKED),
        ("declared, but nothing there", ("www.acme.example",), {}, NOT_CHECKED),
        ("nothing declared as public, nothing there", (), {}, NOT_APPLICABLE),
        ("balancers refused", (), {LB: REFUSED}, NOT_CHECKED),
        ("a region refused", (), {"gaps": (gap("load_balancers"),)}, NOT_CHECKED),
        ("one refused, one undeclared", (), {LB: REFUSED, APIS: (API,)}, FAIL),
    ],
)
def test_public_endpoints_are_declared(name, declared, parts, outcome):
    inputs = {"public_endpoints": declared}
    assert result(checks, LISTED, snapshot(inputs=inputs, **parts)).outcome is outcome, name


def test_undeclared_endpoints_are_counted():
    taken = snapshot(inputs={"public_endpoints": (API.host,)}, rest_apis=(API,), distributions=(DISTRIBUTION,))
    (found,) = verdicts(checks, LISTED, taken)
    assert (found.resource, found.seen, found.near_miss) == (DISTRIBUTION.arn, 2, "1 undeclared endpoint.")


MANAGED = WafRule("common", managed_group="AWS/AWSManagedRulesCommonRuleSet", override="none")
RATE = WafRule("rate", action="block", rate_based=True)


def acl(*rules: WafRule, **more: object) -> WebAcl:
    base = WebAcl(REGION, "arn:acl/1", "acl-1", "edge", "allow", rules, logging=True, resources=(BALANCER.arn,))
    return replace(base, **more)  # type: ignore[arg-type]  tests may give any field


@pytest.mark.parametrize(
    ("name", "web_acl", "outcome", "level"),
    [
        ("blocks, limits, logs", acl(MANAGED, RATE), PASS, None),
        ("default action blocks too", acl(MANAGED, RATE, default_action="block"), PASS, None),
        ("all in count", acl(replace(MANAGED, override="count"), RATE), FAIL, 1),
        ("everything in count", acl(replace(MANAGED, override="count"), replace(RATE, action="count")), FAIL, 1),
        ("one group counts, one blocks", acl(replace(MANAGED, override="count"), MANAGED, RATE), PASS, None),
        ("no managed group", acl(WafRule("own", action="block"), RATE), FAIL, None),
        ("no rate rule", acl(MANAGED), FAIL, 1),
        ("rate rule counts", acl(MANAGED, replace(RATE, action="count")), FAIL, 1),
        ("no logging", acl(MANAGED, RATE, logging=False), FAIL, None),
        ("logging not readable", acl(MANAGED, RATE, logging=None), NOT_CHECKED, None),
        ("no logging and count", acl(replace(MANAGED, override="count"), RATE, logging=None), FAIL, None),
        (
            "single rules count",
            acl(replace(MANAGED, counted_rules=("SizeRestrictions_BODY",)), RATE),
            NOT_CHECKED,
            None,
        ),
        ("single rules of one group count", acl(replace(MANAGED, counted_rules=("X",)), MANAGED, RATE), PASS, None),
        ("no rule", acl(), FAIL, None),
        ("on another balancer", acl(MANAGED, RATE, resources=("arn:other",)), FAIL, 0),
        ("where it is attached not readable", acl(MANAGED, RATE, resources=None), NOT_CHECKED, None),
    ],
)
def test_balancer_has_a_blocking_firewall(name, web_acl, outcome, level):
    (found,) = verdicts(checks, WAF, snapshot(load_balancers=(BALANCER,), web_acls=(web_acl,)))
    assert (found.outcome, found.level) == (outcome, level), name


def test_counting_rules_are_a_near_miss():
    taken = snapshot(load_balancers=(BALANCER,), web_acls=(acl(replace(MANAGED, override="count"), RATE),))
    (found,) = verdicts(checks, WAF, taken)
    assert found.near_miss == "Managed rules count, do not block."


GLOBAL = acl(MANAGED, RATE, region="global", arn="arn:acl/global", id="acl-g", resources=())


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("no entry point", {WEB: (GLOBAL,)}, NOT_APPLICABLE),
        ("no entry point, firewalls refused", {WEB: REFUSED}, NOT_APPLICABLE),
        ("no firewall", {LB: (BALANCER,)}, FAIL),
        ("firewalls refused", {LB: (BALANCER,), WEB: REFUSED}, NOT_CHECKED),
        ("firewalls refused in the region", {LB: (BALANCER,), "gaps": (gap("web_acls", REGION),)}, NOT_CHECKED),
        (
            "firewalls refused where nothing is public",
            {LB: (BALANCER,), WEB: (acl(MANAGED, RATE),), "gaps": (gap(WEB),)},
            PASS,
        ),
        (
            "balancers refused in a region",
            {LB: (BALANCER,), WEB: (acl(MANAGED, RATE),), "gaps": (gap(LB),)},
            NOT_CHECKED,
        ),
        ("balancers refused", {LB: REFUSED}, NOT_CHECKED),
        ("network balancer", {LB: (replace(BALANCER, kind="network"),)}, NOT_APPLICABLE),
        ("internal balancer", {LB: (replace(BALANCER, internet_facing=False),)}, NOT_APPLICABLE),
        ("distribution by ARN", {CDN: (replace(DISTRIBUTION, web_acl="arn:acl/global"),), WEB: (GLOBAL,)}, PASS),
        ("distribution by id", {CDN: (replace(DISTRIBUTION, web_acl="acl-g"),), WEB: (GLOBAL,)}, PASS),
        ("distribution of another kind", {CDN: (replace(DISTRIBUTION, web_acl="classic"),)}, NOT_CHECKED),
        ("distribution without", {CDN: (DISTRIBUTION,), WEB: (GLOBAL,)}, FAIL),
        (
            "API stage",
            {APIS: (replace(API, stages=(ApiStage("prod", "arn:acl/1"),)),), WEB: (acl(MANAGED, RATE),)},
            PASS,
        ),
        ("API stage without", {APIS: (API,)}, FAIL),
        (
            "one of two",
            {LB: (BALANCER,), APIS: (API,), WEB: (acl(MANAGED, RATE),)},
            FAIL,
        ),
    ],
)
def test_every_public_web_entry_point_counts(name, parts, outcome):
    assert result(checks, WAF, snapshot(**parts)).outcome is outcome, name
