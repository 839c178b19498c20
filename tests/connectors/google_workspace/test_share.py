"""What the other systems are told: accounts of people, who can sign in, what nobody could see."""

from __future__ import annotations

from tests.connectors.google_workspace.factory import GONE, snapshot, user
from ztassess.connectors.google_workspace import CONNECTOR
from ztassess.domain.findings import Unavailable


def test_accounts_are_shared_as_an_authority():
    users = (
        user("root", super_admin=True),
        user("left", suspended=True, enforced=False, enrolled=False),
        user("old", archived=True),
        user("dim", super_admin=None, delegated_admin=None, enforced=None, enrolled=None),
    )
    share = CONNECTOR.shares(snapshot(users=users))
    assert share.authority
    assert isinstance(share.hosts, Unavailable)
    told = {each.name: (each.active, each.admin, each.second_factor, each.emails) for each in share.accounts}
    assert told == {
        "root@x.io": (True, True, True, ("root@x.io",)),
        "left@x.io": (False, False, False, ("left@x.io",)),
        "old@x.io": (False, False, True, ("old@x.io",)),
        "dim@x.io": (True, None, None, ("dim@x.io",)),
    }


def test_unread_accounts_stay_unread():
    assert CONNECTOR.shares(snapshot(users=GONE)).accounts == GONE
    partial = CONNECTOR.shares(snapshot(users=Unavailable("partial_data", read=(user("p1"),)))).accounts
    assert isinstance(partial, Unavailable)
    assert [each.emails for each in partial.read] == [("p1@x.io",)]
