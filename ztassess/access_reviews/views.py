"""Owns the pages of accounts: the joined table, one account, deciding about many, what is to be carried out."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from ztassess.access_reviews.errors import AccessReviewError, DecisionConflict
from ztassess.access_reviews.forms import AccountForm, ManyForm
from ztassess.access_reviews.selectors import (
    AccessReading,
    Entry,
    account_history,
    read_access,
)
from ztassess.access_reviews.selectors_items import done_items, item_of, open_counts, open_rows
from ztassess.access_reviews.services.decisions import Recorded, decision_record, decisions_record
from ztassess.access_reviews.table import (
    COLUMNS,
    ITEM_COLUMNS,
    PER_PAGE,
    Filters,
    csv_rows,
    filters_from,
    item_row,
    table_context,
)
from ztassess.accounts.models import User
from ztassess.common.tables import table_file, table_wanted
from ztassess.domain.access_review import DORMANT_DAYS
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors import members
from ztassess.scans.models import Connection

LISTED = 20
"""Accounts named under one reason; the rest is counted."""


def table(request: OrgRequest) -> HttpResponse:
    """Every identity with its accounts in all systems, largest reach first."""
    return render(request, "access_reviews/table.html", table_page(request, read_access(request.organization)))


def table_page(request: OrgRequest, reading: AccessReading) -> dict[str, Any]:
    """What the table's page shows."""
    entries = reading.entries
    waiting, overdue = open_counts(reading.today)
    return {
        **table_context(reading, entries, filters_from(request.GET), request.GET.get("page", "1")),
        **about(reading),
        "csv_url": org_url(request, "access_csv"),
        "form": ManyForm(people(request)),
        "open_items": waiting,
        "overdue": overdue,
    }


def people(request: OrgRequest) -> list[User]:
    """Who may be named to carry a decision out."""
    return [membership.user for membership in members(request.organization)]


def about(reading: AccessReading) -> dict[str, Any]:
    """What every page with the table says about it."""
    return {
        "unread": reading.unread,
        "untold": reading.untold,
        "campaign": reading.campaign,
        "dormant_days": DORMANT_DAYS,
        "seen_at": timezone.now().isoformat(),
        "any_system": bool(reading.systems),
    }


def table_csv(request: OrgRequest) -> HttpResponse:
    """Exactly the accounts that the filtered table has, on all its pages."""
    reading = read_access(request.organization)
    entries = scoped(reading, request.GET)
    fits = filters_from(request.GET).fits
    return table_file("accounts", COLUMNS, csv_rows(each for each in entries if fits(each)), table_wanted(request))


def scoped(reading: AccessReading, asked: QueryDict) -> list[Entry]:
    """The accounts in question before the filter: those that the open campaign asks for, or all."""
    return asked_entries(reading) if asked.get("campaign") else list(reading.entries)


def asked_entries(reading: AccessReading) -> list[Entry]:
    """What the open campaign asks for and can still be decided: who became inactive meanwhile is counted as gone."""
    return [entry for entry in reading.entries if entry.asked and entry.line.may_act]


def decide(request: OrgRequest) -> HttpResponse:
    """Decide the same about many accounts; says what was done and lists the rest with the reason."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = ManyForm(people(request), request.POST)
    filters = filters_from(request.POST)
    if not form.is_valid():
        return render(request, "access_reviews/decide.html", _again(request, form, filters), status=422)
    ticked = set(form.cleaned_data["ticked"])

    def pick(reading: AccessReading) -> list[Entry]:
        if form.cleaned_data["scope"] == "ticked":
            return [entry for entry in reading.entries if ".".join(entry.ref) in ticked]
        return [entry for entry in scoped(reading, request.POST) if filters.fits(entry)]

    try:
        recorded = decisions_record(
            organization=request.organization,
            actor=person_of(request),
            pick=pick,
            seen_at=form.cleaned_data["seen_at"],
            choice=form.choice(),
        )
    except AccessReviewError as problem:
        form.add_error(None, str(problem))
        return render(request, "access_reviews/decide.html", _again(request, form, filters), status=HTTPStatus.CONFLICT)
    back = _back(request, filters)
    if not recorded.refused and recorded.done:
        count = len(recorded.done)
        accounts = "1 account" if count == 1 else f"{count} accounts"
        messages.success(request, f"Decided “{form.choice().decision.value}” about {accounts}.")
        return redirect(back)
    context = {"recorded": recorded, "reasons": _reasons(recorded), "word": form.choice().decision.value, "back": back}
    status = HTTPStatus.OK if recorded.done else HTTPStatus.CONFLICT
    return render(request, "access_reviews/decided.html", context, status=status)


def _again(request: OrgRequest, form: ManyForm, filters: Filters) -> dict[str, Any]:
    return {
        "form": form,
        "chosen": filters,
        "ticked": request.POST.getlist("ticked"),
        "scope": request.POST.get("scope", ""),
        "seen_at": request.POST.get("seen_at", ""),
        "in_campaign": request.POST.get("campaign", ""),
        "back": _back(request, filters),
    }


def _back(request: OrgRequest, filters: Filters) -> str:
    """The page that the form stood on."""
    campaign = request.POST.get("campaign", "")
    try:
        page = org_url(request, "campaign", campaign_id=UUID(campaign)) if campaign else org_url(request, "access")
    except ValueError:
        page = org_url(request, "access")
    return page + filters.query()


def _reasons(recorded: Recorded) -> list[dict[str, Any]]:
    """The accounts that were left alone, by reason, most frequent first."""
    counts = Counter(each.why for each in recorded.refused)
    listed: dict[str, list[Entry]] = {why: [] for why in counts}
    for each in recorded.refused:
        if len(listed[each.why]) < LISTED:
            listed[each.why].append(each.entry)
    return [
        {"why": why, "count": count, "entries": listed[why], "more": count - len(listed[why])}
        for why, count in counts.most_common()
    ]


def account(request: OrgRequest, connection_id: UUID, account_key: str) -> HttpResponse:
    """One account: everything told about it and its person, every decision, and the form for the next one."""
    connection = get_for_member(Connection, request, id=connection_id)
    if request.method != "POST":
        return render(request, "access_reviews/account.html", _account_page(request, connection, account_key))
    form = AccountForm(people(request), request.POST)
    if not form.is_valid():
        page = _account_page(request, connection, account_key, form=form)
        return render(request, "access_reviews/account.html", page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        decision_record(
            organization=request.organization,
            actor=person_of(request),
            connection_id=connection.id,
            account_key=account_key,
            version=form.cleaned_data["version"],
            choice=form.choice(),
        )
    except AccessReviewError as problem:
        page = _account_page(request, connection, account_key, form=form, problem=str(problem))
        if isinstance(problem, DecisionConflict):
            page["conflict"] = problem.current
        return render(request, "access_reviews/account.html", page, status=HTTPStatus.CONFLICT)
    messages.success(request, "The decision is saved.")
    return redirect(request.path)


def _account_page(
    request: OrgRequest, connection: Connection, key: str, *, form: AccountForm | None = None, problem: str = ""
) -> dict[str, Any]:
    reading = read_access(request.organization)
    entry = next((each for each in reading.entries if each.ref == (str(connection.id), key)), None)
    history = account_history(connection.id, key)
    if entry is None and not history:
        raise Http404
    others = [] if entry is None else [each for each in reading.entries if each.row is entry.row]
    version = entry.current.version if entry and entry.current else 0
    return {
        "connection": connection,
        "entry": entry,
        "name": (entry.line.account.name or entry.line.account.id) if entry else history[0].account_name,
        "identity": entry.row.title if entry else history[0].identity,
        "others": others,
        "history": history,
        "version": version,
        "form": form or AccountForm(people(request), initial={"version": version}),
        "problem": problem,
        "campaign": reading.campaign,
        "dormant_days": DORMANT_DAYS,
    }


def items(request: OrgRequest) -> HttpResponse:
    """What somebody has to carry out: overdue first; and what a reading verified."""
    today = timezone.localdate()
    waiting, overdue = open_counts(today)
    if kind := table_wanted(request):
        every = [item_of(row, today) for row in open_rows(today)]
        return table_file("to-carry-out", ITEM_COLUMNS, map(item_row, every), kind)
    page = Paginator(open_rows(today), PER_PAGE).get_page(request.GET.get("page", "1"))
    rows = [item_of(row, today) for row in page.object_list]
    context = {"items": rows, "page": page, "waiting": waiting, "overdue": overdue, "done": done_items()}
    return render(request, "access_reviews/items.html", context)
