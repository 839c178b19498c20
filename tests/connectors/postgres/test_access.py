"""Which roles a role can use: INHERIT, SET and ADMIN are three different things since PostgreSQL 16."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ztassess.connectors.postgres.access import access_of


@pytest.mark.parametrize(
    ("edges", "become", "rights"),
    [
        ([], {"app"}, {"app"}),
        ([("app", "readers", "inherit become")], {"app", "readers"}, {"app", "readers"}),
        # NOINHERIT before PostgreSQL 16: SET ROLE still works
        ([("app", "readers", "become")], {"app", "readers"}, {"app", "readers"}),
        # PostgreSQL 16, WITH SET FALSE: its rights, but not itself
        ([("app", "readers", "inherit")], {"app"}, {"app", "readers"}),
        # PostgreSQL 16, WITH INHERIT FALSE, SET FALSE: nothing
        ([("app", "readers", "")], {"app"}, {"app"}),
        # ADMIN can grant itself the rest
        ([("app", "readers", "admin")], {"app", "readers"}, {"app", "readers"}),
        # inherited rights do not let it SET ROLE further
        ([("app", "mid", "inherit"), ("mid", "boss", "become")], {"app"}, {"app", "mid"}),
        # but they do let it use ADMIN, and then everything behind
        ([("app", "mid", "inherit"), ("mid", "boss", "admin")], {"app", "boss"}, {"app", "mid", "boss"}),
        ([("app", "mid", "become"), ("mid", "boss", "inherit")], {"app", "mid"}, {"app", "mid", "boss"}),
        # inherited first, reachable by SET ROLE on another path: what lies behind must not be lost
        (
            [
                ("app", "mid", "inherit"),
                ("app", "side", "become"),
                ("side", "mid", "become"),
                ("mid", "boss", "become"),
            ],
            {"app", "side", "mid", "boss"},
            {"app", "side", "mid", "boss"},
        ),
        ([("app", "a", "become"), ("a", "app", "become")], {"app", "a"}, {"app", "a"}),
    ],
)
def test_reach(make: SimpleNamespace, edges: list[tuple[str, str, str]], become: set[str], rights: set[str]) -> None:
    members = [
        make.member(who, of, inherit="inherit" in how, become="become" in how, admin="admin" in how)
        for who, of, how in edges
    ]
    reach = access_of((), members, (), (), ()).reach("app")
    assert (reach.become, reach.rights) == (become, rights)
