"""The same person in two systems is one; two people, or two accounts of the same number, never are."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.connectors.across.views import person, service, view
from ztassess.connectors.joining import EVERYWHERE, key_of, names_of, people_who_left, switched_off, unmatched
from ztassess.domain.roster import Account, AccountKind, Leaver

COMPOSED, DECOMPOSED = "jos\u00e9@x.io", "jose\u0301@x.io"


def account(name: str, *emails: str, id_: str = "17", kind: AccountKind = AccountKind.PERSON) -> Account:
    return Account(id_, name, kind, emails, active=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (account("anna@x.io"), account("a", "ANNA@x.io"), True),
        (account("a", " anna@x.io "), account("anna@X.io"), True),
        (account(COMPOSED), account(DECOMPOSED.upper()), True),
        (account("stra\u00dfe@x.io"), account("STRASSE@x.io"), True),
        (account("annak"), account("AnnaK"), True),
        (account("anna@x.io"), account("ben@x.io"), False),
        (account("anna"), account("ben"), False),
        (account("", id_="1"), account("", id_="1"), False),
        (account("anna", ""), account("ben", ""), False),
        (account("admin"), account("admin"), False),
        (account("Root"), account("root"), False),
        (account("admin", "anna@x.io"), account("admin", "ben@x.io"), False),
        (account("anna@x.io"), account("anna@x.io.evil.example"), False),
        (account("anna+aws@x.io"), account("anna@x.io"), False),
        (account("\uff41nna@x.io"), account("anna@x.io"), False),
    ],
)
def test_who_is_the_same(one: Account, other: Account, same: bool) -> None:
    names = names_of(())
    assert bool(names.of(one) & names.of(other)) is same


@pytest.mark.parametrize(
    ("aliases", "name", "address", "same"),
    [
        ([("annak", "anna@x.io")], "AnnaK", "anna@x.io", True),
        ([("annak", "anna@x.io"), ("annak", "ben@x.io")], "annak", "anna@x.io", True),
        ([("annak", "anna@x.io"), ("annak", "ben@x.io")], "annak", "ben@x.io", True),
        ([("annak", "a.k@old.io"), ("a.k@old.io", "anna@x.io")], "annak", "anna@x.io", True),
        ([("a", "b"), ("b", "a")], "a", "b", True),
        ([("a", "a")], "a", "b", False),
        ([("admin", "anna@x.io")], "admin", "anna@x.io", True),
        ([("17", "anna@x.io")], "whoever", "anna@x.io", True),
        ([("annak", "anna@x.io")], "annak2", "anna@x.io", False),
        ([("", "anna@x.io")], "", "anna@x.io", False),
        ([("annak", "")], "annak", "", False),
    ],
)
def test_declared_aliases(aliases: list[tuple[str, str]], name: str, address: str, same: bool) -> None:
    names = names_of(aliases)
    assert bool(names.of(account(name)) & names.of(account(address, id_="other"))) is same
    assert bool(names.listed(account(name)) & names.known_by(address)) is same


def test_a_written_list_finds_identifiers_and_common_names_too() -> None:
    names = names_of(())
    user = account("admin", id_="arn:aws:iam::1:user/Bob")
    assert names.listed(user) & names.known_by("ARN:aws:iam::1:user/bob")
    assert names.listed(user) & names.known_by("Admin")
    assert not names.of(user)
    assert names.known_by("  ") == frozenset()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=8), st.text(max_size=3))
def test_names_are_never_empty_and_end(aliases: list[tuple[str, str]], text: str) -> None:
    found = names_of(aliases)
    for names in (found.of(account(text)), found.listed(account(text)), found.known_by(text)):
        assert "" not in names
        assert all(name == key_of(name) for name in names)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=6))
@example("\u0345\u03b1")
@example("\u1fb3\u0301")
def test_one_form_of_a_name_is_its_own_form(text: str) -> None:
    assert key_of(key_of(text)) == key_of(text)
    assert all(key_of(name) == name for name in EVERYWHERE)


def test_who_works_under_another_name_is_not_switched_off() -> None:
    okta = view("okta", Account("1", "cleo-old", AccountKind.PERSON, ("cleo@x.io",), active=False), authority=True)
    assert [each.name for each in switched_off([okta], names_of(()))] == ["cleo-old"]
    entra = view("entra", person("cleo@x.io"), authority=True)
    assert switched_off([okta, entra], names_of(())) == ()
    unclear = view("entra", person("cleo@x.io", active=None), authority=True)
    assert switched_off([okta, unclear], names_of(())) == ()


def test_a_service_switched_off_is_no_person_switched_off() -> None:
    bot = Account("1", "deploy", AccountKind.SERVICE, active=False)
    assert switched_off([view("okta", bot, authority=True)], names_of(())) == ()


def test_each_leaver_is_one_person_under_all_names() -> None:
    listed = (Leaver("cleo@x.io", ("ck",)), Leaver("CLEO@x.io"), Leaver("ben@x.io"))
    found = people_who_left(["ck", " Cleo@X.io", "", "  ", "dave@x.io", "DAVE@x.io"], listed)
    assert [each.email for each in found] == ["cleo@x.io", "ben@x.io", "dave@x.io"]
    assert people_who_left(None, ()) == ()


def test_accounts_of_nobody() -> None:
    accounts = [
        person("anna@x.io"),
        person("", name="annak"),
        person("", name="ben"),
        person("", name="old", active=False),
        service("ci"),
        Account("1", "role", AccountKind.UNKNOWN, active=True),
        person("", name="admin"),
        person("", name="eve@x.io"),
        person("", name="eve@github"),
        person("", name="'eve'@'%'"),
    ]
    found = unmatched(accounts, names_of([("annak", "anna@x.io")]), frozenset({"admin"}))
    assert [each.name for each in found] == ["ben", "eve@github", "'eve'@'%'"]
