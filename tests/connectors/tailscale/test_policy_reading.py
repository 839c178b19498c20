"""Reading a policy file: both spellings, what ports mean, policies made to exhaust the reader."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from tests.connectors.tailscale.factory import GOOD, acl, findings, grant, outcome, policy, snapshot
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.tailscale.networks import networks_of, overlap
from ztassess.connectors.tailscale.parsing_policy import policy_of
from ztassess.connectors.tailscale.rules import CHECKS
from ztassess.domain.findings import Outcome


@pytest.mark.parametrize(
    ("text", "selector", "ports", "every"),
    [
        ("*:*", "*", "*", True),
        ("tag:prod:22,80-90", "tag:prod", "22,80-90", False),
        ("autogroup:self:*", "autogroup:self", "*", True),
        ("10.0.0.0/8:443", "10.0.0.0/8", "443", False),
        ("[fd7a::1]:22", "fd7a::1", "22", False),
        ("host:0-65535", "host", "0-65535", True),
        ("host:1-80,81-65535", "host", "1-80,81-65535", True),
        ("host:1-80,82-65535", "host", "1-80,82-65535", False),
        ("tag:prod", "tag:prod", "?", True),
    ],
)
def test_destinations_of_acls(text: str, selector: str, ports: str, every: bool) -> None:
    (rule,) = policy_of({"acls": [acl(["*"], [text])]}).rules or ()
    (found,) = rule.destinations
    assert (found.selector, found.ports.text, found.ports.every) == (selector, ports, every)


@pytest.mark.parametrize(
    ("ip", "every"),
    [
        (["*"], True),
        (["443"], False),
        (["tcp:*"], True),
        (["udp:*"], True),
        (["icmp:*"], False),
        (["tcp:1-65535"], True),
        (["17:*"], True),
        (["all of it"], True),
        (["22", "443"], False),
    ],
)
def test_ports_of_grants(ip: list[str], every: bool) -> None:
    (rule,) = policy_of({"grants": [grant(["*"], ["*"], ip)]}).rules or ()
    assert rule.destinations[0].ports.every is every


def test_both_spellings_in_one_rule_are_one_rule() -> None:
    value = {"ACLS": [{"ACTION": "accept", "Src": ["a@x.io"], "users": ["b@x.io"], "dst": ["*:1"], "Ports": ["*:2"]}]}
    (rule,) = policy_of(value).rules or ()
    assert rule.sources == ("a@x.io", "b@x.io")
    assert [each.ports.text for each in rule.destinations] == ["1", "2"]
    with pytest.raises(BadAnswer, match="twice"):
        policy_of({"acls": [{"src": ["a@x.io"], "SRC": ["*"]}]})


def test_ip_sets_add_and_take_away_in_order() -> None:
    sets = {
        "ipset:a": ["10.0.0.0/8", "remove 10.1.0.0/16", "add db", "192.0.2.1-192.0.2.2"],
        "ipset:b": ["add ipset:a", "remove 10.0.0.0/8"],
        "ipset:c": ["add autogroup:internet"],
    }
    found = policy_of({"ipsets": sets, "hosts": {"db": "10.1.2.3"}})
    addresses = networks_of(found, "ipset:a") or ()
    assert {"10.1.2.3/32", "192.0.2.1/32", "192.0.2.2/32"} <= {str(each) for each in addresses}
    assert overlap(addresses, [ip_network("10.200.0.1/32")])
    assert not overlap(addresses, [ip_network("10.1.2.4/32")])
    assert {str(each) for each in networks_of(found, "ipset:b") or ()} == {"192.0.2.1/32", "192.0.2.2/32"}
    assert networks_of(found, "ipset:c") is None
    assert networks_of(found, "ipset:none") is None


def ladder(kind: str, entry: str) -> dict[str, Any]:
    """Forty floors, each naming both sides of the next: walked path by path it would never end."""
    floors = {
        f"{kind}:{side}{floor}": [f"{entry}{kind}:{other}{floor + 1}" for other in "ab"]
        for floor in range(40)
        for side in "ab"
    }
    return {**floors, f"{kind}:a40": ["100.64.0.0/10"], f"{kind}:b40": ["100.64.0.0/10"]}


def test_policies_made_to_exhaust_the_reader_end() -> None:
    sets = snapshot(policy=policy(acls=[acl(["ipset:a0"], ["*:*"])], ipsets=ladder("ipset", "add ")))
    assert outcome("no_allow_all", sets) is Outcome.FAIL
    owners = {**ladder("tag", ""), "tag:a40": ["autogroup:member"], "tag:b40": ["tag:a0"]}
    tags = snapshot(policy=policy(acls=[acl(["tag:a0"], ["*:*"])], tagOwners=owners))
    assert outcome("no_allow_all", tags) is Outcome.FAIL
    pieces = [f"10.{each // 250}.{each % 250}.1" for each in range(3000)]
    many = snapshot(policy=policy(acls=[acl(["ipset:a"], ["*:*"])], ipsets={"ipset:a": pieces}))
    assert outcome("no_allow_all", many) is Outcome.NOT_CHECKED


def test_every_pass_has_its_denominator_and_evidence() -> None:
    passing = 0
    for check in CHECKS:
        for finding in findings(check.id.partition(".")[2], GOOD):
            if finding.verdict.outcome is Outcome.PASS:
                passing += 1
                assert finding.verdict.seen >= 1
                assert finding.verdict.evidence, check.id
    assert passing == 10
