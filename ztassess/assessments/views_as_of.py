"""Owns the page of a past day: the scores as they were."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from ztassess.assessments.selectors import read_organization
from ztassess.assessments.selectors_as_of import AsOf, ControlAsOf, assessment_as_of, first_recorded_day
from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.domain.assessment import level_name
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

COLUMNS = ("Control", "Title", "Stage", "State", "Claimed", "State today", "Catalog", "Method", "Recorded")


def as_of(request: OrgRequest) -> HttpResponse:
    """The recorded scores of a day, beside the present ones."""
    first, today = first_recorded_day(request.organization), datetime.now(UTC).date()
    on, problem = _day(request.GET.get("on", ""), first, today)
    present = read_organization(request.organization).assessment
    found = assessment_as_of(request.organization, on, present) if on else None
    changed_only = request.GET.get("show") == "changed"
    shown = [each for each in found.controls if each.changed or not changed_only] if found else []
    if found and (wanted := table_wanted(request)):
        return table_file(f"as-of-{found.on}", COLUMNS, _rows(found, shown), wanted)
    context = {
        "found": found,
        "on": on or today,
        "first": first,
        "today": today,
        "problem": problem,
        "present": present.eighty_twenty.percents,
        "present_versions": (present.catalog_version, present.method_version),
        "groups": list(_groups(request, shown)),
        "filters": _filters(found, changed_only=changed_only) if found else [],
        "earlier": on - timedelta(days=7) if on and first and on - timedelta(days=7) >= first else None,
        "later": on + timedelta(days=7) if on and on + timedelta(days=7) <= today else None,
    }
    return render(request, "assessments/as_of.html", context, status=200 if not problem else 400)


def _day(text: str, first: date | None, today: date) -> tuple[date | None, str]:
    """The day asked for and what is wrong with it; a week ago if none was asked for, as far as there are records."""
    if first is None:
        return None, ""
    if not text:
        return max(first, today - timedelta(days=7)), ""
    try:
        on = date.fromisoformat(text.strip())
    except ValueError:
        return None, f"“{text[:40]}” is not a day; write it as {today}."
    if on > today:
        return None, "That day is still to come. Choose today or a day before."
    if on < first:
        return None, f"Nothing was recorded before {first}, the first day of this assessment. Choose a later one."
    return on, ""


def _filters(found: AsOf, *, changed_only: bool) -> list[dict[str, Any]]:
    changed = len([each for each in found.controls if each.changed])
    return [
        {"url": f"?on={found.on}", "title": "All", "current": not changed_only, "count": len(found.controls)},
        {
            "url": f"?on={found.on}&show=changed",
            "title": "Another state today",
            "current": changed_only,
            "count": changed,
        },
    ]


def _groups(request: OrgRequest, controls: Iterable[ControlAsOf]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    for stage, rows in groupby(controls, key=lambda each: each.stage):
        yield (
            stage,
            [
                {"each": each, "url": org_url(request, "control", control_id=each.id) if each.state_now else ""}
                for each in rows
            ],
        )


def _rows(found: AsOf, shown: Iterable[ControlAsOf]) -> Iterable[tuple[Cell, ...]]:
    for each in shown:
        yield (
            each.id,
            each.title,
            each.stage,
            each.state,
            "" if each.claimed is None else level_name(each.claimed),
            each.state_now,
            found.catalog_version,
            found.method_version,
            found.at.isoformat(),
        )
