"""Owns the delivery log: a page, its CSV, and sending again what was given up."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from ztassess.charts.figure import Cell, csv_of
from ztassess.notifications.errors import NotificationError
from ztassess.notifications.models import OPEN, Delivery
from ztassess.notifications.selectors import STATES, LogFilter, deliveries, delivery_counts, delivery_targets
from ztassess.notifications.services.endpoints import delivery_send_again
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url

PER_PAGE = 50
CSV_ROWS = 10_000
COLUMNS = (
    *("Queued", "Event", "Event id", "Channel", "Target", "State", "Attempts", "Tried", "Next attempt"),
    *("Ended", "Status", "What happened", "Last answer"),
)


def _asked(request: OrgRequest, targets: dict[str, str]) -> LogFilter:
    """The filters of the address; a value that nobody knows counts as none."""
    state, target = request.GET.get("state", ""), request.GET.get("target", "")
    return LogFilter(state if state in dict(STATES) else "", target if target in targets else "")


def log_page(request: OrgRequest) -> HttpResponse:
    """Every delivery, newest first, with what came of it: five queries, whatever their number."""
    targets = dict(delivery_targets(request.organization))
    narrowed = _asked(request, targets)
    page = Paginator(deliveries(request.organization, narrowed), PER_PAGE).get_page(request.GET.get("page"))
    counts = delivery_counts(request.organization, narrowed.target)
    here = org_url(request, "deliveries")
    filters = [
        {
            "url": f"{here}?{urlencode({'state': state, 'target': narrowed.target})}",
            "title": title,
            "current": state == narrowed.state,
            "count": counts.get(state, 0) if state else sum(counts.values()),
        }
        for state, title in STATES
    ]
    context = {
        "page": page,
        "filters": [each for each in filters if each["count"] or each["current"]],
        "targets": sorted(targets.items(), key=lambda pair: pair[1]),
        "narrowed": narrowed,
        "query": urlencode({"state": narrowed.state, "target": narrowed.target}),
        "moving": any(counts.get(state) for state in OPEN),
        "total": sum(counts.values()),
    }
    # The page asks for its table again while something moves.
    name = "_log" if request.headers.get("HX-Request") else "log"
    return render(request, f"notifications/{name}.html", context)


def log_csv(request: OrgRequest) -> HttpResponse:
    """The rows that the page shows with the same filters, the newest ten thousand."""
    narrowed = _asked(request, dict(delivery_targets(request.organization)))
    rows = deliveries(request.organization, narrowed)[:CSV_ROWS]
    response = HttpResponse(csv_of(COLUMNS, [tuple(_row(row)) for row in rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="deliveries.csv"'
    return response


def _row(row: Delivery) -> Iterator[Cell]:
    yield from (row.created_at.isoformat(), row.event_kind.words, str(row.event_id), row.get_channel_display())
    yield row.endpoint.host if row.endpoint else row.user.email if row.user else row.target
    yield from (row.get_state_display(), row.attempt)
    yield row.tried_at.isoformat() if row.tried_at else ""
    yield row.not_before.isoformat() if row.is_open else ""
    yield row.finished_at.isoformat() if row.finished_at else ""
    yield from (row.status, row.sentence, row.answer)


def send_again(request: OrgRequest, delivery_id: UUID) -> HttpResponse:
    """Queue once more what was given up."""
    row = get_for_member(Delivery, request, id=delivery_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        delivery_send_again(delivery=row, actor=person_of(request))
    except NotificationError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "It is on its way again, under the same event id.")
    return redirect(org_url(request, "deliveries"))
