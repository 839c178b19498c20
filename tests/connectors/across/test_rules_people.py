"""People of every system are known to an identity provider, and off everywhere once they are off there."""

from __future__ import annotations

import pytest

from tests.connectors.across.views import ANNA, BEN, BLIND, HALF, OKTA, person, service, view
from tests.fakes.vendor import NOW
from ztassess.connectors.across.rules import CHECKS
from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.joining import names_of
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome
from ztassess.domain.roster import SharedView

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
    ],
)
def test_who_is_switched_off_is_off_everywhere(views: list[SharedView], outcome: Outcome) -> None:
    assert fold(GONE, findings(GONE, *views)).outcome is outcome


def test_who_is_still_active_is_named_with_the_place() -> None:
    (found,) = findings(GONE, OKTA, view("aws", ANNA, person("cleo@x.io")))
    assert found.verdict.resource == "Aws/cleo@x.io"
    assert found.verdict.reason == "cleo@x.io is switched off in the identity provider and still active in Aws."
