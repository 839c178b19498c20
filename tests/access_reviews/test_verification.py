"""Readings close decisions and open them again, in the transaction of their result; silence closes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.access_reviews.telling import fail, person, service, tell, tell_nothing
from tests.access_reviews.test_decisions import REMOVE, decide, everything
from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.selectors import read_access
from ztassess.access_reviews.selectors_items import open_items
from ztassess.access_reviews.services.decisions import Choice
from ztassess.audit.models import AuditEvent
from ztassess.domain.access_decisions import Decision, ItemState
from ztassess.domain.findings import Unavailable
from ztassess.scans.services.connections import connection_remove

DONE, THERE, UNVERIFIED = ItemState.DONE, ItemState.STILL_THERE, ItemState.NOT_VERIFIED


def state(name: str = "zoe") -> ItemState:
    return ItemState(AccessDecision.objects.get(account_id=name, replaced_at=None).state)


@pytest.fixture
def removed(told, owner, cloud):
    """It was decided to remove Zoe's account in the cloud."""
    return decide(told, owner, cloud, "zoe", REMOVE)


def test_it_is_not_verified_before_the_next_reading(removed, idp):
    assert state() is UNVERIFIED
    tell(idp, person("anna"), authority=True)  # another connection proves nothing
    assert state() is UNVERIFIED
    (item,) = open_items()
    assert (item.sentence, item.why) == ("Remove zoe@x.io in Cloud", "Not read again since the decision.")


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ((), DONE),
        ((person("zoe", active=False),), DONE),
        ((person("zoe"),), THERE),
        ((person("zoe", active=None),), UNVERIFIED),
    ],
)
def test_the_next_reading_says_what_became_of_it(removed, cloud, accounts, expected):
    tell(cloud, person("anna"), *accounts)
    assert state() is expected
    assert bool(open_items()) is (expected is not DONE)


def test_done_has_its_date_and_its_line_in_the_log(removed, cloud):
    at = timezone.now() + timedelta(minutes=1)
    tell(cloud, person("anna"), at=at)
    row = AccessDecision.objects.get(id=removed.id)
    assert row.state_at == at
    assert row.state_why == "Gone. Told by an uploaded export."
    line = AuditEvent.objects.get(action="access.verify")
    assert "Cloud verified decisions about accounts: 1 done" in line.detail.summary


def test_an_export_made_before_the_decision_closes_nothing(removed, cloud):
    tell(cloud, person("anna"), at=removed.decided_at - timedelta(days=1))
    assert state() is UNVERIFIED


def test_an_old_export_that_tells_the_account_opens_it_again(removed, cloud):
    tell(cloud, person("anna"))
    assert state() is DONE
    tell(cloud, person("zoe"), at=removed.decided_at - timedelta(days=1))
    assert state() is UNVERIFIED


def test_account_that_comes_back_opens_it_again(removed, cloud):
    tell(cloud, person("anna"))
    tell(cloud, person("zoe"))
    assert state() is THERE
    summaries = [line.detail.summary for line in AuditEvent.objects.filter(action="access.verify").order_by("seq")]
    assert [text.rpartition(": ")[2] for text in summaries] == ["1 done", "1 still there"]


def test_reading_that_failed_or_could_not_list_leaves_it_not_verified(removed, cloud):
    fail(cloud)
    assert state() is UNVERIFIED
    tell_nothing(cloud, Unavailable("missing_scope", detail="The key may not list users."))
    assert state() is UNVERIFIED
    assert open_items()[0].why == "Not verified: The key may not list users."


def test_removed_connection_verifies_nothing(removed, cloud, owner):
    tell(cloud, person("zoe"))
    connection_remove(connection=cloud, reason="moved", actor=owner)
    (item,) = open_items()
    assert (item.state, item.why) == (UNVERIFIED, "Its connection was removed, so nothing can verify it.")


def test_reduced_is_done_when_it_is_no_administrator_any_more(told, owner, cloud):
    decide(told, owner, cloud, "anna", Choice(Decision.REDUCE, "One is enough."))
    tell(cloud, person("anna", admin=None))
    assert state("anna") is UNVERIFIED
    tell(cloud, person("anna", admin=True))
    assert state("anna") is THERE
    tell(cloud, person("anna", admin=False))
    assert state("anna") is DONE


def test_still_there_after_the_due_day_is_overdue_and_stands_first(told, owner, cloud, as_owner):
    today = timezone.localdate()
    decide(told, owner, cloud, "deployer", Choice(Decision.REMOVE, "Replaced.", due_on=today))
    decide(told, owner, cloud, "zoe", Choice(Decision.REMOVE, "Left.", due_on=today + timedelta(days=1)))
    tell(cloud, service("deployer"), person("zoe"))
    items = open_items(today=today + timedelta(days=1))
    assert [(item.account, item.overdue) for item in items] == [("deployer", True), ("zoe@x.io", False)]
    AccessDecision.objects.filter(account_id="zoe").update(due_on=today - timedelta(days=1))
    shown = as_owner.get(f"/o/{told.slug}/access/open/").content.decode()
    assert shown.index("Remove zoe@x.io") < shown.index("Remove deployer")
    assert "1 overdue" in shown


def test_not_verified_after_the_due_day_is_late_but_not_called_still_there(removed, as_owner, told):
    AccessDecision.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    (item,) = open_items()
    assert (item.overdue, item.late) == (False, True)
    assert "The due day has passed." in as_owner.get(f"/o/{told.slug}/access/open/").content.decode()


def test_a_replaced_decision_is_not_to_be_carried_out_any_more(removed, told, owner, cloud):
    until = timezone.localdate() + timedelta(days=5)
    decide(told, owner, cloud, "zoe", Choice(Decision.EXCEPT, "Handover.", until=until), version=1)
    assert open_items() == []


def test_verifying_costs_the_same_for_few_and_many(told, owner, cloud):
    def cost(services: int) -> int:
        AccessDecision.objects.all().delete()
        tell(cloud, *(service(f"s{number}") for number in range(services)))
        everything(told, owner, REMOVE)
        with CaptureQueriesContext(database) as captured:
            tell(cloud, person("anna"))
        assert AccessDecision.objects.filter(state="done").count() == services
        return len([query for query in captured if "access_reviews" in query["sql"]])

    assert cost(3) == cost(300)


readings = st.lists(
    st.one_of(
        st.sampled_from([True, False, None, "gone", "blind", "failed"]).map(lambda what: (what, 1)),
        st.sampled_from([True, "gone"]).map(lambda what: (what, -1)),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readings)
def test_never_shown_as_done_while_the_account_is_told_active(told, owner, cloud, sequence):
    """Whatever comes in whatever order, old exports and failures included: table, list and account agree."""
    AccessDecision.objects.all().delete()
    tell(cloud, person("zoe"))
    made = decide(told, owner, cloud, "zoe", REMOVE)
    for number, (what, direction) in enumerate(sequence, start=1):
        at = made.decided_at + direction * timedelta(minutes=number)
        if what == "failed":
            fail(cloud)
        elif what == "blind":
            tell_nothing(cloud, Unavailable("partial_data"))
        elif what == "gone":
            tell(cloud, person("anna"), at=at)
        else:
            tell(cloud, person("zoe", active=what), at=at)
        shown = [entry for entry in read_access(told).entries if entry.line.account.id == "zoe"]
        if shown and shown[0].line.account.active is not False:
            assert shown[0].state is not DONE
            assert state() is not DONE
            assert [item.account for item in open_items()] == ["zoe@x.io"]
