"""A real SCIM service: who is active in it, how it pages and filters, and what it says to a wrong token."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.connectors.across.views import OKTA, person, view
from tests.connectors.scim.readings import LEAVERS, PROVISIONING, context, outcome, read, said
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY
from tests.services.scim import READER, Tenant
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.scim import CONNECTOR
from ztassess.connectors.scim.client import ACTIVE, get_config, get_users, open_door
from ztassess.connectors.scim.collect import collect
from ztassess.connectors.scim.preflight import UNVERIFIED, preflight
from ztassess.domain.findings import Outcome
from ztassess.domain.roster import AccountKind


def test_a_leaver_is_active_until_the_app_switches_the_account_off(tenant: Tenant) -> None:
    tenant.add("anna@acme.example", "anna@acme.example")
    cleo = tenant.add("Cleo@Acme.example", "cleo@acme.example", "ck@old.example")
    active = read(tenant, leavers=("cleo@acme.example", "dave@acme.example"))
    (found,) = said(active)
    assert found.verdict.outcome is Outcome.FAIL
    assert found.verdict.reason == (
        "Cleo@Acme.example left and is still active in localhost. 2 people looked for in 2 accounts."
    )
    assert [(line.object, line.observed) for line in found.verdict.evidence] == [("Cleo@Acme.example", "true")]
    tenant.deactivate(cleo)
    (found,) = said(read(tenant, leavers=("cleo@acme.example", "dave@acme.example")))
    assert found.verdict.outcome is Outcome.PASS
    assert (found.verdict.seen, found.verdict.reason) == (
        2,
        "None of 2 people who left is active among 2 accounts in localhost.",
    )


@pytest.mark.parametrize("name", ["ck@OLD.example", "cleo-k", "CLEO@acme.example"])
def test_every_name_of_a_leaver_counts(tenant: Tenant, name: str) -> None:
    tenant.add("cleo-k", "cleo@acme.example", "ck@old.example")
    assert outcome(read(tenant, leavers=(name,))) is Outcome.FAIL


def test_who_is_switched_off_in_the_identity_provider_is_looked_for(tenant: Tenant) -> None:
    tenant.add("anna@x.io", "anna@x.io")
    cleo = tenant.add("cleo", "cleo@x.io")
    (found,) = said(read(tenant, OKTA))
    assert found.verdict.outcome is Outcome.FAIL
    assert found.verdict.reason.startswith("cleo (cleo@x.io) is switched off in Okta and is still active in localhost.")
    tenant.deactivate(cleo)
    (found,) = said(read(tenant, OKTA))
    assert found.verdict.outcome is Outcome.PASS
    assert found.verdict.reason == ("None of 1 person switched off in Okta is active among 2 accounts in localhost.")


def test_an_account_that_does_not_say_whether_it_is_active_is_not_checked(tenant: Tenant) -> None:
    tenant.add("cleo@x.io", active=None)
    reading = read(tenant, leavers=("cleo@x.io",))
    assert outcome(reading) is Outcome.NOT_CHECKED
    assert said(reading)[0].verdict.reason_code == "partial_data"


def test_all_pages_are_read_and_each_account_once(tenant: Tenant) -> None:
    tenant.fill(230)
    asked = context(tenant, leavers=("user-0229@acme.example",))
    snapshot = collect(asked)
    assert isinstance(snapshot.users, tuple)
    assert len({user.id for user in snapshot.users}) == 230
    assert asked.budget.requests == 6  # description, three pages, one after the end, the active ones
    assert outcome(read(tenant, leavers=("user-0229@acme.example",))) is Outcome.FAIL


def test_the_filter_and_the_pages_of_the_service_do_what_the_client_expects(tenant: Tenant) -> None:
    gone = tenant.add("a@x.io", "a@x.io")
    tenant.add("b@x.io", "b@x.io")
    tenant.deactivate(gone)
    with open_door(context(tenant)) as door:
        assert [user.name for user in get_users(door, 1, only=ACTIVE).users] == ["b@x.io"]
        assert get_users(door, 1, count=1, only=ACTIVE).total == 1
        first, second, third = (get_users(door, start, count=1) for start in (1, 2, 3))
        assert {user.name for page in (first, second) for user in page.users} == {"a@x.io", "b@x.io"}
        assert (first.total, second.total, third.total, third.users) == (2, 2, 2, ())
        assert [(each.patch, each.filter) for each in get_config(door)] == [(True, True)]


def test_a_wrong_token_is_refused_in_the_words_of_the_service(tenant: Tenant) -> None:
    wrong = context(tenant, token="wrong-token-canary")
    for attempt in (collect, preflight):
        with pytest.raises(AuthFailed) as refused:
            attempt(wrong)
        assert refused.value.sentence == (
            "The app refused the token: Authorization failure. The authorization header is invalid or missing."
        )


def test_the_connection_test_says_that_the_token_may_be_able_to_write(tenant: Tenant) -> None:
    tenant.add("anna@x.io")
    found = preflight(context(tenant))
    assert {(row.part, row.allowed) for row in found.rows} == {("config", True), ("users", True)}
    assert found.warnings == (UNVERIFIED,)
    assert UNVERIFIED == "We could not verify that this token is read-only."
    assert (found.identity, found.refused) == ("whoever holds the token, at localhost", "")


def test_a_service_that_answers_is_a_capability_and_no_proof(tenant: Tenant) -> None:
    tenant.add("anna@x.io", "anna@x.io")
    (found,) = said(read(tenant), PROVISIONING)
    assert (found.verdict.outcome, found.verdict.reason_code) == (Outcome.NOT_CHECKED, "capability_only")
    assert found.verdict.near_miss == "SCIM exists; whether the IdP drives it is not visible."
    assert found.verdict.evidence[0].observed == "true"


def test_only_described_fields_are_read_and_nothing_else_is_kept(tenant: Tenant) -> None:
    tenant.add("anna@x.io", "anna@x.io", password=f"{CANARY}-Aa1", displayName=CANARY, title=CANARY)
    with heard_fields() as heard:
        asked = context(tenant, leavers=("anna@x.io",))
        snapshot = collect(asked)
    assert undescribed(heard, Path(__file__).with_name("fields.json")) == set()
    assert {("User", "active"), ("User.emails", "value"), ("ListResponse", "totalResults")} <= heard
    for text in (repr(snapshot), repr(asked), repr(read(tenant, leavers=("anna@x.io",)))):
        assert CANARY not in text
        assert READER not in text


def test_accounts_are_told_to_the_other_systems_as_people(tenant: Tenant) -> None:
    tenant.deactivate(tenant.add("Cleo@x.io", "ck@old.example"))
    tenant.add("anna")
    share = read(tenant).share
    assert share is not None
    assert not share.authority
    found = {account.name: account for account in share.accounts}  # type: ignore[union-attr]  # it is whole
    cleo, anna = found["Cleo@x.io"], found["anna"]
    assert (cleo.kind, cleo.emails, cleo.active) == (AccountKind.PERSON, ("cleo@x.io", "ck@old.example"), False)
    assert (anna.emails, anna.active) == ((), True)


def test_no_order_of_declared_names_and_views_changes_the_verdict(tenant: Tenant) -> None:
    tenant.add("cleo", "cleo@x.io")
    views = (OKTA, view("entra", person("cleo@x.io"), authority=True))
    reasons = {
        said(read(tenant, *order, leavers=("cleo@x.io", "cleo")))[0].verdict.reason
        for order in itertools.permutations(views)
    }
    assert len(reasons) == 1
    assert {check.id for check in CONNECTOR.checks} == {LEAVERS, PROVISIONING}
