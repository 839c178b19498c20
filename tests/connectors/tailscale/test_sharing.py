"""What a tailnet tells rules over several systems: its accounts, and the apps that were declared."""

from __future__ import annotations

import pytest

from tests.connectors.tailscale.factory import ANNA, BEN, GOOD, HIDDEN, PARTIAL, grant, policy, snapshot, user
from ztassess.connectors.tailscale.sharing import shares
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind, Host

WIKI = "wiki.tail1234.ts.net"


def test_accounts_are_users_and_not_owners_of_devices() -> None:
    seen = snapshot(users=(user(ANNA), user(BEN, "it-admin"), user("eve@github", "auditor", "suspended")))
    accounts = shares(seen).accounts
    assert isinstance(accounts, tuple)
    assert [(each.name, each.emails, each.active, each.admin) for each in accounts] == [
        (ANNA, (ANNA,), True, False),
        (BEN, (BEN,), True, True),
        ("eve@github", (), False, False),
    ]
    assert {each.kind for each in accounts} == {AccountKind.PERSON}
    assert not shares(seen).authority


def test_people_who_cannot_connect_are_not_active() -> None:
    waiting = [user("x@acme.example", status=status) for status in ("needs-approval", "over-billing-limit", "new")]
    accounts = shares(snapshot(users=tuple(waiting))).accounts
    assert isinstance(accounts, tuple)
    assert {each.active for each in accounts} == {False}


def test_unread_accounts_stay_unread() -> None:
    accounts = shares(snapshot(users=Unavailable("partial_data", read=(user(ANNA),)))).accounts
    assert isinstance(accounts, Unavailable)
    assert [each.name for each in accounts.read] == [ANNA]


OPEN = policy(grants=[grant(["*"], ["tag:wiki"])])
FUNNEL = policy(nodeAttrs=[{"target": ["*"], "attr": ["funnel"]}])


@pytest.mark.parametrize(
    ("seen", "host"),
    [
        (GOOD, Host(WIKI, internal=True, covered=True)),
        (snapshot(apps=(WIKI,)), Host(WIKI, internal=True, covered=True)),
        (snapshot(policy=OPEN), Host(WIKI, internal=True, covered=False)),
        (snapshot(policy=FUNNEL), Host(WIKI, internal=True, covered=None)),
        (snapshot(policy=HIDDEN), Host(WIKI, internal=True, covered=None)),
        (snapshot(users=HIDDEN), Host(WIKI, internal=True, covered=None)),
        (snapshot(apps=("grafana.acme.example",)), Host("grafana.acme.example", internal=True, covered=None)),
    ],
)
def test_declared_apps_are_hosts(seen: TailscaleSnapshot, host: Host) -> None:
    assert shares(seen).hosts == (host,)


def test_tags_and_addresses_are_no_hosts() -> None:
    assert shares(snapshot(apps=("tag:wiki", "10.1.2.3", "svc:wiki", "nowhere"))).hosts == ()


def test_undeclared_or_unread_hosts_stay_unread() -> None:
    undeclared, unread = shares(snapshot(apps=None)).hosts, shares(snapshot(devices=PARTIAL)).hosts
    assert isinstance(undeclared, Unavailable)
    assert undeclared.reason == "input_missing"
    assert isinstance(unread, Unavailable)
    assert unread.reason == "partial_data"
