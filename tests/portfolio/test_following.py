"""The summary follows every judgment in its transaction, and can be made again from what was recorded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django_scopes import scopes_disabled

from ztassess.assessments.models import ScoreSnapshot, SnapshotCause
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save, score_record
from ztassess.assessments.services_exceptions import exception_decide, exception_request
from ztassess.catalog import load_catalog
from ztassess.domain.score_history import WEEKS, Weekly
from ztassess.organizations.models import Membership, Organization
from ztassess.portfolio.models import PortfolioRow, PortfolioState, PortfolioSystem
from ztassess.portfolio.packing import check_in, stages_from
from ztassess.portfolio.services.following import past_of, row_rebuild
from ztassess.portfolio.tasks import refresh_due
from ztassess.scans.models import Scan, ScanState
from ztassess.scans.services.connections import connection_create, connection_remove
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


def test_a_check_passes_where_every_connection_was_read_and_none_hides(in_scope, owner, scan, connection, doors, today):
    def passes() -> tuple[str, date] | None:
        return check_in(PortfolioSystem.objects.get().checks, "mfa_admins")

    today("2026-11-23")
    row_rebuild(in_scope)
    assert PortfolioSystem.objects.count() == 1, "connected, and never read"
    assert passes() is None
    scan(admins=True)
    assert passes() == ("pass", date(2026, 11, 23))
    assert state("check", CHECK) is None
    second = connection_create(
        organization=in_scope,
        connector=connection.connector,
        name="Back doors",
        entered={"address": "back.example.com"},
        secrets={},
        actor=owner,
    )
    assert passes() is None, "half a look is no look"
    connection_remove(connection=second, reason="", actor=owner)
    assert passes() == ("pass", date(2026, 11, 23))
    blind = Scan.objects.create(organization=in_scope, connection=connection, number=9, state=ScanState.RUNNING)
    with transaction.atomic():
        failure_store(blind, code="denied", sentence="The key was refused.")
    hidden = state("check", CHECK)
    assert passes() is None
    assert hidden is not None
    assert hidden.state == "not_checked"
    connection_remove(connection=connection, reason="", actor=owner)
    assert not PortfolioSystem.objects.exists()


def test_other_weights_reach_no_goal_and_are_compared_with_nothing(in_scope, today, consultant):
    now = today("2026-11-24")
    catalog = load_catalog().version
    for ago, proven, method in ((60, 0.6, "1"), (50, 0.7, "1"), (3, 0.85, "1+wabc"), (2, 0.88, "1+wabc")):
        day = now - timedelta(days=ago)
        ScoreSnapshot.objects.create(
            organization=in_scope,
            at=f"{day}T10:00:00+00:00",
            day=day,
            cause="daily",
            catalog_version=catalog,
            method_version=method,
            proven=proven,
            claimed=0.9,
            ceiling=1.0,
        )
    past = past_of(in_scope)
    assert (past.goal.reached_on, past.goal.remade_on) == (None, date(2026, 11, 21))
    assert (past.compared_from, past.before) == (date(2026, 11, 21), None)
    row_rebuild(in_scope)
    PortfolioRow.objects.update(
        proven=88, method_version="1+wabc", remade_on=past.goal.remade_on, below_version=past.goal.below
    )
    Membership.objects.create(organization=in_scope, user=consultant, role="editor")
    web = Client()
    web.force_login(consultant)
    with scopes_disabled():
        assert "80 % by other weights since " in web.get("/portfolio/").content.decode()
        listed = web.get("/portfolio/clients.json").json()["clients"][0]
        assert (listed["80 % reached"], listed["80 % without proof since"]) == ("", "2026-11-21, by other weights")
        assert "by other weights" in web.get("/portfolio/charts/time-to-goal.csv").content.decode()


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
    assert stored.started_on == date(2025, 10, 6)
    # The judgment of today has another method.
    assert (stored.progress_on, stored.proven_before) == (date(2026, 11, 23), None)
    control = state("control", CONTROL)
    assert control is not None
    assert (control.state, control.since) == ("unanswered", date(2026, 9, 21))
    today("2026-11-30")
    score_record(in_scope, cause=SnapshotCause.DAILY)
    assert (row().history_until, row().progress_on) == (date(2026, 11, 30), date(2026, 11, 23))
    stored = row()
    ScoreSnapshot.objects.update(catalog_version=stored.catalog_version, method_version=stored.method_version)
    assert row_rebuild(in_scope).proven_before == 81


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
