"""Owns applying a playbook: the firm's page with its clients, and the client's page of what is applied to it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from ztassess.accounts.second_factor import is_factor_used
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors_factor import locked_slugs
from ztassess.playbooks import pages
from ztassess.playbooks.errors import PlaybookError
from ztassess.playbooks.forms import ApplyForm
from ztassess.playbooks.models import AppliedPlaybook, ApplyRun, Playbook, PlaybookVersion
from ztassess.playbooks.selectors import (
    applied_before,
    applied_now,
    candidates,
    newer_version,
    run_now,
    runs_of,
    version_of,
)
from ztassess.playbooks.services_apply import playbook_take_newer, playbook_take_off
from ztassess.playbooks.services_runs import ring, run_ask, run_work

AT_ONCE = 5
"""So many clients are done within the request; more are a worker's."""
STOP_POLLING = 286


def apply_page(request: OrgRequest, playbook_id: UUID) -> HttpResponse:
    """Choose clients and parts; posted, it becomes a run in which each client is done for itself."""
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
        run = _asked(request, version, form, {each.organization.id: each.organization.name for each in known})
        return redirect(org_url(request, "playbook_run", playbook_id=playbook.id, run_id=run.id))
    chosen = posted.getlist("clients") if posted is not None else None
    context["rows"] = pages.apply_rows(version, known, chosen)
    parts = version.value().parts
    wanted = posted.getlist("parts") if posted is not None else list(parts)
    context["parts"] = [{"part": part, "checked": part in wanted} for part in parts]
    context["runs"] = runs_of(playbook, person_of(request))
    status = HTTPStatus.OK if posted is None else HTTPStatus.BAD_REQUEST
    return render(request, "playbooks/apply.html", context, status=status)


def _asked(request: OrgRequest, version: PlaybookVersion, form: ApplyForm, names: dict[UUID, str]) -> ApplyRun:
    """Ask for a run. Few clients are done at once, so that the next page says what became of them."""
    chosen_parts, clients = form.chosen()
    run = run_ask(
        version=version,
        parts=chosen_parts,
        clients={client: names[client] for client in clients},
        actor=person_of(request),
        factor_shown=is_factor_used(request),
    )
    if len(clients) <= AT_ONCE:
        run_work(request.organization, run.id)
    else:
        transaction.on_commit(partial(ring, run), robust=True)
    return run


def run_page(request: OrgRequest, playbook_id: UUID, run_id: UUID) -> HttpResponse:
    """How far a run is and what became of each client, to who asked for it; it goes on without anybody looking."""
    run = _run(request, playbook_id, run_id)
    context = {"playbook": run.version.playbook, "now": run_now(run)}
    return render(request, "playbooks/run.html", context)


def run_state(request: OrgRequest, playbook_id: UUID, run_id: UUID) -> HttpResponse:
    """The same without its frame, asked for every second while it is under way."""
    run = _run(request, playbook_id, run_id)
    response = render(request, "playbooks/_run.html", {"playbook": run.version.playbook, "now": run_now(run)})
    if not run.is_active:
        response.status_code = STOP_POLLING
    return response


def _run(request: OrgRequest, playbook_id: UUID, run_id: UUID) -> ApplyRun:
    """A run of the person: it names their clients, who need not be those of others in the firm."""
    rows = ApplyRun.objects.filter(organization=request.organization, version__playbook_id=playbook_id)
    found = rows.filter(id=run_id, by=person_of(request)).select_related("version__playbook").first()
    if not isinstance(found, ApplyRun):
        raise Http404
    return found


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
