"""Owns the pages of exceptions and break-glass accounts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone

from ztassess.assessments import tables
from ztassess.assessments.errors import AssessmentError
from ztassess.assessments.forms_exceptions import AccountForm, DecideForm, ExceptionForm, RevokeForm, TestForm
from ztassess.assessments.models_exceptions import BreakGlassAccount, ControlException
from ztassess.assessments.selectors_exceptions import (
    STANDINGS,
    break_glass_accounts,
    declared_lines,
    exceptions_by_end,
    shown_exception,
)
from ztassess.assessments.services_break_glass import account_add, account_remove, account_tested
from ztassess.assessments.services_exceptions import (
    OWN_REQUEST,
    exception_decide,
    exception_request,
    exception_revoke,
)
from ztassess.assessments.views import control_or_404
from ztassess.catalog import load_catalog
from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.roles import Action, may


def exceptions_page(request: OrgRequest) -> HttpResponse:
    """Every exception, the earliest end first, filtered by what stands of it."""
    everything = exceptions_by_end(request.organization)
    wanted = request.GET.get("state", "")
    counts = {word: len([each for each in everything if each.standing == word]) for word in STANDINGS}
    filters: list[dict[str, Any]] = [{"url": "?", "title": "All", "current": not wanted, "count": len(everything)}]
    filters += [
        {"url": f"?state={word}", "title": word.capitalize(), "current": wanted == word, "count": count}
        for word, count in counts.items()
        if count
    ]
    # What still counts first, then what is over, the newest end first.
    live = [each for each in everything if each.standing in ("active", "pending")]
    over = [each for each in reversed(everything) if each.standing not in ("active", "pending")]
    catalog = load_catalog()
    rows = [
        {"each": each, "title": catalog.control(each.row.control_id).title}
        for each in (*live, *over)
        if not wanted or each.standing == wanted
    ]
    if kind := table_wanted(request):
        return table_file("exceptions", tables.EXCEPTIONS, tables.exception_rows(rows), kind)
    context = {"rows": rows, "filters": filters, "counts": counts, "lines": declared_lines(request.organization)}
    return render(request, "assessments/exceptions.html", context)


def exception_new(request: OrgRequest, control_id: str) -> HttpResponse:
    """Ask for an exception; the address may name the object that a finding is about."""
    control_or_404(control_id)
    named = request.GET.get("object", "")[:400]
    initial = {"scope": "object", "object": named} if named else {}
    form = ExceptionForm(request.POST or None, control_id=control_id, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            row = exception_request(
                organization=request.organization, control_id=control_id, actor=person_of(request), **form.cleaned_data
            )
        except AssessmentError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "Asked for. It counts when another owner or admin has approved it.")
            return redirect(org_url(request, "exception", exception_id=row.id))
    catalog = load_catalog()
    control = catalog.control(control_id)
    context = {"form": form, "control": control, "stage": catalog.stage(control.stage)}
    return render(request, "assessments/exception_form.html", context, status=_status(request))


def exception_page(request: OrgRequest, exception_id: UUID) -> HttpResponse:
    """One exception: what, why, until when, who asked, who decided."""
    return _page(request, get_for_member(ControlException, request, id=exception_id))


def exception_judge(request: OrgRequest, exception_id: UUID) -> HttpResponse:
    """Approve or refuse, as somebody else than the requester."""
    row = get_for_member(ControlException, request, id=exception_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = DecideForm(request.POST)
    if form.is_valid():
        approve = form.cleaned_data["decision"] == "approve"
        try:
            exception_decide(row=row, approve=approve, note=form.cleaned_data["note"], actor=person_of(request))
        except AssessmentError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _decided(row, approve=approve))
            return redirect(org_url(request, "exception", exception_id=row.id))
    return _page(request, row, decide_form=form)


def _decided(row: ControlException, *, approve: bool) -> str:
    if not approve:
        return "The exception is refused."
    return "The exception is in force. The next scan honors it." if row.object else "The exception is in force."


def exception_end(request: OrgRequest, exception_id: UUID) -> HttpResponse:
    """End an exception before its last day."""
    row = get_for_member(ControlException, request, id=exception_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = RevokeForm(request.POST)
    if form.is_valid():
        try:
            exception_revoke(
                row=row, reason=form.cleaned_data["reason"], actor=person_of(request), actor_role=request.role
            )
        except AssessmentError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "The exception has ended. The control is judged as any other.")
            return redirect(org_url(request, "exception", exception_id=row.id))
    return _page(request, row, revoke_form=form)


def _page(request: OrgRequest, row: ControlException, **forms: Any) -> HttpResponse:
    catalog = load_catalog()
    control = catalog.control(row.control_id)
    each, mine = shown_exception(row), row.requested_by_id == request.user.pk
    context = {
        "each": each,
        "row": row,
        "mine": mine,
        "own_sentence": OWN_REQUEST,
        "may_end": each.standing in ("active", "pending") and (mine or may(request.rights, Action.DECIDE_EXCEPTION)),
        "decide_form": DecideForm(),
        "revoke_form": RevokeForm(),
        "control": control,
        "stage": catalog.stage(control.stage),
        **forms,
    }
    return render(request, "assessments/exception.html", context, status=_status(request))


def break_glass_page(request: OrgRequest) -> HttpResponse:
    """The emergency accounts with their tests; posting names one."""
    if kind := table_wanted(request):
        rows = tables.account_rows(break_glass_accounts(request.organization))
        return table_file("break-glass-accounts", tables.ACCOUNTS, rows, kind)
    form = AccountForm(request.POST or None, initial={"name": request.GET.get("name", "")[:200]})
    if request.method == "POST" and form.is_valid():
        try:
            account_add(organization=request.organization, actor=person_of(request), **form.cleaned_data)
        except AssessmentError as problem:
            form.add_error("name", str(problem))
        else:
            messages.success(request, "On the list. From the next scan on it is named and left out.")
            return redirect(org_url(request, "break_glass"))
    return _accounts(request, form)


def break_glass_test(request: OrgRequest, account_id: UUID) -> HttpResponse:
    """Record a test of one account."""
    row = get_for_member(BreakGlassAccount, request, id=account_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = TestForm(request.POST)
    if form.is_valid():
        try:
            account_tested(row=row, actor=person_of(request), **form.cleaned_data)
        except AssessmentError as problem:
            form.add_error("tested_on", str(problem))
        else:
            messages.success(request, f"The test of {row.name} is recorded.")
            return redirect(org_url(request, "break_glass"))
    return _accounts(request, AccountForm(), tested=row, test_form=form)


def break_glass_remove(request: OrgRequest, account_id: UUID) -> HttpResponse:
    """Take one account off the list."""
    row = get_for_member(BreakGlassAccount, request, id=account_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    account_remove(row=row, actor=person_of(request))
    messages.success(request, f"{row.name} is off the list. The next scan judges it as any other account.")
    return redirect(org_url(request, "break_glass"))


def _accounts(
    request: OrgRequest,
    form: AccountForm,
    *,
    tested: BreakGlassAccount | None = None,
    test_form: TestForm | None = None,
) -> HttpResponse:
    accounts = break_glass_accounts(request.organization)
    context = {
        "accounts": accounts,
        "overdue": len([each for each in accounts if each.overdue]),
        "form": form,
        "tested": tested,
        "problem": next(iter(test_form.errors.values()))[0] if test_form is not None and test_form.errors else "",
        "today": timezone.now().date(),
    }
    return render(request, "assessments/break_glass.html", context, status=_status(request))


def _status(request: OrgRequest) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
