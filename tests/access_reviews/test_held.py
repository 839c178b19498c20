"""What is kept in memory of a table is never older than the database: after every change it equals a cold read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.access_reviews.telling import connected, person, tell
from tests.access_reviews.test_decisions import decide
from ztassess.access_reviews import selectors
from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.selectors import read_access
from ztassess.access_reviews.selectors_held import MOST_LINES, Shelf
from ztassess.access_reviews.services.campaigns import campaign_start
from ztassess.access_reviews.services.decisions import Choice
from ztassess.common.models import organization_scope
from ztassess.domain.access_decisions import Decision
from ztassess.organizations.models import FactSheet


@pytest.fixture(autouse=True)
def shelf(monkeypatch):
    """A shelf of this test alone."""
    monkeypatch.setattr(selectors, "_HELD", Shelf(MOST_LINES))


@contextmanager
def cold() -> Iterator[None]:
    """Read as a process that has kept nothing."""
    warm, selectors._HELD = selectors._HELD, Shelf(MOST_LINES)
    yield
    selectors._HELD = warm


def same(organization) -> list[str]:
    """The table, after holding the kept one against a cold read; returns what it says in short."""
    kept = read_access(organization)
    with cold():
        assert kept == read_access(organization)
    return [f"{each.line.account.id} {each.current.word if each.current else '-'} {each.why}" for each in kept.entries]


def test_every_change_is_seen_at_once(told, owner, admin, idp, cloud, monkeypatch):
    states = [same(told)]

    def changed() -> None:
        states.append(same(told))
        assert states[-1] != states[-2]

    decide(told, owner, cloud, "anna", Choice(Decision.KEEP, "Needed."))
    changed()
    decide(told, owner, cloud, "anna", Choice(Decision.REDUCE, "Too much."), version=1)
    decide(told, admin, cloud, "deployer", Choice(Decision.EXCEPT, "Soon.", until=timezone.localdate()))
    changed()
    tell(cloud, person("anna", admin=False), person("zoe"), person("new"))  # reduced: done
    changed()
    FactSheet.objects.filter(organization=told).update(declared={"leavers": ["ben@x.io"]})
    same(told)
    admin.name = "Ada Renamed"
    admin.save()
    same(told)
    campaign_start(organization=told, name="Q4", due_on=timezone.localdate(), reviewers=[owner], actor=owner)
    assert any(each.asked for each in read_access(told).entries)
    same(told)
    day = timezone.localdate() + timedelta(days=2)
    monkeypatch.setattr(timezone, "localdate", lambda *_: day)
    same(told)
    idp.removed_at = timezone.now()
    idp.save(update_fields=["removed_at"])
    changed()
    third = connected(told, owner, "github", "Code")
    tell(third, person("anna", admin=True))
    changed()
    AccessDecision.objects.filter(connection=third).delete()
    admin.delete()
    same(told)


def test_decision_that_was_rolled_back_leaves_nothing(told, owner, cloud):
    before = same(told)
    with transaction.atomic():
        decide(told, owner, cloud, "anna", Choice(Decision.KEEP, "Needed."))
        assert same(told) != before
        transaction.set_rollback(True)
    assert same(told) == before
    decide(told, owner, cloud, "zoe", Choice(Decision.REMOVE, "Left."))
    assert same(told) != before


def test_clock_of_another_machine_does_not_hide_a_decision(told, owner, cloud):
    decide(told, owner, cloud, "anna", Choice(Decision.KEEP, "Needed."))
    same(told)
    decide(told, owner, cloud, "deployer", Choice(Decision.KEEP, "Needed."))
    AccessDecision.objects.filter(account_id="deployer").update(decided_at=timezone.now() - timedelta(hours=1))
    assert "deployer Keep unchanged" in same(told)


def test_click_reads_no_share_and_no_basis(told, owner, cloud):
    read_access(told)
    decide(told, owner, cloud, "anna", Choice(Decision.KEEP, "Needed."))
    with CaptureQueriesContext(database) as warm:
        read_access(told)
    assert not [each for each in warm if '"value"' in each["sql"]]
    with cold(), CaptureQueriesContext(database) as first:
        read_access(told)
    assert [each for each in first if '"value"' in each["sql"]]


def test_organizations_never_share_a_table(told, other_organization, stranger, cloud):
    mine = same(told)
    with organization_scope(other_organization):
        assert read_access(other_organization).entries == ()
        theirs = connected(other_organization, stranger, "aws", "Cloud")
        tell(theirs, person("anna"))
        assert len(read_access(other_organization).entries) == 1
    assert same(told) == mine


def test_shelf_keeps_what_was_asked_for_last_within_its_weight():
    shelf, one, two, three = Shelf(10), uuid4(), uuid4(), uuid4()
    for name, weight in ((one, 4), (two, 4)):
        shelf.put(name, str(weight), weight)
    assert shelf.get(one) == "4"
    shelf.put(three, "5", 5)
    assert (shelf.get(one), shelf.get(two), shelf.get(three)) == ("4", None, "5")
    shelf.put(three, "huge", 11)
    assert (shelf.get(one), shelf.get(three)) == ("4", None)
