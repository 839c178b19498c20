"""Deciding: one account with a version, many where it is allowed, by whom it may be done, and the line in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.access_reviews.telling import person, service, tell
from tests.conftest import member
from ztassess.access_reviews.errors import DecisionConflict, DecisionRefused
from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.selectors import read_access
from ztassess.access_reviews.selectors_items import open_items
from ztassess.access_reviews.services.decisions import Choice, decision_record, decisions_record
from ztassess.audit.models import AuditEvent
from ztassess.domain.access_decisions import Decision
from ztassess.domain.access_review import account_key
from ztassess.organizations.roles import Role

KEEP = Choice(Decision.KEEP, "Needs it daily.")
REMOVE = Choice(Decision.REMOVE, "Left in June.")


def decide(organization, actor, connection, name, choice, version=0) -> AccessDecision:
    return decision_record(
        organization=organization,
        actor=actor,
        connection_id=connection.id,
        account_key=account_key(name),
        version=version,
        choice=choice,
    )


def everything(organization, actor, choice, *, seen_at=None):
    return decisions_record(
        organization=organization,
        actor=actor,
        pick=lambda reading: reading.entries,
        seen_at=seen_at or timezone.now(),
        choice=choice,
    )


def test_decision_is_kept_with_who_when_why_and_what_was_told(told, owner, cloud):
    made = decide(told, owner, cloud, "anna", KEEP)
    assert (made.decided_by, made.reason, made.version) == (owner, "Needs it daily.", 1)
    assert made.basis["admin"] is True
    line = AuditEvent.objects.get(action="access.decide")
    assert "decided “keep” about anna@x.io" in line.detail.summary
    assert line.detail.after["accounts"] == [[str(cloud.id), "anna", 1]]


def test_next_decision_replaces_the_last_and_keeps_it(told, owner, cloud):
    decide(told, owner, cloud, "anna", KEEP)
    decide(told, owner, cloud, "anna", Choice(Decision.REDUCE, "Too much."), version=1)
    rows = AccessDecision.objects.order_by("version").values_list("decision", "replaced_at")
    assert [(decision, replaced is None) for decision, replaced in rows] == [("keep", False), ("reduce", True)]


def test_two_people_never_overwrite_each_other(told, owner, cloud, client, editor):
    path = f"/o/{told.slug}/access/accounts/{cloud.id}/{account_key('anna')}/"
    client.force_login(editor)
    form = {"decision": "keep", "reason": "Still the platform lead.", "version": "0"}
    assert client.post(path, form).status_code == 302
    client.force_login(owner)
    answer = client.post(path, {"decision": "reduce", "reason": "One admin is enough.", "version": "0"})
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Still the platform lead." in shown
    assert "One admin is enough." in shown
    assert AccessDecision.objects.count() == 1
    with pytest.raises(DecisionConflict):
        decide(told, owner, cloud, "anna", KEEP)


def test_same_form_twice_decides_once(told, as_owner, cloud):
    path = f"/o/{told.slug}/access/accounts/{cloud.id}/{account_key('anna')}/"
    form = {"decision": "keep", "reason": "Needs it.", "version": "0", "idempotency_key": "one"}
    assert [as_owner.post(path, form).status_code for _ in range(2)] == [302, 302]
    assert AccessDecision.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"decision": "keep", "reason": ""}, "This field is required"),
        ({"decision": "except", "reason": "Migration."}, "An exception needs a last day"),
        ({"decision": "remove", "reason": "Gone.", "due_on": "2001-01-01"}, "This day has passed already"),
        ({"decision": "grant", "reason": "More."}, "Select a valid choice"),
    ],
)
def test_decision_without_reason_or_day_is_refused(told, as_owner, cloud, form, words):
    path = f"/o/{told.slug}/access/accounts/{cloud.id}/{account_key('anna')}/"
    answer = as_owner.post(path, form | {"version": "0"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not AccessDecision.objects.exists()


@pytest.mark.parametrize("days", [-1, 400])
def test_an_exception_ends_within_a_year(told, owner, cloud, days):
    until = timezone.localdate() + timedelta(days=days)
    with pytest.raises(DecisionRefused, match="twelve months"):
        decide(told, owner, cloud, "anna", Choice(Decision.EXCEPT, "Migration.", until=until))


def test_many_are_decided_where_it_is_allowed_and_the_rest_is_listed(told, owner):
    recorded = everything(told, owner, Choice(Decision.REDUCE, "Fewer administrators."))
    assert sorted((row.account_id, row.connection.name) for row in recorded.done) == [
        ("anna", "Cloud"),
        ("anna", "Directory"),
    ]
    why = {each.entry.line.account.id: each.why for each in recorded.refused}
    assert set(why) == {"ben", "zoe", "deployer", "gone"}
    assert "inactive already" in why["gone"]
    assert "not told to be an administrator" in why["zoe"]
    assert AccessDecision.objects.count() == 2
    assert AuditEvent.objects.filter(action="access.decide").count() == 1


def test_keeping_a_leaver_is_refused_an_exception_is_not(told, owner, cloud):
    with pytest.raises(DecisionRefused, match="left"):
        decide(told, owner, cloud, "zoe", KEEP)
    until = timezone.localdate() + timedelta(days=30)
    assert decide(told, owner, cloud, "zoe", Choice(Decision.EXCEPT, "Handover.", until=until)).until == until


def test_what_was_decided_after_the_page_was_opened_is_left_alone(told, owner, editor, cloud):
    seen_at = timezone.now()
    decide(told, editor, cloud, "zoe", REMOVE)
    recorded = everything(told, owner, REMOVE, seen_at=seen_at)
    assert {each.entry.line.account.id: each.why for each in recorded.refused if "after you opened" in each.why} == {
        "zoe": "Edo Editor decided “remove” about it after you opened the page."
    }
    assert AccessDecision.objects.get(account_id="zoe", replaced_at=None).decided_by == editor


def test_nobody_keeps_the_own_access_while_somebody_else_may_decide(told, cloud, owner):
    anna = member(told, Role.EDITOR, "anna@x.io", "Anna")
    with pytest.raises(DecisionRefused, match="your own access"):
        decide(told, anna, cloud, "anna", KEEP)
    assert decide(told, anna, cloud, "anna", REMOVE).decision == "remove"


def test_the_only_one_who_may_decide_may_decide_about_the_own_access(told, cloud, owner):
    tell(cloud, person("olga", emails=("owner@acme.example",)))
    assert decide(told, owner, cloud, "olga", KEEP).decision == "keep"


def test_ticked_accounts_are_decided_from_the_page(told, as_owner, cloud, idp):
    form = {
        "scope": "ticked",
        "ticked": [f"{cloud.id}.{account_key('zoe')}", f"{idp.id}.{account_key('ben')}"],
        "decision": "remove",
        "reason": "Not needed.",
        "seen_at": timezone.now().isoformat(),
    }
    answer = as_owner.post(f"/o/{told.slug}/access/decide/", form)
    assert answer.status_code == 302
    assert {item.account for item in open_items()} == {"zoe@x.io", "ben@x.io"}
    assert all(item.due_on == timezone.localdate() + timedelta(days=14) for item in open_items())


def test_a_filter_is_decided_from_the_page_and_the_rest_is_named(told, as_owner):
    form = {"scope": "fitting", "kind": "person", "decision": "reduce", "reason": "Fewer administrators."}
    answer = as_owner.post(f"/o/{told.slug}/access/decide/", form | {"seen_at": timezone.now().isoformat()})
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "about 2\N{NO-BREAK SPACE}accounts" in shown
    assert "It is inactive already" in shown
    assert "deployer" not in shown
    assert AccessDecision.objects.count() == 2


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"scope": "ticked"}, 422, "No account is ticked"),
        ({"scope": "fitting", "seen_at": "yesterday"}, 422, "The page is too old"),
        ({"scope": "fitting", "reason": ""}, 422, "This field is required"),
        ({"scope": "ticked", "ticked": ["nonsense"]}, 409, "Nothing was decided"),
        ({"scope": "fitting", "q": "zoe", "decision": "keep"}, 409, "Its person left"),
    ],
)
def test_what_cannot_be_decided_says_why_and_changes_nothing(told, as_owner, form, status, words):
    filled = {"decision": "remove", "reason": "Not needed.", "seen_at": timezone.now().isoformat()} | form
    answer = as_owner.post(f"/o/{told.slug}/access/decide/", filled)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not AccessDecision.objects.exists()


def test_account_page_shows_what_is_told_and_what_was_decided(told, as_owner, owner, cloud):
    decide(told, owner, cloud, "zoe", REMOVE)
    shown = as_owner.get(f"/o/{told.slug}/access/accounts/{cloud.id}/{account_key('zoe')}/").content.decode()
    for words in ("On the list of people who left.", "Left in June.", "Not read again since the decision."):
        assert words in shown


def test_account_that_is_not_told_any_more_keeps_its_decisions(told, as_owner, owner, cloud):
    decide(told, owner, cloud, "zoe", REMOVE)
    tell(cloud, person("anna"))
    path = f"/o/{told.slug}/access/accounts/{cloud.id}/{account_key('zoe')}/"
    assert "does not tell this account any more" in as_owner.get(path).content.decode()
    answer = as_owner.post(path, {"decision": "keep", "reason": "Back.", "version": "1"})
    assert answer.status_code == 409
    assert as_owner.get(f"/o/{told.slug}/access/accounts/{cloud.id}/{account_key('nobody')}/").status_code == 404


def test_deciding_about_many_asks_the_same_for_few_and_many(told, owner, cloud):
    """What is written goes in batches, whose size the database sets; what is read does not grow."""

    def cost() -> int:
        with CaptureQueriesContext(database) as captured:
            everything(told, owner, REMOVE)
        return len([query for query in captured if query["sql"].startswith("SELECT")])

    few = cost()
    tell(cloud, *(service(f"s{number}") for number in range(300)))
    assert cost() == few
    assert len(read_access(told).entries) > 300
