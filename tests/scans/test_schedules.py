"""Schedules: a slot exists once, however many schedulers look; nothing starts before its connection, or too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.conftest import installation
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.registry import connector
from ztassess.scans.dispatch import give_up_lapsed, tick
from ztassess.scans.models import Kind, Scan, ScanState, Schedule, SchedulerBeat, ScheduleSlot, Trigger
from ztassess.scans.services import scans as services
from ztassess.scans.services.connections import connection_create
from ztassess.scans.services.scans import scan_request
from ztassess.scans.services.schedules import next_slot, schedule_save, slot_at
from ztassess.scans.work import scan_work

__all__ = ["installation"]

DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # beyond 5 years, and 2028
SCHEDULES = st.builds(
    Schedule, every_hours=st.integers(1, 168), offset_minutes=st.integers(0, 23 * 60 + 14), is_on=st.just(value=True)
)


@given(SCHEDULES, MOMENTS)
def test_slot_is_the_newest_that_is_due(schedule, now):
    period = timedelta(hours=schedule.every_hours)
    slot = slot_at(schedule, now)
    assert slot <= now < next_slot(schedule, now) == slot + period
    assert slot_at(schedule, slot) == slot
    assert slot_at(schedule, slot - timedelta(microseconds=1)) == slot - period


@given(SCHEDULES, MOMENTS, st.lists(st.integers(0, 90_000), min_size=2, max_size=40))
def test_slots_never_go_back_and_none_is_between_two(schedule, start, steps):
    """Whatever the intervals at which a scheduler looks, slots are a grid: each new one lies whole periods later."""
    seen, now = [], start
    for seconds in steps:
        now += timedelta(seconds=seconds)
        seen.append(slot_at(schedule, now))
    assert seen == sorted(seen)
    assert all((slot - seen[0]) % timedelta(hours=schedule.every_hours) == timedelta(0) for slot in seen)


def due(schedule: Schedule) -> datetime:
    """The first moment at which the schedule starts a scan."""
    return next_slot(schedule, schedule.connection.created_at)


def scans() -> list[Scan]:
    return list(Scan.objects.filter(trigger=Trigger.SCHEDULE).order_by("number"))


def end(scan: Scan) -> Scan:
    scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    return scan


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_first_slot_is_after_the_connection_was_made(building, in_scope, owner, monkeypatch, hour):
    made_at = datetime(2026, 11, 23, hour, 30, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made_at)
    made = connection_create(
        organization=in_scope, connector=connector("doors"), name="x", entered={}, secrets={}, actor=owner
    )
    made.preflight, made.created_at = {"refused": ""}, made_at
    made.save()
    assert tick(made_at) == 0
    first = due(made.schedule)
    assert made_at < first <= made_at + DAY
    assert tick(first - timedelta(seconds=1)) == 0
    assert tick(first) == 1


def test_untested_connection_waits_for_its_test(connection, schedule):
    connection.preflight = None
    connection.save()
    assert tick(due(schedule)) == 0
    assert not ScheduleSlot.objects.exists()


def test_second_scheduler_finds_the_slot_taken(schedule):
    assert (tick(due(schedule)), tick(due(schedule) + timedelta(seconds=40))) == (1, 0)
    assert len(scans()) == 1
    assert ScheduleSlot.objects.get().scan == scans()[0]


def test_scheduler_that_was_away_catches_up_once(schedule):
    end_of_outage = due(schedule) + 5 * DAY + timedelta(hours=3)
    assert tick(end_of_outage) == 1
    assert tick(end_of_outage + timedelta(minutes=1)) == 0
    assert ScheduleSlot.objects.get().slot == slot_at(schedule, end_of_outage)
    end(scans()[0])
    assert tick(end_of_outage + DAY) == 1


def test_scan_that_still_runs_is_not_doubled(schedule):
    tick(due(schedule))
    assert tick(due(schedule) + DAY) == 0
    assert len(scans()) == 1
    assert ScheduleSlot.objects.order_by("slot").last().note == "a scan was running"


def test_test_that_runs_delays_the_slot_and_does_not_cost_it(schedule, owner):
    test, _ = scan_request(connection=schedule.connection, actor=owner, kind=Kind.PREFLIGHT)
    assert tick(due(schedule)) == 0
    end(test)
    assert tick(due(schedule) + timedelta(minutes=1)) == 1


def test_refused_credential_is_noted_on_the_slot(connection, schedule):
    connection.preflight = {"refused": "The key can open doors."}
    connection.save()
    assert tick(due(schedule)) == 0
    assert ScheduleSlot.objects.get().note.startswith("This credential is not used")


def test_schedule_that_is_off_or_whose_connection_went_starts_nothing(schedule, owner):
    schedule_save(schedule=schedule, every_hours=24, is_on=False, actor=owner)
    assert tick(due(schedule)) == 0
    schedule_save(schedule=schedule, every_hours=24, is_on=True, actor=owner)
    schedule.connection.removed_at = due(schedule)
    schedule.connection.save()
    assert tick(due(schedule)) == 0


def test_slot_and_scan_are_there_together_or_not_at_all(schedule, monkeypatch):
    def away(**line):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as fault:
        fault.setattr(services, "audit_record", away)
        with pytest.raises(OperationalError):
            tick(due(schedule))
    assert (ScheduleSlot.objects.count(), len(scans())) == (0, 0)
    assert tick(due(schedule) + timedelta(minutes=1)) == 1


def fail_five_times(schedule: Schedule) -> datetime:
    moment = due(schedule)
    for _ in range(5):
        assert tick(moment) == 1
        assert end(scans()[-1]).state == ScanState.FAILED
        moment += DAY
    schedule.refresh_from_db()
    return moment


@pytest.fixture
def refusing(building):
    def refuse(context):
        raise AuthFailed("The credentials were refused by Doors.")

    building.before_read.append(refuse)


def test_five_failures_in_a_row_pause_the_schedule_and_say_so(schedule, refusing, client, owner, in_scope):
    moment = fail_five_times(schedule)
    assert (schedule.is_on, schedule.paused_reason) == (False, "Paused after 5 failed scans in a row.")
    assert tick(moment) == 0
    client.force_login(owner)
    page = client.get(f"/o/{in_scope.slug}/connections/{schedule.connection_id}/").content.decode()
    assert "Paused after 5 failed scans in a row." in page
    schedule_save(schedule=schedule, every_hours=24, is_on=True, actor=owner)
    assert tick(moment) == 1


def test_one_success_starts_the_count_anew(schedule, refusing, building):
    faults = list(building.before_read)
    moment = due(schedule)
    for number in range(9):
        building.before_read = [] if number == 4 else faults
        tick(moment)
        end(scans()[-1])
        moment += DAY
    schedule.refresh_from_db()
    assert [scan.state for scan in scans()].count(ScanState.FAILED) == 8
    assert (schedule.is_on, schedule.failures) == (True, 4)


def test_scan_whose_worker_died_three_times_counts_as_a_failure(schedule):
    tick(due(schedule))
    past = due(schedule) - DAY
    Scan.objects.update(state=ScanState.RUNNING, attempt=3, fence=3, lease_until=past - 30 * DAY)
    assert give_up_lapsed() == 1
    schedule.refresh_from_db()
    assert schedule.failures == 1


def test_silence_of_the_scheduler_is_seen(schedule):
    tick(due(schedule))
    assert SchedulerBeat.objects.get(name="tick").at == due(schedule)


RACE = """
import django_scopes
from datetime import UTC, datetime, timedelta
from tests.conftest import person
from ztassess.common.models import organization_scope
from ztassess.connectors.registry import connector
from ztassess.organizations.models import Organization
from ztassess.organizations.services import organization_create
from ztassess.scans import bell
from ztassess.scans.dispatch import tick
from ztassess.scans.models import Scan, ScheduleSlot
from ztassess.scans.services import scans as services
from ztassess.scans.services.connections import connection_create

bell.ring = lambda organization_id, scan_id: True
NOON = datetime(2126, 11, 23, 12, tzinfo=UTC)
if "seed" in sys.argv:
    owner = person("owner@acme.example", "Olga Owner")
    for number in range(3):
        organization = organization_create(name=f"Acme {number}", owner=owner, facts={})
        with organization_scope(organization):
            for name in "abcd":
                made = connection_create(organization=organization, connector=connector("tls_probe"), name=name,
                                         entered={}, secrets={}, actor=owner)
                made.preflight = {"refused": ""}
                made.save()
else:
    sys.stdin.readline()
    print("queued", sum(tick(NOON + timedelta(seconds=each)) for each in range(5)))
    with django_scopes.scopes_disabled():
        print("scans", Scan.objects.count(), "slots", ScheduleSlot.objects.count())
"""


def test_three_schedulers_at_once_start_each_scan_once(installation):
    """Three processes on one real database file, all at the same moment."""
    installation.run(RACE.replace('"seed" in sys.argv', "True"))
    schedulers = [installation.popen(RACE) for _ in range(3)]
    for each in schedulers:
        assert each.stdin is not None
        each.stdin.write("now\n")
        each.stdin.flush()
    said = [each.communicate(timeout=90)[0].splitlines() for each in schedulers]
    queued = [int(line.split()[1]) for lines in said for line in lines if line.startswith("queued")]
    assert (len(queued), sum(queued)) == (3, 12), said
    assert "scans 12 slots 12" in {line for lines in said for line in lines}
