"""Owns the dashboard page and the CSV of each of its figures."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from ztassess.assessments.selectors import read_organization
from ztassess.catalog import load_catalog
from ztassess.charts.figure import csv_of
from ztassess.dashboards.selectors import RANGES, figures
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

DEFAULT_DAYS = 90


def _asked(request: OrgRequest) -> tuple[int, str]:
    days, stage = request.GET.get("range", ""), request.GET.get("stage", "")
    known = {each.id for each in load_catalog().stages}
    return int(days) if days in {str(each) for each, _ in RANGES} else DEFAULT_DAYS, stage if stage in known else ""


def dashboard(request: OrgRequest) -> HttpResponse:
    """Every chart with its table, its CSV and its conclusion; the address keeps the filters."""
    days, stage = _asked(request)
    query = urlencode([("range", days), ("stage", stage)])
    shown = [
        replace(figure, csv_url=f"{org_url(request, 'dashboard_csv', figure_id=figure.id)}?{query}")
        for figure in figures(request.organization, read_organization(request.organization), days=days, stage=stage)
    ]
    context = {
        "figures": {figure.id: figure for figure in shown},
        "ranges": RANGES,
        "days": days,
        "stages": load_catalog().stages,
        "stage": stage,
    }
    return render(request, "dashboards/dashboard.html", context)


def figure_csv(request: OrgRequest, figure_id: str) -> HttpResponse:
    """Exactly the numbers that the figure shows."""
    days, stage = _asked(request)
    for figure in figures(request.organization, read_organization(request.organization), days=days, stage=stage):
        if figure.id == figure_id:
            response = HttpResponse(csv_of(figure.columns, figure.rows), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = f'attachment; filename="{figure_id}.csv"'
            return response
    raise Http404
