"""People of every system are known to an identity provider, and off everywhere once they are off there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.connectors.across.views import ANNA, BEN, BLIND, HALF, OKTA, person, service, view
from tests.fakes.vendor import NOW
from ztassess.connectors.across.rules import CHECKS
from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.joining import names_of
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome
from ztassess.domain.roster import Account, AccountKind, SharedView

KNOWN = "across.people_known_to_identity_provider"
GONE = "across.disabled_people_inactive_elsewhere"


def findings(
    check: str, *views: SharedView, aliases: tuple[tuple[str, str], ...] = (), break_glass: tuple[str, ...] = ()
) -> list[Finding]:
    snapshot = AcrossSnapshot(NOW, views, names_of(aliases), break_glass=break_glass)
    return [found for found in evaluate(CHECKS, snapshot) if found.check == check]


@pytest.mark.parametrize(
    ("views", "outcome"),
    [
        ([OKTA, view("aws", ANNA, service("ci"))], Outcome.PASS),
        ([OKTA, view("aws", person("dave@x.io"))], Outcome.FAIL),
        ([OKTA, view("aws", person("dave@x.io", active=False), ANNA)], Outcome.PASS),
        ([OKTA, view("aws", person("dave@x.io", active=None))], Outcome.FAIL),
        ([OKTA, view("aws", person("", name="dave"))], Outcome.FAIL),
        ([OKTA, view("aws", service("ci"))], Outcome.NOT_APPLICABLE),
        ([OKTA], Outcome.NOT_CHECKED),
        ([view("aws", ANNA)], Outcome.NOT_CHECKED),
        ([view("okta", broken=BLIND, authority=True), view("aws", person("dave@x.io"))], Outcome.NOT_CHECKED),
        ([view("okta", ANNA, broken=HALF, authority=True), view("aws", ANNA)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", ANNA, broken=HALF)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", person("dave@x.io"), broken=HALF)], Outcome.FAIL),
        ([OKTA, view("aws", ANNA), view("github", broken=BLIND)], Outcome.NOT_CHECKED),
        ([], Outcome.NOT_CHECKED),
    ],
)
def test_accounts_are_compared_with_the_identity_provider(views: list[SharedView], outcome: Outcome) -> None:
    assert fold(KNOWN, findings(KNOWN, *views)).outcome is outcome


AGED = replace(OKTA, taken_at=NOW - timedelta(days=8))


@pytest.mark.parametrize(
    ("views", "outcome"),
    [
        ([AGED, view("aws", ANNA)], Outcome.NOT_CHECKED),
        ([AGED, view("aws", person("dave@x.io"))], Outcome.NOT_CHECKED),  # who may have come in these days
        ([OKTA, view("aws", ANNA, days_old=8)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", person("dave@x.io"), days_old=8)], Outcome.FAIL),
        ([OKTA, view("aws", ANNA, days_old=7)], Outcome.PASS),
    ],
)
def test_an_old_reading_does_not_know_everybody(views: list[SharedView], outcome: Outcome) -> None:
    assert fold(KNOWN, findings(KNOWN, *views)).outcome is outcome


def test_an_account_of_the_same_number_is_of_somebody_else() -> None:
    okta = view("okta", Account("17", "anna@x.io", AccountKind.PERSON, ("anna@x.io",), active=True), authority=True)
    app = view("app", Account("17", "mallory", AccountKind.PERSON, (), active=True))
    assert fold(KNOWN, findings(KNOWN, okta, app)).outcome is Outcome.FAIL
    off = view("okta", Account("17", "cleo@x.io", AccountKind.PERSON, ("cleo@x.io",), active=False), authority=True)
    app = view("app", Account("17", "anna@x.io", AccountKind.PERSON, ("anna@x.io",), active=True))
    assert fold(GONE, findings(GONE, off, app)).outcome is Outcome.PASS


def test_a_service_of_the_identity_provider_makes_no_stranger_known() -> None:
    okta = view("okta", ANNA, service("reporting"), authority=True)
    assert fold(KNOWN, findings(KNOWN, okta, view("db", person("", name="reporting")))).outcome is Outcome.FAIL


@pytest.mark.parametrize("name", ["admin", "Root", "postgres"])
def test_an_account_that_every_system_has_belongs_to_nobody(name: str) -> None:
    keycloak = view("keycloak", ANNA, person("", name=name), authority=True)
    assert fold(KNOWN, findings(KNOWN, keycloak, view("db", person("", name=name)))).outcome is Outcome.FAIL
    off = view("keycloak", ANNA, person("", name=name, active=False), authority=True)
    assert fold(GONE, findings(GONE, off, view("db", person("", name=name)))).outcome is not Outcome.FAIL


def test_a_stranger_is_named_with_the_denominator_and_the_system() -> None:
    (found,) = findings(KNOWN, OKTA, view("aws", ANNA, person("dave@x.io"), person("", name="root-2")))
    assert found.verdict.reason == "2 of 3 accounts in Aws are of nobody in Okta: dave@x.io, root-2."
    assert found.verdict.seen == 3
    assert "1 account has no address to join by" in found.verdict.near_miss
    assert [line.object for line in found.verdict.evidence] == ["dave@x.io", "root-2"]


@pytest.mark.parametrize(
    ("account", "alias"),
    [("AnnaK", ("annak", "anna@x.io")), ("annak", ("AnnaK", "ANNA@x.io"))],
)
def test_a_declared_alias_joins(account: str, alias: tuple[str, str]) -> None:
    aws = view("aws", person("", name=account))
    assert fold(KNOWN, findings(KNOWN, OKTA, aws)).outcome is Outcome.FAIL
    assert fold(KNOWN, findings(KNOWN, OKTA, aws, aliases=(alias,))).outcome is Outcome.PASS


def test_emergency_accounts_are_left_out_by_name() -> None:
    aws = view("aws", ANNA, person("", name="glass-1"))
    (found,) = findings(KNOWN, OKTA, aws, break_glass=("Glass-1",))
    assert found.verdict.outcome is Outcome.PASS
    assert "1 account is left out, declared as break-glass: glass-1." in found.verdict.reason


@pytest.mark.parametrize(
    ("views", "outcome"),
    [
        ([OKTA, view("aws", ANNA, BEN)], Outcome.PASS),
        ([OKTA, view("aws", person("cleo@x.io"))], Outcome.FAIL),
        ([OKTA, view("aws", person("cleo@x.io", active=False))], Outcome.PASS),
        ([OKTA, view("aws", person("cleo@x.io", active=None))], Outcome.NOT_CHECKED),
        ([view("okta", ANNA, authority=True), view("aws", ANNA)], Outcome.NOT_APPLICABLE),
        ([OKTA, view("aws", ANNA, days_old=8)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", person("cleo@x.io"), days_old=8)], Outcome.FAIL),
        ([OKTA, view("aws", ANNA, broken=HALF)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", broken=BLIND)], Outcome.NOT_CHECKED),
        ([view("aws", ANNA)], Outcome.NOT_CHECKED),
        ([OKTA, view("entra", person("cleo@x.io"), authority=True), view("aws", person("cleo@x.io"))], Outcome.PASS),
        ([AGED, view("aws", ANNA)], Outcome.NOT_CHECKED),
        ([AGED, view("aws", person("cleo@x.io"))], Outcome.FAIL),
        ([OKTA, view("aws", ANNA, person("", name="ck"))], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", ANNA, person("", name="ck", active=False))], Outcome.PASS),
        ([OKTA, view("aws", ANNA, service("ck"))], Outcome.PASS),
        ([OKTA, view("scim", Account("1", "CLEO@x.io", AccountKind.PERSON, active=True))], Outcome.FAIL),
    ],
)
def test_who_is_switched_off_is_off_everywhere(views: list[SharedView], outcome: Outcome) -> None:
    assert fold(GONE, findings(GONE, *views)).outcome is outcome


def test_who_works_under_another_name_is_not_gone() -> None:
    both = Account("1", "cleo-old", AccountKind.PERSON, ("cleo@x.io",), active=False)
    okta = view("okta", both, person("cleo@x.io"), authority=True)
    assert fold(GONE, findings(GONE, okta, view("aws", person("", name="cleo-old")))).outcome is Outcome.PASS
    left = view("okta", both, ANNA, authority=True)
    assert fold(GONE, findings(GONE, left, view("aws", person("", name="cleo-old")))).outcome is Outcome.FAIL


def test_accounts_of_nobody_rule_out_a_pass_until_it_is_declared_whose_they_are() -> None:
    aws = view("aws", ANNA, person("", name="ck"), person("", name="glass"))
    (found,) = findings(GONE, OKTA, aws, break_glass=("glass",))
    assert found.verdict.reason == "1 of 3 accounts in Aws has no address, so whose they are is not known: ck."
    assert found.verdict.near_miss == "Declare whose they are under Other names of people."
    declared = findings(GONE, OKTA, aws, break_glass=("glass",), aliases=(("ck", "anna@x.io"),))
    assert fold(GONE, declared).outcome is Outcome.PASS
    gone = findings(GONE, OKTA, aws, break_glass=("glass",), aliases=(("ck", "cleo@x.io"),))
    assert fold(GONE, gone).outcome is Outcome.FAIL


def test_who_is_still_active_is_named_with_the_place() -> None:
    (found,) = findings(GONE, OKTA, view("aws", ANNA, person("cleo@x.io")))
    assert found.verdict.resource == "Aws/cleo@x.io"
    assert found.verdict.reason == "cleo@x.io is switched off in the identity provider and still active in Aws."
