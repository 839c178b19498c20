"""Who may reach what, by tables: the whole policy counts, however it is spelled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.tailscale.factory import (
    ANNA,
    BEN,
    CLEO,
    GOOD,
    HIDDEN,
    PARTIAL,
    acl,
    device,
    findings,
    grant,
    outcome,
    policy,
    snapshot,
    told,
    user,
)
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NOT_CHECKED, NOT_APPLICABLE = Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
ALL = [ANNA, BEN, CLEO]
SYNCED = "group:everyone@acme.example"


def rules(*each: dict[str, Any], **more: Any) -> TailscaleSnapshot:
    """A tailnet whose only rules are these; what has ``action`` is an acl."""
    acls = [rule for rule in each if "action" in rule]
    grants = [rule for rule in each if "action" not in rule]
    sections = {"acls": acls or None, "grants": grants or None}
    parts = {name: more.pop(name) for name in ("groups", "tagOwners", "hosts", "ipsets") if name in more}
    return snapshot(policy=policy(**{**sections, **parts}), **more)


FLAT = [
    ("acl star", [acl(["*"], ["*:*"])], {}),
    ("legacy users and ports", [{"action": "accept", "users": ["*"], "ports": ["*:*"]}], {}),
    ("grant star", [grant(["*"], ["*"])], {}),
    ("members", [acl(["autogroup:member"], ["*:*"])], {}),
    ("members, legacy", [acl(["autogroup:members"], ["*:*"])], {}),
    ("even strangers", [acl(["autogroup:danger-all"], ["*:*"])], {}),
    ("every port in pieces", [acl(["*"], ["*:1-1024,1025-65535"])], {}),
    ("tcp alone", [acl(["*"], ["*:*"], proto="tcp")], {}),
    ("grant of tcp", [grant(["*"], ["*"], ["icmp:*", "tcp:1-65535"])], {}),
    ("group of everyone", [acl(["group:all"], ["*:*"])], {"groups": {"group:all": [each.upper() for each in ALL]}}),
    (
        "two groups in one rule",
        [acl(["group:a", "group:b"], ["*:*"])],
        {"groups": {"group:a": [ANNA], "group:b": [BEN, CLEO]}},
    ),
    (
        "groups over two rules",
        [acl(["group:a"], ["*:*"]), grant(["group:b"], ["*"])],
        {"groups": {"group:a": [ANNA, BEN], "group:b": [CLEO]}},
    ),
    ("everyone by name", [acl(ALL, ["*:*"])], {}),
    ("whole domain", [acl(["user:*@acme.example"], ["*:*"])], {}),
    ("all roles", [acl(["autogroup:admin", "group:rest"], ["*:*"])], {"groups": {"group:rest": [ANNA, CLEO]}}),
    ("source is the tailnet's range", [acl(["100.64.0.0/10"], ["*:*"])], {}),
    ("source is any address", [acl(["0.0.0.0/0"], ["*:*"])], {}),
    ("source by host alias", [acl(["tailnet"], ["*:*"])], {"hosts": {"tailnet": "100.64.0.0/10"}}),
    (
        "source by ip set",
        [acl(["ipset:us"], ["*:*"])],
        {"ipsets": {"ipset:us": ["add 100.64.0.0/11", "add 100.96.0.0/11"]}},
    ),
    ("destination is the tailnet's range", [acl(["*"], ["100.64.0.0/10:*"])], {}),
    ("destination by IPv6", [grant(["*"], ["fd7a:115c:a1e0::/48"])], {}),
    ("people's and tagged devices", [acl(["*"], ["autogroup:member:*", "autogroup:tagged:*"])], {}),
    (
        "tag after tag",
        [acl(["*"], ["tag:prod:*", "tag:wiki:*"]), grant(["autogroup:member"], ["group:all"])],
        {"groups": {"group:all": ALL}},
    ),
    ("a tag that all may assign", [acl(["tag:free"], ["*:*"])], {"tagOwners": {"tag:free": ["autogroup:member"]}}),
    ("a tag assigned by a tag", [acl(["tag:a"], ["*:*"])], {"tagOwners": {"tag:a": ["tag:b"], "tag:b": ["*"]}}),
    ("tagged, one tag free", [acl(["autogroup:tagged"], ["*:*"])], {"tagOwners": {"tag:free": ["autogroup:member"]}}),
    ("with a posture it stays flat", [acl(["*"], ["*:*"], srcPosture=["posture:managed"])], {}),
]


@pytest.mark.parametrize(("entries", "more"), [pytest.param(*case[1:], id=case[0]) for case in FLAT])
def test_a_flat_policy_fails_however_it_is_spelled(entries: list[Any], more: dict[str, Any]) -> None:
    seen = rules(*entries, **more)
    assert outcome("no_allow_all", seen) is FAIL
    (finding,) = findings("no_allow_all", seen)
    assert finding.verdict.near_miss == "Members may reach everything: flat for every employee."
    assert finding.verdict.seen == len(entries)
    assert finding.verdict.evidence


NARROW = [
    ("the good policy", GOOD, PASS),
    ("one group to everything", rules(acl(["group:ops"], ["*:*"])), PASS),
    ("one person to everything", rules(acl([BEN], ["*:*"])), PASS),
    ("administrators to everything", rules(acl(["autogroup:admin"], ["*:*"])), PASS),
    ("all people, one port", rules(acl(["*"], ["*:443"])), PASS),
    ("all people, ping", rules(grant(["*"], ["*"], ["icmp:*"])), PASS),
    ("rights inside an app alone", rules({"src": ["*"], "dst": ["*"], "app": {"acme.example/cap": [{}]}}), PASS),
    ("own devices", rules(acl(["autogroup:member"], ["autogroup:self:*"])), PASS),
    ("the internet", rules(acl(["autogroup:member"], ["autogroup:internet:*"])), PASS),
    ("people of other tailnets", rules(acl(["autogroup:shared"], ["*:*"])), PASS),
    ("machines to everything", rules(acl(["tag:ci"], ["*:*"])), PASS),
    ("all but one", rules(acl(["group:some"], ["*:*"]), groups={"group:some": [ANNA, BEN]}), PASS),
    (
        "all but a suspended one",
        rules(
            acl(["group:some"], ["*:*"]),
            groups={"group:some": [ANNA, BEN]},
            users=(user(ANNA), user(BEN), user(CLEO, status="suspended")),
        ),
        FAIL,
    ),
    (
        "half of an ip set",
        rules(acl(["ipset:us"], ["*:*"]), ipsets={"ipset:us": ["add 100.64.0.0/10", "remove 100.64.0.0/11"]}),
        PASS,
    ),
    ("both sections empty", snapshot(policy=policy(acls=[], grants=[])), PASS),
    ("acls empty", snapshot(policy=policy(acls=[], grants=None)), PASS),
    ("empty, devices hidden", snapshot(policy=policy(acls=[], grants=[]), devices=HIDDEN), PASS),
    ("neither section", snapshot(policy=policy(acls=None, grants=None)), NOT_CHECKED),
    ("policy hidden", snapshot(policy=HIDDEN), NOT_CHECKED),
    ("a group from elsewhere", rules(acl([SYNCED], ["*:*"])), NOT_CHECKED),
    ("a network", rules(acl(["192.168.10.0/24"], ["*:*"])), NOT_CHECKED),
    ("a word we do not know", rules(acl(["autogroup:new"], ["*:*"])), NOT_CHECKED),
    ("an unknown action", rules({"action": "drop", "src": ["group:ops"], "dst": ["tag:wiki:*"]}), NOT_CHECKED),
    ("users hidden, roles", rules(acl(["autogroup:admin"], ["*:*"]), users=HIDDEN), NOT_CHECKED),
    (
        "users hidden, group of all we know",
        rules(acl(["group:a"], ["*:*"]), groups={"group:a": ALL}, users=HIDDEN),
        NOT_CHECKED,
    ),
    ("users hidden, a device's owner is not in it", rules(acl(["group:ops"], ["*:*"]), users=HIDDEN), PASS),
    ("users and devices hidden", rules(acl(["group:ops"], ["*:*"]), users=HIDDEN, devices=HIDDEN), NOT_CHECKED),
    ("devices hidden, rules may add up", rules(acl(["*"], ["tag:wiki:*"]), devices=PARTIAL), NOT_CHECKED),
    ("devices hidden, star", rules(acl(["*"], ["*:*"]), devices=PARTIAL), FAIL),
    ("every device by names nobody can resolve", rules(acl(["*"], ["somewhere:*"])), NOT_CHECKED),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in NARROW])
def test_default_deny(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("no_allow_all", seen) is expected


def test_case_of_section_names_hides_nothing() -> None:
    seen = snapshot(policy=policy(grants=[], ACLs=[{"Action": "accept", "Users": ["*"], "Ports": ["*:*"]}]))
    assert outcome("no_allow_all", seen) is FAIL


OF_CLEO = {
    "away": {"lastSeen": "2025-01-01T00:00:00Z"},
    "not approved": {"authorized": False},
    "ended": {"expires": "2026-11-01T00:00:00Z"},
}


@pytest.mark.parametrize("state", OF_CLEO.values(), ids=OF_CLEO)
def test_device_that_cannot_connect_does_not_prove_that_its_owner_is_a_member(state: dict[str, Any]) -> None:
    devices = (device("anna-laptop"), device("cleo-laptop", CLEO, **state))
    parts: dict[str, Any] = {"groups": {"group:a": [ANNA]}, "users": HIDDEN}
    assert outcome("no_allow_all", rules(acl(["group:a"], ["*:*"]), devices=devices, **parts)) is NOT_CHECKED
    well = (device("anna-laptop"), device("cleo-laptop", CLEO))
    assert outcome("no_allow_all", rules(acl(["group:a"], ["*:*"]), devices=well, **parts)) is PASS


def test_a_suspended_owner_is_no_member_where_users_were_read_in_part() -> None:
    read = Unavailable("partial_data", read=(user(ANNA), user(BEN), user(CLEO, status="suspended")))
    seen = rules(acl(["group:a"], ["*:*"]), groups={"group:a": [ANNA, BEN]}, users=read)
    assert outcome("no_allow_all", seen) is NOT_CHECKED


PRODUCTION = [
    ("the good policy", GOOD, PASS),
    ("star", rules(acl(["*"], ["tag:prod:443"])), FAIL),
    ("members by grant", rules(grant(["autogroup:member"], ["tag:prod"], ["tcp:443"])), FAIL),
    ("members to everything", rules(acl(["autogroup:member"], ["*:22"])), FAIL),
    ("members to all tagged", rules(acl(["autogroup:member"], ["autogroup:tagged:22"])), FAIL),
    ("by the device's address", rules(acl(["*"], [f"{GOOD.devices[3].addresses[0]}:22"])), FAIL),  # type: ignore[index]
    ("by a host's alias", rules(acl(["*"], ["box:22"]), hosts={"box": GOOD.devices[3].addresses[0]}), FAIL),  # type: ignore[index]
    ("by an IPv6 in brackets", rules(acl(["*"], [f"[{GOOD.devices[3].addresses[1]}]:22"])), FAIL),  # type: ignore[index]
    ("group of everyone", rules(acl(["group:all"], ["tag:prod:443"]), groups={"group:all": ALL}), FAIL),
    (
        "groups that add up",
        rules(acl(["group:a"], ["tag:prod:443"]), grant([CLEO, BEN], ["tag:prod"]), groups={"group:a": [ANNA]}),
        FAIL,
    ),
    (
        "a tag that all may assign",
        rules(acl(["tag:free"], ["tag:prod:*"]), tagOwners={"tag:prod": [], "tag:free": ["autogroup:member"]}),
        FAIL,
    ),
    ("machines", rules(acl(["tag:ci"], ["tag:prod:*"])), PASS),
    ("synced group", rules(acl([SYNCED], ["tag:prod:*"])), NOT_CHECKED),
    ("unknown destination", rules(acl(["*"], ["nowhere:*"])), NOT_CHECKED),
    ("own devices", rules(acl(["*"], ["autogroup:self:*"])), PASS),
    ("undeclared", snapshot(production_tags=None), NOT_CHECKED),
    ("a tag nobody knows", snapshot(production_tags=("tag:production",)), NOT_CHECKED),
    ("policy hidden", snapshot(policy=HIDDEN), NOT_CHECKED),
    ("default policy", snapshot(policy=policy(acls=None, grants=None)), NOT_CHECKED),
    ("devices hidden", snapshot(devices=HIDDEN), NOT_CHECKED),
    ("users hidden", rules(acl(["group:ops"], ["tag:prod:*"]), users=HIDDEN, devices=()), NOT_CHECKED),
    ("nothing declared", snapshot(production_tags=()), NOT_APPLICABLE),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in PRODUCTION])
def test_production(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("no_member_to_prod", seen) is expected


def test_limited_port_for_all_members_is_named() -> None:
    seen = rules(acl(["*"], ["tag:prod:443"]))
    assert "Limited to port 443, but for all members." in told("no_member_to_prod", seen)


OLD = grant(["group:dev"], ["tag:wiki"])
APPS = [
    ("the good policy", GOOD, PASS),
    ("app by tag", snapshot(apps=("tag:wiki",)), PASS),
    ("app by full name", snapshot(apps=("wiki.tail1234.ts.net",)), PASS),
    ("app by host alias", rules(acl(["group:dev"], ["db-host:5432"]), apps=("db-host",)), PASS),
    ("app by network", rules(acl(["group:dev"], ["10.1.0.0/16:443"]), apps=("10.1.2.3",)), PASS),
    ("app by service", rules(grant(["group:dev"], ["svc:wiki"]), apps=("svc:wiki",)), PASS),
    ("everyone as well", rules(grant(["autogroup:member"], ["tag:wiki"], ["443"]), OLD), FAIL),
    ("everyone by star", rules(OLD, acl(["*"], ["*:443"])), FAIL),
    ("group that is everyone", rules(grant(["group:dev"], ["tag:wiki"]), groups={"group:dev": ALL}), FAIL),
    ("people one by one", rules(grant([ANNA], ["tag:wiki"])), FAIL),
    ("machines alone", rules(grant(["tag:ci"], ["tag:wiki"])), FAIL),
    ("nobody", rules(grant(["group:dev"], ["tag:prod"])), FAIL),
    ("administrators as a group", rules(grant(["autogroup:admin"], ["tag:wiki"])), PASS),
    ("synced group", rules(grant([SYNCED], ["tag:wiki"])), NOT_CHECKED),
    ("no such tag", snapshot(apps=("tag:wikki",)), NOT_CHECKED),
    ("no such device", snapshot(apps=("grafana",)), NOT_CHECKED),
    ("undeclared", snapshot(apps=None), NOT_CHECKED),
    ("policy hidden", snapshot(policy=HIDDEN), NOT_CHECKED),
    ("devices hidden", snapshot(devices=HIDDEN), NOT_CHECKED),
    ("devices in part", snapshot(apps=("tag:wiki",), devices=PARTIAL), NOT_CHECKED),
    ("nothing declared", snapshot(apps=()), NOT_APPLICABLE),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in APPS])
def test_apps(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("declared_apps_granted_by_group", seen) is expected


def test_an_older_rule_for_everyone_is_named_beside_the_group() -> None:
    older = rules(grant(["autogroup:member"], ["tag:wiki"]), OLD)
    newer = rules(OLD, grant(["autogroup:member"], ["tag:wiki"]))
    text = "wiki is granted to group:dev and also to all members by {} rule."
    assert text.format("an older") in told("declared_apps_granted_by_group", older)
    assert text.format("another") in told("declared_apps_granted_by_group", newer)


def test_pass_says_that_identity_is_per_connection() -> None:
    assert "per connection, not per request" in told("declared_apps_granted_by_group", GOOD)
