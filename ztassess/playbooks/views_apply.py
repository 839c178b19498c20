"""Owns applying a playbook: the firm's page with its clients, and the client's page of what is applied to it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors_factor import locked_slugs
from ztassess.playbooks import pages
from ztassess.playbooks.errors import PlaybookError
from ztassess.playbooks.forms import ApplyForm
from ztassess.playbooks.models import AppliedPlaybook, Playbook, PlaybookVersion
from ztassess.playbooks.selectors import applied_before, applied_now, candidates, newer_version, version_of
from ztassess.playbooks.services_apply import playbook_apply_to, playbook_take_newer, playbook_take_off


def apply_page(request: OrgRequest, playbook_id: UUID) -> HttpResponse:
    """Choose clients and parts; posted, each client is done for itself and the answer says what became of it."""
    playbook = get_for_member(Playbook, request, id=playbook_id, removed_at=None)
    version = version_of(playbook, playbook.number)
    if not isinstance(version, PlaybookVersion):
        return redirect(org_url(request, "playbooks"))
    version.organization = request.organization
    posted, locked = request.POST if request.method == "POST" else None, locked_slugs(request)
    known = candidates(request.organization, person_of(request), locked)
    form = ApplyForm(posted, parts=version.value().parts, candidates=known)
    context = {"playbook": playbook, "version": version, "form": form}
    if posted is not None and posted.get("number") != str(version.number):
        form.add_error(None, f"Version {version.number} was saved since you opened this page; nothing was applied.")
    elif posted is not None and form.is_valid():
        chosen_parts, clients = form.chosen()
        outcomes = playbook_apply_to(
            version=version, parts=chosen_parts, clients=clients, actor=person_of(request), locked=locked
        )
        context["done"] = [each for each in outcomes if not each.problem]
        context["refused"] = [each for each in outcomes if each.problem]
        return render(request, "playbooks/outcome.html", context)
    chosen = posted.getlist("clients") if posted is not None else None
    context["rows"] = pages.apply_rows(version, known, chosen)
    parts = version.value().parts
    wanted = posted.getlist("parts") if posted is not None else list(parts)
    context["parts"] = [{"part": part, "checked": part in wanted} for part in parts]
    status = HTTPStatus.OK if posted is None else HTTPStatus.BAD_REQUEST
    return render(request, "playbooks/apply.html", context, status=status)


def applied_page(request: OrgRequest) -> HttpResponse:
    """What is applied here, by whom and when, what it changes, and what was applied before."""
    applied = applied_now(request.organization)
    newer = newer_version(applied) if applied else None
    context = pages.applied_context(applied, newer)
    return render(request, "playbooks/applied.html", context | {"history": applied_before(request.organization)})


def take_off(request: OrgRequest) -> HttpResponse:
    """Take off what is applied."""
    if request.method == "POST":
        applied = _applied(request)
        if applied is None:
            messages.error(request, "It was taken off or replaced before; nothing was changed.")
        else:
            _done(request, applied)
    return redirect(org_url(request, "playbook_applied"))


def _applied(request: OrgRequest) -> AppliedPlaybook | None:
    """What stands, if it is what the person saw."""
    applied = applied_now(request.organization)
    return applied if applied is not None and str(applied.id) == request.POST.get("applied") else None


def _done(request: OrgRequest, applied: AppliedPlaybook) -> None:
    try:
        playbook_take_off(applied=applied, actor=person_of(request))
    except PlaybookError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"The playbook of {applied.firm_name} is taken off. The catalog’s own weights count.")


def take_newer(request: OrgRequest) -> HttpResponse:
    """Take the newer version that was offered, if it still is the one that was shown."""
    if request.method == "POST":
        applied = _applied(request)
        newer = newer_version(applied) if applied else None
        if applied is None or newer is None or str(newer.number) != request.POST.get("number"):
            messages.error(request, "Another version stands here now; nothing was changed. Look, and decide again.")
        else:
            try:
                playbook_take_newer(applied=applied, version=newer, actor=person_of(request))
            except PlaybookError as problem:
                messages.error(request, str(problem))
            else:
                messages.success(request, f"Version {newer.number} is applied.")
    return redirect(org_url(request, "playbook_applied"))
