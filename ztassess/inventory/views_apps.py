"""Owns the pages of the apps behind the VPN: the board, adding, one app with its ticks, the CSV."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ztassess.common.tables import table_file, table_wanted
from ztassess.domain.retirement import STEP_TITLES, Cell, CellState, Step
from ztassess.inventory.errors import InventoryError
from ztassess.inventory.forms import AppEditForm, AppForm, TickForm
from ztassess.inventory.models import InternalApp
from ztassess.inventory.selectors_apps import app_board
from ztassess.inventory.services.apps import app_add, app_change, app_remove, app_tick, apps_add_found
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url

# The words of proof states; an open step is the plain "not yet".
CHIPS = {
    CellState.CONTRADICTED: "contradicted",
    CellState.STALE: "stale",
    CellState.UNANSWERED: "unanswered",
    CellState.CLAIMED: "claimed",
    CellState.VERIFIED: "verified",
}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "cell": cell,
        "step": cell.step.value,
        "title": STEP_TITLES[cell.step],
        "chip": CHIPS.get(cell.state, ""),
        "at": cell.told.at if cell.told else cell.tick.at if cell.tick else None,
        "says": "" if cell.tick is None else "yes" if cell.tick.says else "no",
    }


def apps_page(request: OrgRequest) -> HttpResponse:
    """The board; posting adds an app."""
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            app = app_add(organization=request.organization, actor=person_of(request), **form.cleaned_data)
        except InventoryError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"{app.name} is on the board.")
            return redirect(org_url(request, "apps"))
    board = app_board(request.organization)
    context = {
        "board": board,
        "rows": [
            {
                "app": app,
                "standing": standing,
                "cells": [_cell(cell) for cell in standing.cells],
                "url": org_url(request, "app", app_id=app.id),
            }
            for app, standing in board.rows
        ],
        "steps": STEP_TITLES.values(),
        "form": form,
    }
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "inventory/apps.html", context, status=status)


def apps_found(request: OrgRequest) -> HttpResponse:
    """List hosts that connections found."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    known = {name for name, _ in app_board(request.organization).unlisted}
    chosen = [host for host in request.POST.getlist("host") if host in known]
    try:
        added = apps_add_found(organization=request.organization, hosts=chosen, actor=person_of(request))
    except InventoryError as problem:
        messages.error(request, str(problem))
    else:
        what = "1 app is" if added == 1 else f"{added} apps are"
        messages.success(request, f"{what} on the board now." if added else "Nothing was chosen, nothing was added.")
    return redirect(org_url(request, "apps"))


def app_page(request: OrgRequest, app_id: UUID) -> HttpResponse:
    """One app: its steps with what connections and people say, and its name. Posting changes the name."""
    app = get_for_member(InternalApp, request, id=app_id)
    initial = {"name": app.name, "host": app.host, "note": app.note, "version": app.version}
    form = AppEditForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            app_change(app=app, actor=person_of(request), **form.cleaned_data)
        except InventoryError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"{app.name} is saved.")
            return redirect(org_url(request, "app", app_id=app.id))
    row = next(standing for each, standing in app_board(request.organization).rows if each.id == app.id)
    context = {
        "app": app,
        "standing": row,
        "cells": [_cell(cell) for cell in row.cells],
        "form": form,
    }
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "inventory/app.html", context, status=status)


def app_ticked(request: OrgRequest, app_id: UUID) -> HttpResponse:
    """Say how far one step of one app is."""
    app = get_for_member(InternalApp, request, id=app_id)
    form = TickForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return HttpResponseNotAllowed(["POST"])
    data = form.cleaned_data
    try:
        app_tick(app=app, step=Step(data["step"]), says=data["says"], version=data["version"], actor=person_of(request))
    except InventoryError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"Saved: {STEP_TITLES[Step(data['step'])].lower()}.")
    return redirect(org_url(request, "app", app_id=app.id))


def app_removed(request: OrgRequest, app_id: UUID) -> HttpResponse:
    """Take an app off the board."""
    app = get_for_member(InternalApp, request, id=app_id)
    version = request.POST.get("version", "")
    if request.method != "POST" or not version.isdecimal():
        return HttpResponseNotAllowed(["POST"])
    try:
        app_remove(app=app, version=int(version), actor=person_of(request))
    except InventoryError as problem:
        messages.error(request, str(problem))
        return redirect(org_url(request, "app", app_id=app.id))
    messages.success(request, f"{app.name} is off the board.")
    return redirect(org_url(request, "apps"))


def apps_csv(request: OrgRequest) -> HttpResponse:
    """The board as CSV or JSON: for each step its state, and who said so when."""
    columns = ["App", "Host", "Note"]
    for title in STEP_TITLES.values():
        columns += [title, f"{title}: why", f"{title}: when"]
    rows = []
    for app, standing in app_board(request.organization).rows:
        row = [app.name, app.host, app.note]
        for cell in standing.cells:
            at = _cell(cell)["at"]
            row += [cell.state.value, cell.words, f"{at:%Y-%m-%d}" if at else ""]
        rows.append(row)
    return table_file("apps", columns, rows, table_wanted(request))
