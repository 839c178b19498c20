"""What a team reads on Monday: the regression first, who said so, what was not read, and what is next."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.assessments.week import Week
from tests.volume import fill
from ztassess.assessments.models import ControlException, ControlOwner, ExceptionState, ScoreSnapshot
from ztassess.assessments.monday import monday_page
from ztassess.assessments.services import answer_save
from ztassess.catalog import load_catalog
from ztassess.common.models import organization_scope
from ztassess.connectors import registry
from ztassess.domain.changes import ChangeKind
from ztassess.domain.scoring import method_of
from ztassess.organizations.services import organization_create
from ztassess.scans.models import Scan, ScanState, Schedule
from ztassess.scans.services.connections import connection_create

CONTROL = "identity.inventory"
LAST_MONDAY = date(2026, 11, 16)
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def week(monkeypatch) -> Week:
    return Week(monkeypatch)


def claim(organization, owner, level=2):
    version = 0 if level == 2 else 1
    answer_save(organization=organization, control_id=CONTROL, level=level, note="", version=version, actor=owner)


@pytest.fixture
def good_week(week, connection, owner):
    """Claimed and verified a week ago, and recorded."""
    week.at("2026-11-12")
    claim(connection.organization, owner)
    week.scan(connection, front=True, back=True)
    week.record(connection.organization)
    week.at("2026-11-23T09:00:00")
    return connection.organization


@pytest.fixture
def broken_week(good_week, week, connection):
    """On Friday somebody opened the back door and the cellar."""
    week.at("2026-11-20T16:05:00")
    week.scan(connection, front=True, back=False, cellar=False)
    week.at("2026-11-23T09:00:00")
    week.scan(connection, front=True, back=False, cellar=False)
    week.record(good_week)
    return good_week


def test_regression_is_named_first_with_what_newly_fails_and_who_said_so(broken_week):
    page = monday_page(broken_week, LAST_MONDAY)
    assert page.groups[0].kind is ChangeKind.REGRESSED
    (change,) = page.regressed
    assert (change.control_id, change.before, change.state) == (CONTROL, "verified", "contradicted")
    assert change.checks == ("Every door is locked",)
    assert [each.reason for each in change.failing] == ["The back door is open.", "The cellar door is open."]
    (said,) = change.said_by
    assert (said.name, said.number, said.carried) == ("Our doors", 3, False)
    assert [each.control_id for each in page.contradictions] == [CONTROL]
    assert page.proven < page.proven_before
    assert page.last_read.isoformat() == "2026-11-23T09:00:00+00:00"


def test_page_names_the_regression_before_anything_else(as_owner, home, broken_week):
    text = as_owner.get(home + "?since=2026-11-16").content.decode()
    assert text.index(f"1{NBSP}control regressed since Mon, Nov 16") < text.index("The back door is open.")
    assert text.index("The back door is open.") < text.index("Contradictions")
    assert "Our doors, scan 3" in text


def test_same_failing_is_no_news_on_the_next_day_and_one_more_door_is_a_new_finding(broken_week, week, connection):
    week.at("2026-11-25")
    assert monday_page(broken_week, date(2026, 11, 24)).groups == ()
    week.scan(connection, front=True, back=False, cellar=False, attic=False)
    (group,) = monday_page(broken_week, date(2026, 11, 24)).groups
    assert group.kind is ChangeKind.NEW
    assert [each.resource for each in group.changes[0].failing] == ["attic"]
    assert group.changes[0].state_changed is False


def test_mended_and_then_blind_and_then_stale(broken_week, week, connection):
    week.at("2026-11-26")
    week.scan(connection, front=True, back=True, cellar=True)
    (fixed,) = monday_page(broken_week, date(2026, 11, 25)).groups
    assert (fixed.kind, fixed.changes[0].state) == (ChangeKind.FIXED, "verified")
    week.at("2026-11-30")
    week.scan_blind(connection)
    (blind,) = monday_page(broken_week, date(2026, 11, 28)).groups
    assert (blind.kind, blind.changes[0].sentence) == (ChangeKind.UNCHECKED, "The key may not list doors.")
    assert blind.changes[0].said_by[0].number == 5
    week.record(broken_week)
    week.at("2027-03-01")
    kinds = {each.kind for each in monday_page(broken_week, date(2026, 12, 1)).groups}
    assert kinds <= {ChangeKind.STALE, ChangeKind.UNCHECKED}


def test_claim_above_the_proof_regresses_without_any_scan(good_week, week, connection, owner):
    week.at("2026-11-18")
    week.scan(connection, front=True, back=False)
    week.record(good_week)
    week.at("2026-11-23")
    claim(good_week, owner, level=3)
    assert monday_page(good_week, LAST_MONDAY).regressed[0].said_by[0].number == 2


@pytest.mark.parametrize("why", ["failed", "overdue", "skipped"])
def test_source_that_was_not_read_is_marked_and_its_results_stand(as_owner, home, good_week, week, connection, why):
    if why == "failed":
        week.fail(connection)
    elif why == "skipped":
        slots = Schedule.objects.get(connection=connection).slots
        slots.create(organization=good_week, slot=week.moment - timedelta(hours=3), note="a scan was running")
    page = monday_page(good_week, LAST_MONDAY)
    (source,) = page.unread
    assert source.sentence == "Our doors was not read since Nov 12: its results of that day stand."
    assert (source.controls, page.carried_controls) == (1, 1)
    expected = {"failed": "refused the key", "overdue": "every 24 hours", "skipped": "a scan was running"}
    assert expected[why] in source.reason
    text = as_owner.get(home).content.decode()
    assert "Our doors was not read since Nov 12" in text
    assert "Part of it is carried forward" in text
    assert page.proven == page.proven_before


def test_a_running_scan_and_a_switched_off_schedule_mark_nothing(good_week, week, connection):
    week.begin(connection)
    assert monday_page(good_week, LAST_MONDAY).unread == ()
    Scan.objects.filter(state=ScanState.RUNNING).delete()
    assert monday_page(good_week, LAST_MONDAY).unread != ()
    Schedule.objects.filter(connection=connection).update(is_on=False)
    assert monday_page(good_week, LAST_MONDAY).unread == ()


def test_skipped_scans_bend_no_trend_until_the_window_of_the_control_ends(week, connection, owner, stranger):
    """Two companies with the same results on the same days; the second skips every scan but the first."""
    window = load_catalog().control(CONTROL).freshness_days
    one, other = connection.organization, organization_create(name="Skips", owner=stranger, facts={})
    week.at("2026-09-01")
    claim(one, owner)
    with organization_scope(other):
        twin = connection_create(
            organization=other,
            connector=registry.connector("doors"),
            name="Their doors",
            entered={"address": "doors.example.net"},
            secrets={"key": "another-secret-key-99"},
            actor=stranger,
        )
        claim(other, stranger)
    begin = week.moment
    for day in (0, 1, window // 2, window, window + 20):
        week.moment = begin + timedelta(days=day)
        with organization_scope(one):
            week.scan(connection, front=True)
            week.record(one)
        with organization_scope(other):
            if day == 0:
                week.scan(twin, front=True)
            elif day == 1:
                week.fail(twin)
            week.record(other)

    def daily(organization):
        with organization_scope(organization):
            rows = ScoreSnapshot.objects.filter(cause="daily").order_by("at")
            return [(row.proven, row.claimed, row.stages, row.states) for row in rows]

    first, second = daily(one), daily(other)
    assert first[:4] == second[:4]
    assert len(first) == len(second) == 5
    assert second[4][0] < first[4][0]
    assert second[4][3][CONTROL] != first[4][3][CONTROL] == "verified"


def except_until(organization, owner, last_day, control=CONTROL, **more):
    return ControlException.objects.create(
        organization=organization,
        control_id=control,
        reason="One seat.",
        compensating="Locked away.",
        last_day=date.fromisoformat(last_day),
        decided_by=owner,
        **{"state": ExceptionState.APPROVED} | more,
    )


def test_exceptions_that_end_stand_between_stale_and_answered(good_week, week, owner):
    except_until(good_week, owner, "2026-11-20", object="ended on Friday")
    except_until(good_week, owner, "2026-12-01", object="soon")
    except_until(good_week, owner, "2027-06-01", object="not soon")
    except_until(good_week, owner, "2026-11-10", object="ended long ago")
    except_until(good_week, owner, "2026-11-19", object="followed by another")
    except_until(good_week, owner, "2027-03-01", object="followed by another")
    except_until(good_week, owner, "2026-12-01", object="never approved", state=ExceptionState.PENDING)
    revoked = {"state": ExceptionState.REVOKED, "revoked_at": week.at("2026-11-21")}
    except_until(good_week, owner, "2027-06-01", object="revoked", **revoked)
    week.at("2026-11-23")
    group = monday_page(good_week, LAST_MONDAY).group(ChangeKind.EXCEPTION)
    assert [(each.object, each.ended, each.days_left) for each in group.exceptions] == [
        ("ended on Friday", True, -3),
        ("revoked", True, -2),
        ("soon", False, 8),
    ]
    assert group.count == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2026-13-40", "is not a day to compare with"),
        ("<b>soon</b>", "&lt;b&gt;soon&lt;/b&gt;"),
        ("0001-01-01", "is not a day to compare with"),
        ("20261116", "is not a day to compare with"),
        ("2026-12-24", "Thu, Dec 24 has not come yet"),
        (
            "2026-11-01",
            "Nothing was recorded before Sun, Nov 1, so this compares with the first record, of Thu, Nov 12",
        ),
        ("90", "Nothing was recorded before Tue, Aug 25"),
    ],
)
def test_day_that_cannot_be_compared_with_is_told_in_a_sentence(as_owner, home, good_week, asked, said):
    answer = as_owner.get(home, {"since": asked})
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_first_scans_are_news_on_the_day_of_the_first_record(in_scope, week, connection):
    """It is made by them and stands after them: compared with what it tells itself, nothing would ever have changed."""
    week.at("2026-11-12")
    scan = week.scan(connection, front=False)
    Scan.objects.filter(id=scan.id).update(finished_at=week.moment - timedelta(milliseconds=40))
    week.at("2026-11-12T15:00:00")
    for since in (date(2026, 11, 12), date(2026, 11, 5)):
        page = monday_page(in_scope, since)
        assert page.is_first
        assert [each.failing_count for each in page.group(ChangeKind.NEW).changes] == [1]
    week.at("2026-11-13")
    week.scan(connection, front=False)
    assert not monday_page(in_scope, date(2026, 11, 13)).change_count


def test_presets_and_a_free_day_are_kept_in_the_form(as_owner, home, good_week):
    assert 'value="2026-11-16"' in as_owner.get(home).content.decode()
    assert 'value="2026-11-22"' in as_owner.get(home + "?since=1").content.decode()
    assert 'value="2026-11-14"' in as_owner.get(home + "?since=2026-11-14").content.decode()
    assert "has not come yet" not in as_owner.get(home + "?since=2026-11-23").content.decode()


def test_forecast_tells_how_it_moved(good_week, week):
    ScoreSnapshot.objects.all().delete()
    end = week.moment
    # Two points a week until Nov 16, three since.
    for back in range(60, -1, -1):
        at = end - timedelta(days=back, hours=1)
        proven = 0.5 - back * 0.02 / 7 + (max(0, 7 - back) * 0.01 / 7)
        row = {"catalog_version": "1", "method_version": "1", "claimed": 0.6, "ceiling": 0.9, "cause": "daily"}
        ScoreSnapshot.objects.create(organization=good_week, at=at, day=at.date(), proven=proven, **row)
    found = monday_page(good_week, LAST_MONDAY).forecast
    assert found.lands < found.landed_before
    assert found.sentence.startswith("80 % lands on ")
    assert found.moved.startswith("On Mon, Nov 16 it was ")
    assert found.moved.endswith(f"{(found.landed_before - found.lands).days} days earlier now.")
    # Numbers of another catalog are not compared.
    assert monday_page(good_week, LAST_MONDAY).proven_before is None


@pytest.mark.parametrize("was", ["claimed", "attested"])
@pytest.mark.parametrize("name", ["method_version", "catalog_version"])
def test_state_that_another_method_or_catalog_moved_is_no_news(good_week, name, was):
    record = ScoreSnapshot.objects.latest("at")
    ScoreSnapshot.objects.update(states=record.states | {CONTROL: was})
    for method in (record.method_version, method_of("3f2a9c1d")):
        ScoreSnapshot.objects.update(method_version=method)
        assert ChangeKind.FIXED in {group.kind for group in monday_page(good_week, LAST_MONDAY).groups}
    ScoreSnapshot.objects.update(**{name: "0"})
    assert monday_page(good_week, LAST_MONDAY).groups == ()


def test_what_a_check_moved_is_told_over_another_method_too(broken_week):
    ScoreSnapshot.objects.filter(day=date(2026, 11, 12)).update(method_version="0")
    assert [each.control_id for each in monday_page(broken_week, LAST_MONDAY).regressed] == [CONTROL]


def test_next_tasks_without_a_sprint_are_the_most_valuable_with_their_owners(good_week, owner):
    best = monday_page(good_week, LAST_MONDAY).next.tasks
    assert [each.points for each in best] == sorted((each.points for each in best), reverse=True)
    assert len(best) == 3
    row = {"control_id": best[0].control_id, "owner": owner, "due": date(2026, 11, 27)}
    ControlOwner.objects.create(organization=good_week, **row)
    first = monday_page(good_week, LAST_MONDAY).next.tasks[0]
    assert (first.owner, first.due) == ("Olga Owner", date(2026, 11, 27))
    assert first.hours > 0


def queries(client, address: str) -> list[str]:
    with CaptureQueriesContext(database) as seen:
        assert client.get(address).status_code == 200
    return [each["sql"] for each in seen.captured_queries]


def test_overview_asks_years_of_history_as_much_as_an_empty_organization(as_owner, home, organization, owner):
    empty = queries(as_owner, home)
    with organization_scope(organization):
        volume = fill(organization, owner)
    assert (volume.snapshots, volume.scans, volume.findings) == (730, 200, 50_000)
    for since in ("", "?since=90", "?since=2025-01-01"):
        full = queries(as_owner, home + since)
        assert len(full) == len(empty) < 20
        for sql in full:
            assert '"states"' not in sql or " LIMIT 1" in sql
            assert not any(
                f'"{name}"' in sql.split(" FROM ")[0] for name in ("diff", "config", "preflight", "evidence")
            )
    found = [sql for sql in full if 'FROM "scans_finding"' in sql]
    with organization_scope(organization), database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({found[0]}) AS read")  # noqa: S608  the page's own statement
        # Two scans of each of four connections, at most: not the findings of two hundred.
        assert 0 < cursor.fetchone()[0] <= 8 * 250
