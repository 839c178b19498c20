"""Owns the dashboard page, the CSV of each of its figures, and the lists behind their bars with CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ztassess.charts.figure import Cell, csv_of
from ztassess.dashboards import lists
from ztassess.dashboards.figures import FIGURES, Dashboard
from ztassess.dashboards.filters import RANGES
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.scans.selectors import SEVERITIES


def dashboard(request: OrgRequest) -> HttpResponse:
    """Every chart with its table, its CSV and its conclusion, for the screen or for paper (``?print=1``)."""
    page = Dashboard(request)
    query = page.filters.query()
    figures = {
        # A template cannot name what has a hyphen.
        figure_id.replace("-", "_"): replace(make(page), csv_url=_csv_url(request, figure_id) + query)
        for figure_id, make in FIGURES.items()
    }
    here = org_url(request, "dashboard")
    context = {
        "figures": figures,
        "filters": page.filters,
        "ranges": [
            {
                "url": here + page.filters.query(range=value, first=None, last=None),
                "title": title,
                "current": not page.filters.has_dates and page.filters.range == value,
            }
            for value, title in RANGES.items()
        ],
        "stages": page.stage_titles.items(),
        "severities": [(severity, severity.capitalize()) for severity in SEVERITIES],
        "connections": page.connections.names.items(),
        "problems": page.asked.problems,
        "clear_url": here if query else "",
        "print_url": here + (f"{query}&" if query else "?") + "print=1",
        "back_url": here + query,
        "shown_as": _shown_as(page),
        "made_at": timezone.now(),
    }
    paper = request.GET.get("print") == "1"
    return render(request, "dashboards/print.html" if paper else "dashboards/dashboard.html", context)


def _csv_url(request: OrgRequest, figure_id: str) -> str:
    return org_url(request, "dashboard_csv", figure_id=figure_id)


def _shown_as(page: Dashboard) -> str:
    """Range and filters in one line."""
    filters = page.filters
    if filters.has_dates:
        days = f"{filters.first or 'the beginning'} to {filters.last or 'today'}"
    elif filters.range == "all":
        days = "all time"
    else:
        days = f"last {filters.range} days"
    return ", ".join(part for part in (days, lists.filter_words(page, filters)) if part)


def figure_csv(request: OrgRequest, figure_id: str) -> HttpResponse:
    """Exactly the numbers that the figure shows."""
    if figure_id not in FIGURES:
        raise Http404
    figure = FIGURES[figure_id](Dashboard(request))
    return _file(csv_of(figure.columns, figure.rows), "text/csv", f"{figure_id}.csv")


def findings_page(request: OrgRequest) -> HttpResponse:
    """The open findings of a bar, worst first."""
    page = Dashboard(request)
    context = lists.findings_context(page, request.GET.get("page"))
    return render(request, "dashboards/findings.html", context | _about(page, "dashboard_findings"))


def findings_csv(request: OrgRequest) -> HttpResponse:
    """Exactly the filtered findings, of all pages."""
    return _file(
        csv_of(lists.FINDING_COLUMNS, list(lists.finding_rows(Dashboard(request)))), "text/csv", "findings.csv"
    )


def findings_json(request: OrgRequest) -> HttpResponse:
    """Exactly the filtered findings, of all pages."""
    page = Dashboard(request)
    return _json(page, "findings", lists.FINDING_COLUMNS, lists.finding_rows(page))


def controls_page(request: OrgRequest) -> HttpResponse:
    """The controls of a bar, worst proof first."""
    page = Dashboard(request)
    context = lists.controls_context(page, request.GET.get("page"))
    return render(request, "dashboards/controls.html", context | _about(page, "dashboard_controls"))


def controls_csv(request: OrgRequest) -> HttpResponse:
    """Exactly the filtered controls, of all pages."""
    return _file(
        csv_of(lists.CONTROL_COLUMNS, list(lists.control_rows(Dashboard(request)))), "text/csv", "controls.csv"
    )


def controls_json(request: OrgRequest) -> HttpResponse:
    """Exactly the filtered controls, of all pages."""
    page = Dashboard(request)
    return _json(page, "controls", lists.CONTROL_COLUMNS, lists.control_rows(page))


def _about(page: Dashboard, name: str) -> dict[str, Any]:
    """What every list says about itself: where it came from, its files, what was not understood."""
    request, query = page.request, page.asked.query()
    return {
        "filters": page.asked,
        "problems": page.asked.problems,
        "query": query,
        "page_query": f"{query}&" if query else "?",
        "csv_url": org_url(request, f"{name}_csv") + query,
        "json_url": org_url(request, f"{name}_json") + query,
        "back_url": org_url(request, "dashboard") + page.filters.query(),
        "clear_url": org_url(request, name) if query else "",
    }


def _json(page: Dashboard, name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    found = lists.as_objects(columns, rows)
    told = {
        "organization": page.request.organization.name,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "shown": lists.filter_words(page, page.asked) or "all",
        "count": len(found),
        name: found,
    }
    return _file(orjson.dumps(told, option=orjson.OPT_INDENT_2), "application/json", f"{name}.json")


def _file(body: str | bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
