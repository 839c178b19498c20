"""Owns the pages over all clients of a person: the table, its files, the charts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ztassess.accounts.models import User
from ztassess.charts.figure import csv_of
from ztassess.portfolio.book import figures
from ztassess.portfolio.forms import ViewForm
from ztassess.portfolio.looking import LookRequest, over_clients
from ztassess.portfolio.pages import frame, locked_first, portfolio_context
from ztassess.portfolio.selectors import (
    Client,
    clients_of,
    fill,
    labels_in,
    moment,
    organizations_without_row,
    views_of,
)
from ztassess.portfolio.services.filling import rows_fill
from ztassess.portfolio.table import (
    Filters,
    file_columns,
    file_rows,
    filters_from,
    in_order,
    page_of,
)

FILLED_AT_ONCE = 20
"""Clients that were never summed up are, on first use; the others follow within a quarter of an hour."""


def person(request: HttpRequest) -> User:
    """The signed-in person."""
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    return request.user


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: all clients, those that fit, the filters, the moment, and firms of the person's own."""

    clients: list[Client]
    fitting: list[Client]
    filters: Filters
    now: datetime
    firms: list[tuple[str, str]]


def asked_for(request: LookRequest) -> Asked:
    """Read the clients and filter them: one query, one more on the very first use."""
    now = moment()
    filters = filters_from(request.GET.dict())
    closely = filters.looks_closely
    eyes, locked = request.eyes, request.locked
    found = clients_of(eyes, now, locked=locked, closely=closely)
    if any(client.proven is None and not client.is_locked for client in found.rows) and rows_fill(
        organizations_without_row(eyes, FILLED_AT_ONCE)
    ):
        found = clients_of(eyes, now, locked=locked, closely=closely)
    fitting = in_order((client for client in found.rows if filters.fits(client)), filters.sort)
    return Asked(found.rows, fitting, filters, now, found.firms)


@over_clients
@require_safe
def portfolio(request: LookRequest) -> HttpResponse:
    """Clients by stages, who needs the person first. The address keeps filters, order and page."""
    asked = asked_for(request)
    page = page_of(asked.fitting, request.GET.get("page", ""))
    fill(request.eyes, page.rows, asked.now)
    context: dict[str, Any] = portfolio_context(
        asked.clients, asked.fitting, page, asked.filters, asked.now, request.place
    )
    context |= {
        "firms": asked.firms,
        "labels": labels_in(asked.clients),
        "views": [{"row": row, "current": row.query == asked.filters.query()} for row in views_of(request.eyes.user)],
        "view_form": ViewForm(initial={"query": asked.filters.query()}),
    }
    return render(request, "portfolio/portfolio.html", context | frame("portfolio", request.place, len(asked.clients)))


def _filled(request: LookRequest) -> list[Client]:
    """The clients that fit, with all that a file says of them."""
    asked = asked_for(request)
    fill(request.eyes, asked.fitting, asked.now)
    return asked.fitting


@over_clients
@require_safe
def csv_file(request: LookRequest) -> HttpResponse:
    """Exactly the filtered table, all pages of it, as CSV."""
    rows = file_rows(_filled(request))
    response = HttpResponse(csv_of(file_columns(), rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="clients.csv"'
    return response


@over_clients
@require_safe
def json_file(request: LookRequest) -> HttpResponse:
    """The same as JSON: one object a client, keyed by the heads of the CSV."""
    columns = file_columns()
    rows = [dict(zip(columns, row, strict=True)) for row in file_rows(_filled(request))]
    response = JsonResponse({"clients": rows}, json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="clients.json"'
    return response


@over_clients
@require_safe
def charts(request: LookRequest) -> HttpResponse:
    """The figures over the clients that fit the filters of the address."""
    asked = asked_for(request)
    fill(request.eyes, asked.fitting, asked.now)
    query = asked.filters.query()
    shown = [
        replace(figure, csv_url=request.place.page("portfolio_chart", figure.id) + query)
        for figure in figures(asked.fitting, asked.now.date())
    ]
    context = {
        "figures": shown,
        "query": query,
        "filters": asked.filters,
        "fitting": len(asked.fitting),
        "total": len(asked.clients),
        "locked": locked_first(asked.clients),
        "labels": labels_in(asked.clients),
        "versions": len({(each.catalog_version, each.method_version) for each in asked.fitting if each.history}),
    }
    return render(
        request, "portfolio/charts.html", context | frame("portfolio_charts", request.place, len(asked.clients))
    )


@over_clients
@require_safe
def chart_file(request: LookRequest, figure_id: str) -> HttpResponse:
    """Exactly the numbers of one figure."""
    asked = asked_for(request)
    fill(request.eyes, asked.fitting, asked.now)
    for figure in figures(asked.fitting, asked.now.date()):
        if figure.id == figure_id:
            response = HttpResponse(csv_of(figure.columns, figure.rows), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = f'attachment; filename="{figure_id}.csv"'
            return response
    raise Http404
