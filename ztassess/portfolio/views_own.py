"""Owns what a person keeps for themself: notes and the next meeting of a client, views under a name."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ztassess.organizations.access import membership_of
from ztassess.portfolio.errors import PortfolioError
from ztassess.portfolio.forms import NoteForm, ViewForm
from ztassess.portfolio.pages import frame
from ztassess.portfolio.selectors import note_of
from ztassess.portfolio.services.own import note_save, view_remove, view_save
from ztassess.portfolio.views import person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, slug: str) -> HttpResponse:
    """Group, next meeting and private notes of one client. Who is not a member any more gets 404, like a stranger."""
    membership = membership_of(person(request), slug)
    organization = membership.organization
    row = note_of(person(request), organization)
    kept = {name: getattr(row, name) for name in ("label", "meeting_at", "text")} if row else {}
    form = NoteForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        note_save(user=person(request), organization=organization, **form.cleaned_data)
        messages.success(request, f"Your notes about {organization.name} are saved.")
        return redirect("portfolio")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    context = {"form": form, "client": organization, "membership": membership, "row": row}
    return render(request, "portfolio/note.html", context | frame("portfolio_note"), status=status)


@login_required
@require_POST
def view_keep(request: HttpRequest) -> HttpResponse:
    """Keep the present filter under a name."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        problems = [str(problem) for found in form.errors.values() for problem in found]
        messages.error(request, f"The view was not saved. {' '.join(problems)}")
        return redirect("portfolio")
    try:
        row = view_save(user=person(request), **form.cleaned_data)
    except PortfolioError as problem:
        messages.error(request, str(problem))
        return redirect("portfolio")
    messages.success(request, f"The view “{row.name}” is saved.")
    return redirect(reverse("portfolio") + row.query)


@login_required
@require_POST
def view_forget(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a view of one's own; 404 for anybody else's."""
    if not view_remove(user=person(request), view_id=view_id):
        raise Http404
    messages.success(request, "The view is removed.")
    return redirect("portfolio")
