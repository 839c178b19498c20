"""The summary follows every judgment in its transaction, and can be made again from what was recorded."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction
from django_scopes import scopes_disabled

from ztassess.assessments.models import ScoreSnapshot, SnapshotCause
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save, score_record
from ztassess.assessments.services_exceptions import exception_decide, exception_request
from ztassess.domain.score_history import WEEKS, Weekly
from ztassess.organizations.models import Organization
from ztassess.portfolio.models import PortfolioRow, PortfolioState
from ztassess.portfolio.packing import stages_from
from ztassess.portfolio.services.following import row_rebuild
from ztassess.portfolio.tasks import refresh_due
from ztassess.scans.models import Scan, ScanState
from ztassess.scans.services.connections import connection_remove
from ztassess.scans.services.results import failure_store

pytestmark = pytest.mark.django_db
CHECK = "doors.mfa_admins"
CONTROL = "mfa.admins"


def row() -> PortfolioRow:
    found: PortfolioRow = PortfolioRow.objects.get()
    return found


def state(kind: str, subject: str) -> PortfolioState | None:
    found: PortfolioState | None = PortfolioState.objects.filter(kind=kind, subject=subject).first()
    return found


def answer(organization: Organization, owner: object, level: int | None, version: int = 0) -> None:
    answer_save(organization=organization, control_id=CONTROL, level=level, note="", version=version, actor=owner)  # type: ignore[arg-type]


def test_numbers_are_those_of_the_one_judgment(in_scope, owner, scan):
    answer(in_scope, owner, 2)
    scan(admins=True)
    judged, stored = read_organization(in_scope).assessment, row()
    percents = judged.eighty_twenty.percents
    assert (stored.proven, stored.claimed, stored.ceiling) == (percents.proven, percents.claimed, percents.ceiling)
    shown = {each.stage.id: each.shown.percents for each in judged.stages if each.shown}
    cells = stages_from(stored.stages)
    assert {name: (cell.proven, cell.claimed) for name, cell in cells.items()} == {
        name: (score.proven, score.claimed) for name, score in shown.items()
    }
    assert {one.subject: one.state for one in PortfolioState.objects.filter(kind="control")} == {
        each.id: each.state.value for each in judged.controls
    }


def test_contradiction_comes_and_goes_with_its_words_day_and_resources(in_scope, owner, scan, today):
    today("2026-11-23")
    answer(in_scope, owner, 2)
    scan(admins=False, inventory=True)
    assert (row().contradicted, row().worst_control) == (1, CONTROL)
    assert "stands open" in row().worst_words
    assert stages_from(row().stages)["mfa"].contradicted == 1
    fails, control = state("check", CHECK), state("control", CONTROL)
    assert fails is not None
    assert control is not None
    assert (fails.state, fails.since, fails.resources) == ("fail", date(2026, 11, 23), 1)
    assert (control.state, control.since, control.resources) == ("contradicted", date(2026, 11, 23), 1)
    today("2026-11-25")
    scan()
    again = state("check", CHECK)
    assert again is not None
    assert (again.since, again.seen_on) == (date(2026, 11, 23), date(2026, 11, 25))
    scan(admins=True)
    assert row().contradicted == 0
    assert state("check", CHECK) is None
    assert row().progress_on == date(2026, 11, 25)


def test_failed_scan_breaks_the_connection_and_carries_what_failed_forward(in_scope, owner, scan, connection, today):
    today("2026-11-20")
    answer(in_scope, owner, 2)
    scan(admins=False)
    today("2026-11-23")
    failing = Scan.objects.create(organization=in_scope, connection=connection, number=9, state=ScanState.RUNNING)
    with transaction.atomic():
        failure_store(failing, code="denied", sentence="The key was refused.")
    assert (row().broken, row().broken_names) == (1, "Our doors")
    fails = state("check", CHECK)
    assert fails is not None
    assert (fails.state, fails.carried, fails.seen_on) == ("fail", True, date(2026, 11, 20))
    blind = state("check", "doors.least_privilege_ci_scopes")
    assert blind is not None
    assert blind.state == "fail"
    connection_remove(connection=connection, reason="", actor=owner)
    assert row().broken == 0


def test_refused_credential_breaks_the_connection_at_once(in_scope, scan, connection):
    scan()
    connection.preflight = {"refused": "It may write."}
    connection.save(update_fields=["preflight"])
    assert row().broken == 1


def test_change_that_fails_leaves_the_summary_as_it_was(in_scope, owner, scan):
    scan(admins=False)
    before = PortfolioRow.objects.values().get()
    with transaction.atomic():
        answer(in_scope, owner, 2)
        assert row().contradicted == 1
        transaction.set_rollback(True)
    assert PortfolioRow.objects.values().get() == before


def test_exception_is_counted_apart_with_its_last_day(in_scope, owner, admin, scan, today):
    today("2026-11-23")
    answer(in_scope, owner, 2)
    scan(admins=False)
    asked = exception_request(
        organization=in_scope,
        control_id=CONTROL,
        object="",
        check_id="",
        reason="Until the move",
        compensating="A guard",
        last_day=date(2026, 12, 10),
        actor=owner,
    )
    exception_decide(row=asked, approve=True, note="", actor=admin)
    stored = row()
    assert (stored.contradicted, stored.exception_ends) == (0, date(2026, 12, 10))
    control = state("control", CONTROL)
    assert control is not None
    assert control.state == "excepted"


def test_history_is_made_from_recorded_scores_and_a_daily_score_goes_on(in_scope, today):
    for weeks in range(60):
        day = date.fromordinal(date(2025, 10, 6).toordinal() + 7 * weeks)
        today(day.isoformat())
        ScoreSnapshot.objects.create(
            organization=in_scope,
            at=f"{day}T10:00:00+00:00",
            day=day,
            cause="daily",
            catalog_version="1",
            method_version="1",
            proven=(weeks + 25) / 100,
            claimed=0.9,
            ceiling=1.0,
            states={CONTROL: "claimed" if weeks < 50 else "unanswered"},
        )
    today("2026-11-24")
    stored = row_rebuild(in_scope)
    values = Weekly.from_text(stored.history, stored.history_until).values
    assert len(values) == WEEKS
    assert values[:-1] == tuple(range(33, 84))
    assert stored.reached_on == date(2026, 10, 26)
    assert (stored.started_on, stored.proven_before) == (date(2025, 10, 6), 80)
    assert stored.progress_on == date(2026, 11, 23)  # the judgment of today has another method
    control = state("control", CONTROL)
    assert control is not None
    assert (control.state, control.since) == ("unanswered", date(2026, 9, 21))
    today("2026-11-30")
    score_record(in_scope, cause=SnapshotCause.DAILY)
    assert (row().history_until, row().progress_on) == (date(2026, 11, 30), date(2026, 11, 23))


def test_task_and_command_sum_up_what_is_missing(organization, other_organization):
    with scopes_disabled():
        refresh_due()
        made = {each.organization_id for each in PortfolioRow.objects.all()}
        assert made == {organization.id, other_organization.id}
        PortfolioRow.objects.all().update(proven=77)
        refresh_due()
        assert set(PortfolioRow.objects.values_list("proven", flat=True)) == {77}
        call_command("refresh_portfolio")
        assert set(PortfolioRow.objects.values_list("proven", flat=True)) == {0}
