"""A past day shows what was recorded then, by that day's method, and nothing computed again."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
import time_machine
from django.test.utils import CaptureQueriesContext

from ztassess.assessments.models import ScoreSnapshot, SnapshotCause
from ztassess.assessments.services import answer_save, score_record
from ztassess.common.models import organization_scope

FIRST, SECOND, THIRD = (datetime(2026, 10, day, 9, tzinfo=UTC) for day in (1, 8, 20))
TODAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
CONTROL = "identity.single-idp"


def answered(organization, owner, level, at, version):
    with time_machine.travel(at, tick=False), organization_scope(organization):
        answer_save(organization=organization, control_id=CONTROL, level=level, note="", version=version, actor=owner)


@pytest.fixture
def months(organization, owner):
    """Claimed Initial on October 1, Advanced on October 8, taken back on October 20; read on November 2."""
    answered(organization, owner, 1, FIRST, 0)
    answered(organization, owner, 2, SECOND, 1)
    answered(organization, owner, None, THIRD, 2)
    with time_machine.travel(TODAY, tick=False):
        yield organization


def rows(as_owner, home, query):
    answer = as_owner.get(f"{home}as-of/?{query}&format=csv")
    assert answer.status_code == 200
    return {row["Control"]: row for row in csv.DictReader(io.StringIO(answer.content.decode()))}


@pytest.mark.parametrize(
    ("on", "state", "claimed"),
    [
        ("2026-10-01", "claimed", "Initial"),
        ("2026-10-07", "claimed", "Initial"),
        ("2026-10-08", "claimed", "Advanced"),
        ("2026-10-19", "claimed", "Advanced"),
        ("2026-10-20", "unanswered", ""),
        ("2026-11-02", "unanswered", ""),
    ],
)
def test_day_shows_the_claim_and_the_state_that_stood_when_it_ended(as_owner, home, months, on, state, claimed):
    found = rows(as_owner, home, f"on={on}")[CONTROL]
    assert (found["State"], found["Claimed"], found["State today"]) == (state, claimed, "unanswered")


def test_day_shows_the_numbers_as_recorded_and_the_record_they_come_from(as_owner, home, months):
    with organization_scope(months):
        row = ScoreSnapshot.objects.filter(at__lt=datetime(2026, 10, 9, tzinfo=UTC)).latest("at")
        assert row.claimed > 0
    text = " ".join(as_owner.get(f"{home}as-of/?on=2026-10-12").content.decode().split())
    assert f"{100 * row.claimed:.0f}" in text
    assert "the last record before that day ended" in text
    assert f"catalog {row.catalog_version}, method {row.method_version}" in text


def test_other_method_of_that_day_is_told_and_its_numbers_stay(as_owner, home, months):
    with organization_scope(months):
        old = ScoreSnapshot.objects.order_by("at").first()
        states = {**old.states, "identity.dropped-control": "verified"}
        ScoreSnapshot.objects.filter(id=old.id).update(method_version="0.9", proven=0.77, states=states)
    text = as_owner.get(f"{home}as-of/?on=2026-10-02").content.decode()
    assert "method 0.9" in text
    assert "is not progress" in text
    assert "77" in text
    assert "identity.dropped-control" in text
    assert "is not progress" not in as_owner.get(f"{home}as-of/?on=2026-10-09").content.decode()


def test_filter_keeps_only_what_is_another_state_today(as_owner, home, months):
    changed = rows(as_owner, home, "on=2026-10-09&show=changed")
    assert CONTROL in changed
    assert all(row["State"] != row["State today"] for row in changed.values())
    answer = as_owner.get(f"{home}as-of/?on=2026-10-09&show=changed&format=json")
    assert [row["Control"] for row in answer.json()] == list(changed)
    assert len(rows(as_owner, home, "on=2026-10-09")) > len(changed)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("2026-09-30", "Nothing was recorded before 2026-10-01"),
        ("2026-11-03", "still to come"),
        ("soon", "is not a day"),
        ("2026-02-30", "is not a day"),
        ("%3Cscript%3E", "&lt;script&gt;"),
    ],
)
def test_impossible_day_gets_one_sentence(as_owner, home, months, on, says):
    answer = as_owner.get(f"{home}as-of/?on={on}")
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_organization_without_a_record_says_so(as_owner, home):
    answer = as_owner.get(f"{home}as-of/")
    assert answer.status_code == 200
    assert "Nothing is recorded yet" in answer.content.decode()


def test_queries_do_not_grow_with_the_record(as_owner, home, months, django_assert_num_queries):
    from django.db import connection

    with CaptureQueriesContext(connection) as few:
        as_owner.get(f"{home}as-of/?on=2026-10-12")
    with organization_scope(months):
        score_record(months, cause=SnapshotCause.DAILY)
        one = ScoreSnapshot.objects.order_by("at").first()
        for _ in range(30):
            one.pk = None
            one._state.adding = True
            one.save()
    with django_assert_num_queries(len(few)):
        as_owner.get(f"{home}as-of/?on=2026-10-12")
