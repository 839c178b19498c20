"""Flags of an access review by a table: what is told, what follows, and what must not follow from silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ztassess.domain.access_review import Flag, Known, account_key, review
from ztassess.domain.findings import Unavailable
from ztassess.domain.identities import Aliases, System
from ztassess.domain.roster import Account, AccountKind

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LONG_AGO, RECENTLY = NOW - timedelta(days=91), NOW - timedelta(days=90)
PERSON, SERVICE, UNKNOWN = AccountKind.PERSON, AccountKind.SERVICE, AccountKind.UNKNOWN
ANNA = ("anna@x.io",)
IDP_ANNA = Account("u1", "anna@x.io", PERSON, ANNA, active=True, second_factor=True)


def person(**told) -> Account:
    return Account(**{"id": "g1", "name": "anna-k", "kind": PERSON, "emails": ANNA, "active": True} | told)


def service(**told) -> Account:
    return Account(**{"id": "s1", "name": "deployer", "kind": SERVICE, "active": True} | told)


def known(leavers=("zoe@x.io",), aliases=(), break_glass=()) -> Known:
    return Known(Aliases(aliases), leavers, break_glass)


def flags_of(account: Account, *others: System, about: Known | None = None, idp=(IDP_ANNA,)) -> set[Flag]:
    systems = [System("git", "Git", NOW, (account,)), *others]
    if idp is not None:
        systems.append(System("idp", "Directory", NOW, idp, authority=True))
    table = review(systems, about or known())
    line = next(line for row in table.rows for line in row.lines if line.system.id == "git")
    return {flag for flag, _ in line.flags}


OTHER_ADMIN = System("aws", "AWS", NOW, (person(id="w", admin=True, second_factor=True),))
OTHER_UNKNOWN = System("aws", "AWS", NOW, (person(id="w"),))


@pytest.mark.parametrize(
    ("account", "flag", "there"),
    [
        # left
        (person(), Flag.LEFT, False),
        (person(emails=("zoe@x.io",)), Flag.LEFT, True),
        (person(emails=("zoe@x.io",), active=None), Flag.LEFT, True),
        (person(emails=("zoe@x.io",), active=False), Flag.LEFT, False),
        # orphaned
        (person(), Flag.ORPHANED, False),
        (person(emails=("ben@x.io",)), Flag.ORPHANED, True),
        (person(emails=()), Flag.ORPHANED, True),
        (person(emails=("ben@x.io",), active=False), Flag.ORPHANED, False),
        (person(kind=UNKNOWN, emails=()), Flag.ORPHANED, False),
        (service(), Flag.ORPHANED, False),
        # dormant: only a date that is told says so
        (person(last_used=LONG_AGO), Flag.DORMANT, True),
        (person(last_used=RECENTLY), Flag.DORMANT, False),
        (person(last_used=None), Flag.DORMANT, False),
        (person(last_used=LONG_AGO, active=False), Flag.DORMANT, False),
        # shared
        (person(name="support"), Flag.SHARED, True),
        (person(name="it-team", emails=("it-team@x.io",)), Flag.SHARED, True),
        (person(name="info", kind=SERVICE, emails=()), Flag.SHARED, False),
        (person(name="teamwork"), Flag.SHARED, False),
        (person(emails=("anna@x.io", "ben@x.io")), Flag.SHARED, False),
        # excessive
        (person(admin=True, second_factor=True), Flag.EXCESSIVE, False),
        (person(admin=True, second_factor=False), Flag.EXCESSIVE, True),
        (person(admin=True, second_factor=None), Flag.EXCESSIVE, False),
        (person(admin=None, second_factor=False), Flag.EXCESSIVE, False),
        (person(admin=True, second_factor=False, through_idp=True), Flag.EXCESSIVE, False),
        (person(admin=True, second_factor=False, through_idp=None), Flag.EXCESSIVE, True),
        # no owner
        (service(), Flag.NO_OWNER, True),
        (service(owner="anna@x.io"), Flag.NO_OWNER, False),
        (service(owner="zoe@x.io"), Flag.NO_OWNER, True),
        (service(active=False), Flag.NO_OWNER, False),
        (person(), Flag.NO_OWNER, False),
    ],
)
def test_flag_follows_what_is_told(account, flag, there):
    assert (flag in flags_of(account)) is there


def test_administrator_of_two_systems_is_excessive_and_one_that_says_nothing_does_not_count():
    assert Flag.EXCESSIVE in flags_of(person(admin=True, second_factor=True), OTHER_ADMIN)
    assert Flag.EXCESSIVE not in flags_of(person(admin=True, second_factor=True), OTHER_UNKNOWN)


def test_account_of_two_people_of_the_identity_provider_is_shared():
    ben = Account("u2", "ben@x.io", PERSON, ("ben@x.io",), active=True)
    assert Flag.SHARED in flags_of(person(emails=("anna@x.io", "ben@x.io")), idp=(IDP_ANNA, ben))


def test_name_declared_for_two_people_is_shared_and_left_when_one_of_them_left():
    about = known(aliases=(("anna-k", "anna@x.io"), ("anna-k", "zoe@x.io")))
    assert {Flag.SHARED, Flag.LEFT} <= flags_of(person(emails=()), about=about)


def test_person_switched_off_in_the_identity_provider_is_orphaned_elsewhere():
    off = Account("u1", "anna@x.io", PERSON, ANNA, active=False)
    assert Flag.ORPHANED in flags_of(person(), idp=(off,))


def test_a_leaver_is_found_by_a_declared_name_and_in_every_system_of_the_same_person():
    assert Flag.LEFT in flags_of(person(), about=known(leavers=("ANNA-K",)))
    assert Flag.LEFT in flags_of(person(name="other"), about=known(leavers=("anna@x.io",)))


def test_a_leavers_user_name_marks_only_the_account_that_bears_it():
    other = System("db", "DB", NOW, (person(id="d", name="ak"),))
    systems = [System("git", "Git", NOW, (person(name="ak2"),)), other]
    table = review(systems, known(leavers=("ak",)))
    marked = {line.system.id for row in table.rows for line in row.lines if line.has(Flag.LEFT)}
    assert marked == {"db"}


@pytest.mark.parametrize(
    ("about", "idp", "flag", "words"),
    [
        (known(leavers=None), (IDP_ANNA,), Flag.LEFT, "Nobody listed who left"),
        (known(), None, Flag.ORPHANED, "No identity provider"),
        (known(), Unavailable("missing_scope", detail="x"), Flag.ORPHANED, "Directory could not be listed"),
    ],
)
def test_a_flag_that_nobody_could_compute_is_named_and_set_nowhere(about, idp, flag, words):
    systems = [System("git", "Git", NOW, (person(emails=("zoe@x.io",)),))]
    if idp is not None:
        systems.append(System("idp", "Directory", NOW, idp, authority=True))
    table = review(systems, about)
    assert any(each is flag and words in why for each, why in table.untold)
    assert not any(line.has(flag) for row in table.rows for line in row.lines)


def test_break_glass_is_outside_on_purpose_but_not_excused_from_a_second_factor():
    account = person(name="emergency", emails=(), last_used=LONG_AGO, admin=True, second_factor=False)
    assert flags_of(account) == {Flag.ORPHANED, Flag.DORMANT, Flag.EXCESSIVE}
    assert flags_of(account, about=known(break_glass=("Emergency",))) == {Flag.EXCESSIVE}


def test_largest_reach_stands_first():
    """Administrators of most systems, then most systems, then names; what is not told does not count."""
    systems = [
        System(
            name,
            name,
            NOW,
            (
                person(id="a", emails=("anna@x.io",), admin=True),
                person(id="b", name="b", emails=("ben@x.io",), admin=name == "one"),
                person(id="c", name="c", emails=("cleo@x.io",), admin=None),
                person(id="d", name="d", emails=("dan@x.io",), admin=True, active=False),
            ),
        )
        for name in ("one", "two")
    ]
    rows = review(systems, known()).rows
    assert [(row.title, row.admin_in, row.systems) for row in rows] == [
        ("anna@x.io", 2, 2),
        ("ben@x.io", 1, 2),
        ("cleo@x.io", 0, 2),
        ("dan@x.io", 0, 0),
    ]


def test_keys_of_accounts_tell_equal_ids_apart():
    assert len({account_key("a"), account_key("a", 1), account_key("b"), account_key("a", 2)}) == 4
