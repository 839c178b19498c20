"""What of Google's rows is kept: openings, sign-in, routes, members."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap import rows
from tests.connectors.google_iap.rows import DEV, PROD
from tests.fakes.vendor import CANARY
from ztassess.connectors.api import row_of
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.google_iap import client_levels, members
from ztassess.connectors.google_iap.parsing_compute import (
    ANYWHERE,
    firewall_rules_of,
    instance_of,
    login_of,
    policy_rules_of,
    routes_of,
)


def policy_rules(**rule):
    return list(policy_rules_of(row_of(rows.firewall_policy("fp", **rule), "FirewallPolicy"), PROD))


def match(**more):
    return {"match": {"layer4Configs": [{"ipProtocol": "tcp", "ports": ["22"]}], **more}}


def test_firewall_policy_that_nothing_uses_lets_nothing_in():
    unused = row_of(rows.firewall_policy("fp", used=False), "FirewallPolicy")
    assert list(policy_rules_of(unused, PROD)) == []


@pytest.mark.parametrize("changed", [{"disabled": True}, {"direction": "EGRESS"}, {"action": "deny"}])
def test_rules_of_firewall_policies_that_let_nothing_in(changed):
    assert policy_rules(**changed) == []


@pytest.mark.parametrize(
    ("more", "sources"),
    [
        ({}, ANYWHERE),
        ({"srcIpRanges": ["10.0.0.0/8"]}, ("10.0.0.0/8",)),
        ({"srcSecureTags": [{"name": "tagValues/1"}]}, ()),
        ({"srcRegionCodes": ["CH"]}, ()),
        ({"srcRegionCodes": ["CH"], "srcIpRanges": ["0.0.0.0/0"]}, ("0.0.0.0/0",)),
        ({"srcNetworkContext": "INTRA_VPC", "srcIpRanges": ["0.0.0.0/0"]}, ()),
        ({"srcNetworkContext": "INTERNET", "srcIpRanges": ["0.0.0.0/0"]}, ("0.0.0.0/0",)),
    ],
)
def test_senders_of_a_firewall_policy_rule(more, sources):
    (rule,) = policy_rules(**match(**more))
    assert rule.sources == sources


@pytest.mark.parametrize(
    ("changed", "sources"),
    [
        ({}, ("192.0.2.0/24",)),
        ({"sourceRanges": None}, ANYWHERE),
        ({"sourceRanges": None, "sourceTags": ["bastion"]}, ()),
        ({"sourceRanges": None, "sourceServiceAccounts": ["a@b"]}, ()),
    ],
)
def test_senders_of_a_network_rule(changed, sources):
    row = row_of(rows.firewall("r", ["192.0.2.0/24"], ["22"]) | changed, "Firewall")
    (rule,) = firewall_rules_of(row, PROD)
    assert rule.sources == sources


@pytest.mark.parametrize("changed", [{"disabled": True}, {"direction": "EGRESS"}, {"allowed": None}])
def test_network_rules_that_let_nothing_in(changed):
    assert list(firewall_rules_of(row_of(rows.firewall("r", [], []) | changed, "Firewall"), PROD)) == []


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], (None, False)),
        ([{"key": "enable-oslogin", "value": "true"}], (True, False)),
        ([{"key": "enable-oslogin", "value": "FALSE"}], (False, False)),
        ([{"key": "enable-oslogin"}], (False, False)),
        ([{"key": "sshKeys", "value": "anna:ssh-ed25519 AAAA"}], (None, True)),
        ([{"key": "startup-script", "value": CANARY}], (None, False)),
    ],
)
def test_metadata_say_how_people_sign_in(items, expected):
    login = login_of(row_of({"items": items}, "Metadata"))
    assert (login.os_login, login.ssh_keys) == expected


def test_metadata_of_a_machine_are_not_kept():
    assert CANARY not in repr(instance_of(row_of(rows.instance("vm"), "Instance"), PROD))


def test_host_rule_without_its_paths_is_no_answer():
    value = rows.url_map("web", {"a.acme.example": ["x"]}, "x") | {"pathMatchers": []}
    with pytest.raises(BadAnswer):
        list(routes_of(row_of(value, "UrlMap"), PROD))


def test_host_rule_with_a_port_is_of_the_host():
    value = rows.url_map("web", {"A.acme.example:8443": ["x"]}, "x")
    assert [route.host for route in routes_of(row_of(value, "UrlMap"), PROD)] == ["*", "a.acme.example"]


@pytest.mark.parametrize(
    ("policy", "demands"),
    [
        ({"requireScreenlock": True}, ("requireScreenlock",)),
        ({"requireScreenlock": False}, ()),
        ({"requireCorpOwned": True, "requireAdminApproval": True}, ("requireAdminApproval", "requireCorpOwned")),
        ({"allowedEncryptionStatuses": ["ENCRYPTED"]}, ("allowedEncryptionStatuses",)),
        ({"allowedEncryptionStatuses": ["ENCRYPTED", "UNENCRYPTED"]}, ()),
        ({"allowedDeviceManagementLevels": ["NONE"]}, ()),
        ({"osConstraints": [{"osType": "DESKTOP_MAC"}]}, ("osConstraints",)),
        ({}, ()),
    ],
)
def test_device_policy_counts_for_what_it_demands(policy, demands):
    level = client_levels.access_level_of(
        row_of(rows.access_level(conditions=[{"devicePolicy": policy}]), "AccessLevel")
    )
    assert level.conditions[0].device == demands


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("roles/owner", True),
        ("roles/editor", True),
        ("roles/compute.admin", True),
        ("roles/resourcemanager.projectIamAdmin", True),
        ("roles/viewer", False),
        ("roles/compute.instanceAdmin.v1", False),
        ("projects/p/roles/my.admin", False),
    ],
)
def test_privileged_roles(role, expected):
    assert members.is_privileged(role) is expected


def test_addresses_and_belonging():
    assert members.address("user:Anna@acme.example") == "anna@acme.example"
    assert members.address("deleted:user:anna@acme.example?uid=1") == "deleted:user:anna@acme.example?uid=1"
    assert members.address("principal://iam.googleapis.com/projects/1") == "principal://iam.googleapis.com/projects/1"
    assert members.belongs_to(f"x@{DEV}.iam.gserviceaccount.com", DEV, "")
    assert members.belongs_to("222@cloudbuild.gserviceaccount.com", DEV, "222")
    assert not members.belongs_to(f"x@{DEV}-2.iam.gserviceaccount.com", DEV, "222")
    assert not members.belongs_to("222@example.com", DEV, "222")
    assert not members.belongs_to("222@evilgserviceaccount.com", DEV, "222")
