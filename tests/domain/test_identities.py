"""Who stands behind accounts: joined by what is told or declared, never by likeness, and nobody is lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztassess.domain.findings import Unavailable
from ztassess.domain.identities import Aliases, Identity, System, join, told
from ztassess.domain.roster import Account, AccountKind

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
PERSON, SERVICE, UNKNOWN = AccountKind.PERSON, AccountKind.SERVICE, AccountKind.UNKNOWN


def system(id_: str, *accounts: Account, authority: bool = False) -> System:
    return System(id_, id_.title(), NOW, accounts, authority)


def of(name: str, *emails: str, kind: AccountKind = PERSON) -> Account:
    return Account(name, name, kind, emails)


def joined(*systems: System, aliases: tuple[tuple[str, str], ...] = ()) -> set[frozenset[str]]:
    """The groups that came about, each as ``system/id``."""
    return {
        frozenset(f"{each.system.id}/{each.account.id}" for each in identity.accounts)
        for identity in join(systems, Aliases(aliases))
    }


def group(*names: str) -> frozenset[str]:
    return frozenset(names)


IDP = system("idp", of("anna", "anna@x.io"), of("ben", "ben@x.io"), authority=True)


@pytest.mark.parametrize(
    ("accounts", "aliases", "together"),
    [
        ((of("a1", "ANNA@x.io"),), (), group("idp/anna", "git/a1")),
        ((of("anna-k"),), (("Anna-K", "anna@x.io"),), group("idp/anna", "git/anna-k")),
        ((of("a1", "anna@home.io"),), (("anna@home.io", "anna@x.io"),), group("idp/anna", "git/a1")),
        ((of("a1", "anna@x.io", "anna@home.io"),), (), group("idp/anna", "git/a1")),
        ((of("k", "k@home.io"),), (("k", "anna@x.io"),), group("idp/anna", "git/k")),
        ((of("bot", kind=UNKNOWN),), (("bot", "anna@x.io"),), group("idp/anna", "git/bot")),
        # Likeness is no reason: the same name, a service with the address of its owner, a name of two people.
        ((of("anna"),), (), group("git/anna")),
        ((of("ci", "anna@x.io", kind=SERVICE),), (), group("git/ci")),
        ((of("deploy"),), (("deploy", "anna@x.io"), ("deploy", "ben@x.io")), group("git/deploy")),
        ((of("both", "anna@x.io", "ben@x.io"),), (), group("git/both")),
        ((of("k", "ben@x.io"),), (("k", "anna@x.io"),), group("git/k")),
    ],
)
def test_accounts_are_joined_by_what_is_told_or_declared(accounts, aliases, together):
    assert together in joined(IDP, system("git", *accounts), aliases=aliases)


def test_a_mailbox_of_two_people_joins_them_not():
    idp = system("idp", of("anna", "anna@x.io", "team@x.io"), of("ben", "ben@x.io", "team@x.io"), authority=True)
    found = joined(idp, system("git", of("t", "team@x.io")))
    assert found == {group("idp/anna"), group("idp/ben"), group("git/t")}


def test_a_second_identity_provider_does_not_make_one_person_of_two():
    second = system("okta", of("mixed", "anna@x.io", "ben@x.io"), authority=True)
    found = {frozenset(str(t.account.id) for t in each.accounts): each for each in join([IDP, second], Aliases(()))}
    assert group("anna") in found
    assert group("ben") in found
    assert found[group("mixed")].several == ("anna@x.io", "ben@x.io")


def test_an_identity_provider_joins_the_addresses_of_one_account():
    idp = system("idp", of("anna", "anna@x.io", "a.k@x.io"), authority=True)
    found = joined(idp, system("git", of("g", "a.k@x.io")), system("db", of("d", "anna@x.io")))
    assert found == {group("idp/anna", "git/g", "db/d")}


def test_outside_the_identity_provider_an_account_with_two_peoples_addresses_stands_alone():
    found = joined(system("git", of("p", "p@a.io"), of("q", "q@a.io")), system("db", of("both", "p@a.io", "q@a.io")))
    assert found == {group("git/p"), group("git/q"), group("db/both")}


def test_aliases_in_a_circle_end():
    aliases = Aliases([("a@x.io", "b@x.io"), ("b@x.io", "a@x.io")])
    assert aliases.final("a@x.io") == aliases.final("b@x.io") == "a@x.io"


def test_services_are_joined_by_their_own_address_only():
    found = joined(
        system("cloud", of("run", "run@p.iam", kind=SERVICE)), system("mail", of("r", "run@p.iam", kind=SERVICE))
    )
    assert found == {group("cloud/run", "mail/r")}


def test_what_could_not_be_listed_is_nobody():
    assert list(told([System("x", "X", NOW, Unavailable("missing_scope"))])) == []


def test_equal_ids_in_one_system_stay_two_accounts():
    twice = system("git", of("a", "anna@x.io"), of("a", "ben@x.io"))
    assert sorted(each.number for each in told([twice])) == [0, 1]


ADDRESSES = [f"{name}@x.io" for name in "abcde"]
NAMES = ["admin", "root", "a", "b", "deploy"]
accounts = st.builds(
    lambda id_, name, emails, kind: Account(id_, name, kind, tuple(emails)),
    st.sampled_from([*NAMES, *map(str, range(4))]),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(ADDRESSES), max_size=3, unique=True),
    st.sampled_from(AccountKind),
)
worlds = st.lists(
    st.builds(
        lambda number, found, authority: (number, found, authority),
        st.integers(0, 99),
        st.lists(accounts, max_size=6),
        st.booleans(),
    ),
    max_size=4,
).map(
    lambda rows: [system(f"s{place}", *found, authority=authority) for place, (_, found, authority) in enumerate(rows)]
)
declared = st.lists(st.tuples(st.sampled_from([*NAMES, *ADDRESSES, "other"]), st.sampled_from(ADDRESSES)), max_size=4)


@given(worlds, declared)
def test_every_account_is_shown_exactly_once(systems, pairs):
    shown = Counter(each for identity in join(systems, Aliases(pairs)) for each in identity.accounts)
    assert shown == Counter(told(systems))


def links(identity: Identity, pairs: list[tuple[str, str]]) -> list[set[int]]:
    """Which accounts of an identity hang together by an address or by an alias that names one of them."""
    spoken = {}
    for place, each in enumerate(identity.accounts):
        own = {each.account.id, each.account.name} | set(each.account.emails)
        emails = set(each.account.emails)
        reached = set()
        for _ in range(len(pairs) + 1):
            reached |= {target for name, target in pairs if name in own | reached}
        spoken[place] = emails | reached
    groups = [{place} for place in spoken]
    for one, other in combinations(spoken, 2):
        if spoken[one] & spoken[other]:
            first = next(each for each in groups if one in each)
            second = next(each for each in groups if other in each)
            if first is not second:
                groups.remove(second)
                first |= second
    return groups


@given(worlds, declared)
def test_nobody_is_joined_without_a_link_that_names_them(systems, pairs):
    for identity in join(systems, Aliases(pairs)):
        assert len(links(identity, pairs)) == 1, identity


@given(worlds, declared)
def test_two_accounts_of_an_identity_provider_are_two_people_unless_an_alias_names_one(systems, pairs):
    """The identity provider says who is who: neither addresses elsewhere nor aliases of others make one of two."""
    for identity in join(systems, Aliases(pairs)):
        for one, other in combinations(identity.accounts, 2):
            if one.system is not other.system or not one.system.authority or identity.kind is SERVICE:
                continue
            names = {
                name for each in (one, other) for name in (each.account.id, each.account.name, *each.account.emails)
            }
            assert names & {name for name, _ in pairs}, identity
            names = {name for t in (one, other) for name in (t.account.id, t.account.name, *t.account.emails)}


@given(worlds, declared, st.sampled_from(ADDRESSES))
def test_an_alias_of_nobody_changes_nothing(systems, pairs, address):
    def groups(aliases):
        return {frozenset((t.system.id, t.account, t.number) for t in each.accounts) for each in join(systems, aliases)}

    assert groups(Aliases(pairs)) == groups(Aliases([*pairs, ("nobody-has-this-name", address)]))
