"""Owns what the dashboard reads: one judgment, the recorded scores, counts of open findings. Constant in queries."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.selectors import Reading, checks_by_id
from ztassess.charts import counts, scores
from ztassess.charts.figure import Figure
from ztassess.domain.assessment import Assessment
from ztassess.domain.scoring import percent
from ztassess.organizations.models import Organization
from ztassess.scans.models import Finding

RANGES = ((30, "Last 30 days"), (90, "Last 90 days"), (365, "Last year"))


def figures(organization: Organization, reading: Reading, *, days: int, stage: str) -> list[Figure]:
    """All figures of the dashboard, in their order.

    Parameters:
        days: how far back the trend goes.
        stage: id of one stage or track to look at; empty for all.
    """
    judged = reading.assessment
    percents = judged.eighty_twenty.percents
    return [
        scores.trend(trend_points(organization, days, stage)),
        scores.gauge(percents.proven, percents.claimed, percents.ceiling),
        scores.stages(stage_points(judged, stage)),
        counts.findings(finding_counts(reading, stage)),
        counts.coverage(state_counts(judged, stage)),
    ]


def trend_points(organization: Organization, days: int, stage: str) -> list[scores.TrendPoint]:
    """The last recorded score of each day in the range, oldest first; of one stage if asked."""
    since = timezone.now() - timedelta(days=days)
    rows: dict[date, ScoreSnapshot] = {}
    for row in ScoreSnapshot.objects.filter(organization=organization, at__gte=since).order_by("at").defer("states"):
        rows[row.day] = row
    points = []
    for row in rows.values():
        proven, claimed = (row.proven, row.claimed) if not stage else row.stages.get(stage) or (None, None)
        if proven is not None and claimed is not None:
            version = f"{row.catalog_version}, method {row.method_version}"
            points.append(scores.TrendPoint(row.at, 100 * proven, 100 * claimed, version))
    return points


def stage_points(judged: Assessment, stage: str) -> list[scores.StagePoint]:
    """Each stage in percent before the gate."""
    return [
        scores.StagePoint(
            each.stage.title,
            percent(each.shown.proven) if each.shown else None,
            percent(each.shown.claimed) if each.shown else None,
        )
        for each in judged.stages
        if not stage or each.stage.id == stage
    ]


def state_counts(judged: Assessment, stage: str) -> dict[str, dict[str, int]]:
    """Stage title -> proof state -> applicable controls."""
    found: dict[str, dict[str, int]] = {}
    for each in judged.stages:
        if stage and each.stage.id != stage:
            continue
        row: dict[str, int] = defaultdict(int)
        for control in judged.of_stage(each.stage.id):
            if control.applies:
                row[control.state.value] += 1
        if row:
            found[each.stage.title] = dict(row)
    return found


def finding_counts(reading: Reading, stage: str) -> dict[str, dict[str, int]]:
    """Stage title -> severity -> failing findings of the newest scan of each connection."""
    newest = {
        row.latest_scan_id for row in reading.standing if row.connection.removed_at is None and row.latest_scan_id
    }
    failing = (
        Finding.objects.filter(scan_id__in=newest, outcome="fail")
        .values("check_id", "severity")
        .annotate(n=Count("id"))
    )
    stage_of = {each.id: each.control.stage for each in reading.assessment.controls}
    titles = {each.stage.id: each.stage.title for each in reading.assessment.stages}
    found: dict[str, dict[str, int]] = {
        title: defaultdict(int) for stage_id, title in titles.items() if not stage or stage_id == stage
    }
    for row in failing:
        for stage_id in _stages_of(row["check_id"], stage_of):
            if titles[stage_id] in found:
                found[titles[stage_id]][row["severity"]] += row["n"]
    return {title: dict(row) for title, row in found.items()}


def _stages_of(check_id: str, stage_of: dict[str, str]) -> set[str]:
    check = checks_by_id().get(check_id)
    verifies: tuple[Any, ...] = check.verifies if check else ()
    return {stage_of[each.control] for each in verifies if not each.supporting and each.control in stage_of}
