"""Owns keeping the summary of an organization true: with every judgment, with its connections, and from its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.selectors import Reading, read_organization
from ztassess.assessments.standing import proof_of
from ztassess.assessments.trend import recorded
from ztassess.common.models import organization_scope
from ztassess.domain.assessment import Assessment
from ztassess.domain.pace import WINDOW, pace_of
from ztassess.domain.proof_state import ProofState
from ztassess.domain.score_history import GOAL, WEEK, Milestone, Progress, Weekly, monday
from ztassess.domain.scoring import percent, weighting_of
from ztassess.organizations.models import Organization
from ztassess.portfolio.models import WORDS_LIMIT, PortfolioRow, PortfolioState
from ztassess.portfolio.packing import StageCell, stages_text
from ztassess.portfolio.services.states import states_follow
from ztassess.portfolio.services.systems import systems_follow
from ztassess.roadmaps.services.recording import log_first
from ztassess.scans.models import Connection, ScanState, StandingResult
from ztassess.scans.selectors import live_connections

WEEKS_BEFORE = 4


@dataclass
class Past:
    """What the recorded scores of an organization tell that one judgment cannot.

    Attributes:
        compared_from: the first day of the newest score's catalog and method.
    """

    weekly: Weekly
    progress: Progress
    started_on: date
    compared_from: date
    goal: Milestone = field(default_factory=Milestone)
    since: dict[str, tuple[str, date]] = field(default_factory=dict)

    def go_on(self, day: date, proven: float, version: str) -> None:
        """Take the next score in. With other weights the year begins anew: a re-weighting is no rise."""
        if weighting_of(version) != weighting_of(self.progress.version):
            self.weekly = Weekly.empty(day)
        if version != self.progress.version:
            self.compared_from = day
        self.weekly = self.weekly.put(day, percent(proven))
        self.progress = self.progress.follow(day, proven, version)
        self.goal = self.goal.follow(day, percent(proven), version)

    @property
    def before(self) -> int | None:
        """The percent of four weeks ago; None where another catalog or method made it, which is not compared."""
        then = self.weekly.until - WEEK * WEEKS_BEFORE
        return self.weekly.before(WEEKS_BEFORE) if monday(self.compared_from) <= then else None


def row_follow(organization: Organization) -> PortfolioRow:
    """Judge the organization, and write its summary anew."""
    with transaction.atomic():
        log_first(organization)
        row: PortfolioRow | None = PortfolioRow.objects.filter(organization=organization).first()
        return _follow(organization, row, read_organization(organization))


def judgment_follow(organization: Organization, reading: Reading) -> None:
    """Keep the summary current. Registered with the assessments: runs in the transaction of the judgment.

    The demo company's is made when somebody first looks: its ninety days are told in one go, and few ever ask for it.

    Parameters:
        reading: the present judgment. The caller has locked the log before it read, see `log_first`.
    """
    row: PortfolioRow | None = PortfolioRow.objects.filter(organization=organization).first()
    if row is not None or not organization.is_demo:
        _follow(organization, row, reading)


def row_rebuild(organization: Organization) -> PortfolioRow:
    """Make the summary again from the recorded scores, as if it had never been there."""
    with transaction.atomic():
        log_first(organization)
        PortfolioState.objects.filter(organization=organization).delete()
        PortfolioRow.objects.filter(organization=organization).delete()
        return row_follow(organization)


def connection_follow(connection: Connection) -> None:
    """Note which connections cannot read. Runs when one was saved: tested, changed, removed."""
    organization = connection.organization
    with organization_scope(organization):
        row = PortfolioRow.objects.filter(organization=organization).first()
        if row is None:
            return
        systems_follow(organization, StandingResult.objects.select_related("connection"))
        before = (row.broken, row.broken_names)
        _set_broken(row)
        if before != (row.broken, row.broken_names):
            row.save(update_fields=["broken", "broken_names"])


def past_of(organization: Organization) -> Past:
    """The year before, from every recorded score: one query. Nothing recorded: it begins with the organization."""
    born = organization.created_at.date()
    found = Past(Weekly.empty(born), Progress(born, 1.0, ""), born, born)
    scores = ScoreSnapshot.objects.filter(organization=organization).order_by("at")
    rows = scores.values_list("at", "proven", "catalog_version", "method_version", "states")
    for place, (at, proven, catalog, method, states) in enumerate(rows.iterator(chunk_size=200)):
        day, version = at.date(), version_of(catalog, method)
        if place == 0:
            found.started_on = found.compared_from = day
            found.progress = Progress(day, proven, version)
        found.go_on(day, proven, version)
        for control, state in states.items():
            if found.since.get(control, ("", day))[0] != state:
                found.since[control] = (state, day)
    return found


def version_of(catalog: str, method: str) -> str:
    """Catalog and method as one word: scores of two of them are not compared."""
    return f"{catalog}, method {method}"


def _past_in(row: PortfolioRow) -> Past:
    version = version_of(row.catalog_version, row.method_version)
    return Past(
        Weekly.from_text(row.history, row.history_until),
        Progress(row.progress_on, row.progress_low, version),
        row.started_on,
        row.compared_from or row.started_on,
        Milestone(row.reached_on, row.remade_on, row.below_version),
    )


def _follow(organization: Organization, row: PortfolioRow | None, reading: Reading) -> PortfolioRow:
    past = past_of(organization) if row is None else _past_in(row)
    return _write(row or PortfolioRow(organization=organization), past, reading)


def _write(row: PortfolioRow, past: Past, reading: Reading) -> PortfolioRow:
    judged = reading.assessment
    day = judged.today.date()
    past.go_on(day, judged.eighty_twenty.proven, version_of(judged.catalog_version, judged.method_version))
    scores = judged.eighty_twenty.percents
    row.judged_at, row.catalog_version, row.method_version = judged.today, judged.catalog_version, judged.method_version
    row.proven, row.claimed, row.ceiling = scores.proven, scores.claimed, scores.ceiling
    row.stages = stages_text(_cells(judged))
    row.history, row.history_until = past.weekly.text, past.weekly.until
    row.proven_before, row.compared_from = past.before, past.compared_from
    row.progress_on, row.progress_low = past.progress.on, past.progress.low
    row.started_on, row.reached_on = past.started_on, past.goal.reached_on
    row.remade_on, row.below_version = past.goal.remade_on, past.goal.below
    pace = pace_of(recorded(row.organization, start=judged.today - WINDOW - WEEK), goal=GOAL)
    row.lands_on = pace.lands.date() if pace and pace.lands else None
    row.exception_ends = min((each.last_day for each in reading.exceptions), default=None)
    _set_worst(row, reading)
    _set_broken(row)
    row.save()
    states_follow(row.organization, reading, past.since)
    systems_follow(row.organization, reading.standing)
    return row


def _cells(judged: Assessment) -> list[StageCell]:
    cells = []
    for each in judged.stages:
        if each.shown is not None:
            bad = sum(1 for one in judged.of_stage(each.stage.id) if one.state is ProofState.CONTRADICTED)
            cells.append(StageCell(each.stage.id, percent(each.shown.proven), percent(each.shown.claimed), bad))
    return cells


def _set_worst(row: PortfolioRow, reading: Reading) -> None:
    """The contradicted control that would bring the most points, and what was seen of it."""
    refuted = [each for each in reading.assessment.worst_first() if each.state is ProofState.CONTRADICTED]
    row.contradicted = len(refuted)
    row.worst_control = refuted[0].id if refuted else ""
    row.worst_words = proof_of(reading, refuted[0]).sentence[:WORDS_LIMIT] if refuted else ""


def _set_broken(row: PortfolioRow) -> None:
    """A connection is broken where its newest scan failed, or its test refused the credential."""
    names = []
    for each in live_connections(row.organization):
        newest = getattr(each, "newest", None)
        refused = bool((each.preflight or {}).get("refused"))
        if refused or (newest is not None and newest.state == ScanState.FAILED):
            names.append(each.name)
    row.broken = len(names)
    row.broken_names = ", ".join(names)[:WORDS_LIMIT]
