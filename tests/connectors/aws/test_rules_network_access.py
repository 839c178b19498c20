"""How people reach machines: client VPNs, session manager, clusters."""

from __future__ import annotations

import pytest

from tests.connectors.aws.factory import (
    ACCOUNT,
    REFUSED,
    REGION,
    gap,
    group,
    opened,
    result,
    role,
    snapshot,
    trusting,
    verdicts,
)
from ztassess.connectors.aws.rules_network import checks
from ztassess.connectors.aws.snapshot import (
    ClientVpnEndpoint,
    ClientVpnRule,
    Instance,
    KubernetesCluster,
    ManagedInstance,
    VpnConnection,
)
from ztassess.domain.findings import Outcome

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
VPN = "aws.client_vpn_scoped"
MANAGED = "aws.instances_managed_without_ssh"


def rule(destination: str, group_id: str, *, everyone: bool = False) -> ClientVpnRule:
    return ClientVpnRule(destination, everyone, group_id)


def endpoint(*rules: ClientVpnRule, status: str = "available") -> ClientVpnEndpoint:
    return ClientVpnEndpoint(REGION, "cvpn-1", status, rules)


@pytest.mark.parametrize(
    ("name", "endpoints", "outcome", "level"),
    [
        ("no endpoint", (), PASS, None),
        ("named network for a group", (endpoint(rule("10.0.1.0/24", "g")),), PASS, None),
        ("no rule, so no access", (endpoint(),), PASS, None),
        ("everyone", (endpoint(rule("10.0.1.0/24", "", everyone=True)),), FAIL, None),
        ("everyone, without the flag", (endpoint(rule("10.0.0.0/16", "")),), FAIL, None),
        ("a group, everywhere", (endpoint(rule("0.0.0.0/0", "g")),), FAIL, 0),
        (
            "one good rule beside a bad one",
            (endpoint(rule("10.0.1.0/24", "g"), rule("0.0.0.0/0", "", everyone=True)),),
            FAIL,
            0,
        ),
        ("being deleted", (endpoint(rule("0.0.0.0/0", "", everyone=True), status="deleting"),), PASS, None),
        ("rules refused", (ClientVpnEndpoint(REGION, "cvpn-1", "available", None),), NOT_CHECKED, None),
        ("refused", REFUSED, NOT_CHECKED, None),
    ],
)
def test_client_vpn_is_gone_or_per_group(name, endpoints, outcome, level):
    (found,) = verdicts(checks, VPN, snapshot(client_vpn_endpoints=endpoints))
    assert (found.outcome, found.level) == (outcome, level), name


def test_no_client_vpn_counts_only_where_we_looked():
    assert result(checks, VPN, snapshot(gaps=(gap("client_vpn_endpoints"),))).outcome is NOT_CHECKED
    assert result(checks, VPN, snapshot(regions=REFUSED)).outcome is NOT_APPLICABLE


def test_site_to_site_connection_is_a_near_miss():
    connections = (VpnConnection(REGION, "vpn-1", "available"), VpnConnection(REGION, "vpn-0", "deleted"))
    (found,) = verdicts(checks, VPN, snapshot(vpn_connections=connections))
    assert (found.outcome, found.near_miss) == (PASS, "Site-to-site connection vpn-1 remains.")
    assert "VPN servers on instances are not seen here" in found.reason


def instance(name: str = "i-1", state: str = "running", key: str = "", groups: tuple[str, ...] = ()) -> Instance:
    return Instance(REGION, name, state, groups=groups, key_name=key)


ONLINE = (ManagedInstance(REGION, "i-1", online=True),)
SSO = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_1"
NODE = role("node", trust=trusting({"Service": "ec2.amazonaws.com"}))
PERSON = role("person", trust=trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
SHELL = group("sg-1", opened(22, None, "0.0.0.0/0"))


def cluster(*entries: str) -> KubernetesCluster:
    return KubernetesCluster(REGION, "shop", entries)


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("managed", {"instances": (instance(),), "managed_instances": ONLINE}, PASS),
        ("unknown to session manager", {"instances": (instance(),)}, FAIL),
        (
            "lost",
            {"instances": (instance(),), "managed_instances": (ManagedInstance(REGION, "i-1", online=False),)},
            FAIL,
        ),
        ("one of two", {"instances": (instance(), instance("i-2")), "managed_instances": ONLINE}, FAIL),
        ("stopped", {"instances": (instance(state="stopped"),)}, NOT_APPLICABLE),
        ("nothing", {}, NOT_APPLICABLE),
        (
            "managed, with SSH open",
            {"instances": (instance(groups=("sg-1",)),), "managed_instances": ONLINE, "security_groups": (SHELL,)},
            FAIL,
        ),
        (
            "managed, with remote desktop in a range by IPv6",
            {
                "instances": (instance(groups=("sg-1",)),),
                "managed_instances": ONLINE,
                "security_groups": (group("sg-1", opened(3000, 4000, ipv6=("::/0",))),),
            },
            FAIL,
        ),
        (
            "another group open",
            {"instances": (instance(groups=("sg-2",)),), "managed_instances": ONLINE, "security_groups": (SHELL,)},
            PASS,
        ),
        ("section not granted", {"instances": (instance(),), "managed_instances": REFUSED}, NOT_CHECKED),
        (
            "section not granted, SSH open",
            {"instances": (instance(groups=("sg-1",)),), "managed_instances": REFUSED, "security_groups": (SHELL,)},
            FAIL,
        ),
        ("instances refused", {"instances": REFUSED}, NOT_CHECKED),
        ("groups refused", {"instances": (instance(),), "security_groups": REFUSED}, NOT_CHECKED),
        ("clusters refused", {"kubernetes_clusters": REFUSED}, NOT_CHECKED),
        ("cluster of SSO roles and nodes", {"kubernetes_clusters": (cluster(SSO, NODE.arn),), "roles": (NODE,)}, PASS),
        ("cluster of a person's role", {"kubernetes_clusters": (cluster(PERSON.arn),), "roles": (PERSON,)}, FAIL),
        ("cluster of a user", {"kubernetes_clusters": (cluster(f"arn:aws:iam::{ACCOUNT}:user/eve"),)}, FAIL),
        ("cluster entries refused", {"kubernetes_clusters": (KubernetesCluster(REGION, "shop", None),)}, NOT_CHECKED),
        ("cluster of unread roles", {"kubernetes_clusters": (cluster(NODE.arn),), "roles": REFUSED}, NOT_CHECKED),
    ],
)
def test_instances_are_reached_through_session_manager(name, parts, outcome):
    assert result(checks, MANAGED, snapshot(**parts)).outcome is outcome, name


def test_key_pair_without_session_manager_is_a_near_miss():
    found = verdicts(checks, MANAGED, snapshot(instances=(instance(key="old"), instance("i-2"))))
    assert {each.near_miss for each in found} == {"1 instance has a key pair and no SSM."}
    assert {each.resource for each in found} == {"i-1", "i-2"}


def test_region_that_hides_session_manager_matters_where_an_instance_runs():
    hidden = gap("managed_instances", REGION)
    (found,) = verdicts(checks, MANAGED, snapshot(instances=(instance(),), gaps=(hidden,)))
    assert (found.outcome, found.resource) == (NOT_CHECKED, REGION)
    assert result(checks, MANAGED, snapshot(gaps=(hidden,))).outcome is NOT_APPLICABLE
    elsewhere = snapshot(instances=(instance(),), managed_instances=ONLINE, gaps=(gap("managed_instances"),))
    assert result(checks, MANAGED, elsewhere).outcome is PASS
    for part in ("instances", "kubernetes_clusters"):
        assert result(checks, MANAGED, snapshot(gaps=(gap(part),))).outcome is NOT_CHECKED
