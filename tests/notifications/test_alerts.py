"""What is told, to whom, and that it is told once: regressions, ends that come near, connections that broke."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

from django.db import transaction

from tests.conftest import member, with_factor
from tests.organizations.test_grants import granted
from ztassess.assessments.models import Artifact, ArtifactVersion, ControlException
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save
from ztassess.notifications.mailing import letter_for
from ztassess.notifications.models import Channel, Delivery, ToldFact
from ztassess.notifications.selectors import default_choice
from ztassess.notifications.services.choices import Wanted, choice_save
from ztassess.notifications.services.events import alerts_follow, mail_row
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import FactorRule, Role

CONTROL = "identity.inventory"


def told(kind: str, channel: str = Channel.WEBHOOK) -> list[Delivery]:
    return list(Delivery.objects.filter(kind=kind, channel=channel).order_by("created_at"))


def day_of(row: Delivery) -> str:
    return str(row.payload["at"])[:10]


def test_regression_is_queued_in_the_transaction_of_the_scan_and_once(week, connection, hook, organization, owner):
    week.at("2026-11-16")
    answer_save(organization=organization, control_id=CONTROL, level=2, note="", version=0, actor=owner)
    week.scan(connection, front=True)
    assert Delivery.objects.count() == 0
    week.at("2026-11-17")
    with transaction.atomic():
        week.scan(connection, front=False)
        assert told("regression")
        transaction.set_rollback(True)  # the database goes away before the commit
    assert (Delivery.objects.count(), ToldFact.objects.count()) == (0, 0)
    week.scan(connection, front=False)
    (row,) = told("regression")
    (mail,) = told("regression", Channel.MAIL)
    assert row.event_id == mail.event_id
    assert mail.user == owner
    (item,) = row.payload["items"]
    assert (item["control"], item["now"]) == (CONTROL, "contradicted")
    assert item["link"].endswith(f"/controls/{CONTROL}/")
    assert "front" not in str(row.payload)  # ids, counts and links only
    week.at("2026-11-18")
    week.scan(connection, front=False)
    week.record(organization)
    alerts_follow(organization, read_organization(organization))
    assert len(told("regression")) == 1
    week.at("2026-11-19")
    week.scan(connection, front=True)
    week.at("2026-11-20")
    week.scan(connection, front=False)
    assert len(told("regression")) == 2
    assert len({row.event_id for row in told("regression")}) == 2


def test_another_catalog_or_method_is_no_regression(week, connection, hook, organization):
    from ztassess.assessments.models import ScoreSnapshot

    week.at("2026-11-16")
    week.scan(connection, front=True)
    ScoreSnapshot.objects.update(catalog_version="older")
    week.at("2026-11-17")
    week.scan(connection, front=False)
    assert told("regression") == []


def test_second_failed_scan_in_a_row_is_told_once_until_one_succeeds(week, connection, hook):
    for day, step in enumerate(("ok", "fail", "fail", "fail", "ok", "fail", "fail"), 1):
        week.at(f"2026-11-{day:02}")
        week.scan(connection, front=True) if step == "ok" else week.fail(connection)
    first, second = told("connection_broken")
    assert [day_of(row) for row in (first, second)] == ["2026-11-03", "2026-11-07"]
    assert first.payload["items"][0]["connection"] == str(connection.id)
    assert connection.name not in str(first.payload)
    (mail, _) = told("connection_broken", Channel.MAIL)
    assert mail.payload["lines"][0]["text"].startswith("Our doors: the last 2 scans failed.")


def test_ends_are_told_at_14_days_at_3_days_and_when_over(week, hook, organization, owner):
    start, last = week.at("2026-10-01"), date(2026, 11, 20)
    common = {"organization": organization, "control_id": CONTROL}
    ControlException.objects.create(
        **common, reason="r", compensating="c", last_day=last, state="approved", requested_at=start, decided_at=start
    )
    ControlException.objects.create(**common, object="x", reason="r", compensating="c", last_day=last)  # undecided
    artifact = Artifact.objects.create(**common, kind="note", title="Policy", created_at=start)
    version = {"organization": organization, "artifact": artifact, "sha256": "0" * 64, "filed_at": start}
    ArtifactVersion.objects.create(**version, number=1, expires_on=date(2026, 10, 20), decision="accepted")
    ArtifactVersion.objects.create(**version, number=2, expires_on=last, decision="accepted")
    days = [last + timedelta(days=offset) for offset in range(-20, 12)]
    for day in days:
        week.at(day.isoformat())
        week.record(organization)
        week.record(organization)
    for kind in ("exception_ending", "evidence_expiring"):
        rows = told(kind)
        assert [day_of(row) for row in rows] == ["2026-11-06", "2026-11-17", "2026-11-21"]
        assert [row.payload["items"][0]["days_left"] for row in rows] == [14, 3, -1]
        assert "Policy" not in str([row.payload for row in rows])
    line = told("exception_ending", Channel.MAIL)[-1].payload["lines"][0]["text"]
    assert line.endswith(": the exception ended yesterday. Its findings count again.")


def test_who_wants_it_gets_it_and_nobody_else(week, connection, hook, organization, owner):
    viewer = member(organization, Role.VIEWER, "vera@acme.example", "Vera")
    admin = member(organization, Role.ADMIN, "ada@acme.example", "Ada")
    left = member(organization, Role.ADMIN, "left@acme.example", "Left")
    ships = {row.user_id: row for row in Membership.objects.select_related("user", "organization")}
    wants = default_choice(ships[viewer.id]).weekly
    choice_save(
        membership=ships[viewer.id], wanted=Wanted(digest=False, weekly=wants, alerts=("regression",)), actor=viewer
    )
    choice_save(membership=ships[admin.id], wanted=Wanted(digest=True, weekly=wants, alerts=()), actor=admin)
    hook.kinds = ["evidence_expiring"]
    hook.save()
    week.at("2026-12-16")
    Membership.objects.filter(user=left).update(revoked_at=week.moment)
    week.scan(connection, front=True)
    week.at("2026-12-17")
    week.scan(connection, front=False)
    assert {row.user for row in told("regression", Channel.MAIL)} == {owner, viewer}
    assert told("regression") == []


def test_mail_to_who_cannot_open_the_pages_tells_neither_number_nor_name(
    week, connection, organization, owner, in_scope, stranger, settings
):
    settings.BASE_URL = "https://zt.example"
    theirs = granted(organization, owner, stranger).memberships.select_related("user", "organization").get()
    weekly = default_choice(theirs).weekly
    choice_save(membership=theirs, wanted=Wanted(digest=True, weekly=weekly, alerts=("regression",)), actor=stranger)
    week.at("2026-12-16")
    week.scan(connection, front=True)
    week.at("2026-12-17")
    week.scan(connection, front=False)
    alert = told("regression", Channel.MAIL)[0]
    digest = mail_row(
        {"organization": organization, "kind": "weekly_digest", "event_id": uuid4(), "event_key": "digest:x"},
        owner.id,
        {"at": week.moment.isoformat(), "week": "x"},
    )

    def letters(user):
        for row in (alert, digest):
            row.user = user
            yield letter_for(row)

    assert [each.subject[:6] for each in letters(owner)] == ["Acme: ", "Acme: "]
    closed = "There is news for Acme; it opens with a second factor"
    for each in letters(stranger):
        assert each.subject == closed
        assert f"https://zt.example/o/{organization.slug}/\n" in each.text
        said = (each.text + re.sub(r"<style.*?</style>|style=\"[^\"]*\"", "", each.html, flags=re.DOTALL)).casefold()
        for word in ("regressed", "proven", "control", "exception", "connection", "%"):
            assert word not in said.replace(each.unsubscribe.casefold(), "")
        assert each.unsubscribe
    # It is decided when it is sent: what the rule and the account say then counts.
    Organization.objects.filter(id=organization.id).update(second_factor=FactorRule.EVERYBODY)
    assert {each.subject for each in letters(owner)} == {closed}
    with_factor(stranger)
    assert [each.subject[:6] for each in letters(stranger)] == ["Acme: ", "Acme: "]


def test_demo_company_queues_nothing(week, connection, hook, organization):
    organization.is_demo = True
    organization.save()
    week.at("2026-11-16")
    week.scan(connection, front=True)
    week.scan(connection, front=False)
    week.fail(connection)
    week.fail(connection)
    assert Delivery.objects.count() == 0
