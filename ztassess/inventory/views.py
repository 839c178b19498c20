"""Owns the pages of the blast radius: the number and its figures, the five tables, paste, import, CSV."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from ztassess.charts.figure import Cell, csv_of
from ztassess.common.tables import table_file, table_wanted
from ztassess.domain.blast_radius import blast_radius
from ztassess.domain.findings import Unavailable
from ztassess.domain.inventory_paste import Plan, plan_paste
from ztassess.domain.inventory_tables import SHAPES, RowWrong, Table
from ztassess.inventory import radius_page
from ztassess.inventory.editor_page import columns_of, editor_context, preview_of
from ztassess.inventory.errors import InventoryError, InventoryRefused, RowsRefused
from ztassess.inventory.forms import NEW_SERVICE, ImportForm, PasteForm, edits_from
from ztassess.inventory.graph_page import COLUMNS, graph_rows
from ztassess.inventory.importing import Found, FoundCall, found_by, rows_chosen
from ztassess.inventory.selectors import inventory_contents, inventory_landscape
from ztassess.inventory.services.editing import table_save
from ztassess.inventory.services.tables import import_apply, paste_apply
from ztassess.organizations.access import OrgRequest, person_of
from ztassess.organizations.links import org_url
from ztassess.scans.selectors_shares import shared_views

ASIDE_NAMED = 5


def radius(request: OrgRequest) -> HttpResponse:
    """The blast radius of today, or of a what-if in the address."""
    return render(request, "inventory/radius.html", radius_page.radius_context(request))


def radius_csv(request: OrgRequest, figure_id: str) -> HttpResponse:
    """Exactly the numbers that a figure of the page shows."""
    landscape = inventory_landscape()
    in_place = radius_page.proven_measures(request)
    asked = radius_page.measures_asked(request, in_place)
    if figure_id == "graph":
        return _csv(figure_id, COLUMNS, graph_rows(landscape, asked))
    shown = blast_radius(landscape, asked)
    figures = {} if isinstance(shown, Unavailable) else radius_page.radius_figures(landscape, shown, in_place)
    if isinstance(figures, Unavailable) or figure_id not in figures:
        raise Http404
    return _csv(figure_id, figures[figure_id].columns, figures[figure_id].rows)


def _csv(name: str, columns: tuple[str, ...], rows: Any) -> HttpResponse:
    listed: list[tuple[Cell, ...]] = list(rows)
    response = HttpResponse(csv_of(columns, listed), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _table_or_404(name: str) -> Table:
    try:
        return Table(name)
    except ValueError:
        raise Http404 from None


def table_page(request: OrgRequest, table: str) -> HttpResponse:
    """One table to edit; posting saves the rows of the page."""
    here = _table_or_404(table)
    if request.method != "POST":
        return render(request, "inventory/table.html", editor_context(request, here))
    edits = edits_from(request.POST, here)
    refused: dict[int, str] = {}
    try:
        saved = table_save(organization=request.organization, table=here, edits=edits, actor=person_of(request))
    except RowsRefused as problem:
        refused, sentence = problem.rows, str(problem)
    except InventoryRefused as problem:
        sentence = str(problem.problems[0])
    else:
        what = "1 row is saved." if saved == 1 else f"{saved} rows are saved."
        messages.success(request, what if saved else "Nothing was different, so nothing was saved.")
        return redirect(request.get_full_path())
    context = editor_context(request, here, edits=edits, refused=refused) | {"problem": sentence}
    return render(request, "inventory/table.html", context, status=HTTPStatus.CONFLICT)


def table_csv(request: OrgRequest, table: str) -> HttpResponse:
    """One table as it can be pasted again."""
    here = _table_or_404(table)
    columns = tuple(column.title for column in SHAPES[here].columns)
    return table_file(here.value, columns, inventory_contents().of(here).values(), table_wanted(request))


def paste(request: OrgRequest, table: str) -> HttpResponse:
    """Paste a table: look at what it would change, then confirm. Nothing is written before that."""
    here = _table_or_404(table)
    shape = SHAPES[here]
    form = PasteForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "table": here.value,
        "shape": shape,
        "form": form,
        "columns": columns_of(here),
        "back": org_url(request, "inventory_table", table=here.value),
    }
    if request.method != "POST":
        return render(request, "inventory/paste.html", context)
    if not form.is_valid():
        return render(request, "inventory/paste.html", context, status=HTTPStatus.BAD_REQUEST)
    text, replace = form.cleaned_data["text"], form.cleaned_data["replace"]
    status = HTTPStatus.OK
    if digest := request.POST.get("digest", ""):
        try:
            plan = paste_apply(
                organization=request.organization,
                table=here,
                text=text,
                replace=replace,
                digest=digest,
                actor=person_of(request),
            )
        except InventoryError as problem:
            form.add_error(None, str(problem))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, _done(plan))
            return redirect(org_url(request, "inventory_table", table=here.value))
    preview = plan_paste(here, text, inventory_contents(), replace=replace)
    if preview.problems:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context |= {"preview": preview_of(preview), "text": text, "replace": replace}
    return render(request, "inventory/paste.html", context, status=status)


def _done(plan: Plan) -> str:
    count = len(plan.real)
    nouns = SHAPES[plan.table]
    return f"{count} {nouns.noun if count == 1 else nouns.nouns} written." if count else "Nothing was different."


def import_page(request: OrgRequest) -> HttpResponse:
    """What connections found and the inventory does not have; posting takes over what was chosen of one connection."""
    contents = inventory_contents()
    found = found_by(shared_views(), contents)
    services = sorted(contents.names("service").values(), key=str.casefold)
    chosen = _place(request.POST.get("connection", "")) if request.method == "POST" else None
    forms = [
        ImportForm(
            request.POST if at == chosen else None,
            workloads=each.workloads,
            stores=each.stores,
            accounts=each.accounts,
            services=services,
            calls=[(call.words, call.by) for call in each.calls],
        )
        for at, each in enumerate(found)
    ]
    status = HTTPStatus.OK
    if request.method == "POST":
        if chosen is None or chosen >= len(found) or request.POST.get("name") != found[chosen].view.connection:
            messages.error(request, "What was found changed meanwhile. Nothing was taken over; look at it again.")
            return redirect(org_url(request, "inventory_import"))
        form, each = forms[chosen], found[chosen]
        if form.is_valid() and (taken := _take_over(request, form, each)) is not None:
            count, aside = taken
            what = "1 row was" if count == 1 else f"{count} rows were"
            messages.success(request, f"{what} taken over from {each.view.connection}.")
            if aside:
                messages.warning(request, _kept_aside(aside))
            return redirect(org_url(request, "radius"))
        status = HTTPStatus.CONFLICT
    context = {"found": [{"found": each, "form": form} for each, form in zip(found, forms, strict=True)]}
    return render(request, "inventory/import.html", context, status=status)


def _place(text: str) -> int | None:
    return int(text[:6]) if text.isdecimal() else None


def _kept_aside(calls: Sequence[FoundCall]) -> str:
    """Which chosen calls wait, and for what."""
    listed = ", ".join(call.words for call in calls[:ASIDE_NAMED])
    more = f" and {len(calls) - ASIDE_NAMED} more" if len(calls) > ASIDE_NAMED else ""
    what = "1 call was" if len(calls) == 1 else f"{len(calls)} calls were"
    return f"{what} kept aside, because a service of it is not listed: {listed}{more}. List it, then import again."


def _take_over(request: OrgRequest, form: ImportForm, each: Found) -> tuple[int, tuple[FoundCall, ...]] | None:
    """Write what was chosen, all of it or nothing.

    Returns:
        How many rows, and the calls kept aside; None if it was refused, with the sentence in the form.
    """
    guesses = dict(each.accounts)
    accounts = {
        account: guesses[account] if choice == NEW_SERVICE else choice.removeprefix("=")
        for account, choice in form.chosen(form.account_fields).items()
    }
    tables, aside = rows_chosen(
        each,
        inventory_contents(),
        workloads=form.chosen(form.workload_fields),
        stores=form.chosen(form.store_fields),
        accounts=accounts,
        calls=form.chosen(form.call_fields),
    )
    try:
        plans = import_apply(
            organization=request.organization, tables=tables, source=each.view.connection, actor=person_of(request)
        )
    except (InventoryError, RowWrong) as problem:
        form.add_error(None, str(problem))
        return None
    return sum(len(plan.real) for plan in plans), aside
