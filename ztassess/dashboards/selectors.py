"""Owns what the dashboard reads over time: recorded scores, what happened, proof states by week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import TruncDate, TruncWeek

from ztassess.assessments.models import ScoreSnapshot, SnapshotCause
from ztassess.assessments.selectors import checks_by_id
from ztassess.charts.trend import Event, EventKind, TrendPoint, Weighting
from ztassess.charts.weeks import Week
from ztassess.organizations.models import Organization
from ztassess.playbooks.selectors import applied_weights
from ztassess.scans.models import Scan

Period = tuple[datetime | None, datetime | None]
MOST_WEEKS = 53
"""A year of proof states, each with those of all controls: more would be read than drawn."""
MOST_REGRESSIONS = 200


def _within(rows: QuerySet[Any], name: str, period: Period) -> QuerySet[Any]:
    start, end = period
    if start:
        rows = rows.filter(**{f"{name}__gte": start})
    return rows.filter(**{f"{name}__lt": end}) if end else rows


def trend_points(organization: Organization, period: Period, stage: str) -> list[TrendPoint]:
    """The last recorded score of each day, oldest first; of one stage if asked. One query, without proof states."""
    rows = _within(ScoreSnapshot.objects.filter(organization=organization), "at", period)
    last = rows.order_by().values("day").annotate(last=Max("at")).values("last")
    picked = rows.filter(at__in=last).order_by("at")
    if stage:
        picked = picked.annotate(of_stage=KeyTransform(stage, "stages"))
    fields = ("at", "day", "catalog_version", "method_version", "proven", "claimed", *(("of_stage",) if stage else ()))
    by_day: dict[date, TrendPoint] = {}
    for at, day, catalog, method, proven, claimed, *of_stage in picked.values_list(*fields):
        scores = (of_stage[0] or None) if stage else (proven, claimed)
        if scores is not None:
            by_day[day] = TrendPoint(at, 100 * scores[0], 100 * scores[1], f"{catalog}, method {method}")
    return list(by_day.values())


def week_states(organization: Organization, period: Period, now: Week | None) -> list[Week]:
    """The proof states at the end of each week, oldest first, at most a year back: one query.

    Parameters:
        now: the states as they are judged at this moment, for the present week; None if it is not looked at.
    """
    start, end = period
    newest, ever = end or datetime.now(UTC), datetime.min.replace(tzinfo=UTC)
    # A last day of the first year has no year before it.
    start = max(start or ever, newest - min(timedelta(weeks=MOST_WEEKS - 1), newest - ever))
    rows = _within(ScoreSnapshot.objects.filter(organization=organization), "at", (start, end))
    last = rows.order_by().annotate(week=TruncWeek("day")).values("week").annotate(last=Max("at")).values("last")
    found: dict[date, Week] = {}
    fields = ("day", "states", "catalog_version", "method_version")
    for day, states, catalog, method in rows.filter(at__in=last).order_by("at").values_list(*fields):
        monday = day - timedelta(days=day.weekday())
        found[monday] = Week(monday, states, f"{catalog}, method {method}")
    if now is not None:
        found[now.monday] = now
    return [found[monday] for monday in sorted(found)]


def scans_by_day(organization: Organization, period: Period, connection: str) -> dict[date, int]:
    """How many scans ended with findings on each day: one query."""
    rows = _scans(organization, period, connection).annotate(day=TruncDate("finished_at", tzinfo=UTC)).order_by()
    return {row["day"]: row["n"] for row in rows.values("day").annotate(n=Count("id")) if row["day"]}


def weightings(organization: Organization) -> list[Weighting]:
    """The weights of playbooks that were applied, newest first: one query."""
    return [
        Weighting(f"playbook {row.playbook_name}, version {row.number}", row.at, row.ended_at)
        for row in applied_weights(organization)
    ]


def events(organization: Organization, period: Period, connection: str) -> list[Event]:
    """First scans, regressions and answered facts in the range: three queries."""
    return [
        *_first_scans(organization, period, connection),
        *_regressions(organization, period, connection),
        *_facts(organization, period),
    ]


def _scans(organization: Organization, period: Period, connection: str) -> QuerySet[Any]:
    rows = Scan.objects.with_result().filter(organization=organization)
    if connection:
        rows = rows.filter(connection_id=connection)
    return _within(rows, "finished_at", period)


def _first_scans(organization: Organization, period: Period, connection: str) -> list[Event]:
    rows = _scans(organization, (None, None), connection).order_by().values("connection_id", "connection__name")
    firsts = _within(rows.annotate(first=Min("finished_at")), "first", period)
    return [
        Event(
            row["first"].date(),
            EventKind.CONNECTED,
            f"{row['connection__name']} scanned",
            f"First scan of {row['connection__name']}",
        )
        for row in firsts
    ]


def _regressions(organization: Organization, period: Period, connection: str) -> list[Event]:
    """Scans in which something failed that had passed before. The newest ones, where there are very many."""
    rows = _scans(organization, period, connection).filter(diff__regressed__count__gt=0)
    first = KeyTransform("check", KeyTransform("0", KeyTransform("listed", KeyTransform("regressed", "diff"))))
    told = rows.annotate(check_id=first, n=KeyTransform("count", KeyTransform("regressed", "diff")))
    found: dict[tuple[date, str], Event] = {}
    fields = ("finished_at", "connection__name", "check_id", "n")
    for at, name, check_id, n in told.order_by("-finished_at").values_list(*fields)[:MOST_REGRESSIONS]:
        check = checks_by_id().get(str(check_id))
        title = check.title if check else str(check_id)
        more = f" and {n - 1} more" if n > 1 else ""
        found[at.date(), str(check_id)] = Event(
            at.date(), EventKind.REGRESSION, f"regressed: {title}", f"Regression in {name}: {title}{more}"
        )
    return list(found.values())


def _facts(organization: Organization, period: Period) -> list[Event]:
    rows = ScoreSnapshot.objects.filter(organization=organization, cause=SnapshotCause.FACTS)
    days = _within(rows, "at", period).order_by("day").values_list("day", flat=True).distinct()
    words = "Facts about the company were answered, so what applies was computed again"
    return [Event(day, EventKind.FACTS, "facts answered", words) for day in days]
