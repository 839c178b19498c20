"""Security groups: what they let in from the internet, the proxy, our own network, and out."""

from __future__ import annotations

import pytest

from tests.connectors.aws.factory import (
    ACCOUNT,
    REFUSED,
    REGION,
    gap,
    group,
    interface,
    opened,
    result,
    snapshot,
    text_of,
    verdicts,
)
from ztassess.connectors.aws.exposure import is_internet
from ztassess.connectors.aws.rules_network import checks
from ztassess.connectors.aws.snapshot import FlowLog, Instance, RegionRead
from ztassess.domain.findings import Outcome, Severity

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
CLOSED = "aws.security_groups_closed"
ORIGINS = "aws.origins_accept_proxy_only"
SERVICES = "aws.service_groups_reference_groups"
EGRESS = "aws.egress_limited"
EVERYWHERE = "0.0.0.0/0"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("0000:0000::/0", True),
        ("0.0.0.0/1", True),
        ("128.0.0.0/1", True),
        ("2000::/3", True),
        ("not a block", True),
        ("10.0.0.0/8", False),
        ("172.16.0.0/12", False),
        ("fc00::/7", False),
        ("203.0.113.7/32", False),
        ("2001:db8::/32", False),
        ("52.0.0.0/8", False),
    ],
)
def test_block_is_the_internet(block, expected):
    assert is_internet(block) is expected


@pytest.mark.parametrize(
    ("name", "permissions", "outcome", "severity"),
    [
        ("nothing open", (), PASS, None),
        ("web ports", (opened(443, None, EVERYWHERE), opened(80, None, EVERYWHERE, ipv6=("::/0",))), PASS, None),
        ("office only", (opened(22, None, "203.0.113.0/24"),), PASS, None),
        ("another group", (opened(5432, None, groups=("sg-2",)),), PASS, None),
        ("ping", (opened(-1, -1, EVERYWHERE, protocol="icmp"),), PASS, None),
        ("ping by IPv6", (opened(-1, -1, protocol="58", ipv6=("::/0",)),), PASS, None),
        ("SSH", (opened(22, None, EVERYWHERE),), FAIL, Severity.CRITICAL),
        ("remote desktop by IPv6", (opened(3389, None, ipv6=("::/0",)),), FAIL, Severity.CRITICAL),
        ("range around PostgreSQL", (opened(5000, 6000, EVERYWHERE),), FAIL, Severity.CRITICAL),
        ("range between the web ports", (opened(80, 443, EVERYWHERE),), FAIL, Severity.HIGH),
        ("all TCP", (opened(0, 65535, EVERYWHERE),), FAIL, Severity.CRITICAL),
        ("all TCP without ports", (opened(None, None, EVERYWHERE),), FAIL, Severity.CRITICAL),
        ("everything", (opened(None, None, EVERYWHERE, protocol="-1"),), FAIL, Severity.CRITICAL),
        ("everything, with ports written", (opened(443, 443, EVERYWHERE, protocol="-1"),), FAIL, Severity.CRITICAL),
        ("another port", (opened(8080, None, EVERYWHERE),), FAIL, Severity.HIGH),
        ("UDP", (opened(53, None, EVERYWHERE, protocol="udp"),), FAIL, Severity.HIGH),
        ("protocol number of TCP", (opened(22, None, EVERYWHERE, protocol="6"),), FAIL, Severity.CRITICAL),
        ("a protocol without ports", (opened(None, None, EVERYWHERE, protocol="47"),), FAIL, Severity.CRITICAL),
        ("two halves", (opened(22, None, "0.0.0.0/1", "128.0.0.0/1"),), FAIL, Severity.CRITICAL),
        ("prefix list", (opened(22, None, lists=("pl-1",)),), NOT_CHECKED, None),
        ("prefix list on a web port", (opened(443, None, lists=("pl-1",)),), PASS, None),
        ("prefix list beside an open port", (opened(22, None, EVERYWHERE, lists=("pl-1",)),), FAIL, Severity.CRITICAL),
    ],
)
def test_attached_group_is_closed_but_for_the_web(name, permissions, outcome, severity):
    taken = snapshot(security_groups=(group("sg-1", *permissions),), network_interfaces=(interface("sg-1"),))
    found = verdicts(checks, CLOSED, taken)
    assert [each.outcome for each in found] == [outcome], name
    if severity:
        assert found[0].severity is severity
        assert found[0].level == 1
        assert found[0].resource == "sg-1"


def test_group_attached_to_nothing_is_no_failure_but_is_named():
    open_group = group("sg-idle", opened(22, None, EVERYWHERE))
    alone = snapshot(security_groups=(open_group,))
    assert [each.outcome for each in verdicts(checks, CLOSED, alone)] == [NOT_APPLICABLE]
    beside = snapshot(security_groups=(open_group, group("sg-1")), network_interfaces=(interface("sg-1"),))
    (found,) = verdicts(checks, CLOSED, beside)
    assert (found.outcome, found.seen, found.level) == (PASS, 1, 2)
    assert found.near_miss == "Open group sg-idle attached to nothing."


def test_open_groups_are_not_judged_without_interfaces_or_groups():
    open_group = group("sg-1", opened(22, None, EVERYWHERE))
    for parts in (
        {"security_groups": (open_group,), "network_interfaces": REFUSED},
        {"security_groups": REFUSED, "network_interfaces": (interface("sg-1"),)},
    ):
        (found,) = verdicts(checks, CLOSED, snapshot(**parts))
        assert (found.outcome, found.reason_code) == (NOT_CHECKED, "missing_scope")


def test_refused_region_rules_out_a_pass_and_keeps_a_fail():
    closed = {"security_groups": (group("sg-1"),), "network_interfaces": (interface("sg-1"),)}
    for part in ("security_groups", "network_interfaces"):
        (found,) = verdicts(checks, CLOSED, snapshot(gaps=(gap(part),), **closed))
        assert (found.outcome, found.resource) == (NOT_CHECKED, "eu-north-1")
    opened_too = closed | {"security_groups": (group("sg-1", opened(22, None, EVERYWHERE)),)}
    assert result(checks, CLOSED, snapshot(gaps=(gap("security_groups"),), **opened_too)).outcome is FAIL


def test_region_closed_by_the_organization_is_judged_without_and_named():
    regions = (RegionRead(REGION), RegionRead("ap-south-1", closed=True))
    taken = snapshot(security_groups=(group("sg-1"),), network_interfaces=(interface("sg-1"),), regions=regions)
    (found,) = verdicts(checks, CLOSED, taken)
    assert found.outcome is PASS
    assert "ap-south-1" in found.reason


@pytest.mark.parametrize(
    ("name", "permissions", "outcome", "level"),
    [
        ("load balancer's group", (opened(443, None, groups=("sg-lb",)),), PASS, None),
        ("tunnel host", (opened(443, None, "10.0.3.7/32"),), PASS, None),
        ("no ingress at all", (), PASS, None),
        ("the proxy's own list", (opened(443, None, lists=("pl-own",)),), PASS, None),
        ("the proxy's own block", (opened(443, None, "198.51.100.8/29"),), PASS, None),
        ("the internet", (opened(443, None, EVERYWHERE),), FAIL, 0),
        ("the internet by IPv6", (opened(443, None, ipv6=("::/0",)),), FAIL, 0),
        ("ranges of all customers", (opened(443, None, "203.0.113.0/26"),), FAIL, 1),
        ("list of all customers", (opened(443, None, lists=("pl-shared",)),), FAIL, 1),
        ("our whole network", (opened(443, None, "10.0.0.0/16"),), FAIL, None),
        ("somebody's address", (opened(443, None, "192.0.2.9/32"),), FAIL, None),
        ("an unknown list", (opened(443, None, lists=("pl-other",)),), NOT_CHECKED, None),
        ("ping from anywhere", (opened(-1, -1, EVERYWHERE, protocol="icmp"),), PASS, None),
    ],
)
def test_origin_accepts_the_proxy_alone(name, permissions, outcome, level):
    inputs = {
        "origin_groups": ("sg-1-name",),
        "proxy_sources": ("pl-own", "198.51.100.0/24"),
        "shared_proxy_sources": ("pl-shared", "203.0.113.0/24"),
    }
    (found,) = verdicts(checks, ORIGINS, snapshot(inputs=inputs, security_groups=(group("sg-1", *permissions),)))
    assert (found.outcome, found.level) == (outcome, level), name


def test_internet_is_never_the_proxy_even_if_declared():
    inputs = {"origin_groups": ("sg-1",), "proxy_sources": (EVERYWHERE,), "shared_proxy_sources": (EVERYWHERE,)}
    taken = snapshot(inputs=inputs, security_groups=(group("sg-1", opened(443, None, EVERYWHERE)),))
    (found,) = verdicts(checks, ORIGINS, taken)
    assert (found.outcome, found.level) == (FAIL, 0)


def test_shared_proxy_ranges_are_a_near_miss():
    inputs = {"origin_groups": ("sg-1",), "shared_proxy_sources": ("pl-shared",)}
    taken = snapshot(inputs=inputs, security_groups=(group("sg-1", opened(443, None, lists=("pl-shared",))),))
    (found,) = verdicts(checks, ORIGINS, taken)
    assert found.near_miss == "Limited to the proxy's ranges, which every customer of that proxy shares: level 1."


@pytest.mark.parametrize(
    ("name", "permissions", "outcome"),
    [
        ("a group", (opened(5432, None, groups=("sg-app",)),), PASS),
        ("one host", (opened(5432, None, "10.0.0.9/32"),), PASS),
        ("the whole network", (opened(5432, None, "10.0.0.0/16"),), FAIL),
        ("a subnet", (opened(5432, None, "10.0.4.0/24", groups=("sg-app",)),), FAIL),
        ("a subnet by IPv6", (opened(5432, None, ipv6=("fd00::/64",)),), FAIL),
        ("a prefix list", (opened(5432, None, lists=("pl-1",)),), NOT_CHECKED),
    ],
)
def test_sensitive_service_is_reached_by_group(name, permissions, outcome):
    taken = snapshot(inputs={"sensitive_groups": ("sg-1",)}, security_groups=(group("sg-1", *permissions),))
    (found,) = verdicts(checks, SERVICES, taken)
    assert found.outcome is outcome, name
    if name == "the whole network":
        assert found.near_miss == "/16 of the network on tcp 5432."


@pytest.mark.parametrize("check_id", [ORIGINS, SERVICES])
def test_declared_groups_decide_what_can_be_judged(check_id):
    field = "origin_groups" if check_id == ORIGINS else "sensitive_groups"
    (undeclared,) = verdicts(checks, check_id, snapshot(security_groups=(group("sg-1"),)))
    assert (undeclared.outcome, undeclared.reason_code) == (NOT_CHECKED, "input_missing")
    assert result(checks, check_id, snapshot(inputs={field: ()})).outcome is NOT_APPLICABLE
    assert result(checks, check_id, snapshot(inputs={field: ("sg-1",)}, security_groups=REFUSED)).outcome is NOT_CHECKED
    (lost,) = verdicts(checks, check_id, snapshot(inputs={field: ("sg-gone",)}, security_groups=(group("sg-1"),)))
    assert (lost.outcome, lost.resource) == (NOT_CHECKED, "sg-gone")
    refused = snapshot(inputs={field: ("sg-1",)}, security_groups=(group("sg-1"),), gaps=(gap("security_groups"),))
    assert result(checks, check_id, refused).outcome is NOT_CHECKED


def instance(tokens: str, state: str = "running", endpoint: str = "enabled") -> Instance:
    return Instance(REGION, f"i-{tokens or 'silent'}", state, http_tokens=tokens, http_endpoint=endpoint)


VPC_LOG = FlowLog(REGION, "fl-1", "vpc-1", active=True)
NARROW = opened(443, None, "10.0.0.0/16")


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("all limited", {}, PASS),
        ("metadata without token", {"instances": (instance("optional"),)}, FAIL),
        ("metadata off", {"instances": (instance("optional", endpoint="disabled"),)}, PASS),
        ("a terminated instance", {"instances": (instance("optional", "terminated"),)}, PASS),
        ("a stopped instance", {"instances": (instance("optional", "stopped"),)}, FAIL),
        ("metadata not said", {"instances": (instance(""),)}, NOT_CHECKED),
        ("egress open", {"security_groups": (group("sg-1", egress=(opened(443, None, EVERYWHERE),)),)}, FAIL),
        ("egress open by IPv6", {"security_groups": (group("sg-1", egress=(opened(443, ipv6=("::/0",)),)),)}, FAIL),
        (
            "egress to a list",
            {"security_groups": (group("sg-1", egress=(opened(443, lists=("pl-1",)),)),)},
            NOT_CHECKED,
        ),
        ("no flow log", {"flow_logs": ()}, FAIL),
        ("flow log stopped", {"flow_logs": (FlowLog(REGION, "fl-1", "vpc-1", active=False),)}, FAIL),
        ("flow log of the subnet", {"flow_logs": (FlowLog(REGION, "fl-1", "subnet-1", active=True),)}, PASS),
        ("flow log of another subnet", {"flow_logs": (FlowLog(REGION, "fl-1", "subnet-2", active=True),)}, FAIL),
        ("flow log of the interface", {"flow_logs": (FlowLog(REGION, "fl-1", "eni-1", active=True),)}, PASS),
        ("instances refused", {"instances": REFUSED}, NOT_CHECKED),
        ("flow logs refused", {"flow_logs": REFUSED}, NOT_CHECKED),
        ("interfaces refused", {"network_interfaces": REFUSED}, NOT_CHECKED),
        ("groups refused", {"security_groups": REFUSED}, NOT_CHECKED),
    ],
)
def test_egress_and_metadata_are_limited(name, parts, outcome):
    good = {
        "instances": (instance("required"),),
        "security_groups": (group("sg-1", egress=(NARROW,)),),
        "network_interfaces": (interface("sg-1", subnet_id="subnet-1"),),
        "flow_logs": (VPC_LOG,),
    }
    assert (
        result(checks, EGRESS, snapshot(inputs={"sensitive_groups": ("sg-1",)}, **good | parts)).outcome is outcome
    ), name


def test_open_egress_beside_tokens_is_a_near_miss():
    taken = snapshot(
        inputs={"sensitive_groups": ("sg-1",)},
        instances=(instance("required"),),
        security_groups=(group("sg-1", egress=(opened(None, None, EVERYWHERE, protocol="-1"),)),),
        network_interfaces=(interface("sg-1"),),
        flow_logs=(VPC_LOG,),
    )
    (found,) = verdicts(checks, EGRESS, taken)
    assert found.near_miss == "IMDSv2 required; egress is open."


def test_metadata_is_judged_even_if_nothing_sensitive_is_declared():
    found = verdicts(checks, EGRESS, snapshot(instances=(instance("optional"),)))
    assert {(each.outcome, each.reason_code) for each in found} == {(FAIL, ""), (NOT_CHECKED, "input_missing")}


def test_nothing_to_limit_is_not_applicable():
    assert result(checks, EGRESS, snapshot(inputs={"sensitive_groups": ()})).outcome is NOT_APPLICABLE


def test_every_verdict_names_its_object_and_its_denominator():
    groups = tuple(group(f"sg-{number}", opened(22, None, EVERYWHERE)) for number in range(60))
    taken = snapshot(security_groups=groups, network_interfaces=(interface(*(each.id for each in groups)),))
    found = verdicts(checks, CLOSED, taken)
    assert len({each.resource for each in found}) == 60
    assert {each.seen for each in found} == {60}
    assert ACCOUNT not in text_of(found[:1])
