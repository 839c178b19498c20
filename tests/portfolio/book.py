"""A consultant's book in bulk: clients with summaries and states, as the services would have written them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.assessments.models import ScoreSnapshot
from ztassess.catalog import load_catalog
from ztassess.domain.score_history import WEEKS, Weekly, monday
from ztassess.domain.scoring import METHOD_VERSION
from ztassess.organizations.models import FactSheet, Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.portfolio.models import ClientNote, PortfolioRow, PortfolioState, PortfolioSystem
from ztassess.portfolio.packing import StageCell, checks_text, stages_text

CHECK = "google_workspace.two_step_enforced_users"
BATCH = 500


def book_of(
    user: User, names: Sequence[str], *, days: int = 0, role: Role = Role.EDITOR, every: int = 7
) -> list[Organization]:
    """Make clients of a person: every seventh contradicted, every fifth stalled, proven from 5 to 95 %.

    Of one check every second client fails, and of eight others two are passed, one was never read, one not connected.

    Parameters:
        every: how many clients lie between two contradicted ones.
        days: recorded scores for each client, one a day; the summary does not need them.
    """
    made = [Organization(name=name, slug=f"client-{user.pk}-{number}") for number, name in enumerate(names)]
    ends = timezone.now() + timedelta(days=200)
    with scopes_disabled():
        Organization.objects.bulk_create(made, batch_size=BATCH)
        Membership.objects.bulk_create(
            [Membership(organization=one, user=user, role=role, is_consultant=True, expires_at=ends) for one in made],
            batch_size=BATCH,
        )
        FactSheet.objects.bulk_create([FactSheet(organization=one) for one in made], batch_size=BATCH)
        rows = [_row(one, number, every) for number, one in enumerate(made)]
        PortfolioRow.objects.bulk_create(rows, batch_size=BATCH)
        states = [state for number, one in enumerate(made) for state in _states(one, number, every)]
        PortfolioState.objects.bulk_create(states, batch_size=BATCH)
        systems = [system for number, one in enumerate(made) if (system := _system(one, number))]
        PortfolioSystem.objects.bulk_create(systems, batch_size=BATCH)
        for number, one in enumerate(made if days else ()):
            ScoreSnapshot.objects.bulk_create(_scores(one, number, days), batch_size=BATCH)
    ClientNote.objects.bulk_create(
        [
            ClientNote(user=user, organization=one, label=f"Group {number % 4}", text="Called them.")
            for number, one in enumerate(made)
            if number % 3 == 0
        ],
        batch_size=BATCH,
    )
    return made


def percent_of(number: int, ago: int = 0) -> int:
    """Proven of a client so many weeks ago."""
    return max(0, 5 + number * 37 % 91 - ago)


def _row(organization: Organization, number: int, every: int) -> PortfolioRow:
    today = timezone.now().date()
    proven = percent_of(number)
    contradicted = number % 3 + 1 if number % every == 0 else 0
    years = tuple(percent_of(number, WEEKS - 1 - week) for week in range(WEEKS))
    cells = [
        StageCell(stage.id, max(0, proven - 3 * place), min(100, proven + 12), contradicted if not place else 0)
        for place, stage in enumerate(load_catalog().stages)
        if stage.id != "mesh" or number % 2
    ]
    return PortfolioRow(
        organization=organization,
        judged_at=timezone.now(),
        catalog_version=load_catalog().version,
        method_version=METHOD_VERSION,
        proven=proven,
        proven_before=percent_of(number, 4),
        claimed=min(100, proven + 12),
        ceiling=100,
        stages=stages_text(cells),
        contradicted=contradicted,
        worst_control="mfa.all-humans" if contradicted else "",
        worst_words="3 of 41 people have no second factor." if contradicted else "",
        progress_on=today - timedelta(days=20 if number % 5 == 0 else number % 12),
        progress_low=proven / 100,
        compared_from=today - timedelta(days=364),
        started_on=today - timedelta(days=364),
        reached_on=today - timedelta(days=30) if proven >= 80 else None,
        lands_on=today + timedelta(days=40) if proven < 80 else None,
        history=Weekly(years, monday(today)).text,
        history_until=monday(today),
    )


def _states(organization: Organization, number: int, every: int) -> list[PortfolioState]:
    common: dict[str, Any] = {"organization": organization, "since": date(2026, 10, 1), "seen_on": date(2026, 11, 20)}
    states = [
        PortfolioState(
            **common,
            kind="control",
            subject=control.id,
            state="contradicted" if number % every == 0 and control.id == "mfa.all-humans" else "claimed",
        )
        for control in load_catalog().controls
    ]
    if number % 2 == 0:
        words = "3 of 41 people have no second factor."
        fails = PortfolioState(**common, kind="check", subject=CHECK, state="fail", resources=3, words=words)
        states.append(fails)
    return states


def _system(organization: Organization, number: int) -> PortfolioSystem | None:
    """Of those that do not fail, every second passes among thirty checks; the others were never read or connected."""
    if number % 8 == 7:
        return None
    names = ("two_step_enforced_users", *(f"some_check_about_something_{place}" for place in range(29)))
    text = "" if number % 8 == 3 else checks_text({name: ("pass", date(2026, 11, 20)) for name in names})
    return PortfolioSystem(organization=organization, connector="google_workspace", checks=text)


def _scores(organization: Organization, number: int, days: int) -> list[ScoreSnapshot]:
    now = timezone.now()
    return [
        ScoreSnapshot(
            organization=organization,
            at=now - timedelta(days=ago),
            day=(now - timedelta(days=ago)).date(),
            cause="daily",
            catalog_version=load_catalog().version,
            method_version=METHOD_VERSION,
            proven=percent_of(number, ago // 7) / 100,
            claimed=0.9,
            ceiling=1.0,
        )
        for ago in range(days)
    ]
