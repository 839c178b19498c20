"""Who is looked for, what rules out a pass, and what is said beside one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.connectors.across.views import BLIND, HALF, OKTA, person, service, view
from tests.fakes.vendor import NOW
from ztassess.connectors.joining import names_of
from ztassess.connectors.scim.rules import CHECKS, NOBODY
from ztassess.connectors.scim.snapshot import ScimSnapshot, ServiceConfig, User
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable
from ztassess.domain.roster import Leaver, SharedView

LEAVERS, PROVISIONING = "scim.leavers_inactive", "scim.provisioning_available"
GONE = Unavailable("missing_scope", "GET /Users", "The app does not let this token read /Users.")


def account(name: str, *emails: str, active: bool | None = True, modified: datetime | None = None) -> User:
    return User(f"id of {name}", name, emails, active, modified)


ANNA, CLEO = account("anna@x.io"), account("cleo@x.io")
CLEO_OFF = account("cleo@x.io", active=False)


def snapshot(*users: User, views: tuple[SharedView, ...] = (), **more: Any) -> ScimSnapshot:
    aliases = more.pop("aliases", ())
    made = ScimSnapshot(NOW, "app.example", (ServiceConfig(True, True),), users, views, names_of(aliases))
    return replace(made, **more)


def findings(found: ScimSnapshot, check: str = LEAVERS) -> list[Finding]:
    return [each for each in evaluate(CHECKS, found) if each.check == check]


def outcome(found: ScimSnapshot, check: str = LEAVERS) -> Outcome:
    return fold(check, findings(found, check)).outcome


def listed(*leavers: Leaver) -> SharedView:
    return view("leavers", leavers=leavers)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (snapshot(ANNA, CLEO_OFF, leavers=("cleo@x.io",)), Outcome.PASS),
        (snapshot(ANNA, leavers=("cleo@x.io",)), Outcome.PASS),
        (snapshot(ANNA, CLEO, leavers=("cleo@x.io",)), Outcome.FAIL),
        (snapshot(ANNA, CLEO, leavers=(" CLEO@x.io ",)), Outcome.FAIL),
        (snapshot(account("c", "cleo@x.io"), leavers=("cleo@x.io",)), Outcome.FAIL),
        (snapshot(account("c"), leavers=("cleo@x.io",), aliases=(("c", "cleo@x.io"),)), Outcome.FAIL),
        (snapshot(account("c"), leavers=("c",)), Outcome.FAIL),
        (snapshot(account("cleo@x.io", active=None), leavers=("cleo@x.io",)), Outcome.NOT_CHECKED),
        (snapshot(ANNA, leavers=()), Outcome.NOT_APPLICABLE),
        (snapshot(ANNA, leavers=None), Outcome.NOT_CHECKED),
        (snapshot(leavers=("cleo@x.io",)), Outcome.NOT_CHECKED),
        (snapshot(leavers=("cleo@x.io",), users=GONE), Outcome.NOT_CHECKED),
        (snapshot(leavers=("cleo@x.io",), users=replace(HALF, read=(ANNA,))), Outcome.NOT_CHECKED),
        (snapshot(leavers=("cleo@x.io",), users=replace(HALF, read=(CLEO,))), Outcome.FAIL),
        (snapshot(leavers=(), users=GONE), Outcome.NOT_CHECKED),
        (snapshot(ANNA, views=(listed(Leaver("cleo@x.io", ("ck",))),)), Outcome.PASS),
        (snapshot(account("CK"), views=(listed(Leaver("cleo@x.io", ("ck",))),)), Outcome.FAIL),
    ],
)
def test_people_who_left(found: ScimSnapshot, expected: Outcome) -> None:
    assert outcome(found) is expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (snapshot(ANNA, CLEO_OFF, views=(OKTA,)), Outcome.PASS),
        (snapshot(ANNA, CLEO, views=(OKTA,)), Outcome.FAIL),
        (snapshot(ANNA, CLEO, views=(OKTA,), leavers=()), Outcome.FAIL),
        (snapshot(account("cleo@x.io", active=None), views=(OKTA,)), Outcome.NOT_CHECKED),
        (snapshot(ANNA, views=(view("okta", person("anna@x.io"), authority=True),)), Outcome.NOT_APPLICABLE),
        (snapshot(ANNA, views=(view("okta", broken=BLIND, authority=True),)), Outcome.NOT_CHECKED),
        (snapshot(ANNA, views=(view("okta", broken=BLIND, authority=True),), leavers=("d@x.io",)), Outcome.NOT_CHECKED),
        (
            snapshot(CLEO, views=(view("okta", person("cleo@x.io", active=False), broken=HALF, authority=True),)),
            Outcome.FAIL,
        ),
        (snapshot(ANNA, CLEO_OFF, views=(replace(OKTA, taken_at=NOW - timedelta(days=8)),)), Outcome.NOT_CHECKED),
        (snapshot(ANNA, CLEO, views=(replace(OKTA, taken_at=NOW - timedelta(days=8)),)), Outcome.FAIL),
        (snapshot(CLEO, views=(OKTA, view("entra", person("cleo@x.io"), authority=True))), Outcome.NOT_APPLICABLE),
        (snapshot(CLEO, views=(view("aws", person("cleo@x.io", active=False)),)), Outcome.NOT_CHECKED),
        (
            snapshot(
                account("bot"),
                views=(view("okta", person("a@x.io", active=False), service("bot"), authority=True),),
            ),
            Outcome.NOT_CHECKED,
        ),
    ],
)
def test_people_off_in_the_identity_provider(found: ScimSnapshot, expected: Outcome) -> None:
    assert outcome(found) is expected


def test_without_anybody_to_look_for_the_sentence_says_what_to_do() -> None:
    (found,) = findings(snapshot(ANNA))
    assert (found.verdict.reason_code, found.verdict.reason) == ("input_missing", NOBODY)


def test_who_left_and_is_switched_off_too_is_one_person() -> None:
    (found,) = findings(snapshot(ANNA, views=(OKTA, listed(Leaver("cleo@x.io"))), leavers=("cleo@x.io", "dave@x.io")))
    assert found.verdict.seen == 2
    assert found.verdict.reason == (
        "None of 2 people who left and 0 people switched off in Okta is active among 1 account in app.example."
    )


def test_who_left_is_not_forgiven_by_an_account_that_is_still_on_in_the_identity_provider() -> None:
    (found,) = findings(snapshot(ANNA, views=(OKTA,), leavers=("anna@x.io",)))
    assert found.verdict.reason.startswith("anna@x.io left and is still active in app.example. 2 people looked for")


def test_each_active_leaver_is_named() -> None:
    found = findings(snapshot(ANNA, CLEO, leavers=("cleo@x.io", "anna@x.io", "dave@x.io")))
    assert [each.verdict.resource for each in found] == ["anna@x.io", "cleo@x.io"]
    assert {each.verdict.seen for each in found} == {3}


def test_accounts_of_nobody_rule_out_a_pass_until_it_is_declared_whose_they_are() -> None:
    users = (ANNA, account("sync"), account("old", active=False), account("glass"))
    found = findings(snapshot(*users, leavers=("cleo@x.io",), break_glass=("Glass",)))
    assert [each.verdict.outcome for each in found] == [Outcome.NOT_CHECKED]
    assert found[0].verdict.reason == (
        "1 of 4 accounts has no address and no declared name, so whose they are is not known: sync."
    )
    assert found[0].verdict.near_miss == "Declare whose they are under Other names of people."
    (good,) = findings(
        snapshot(*users, leavers=("cleo@x.io",), break_glass=("Glass",), aliases=(("Sync", "anna@x.io"),))
    )
    assert good.verdict.outcome is Outcome.PASS
    assert good.verdict.reason.endswith("1 account is left out, declared as break-glass: glass.")


def test_an_emergency_account_of_somebody_who_left_still_fails() -> None:
    found = snapshot(account("glass", "cleo@x.io"), leavers=("cleo@x.io",), break_glass=("glass",))
    assert outcome(found) is Outcome.FAIL


def test_a_name_that_the_identity_provider_knows_is_somebodys() -> None:
    provider = view("keycloak", person("", name="annak"), person("", name="ben", active=False), authority=True)
    assert outcome(snapshot(account("annak"), views=(provider,))) is Outcome.PASS
    assert outcome(snapshot(account("BEN"), views=(provider,))) is Outcome.FAIL


@pytest.mark.parametrize(
    ("hours", "near"),
    [
        (30, ""),
        (49, "Deactivated up to so long after the last day (limit 24 h; the last change of the account): cleo@x.io"),
    ],
)
def test_a_late_deactivation_is_said_beside_the_pass(hours: int, near: str) -> None:
    last_day = datetime(2026, 11, 1, tzinfo=UTC)
    off = account("cleo@x.io", active=False, modified=last_day + timedelta(hours=hours))
    (found,) = findings(snapshot(ANNA, off, views=(listed(Leaver("cleo@x.io", left_at=last_day)),)))
    assert found.verdict.outcome is Outcome.PASS
    assert found.verdict.near_miss == (f"{near} {hours - 24} h." if near else "")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (snapshot(ANNA), "capability_only"),
        (snapshot(ANNA, config=Unavailable("unsupported")), "unsupported"),
        (snapshot(users=GONE), "missing_scope"),
    ],
)
def test_provisioning_is_never_proven(found: ScimSnapshot, reason: str) -> None:
    (said,) = findings(found, PROVISIONING)
    assert (said.verdict.outcome, said.verdict.reason_code) == (Outcome.NOT_CHECKED, reason)


def test_a_service_that_takes_no_patch_is_told() -> None:
    (said,) = findings(snapshot(ANNA, config=(ServiceConfig(False),)), PROVISIONING)
    assert said.verdict.near_miss == (
        "SCIM exists; whether the IdP drives it is not visible. It takes no PATCH, with which most switch accounts off."
    )
    assert said.verdict.evidence[0].observed == "false"
