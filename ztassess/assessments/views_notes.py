"""Owns what is posted around a control: its owner and day, and comments."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from ztassess.assessments.control_page import assignable
from ztassess.assessments.errors import AssessmentError
from ztassess.assessments.forms_notes import AssignForm, CommentForm
from ztassess.assessments.models_notes import ControlComment, ControlOwner
from ztassess.assessments.services_notes import comment_add, comment_delete, control_assign
from ztassess.assessments.views import control_or_404, control_response
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors import members


def assign(request: OrgRequest, control_id: str) -> HttpResponse:
    """Save who takes care of a control and until when."""
    control_or_404(control_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = ControlOwner.objects.filter(control_id=control_id).first()
    form = AssignForm(assignable(members(request.organization), row), request.POST)
    if form.is_valid():
        try:
            control_assign(
                organization=request.organization, control_id=control_id, actor=person_of(request), **form.cleaned_data
            )
        except AssessmentError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "Owner and day are saved.")
            return redirect(org_url(request, "control", control_id=control_id))
    return control_response(request, control_id, assign_form=form)


def comment(request: OrgRequest, control_id: str) -> HttpResponse:
    """Write a comment."""
    control_or_404(control_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = CommentForm(request.POST)
    if not form.is_valid():
        return control_response(request, control_id, comment_form=form)
    text = form.cleaned_data["text"]
    _, unknown = comment_add(
        organization=request.organization, control_id=control_id, text=text, actor=person_of(request)
    )
    if unknown:
        names = ", ".join(f"@{name}" for name in unknown[:5])
        messages.warning(request, f"The comment is saved, but {names} fits no member, or several: nobody was told.")
    return redirect(org_url(request, "control", control_id=control_id) + "#comments")


def comment_end(request: OrgRequest, comment_id: UUID) -> HttpResponse:
    """Take a comment away."""
    row = get_for_member(ControlComment, request, id=comment_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        comment_delete(comment=row, actor=person_of(request), actor_role=request.role)
    except AssessmentError as problem:
        messages.error(request, str(problem))
    return redirect(org_url(request, "control", control_id=row.control_id) + "#comments")
