"""Owns a firm's pages of its playbooks: list, editor, versions, files, removal."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify

from ztassess.accounts.models import User
from ztassess.common.uploads import upload_refusal
from ztassess.domain.playbooks import Payload
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors_factor import locked_slugs
from ztassess.playbooks import files, pages
from ztassess.playbooks.errors import PlaybookConflict, PlaybookError
from ztassess.playbooks.forms import FileForm, NewForm, PlaybookForm
from ztassess.playbooks.models import Playbook, PlaybookVersion
from ztassess.playbooks.selectors import applied_counts, playbooks_of, version_of
from ztassess.playbooks.services import playbook_create, playbook_remove, playbook_save


def playbooks_page(request: OrgRequest) -> HttpResponse:
    """The firm's playbooks, and two ways to make one: by name, or from a file."""
    new, file = NewForm(), FileForm()
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if "file" in request.FILES or upload_refusal(request) or "from_file" in request.POST:
            file = _file_form(request)
            made = _from_file(request, file) if file.is_valid() else None
        else:
            new = NewForm(request.POST)
            made = _from_name(request, new) if new.is_valid() else None
        if made is not None:
            messages.success(request, f"The playbook {made} is made. Nothing of it is applied to a client yet.")
            return redirect(org_url(request, "playbook", playbook_id=made.id))
    user = request.user
    counts = applied_counts(request.organization, user, locked_slugs(request)) if isinstance(user, User) else {}
    rows = pages.list_rows(request, playbooks_of(request.organization), counts)
    context = {"rows": rows, "new_form": new, "file_form": file}
    return render(request, "playbooks/playbooks.html", context, status=status)


def _file_form(request: OrgRequest) -> FileForm:
    return FileForm(request.POST, request.FILES, refusal=upload_refusal(request))


def _from_name(request: OrgRequest, form: NewForm) -> Playbook | None:
    return _made(request, form, form.cleaned_data["name"].strip(), Payload(), b"")


def _from_file(request: OrgRequest, form: FileForm) -> Playbook | None:
    written, logo = form.cleaned_data["file"]
    return _made(request, form, written.name, written.payload, logo)


def _made(request: OrgRequest, form: Any, name: str, payload: Payload, logo: bytes) -> Playbook | None:
    try:
        return playbook_create(
            firm=request.organization, name=name, payload=payload, logo=logo, actor=person_of(request)
        )
    except PlaybookError as problem:
        form.add_error(None, str(problem))
        return None


def _playbook(request: OrgRequest, playbook_id: UUID) -> Playbook:
    return get_for_member(Playbook, request, id=playbook_id, removed_at=None)


def _version(playbook: Playbook, number: int) -> PlaybookVersion:
    found = version_of(playbook, number)
    if found is None:
        raise Http404
    return found


def playbook_page(request: OrgRequest, playbook_id: UUID) -> HttpResponse:
    """The editor of one playbook; saving makes another version."""
    playbook = _playbook(request, playbook_id)
    version = _version(playbook, playbook.number)
    posted = request.method == "POST"
    form = PlaybookForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        name=version.name,
        payload=version.value(),
        number=version.number,
        refusal=upload_refusal(request),
    )
    status = HTTPStatus.BAD_REQUEST if posted else HTTPStatus.OK
    if posted and form.is_valid():
        try:
            saved = playbook_save(
                playbook=playbook,
                name=form.cleaned_data["name"].strip(),
                payload=form.payload(),
                logo=form.new_logo(),
                seen=form.cleaned_data["seen"],
                actor=person_of(request),
            )
        except PlaybookError as problem:
            form.add_error(None, str(problem))
            status = HTTPStatus.CONFLICT if isinstance(problem, PlaybookConflict) else HTTPStatus.BAD_REQUEST
        else:
            return _saved(request, playbook, saved)
    return _editor(request, version, form, FileForm(), status)


def _saved(request: OrgRequest, playbook: Playbook, saved: PlaybookVersion | None) -> HttpResponse:
    if saved is None:
        messages.info(request, "It says the same as the newest version, so no version was made.")
    else:
        messages.success(request, f"Version {saved.number} is saved. Clients keep what is applied to them.")
    return redirect(org_url(request, "playbook", playbook_id=playbook.id))


def _editor(
    request: OrgRequest, version: PlaybookVersion, form: PlaybookForm, file: FileForm, status: int
) -> HttpResponse:
    context = {
        "playbook": version.playbook,
        "version": version,
        "form": form,
        "groups": form.groups(),
        "file_form": file,
        "history": pages.history_rows(request, version.playbook),
        "parts": pages.parts_in_words(version.value()),
    }
    return render(request, "playbooks/playbook.html", context, status=status)


def playbook_import(request: OrgRequest, playbook_id: UUID) -> HttpResponse:
    """Another version from a file."""
    playbook = _playbook(request, playbook_id)
    if request.method != "POST":
        return redirect(org_url(request, "playbook", playbook_id=playbook.id))
    version, file = _version(playbook, playbook.number), _file_form(request)
    if file.is_valid():
        written, logo = file.cleaned_data["file"]
        try:
            saved = playbook_save(
                playbook=playbook,
                name=written.name,
                payload=written.payload,
                logo=logo,
                seen=playbook.number,
                actor=person_of(request),
            )
        except PlaybookError as problem:
            file.add_error(None, str(problem))
        else:
            return _saved(request, playbook, saved)
    form = PlaybookForm(name=version.name, payload=version.value(), number=version.number)
    return _editor(request, version, form, file, HTTPStatus.BAD_REQUEST)


def playbook_version(request: OrgRequest, playbook_id: UUID, number: int) -> HttpResponse:
    """One version: what it says, and what it changed against the one before."""
    version = _version(_playbook(request, playbook_id), number)
    before = version_of(version.playbook, number - 1)
    return render(request, "playbooks/version.html", pages.version_context(request, version, before))


def playbook_file(request: OrgRequest, playbook_id: UUID, number: int) -> HttpResponse:
    """One version as a file, YAML or JSON."""
    version = _version(_playbook(request, playbook_id), number)
    as_json = request.GET.get("as") == "json"
    kind, ending = ("application/json", "json") if as_json else ("application/yaml", "yaml")
    response = HttpResponse(files.playbook_file(version, as_json=as_json), content_type=f"{kind}; charset=utf-8")
    name = f"{slugify(version.name) or 'playbook'}-{number}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def playbook_end(request: OrgRequest, playbook_id: UUID) -> HttpResponse:
    """Ask, then remove."""
    playbook = _playbook(request, playbook_id)
    if request.method != "POST":
        return render(request, "playbooks/remove.html", {"playbook": playbook})
    try:
        playbook_remove(playbook=playbook, actor=person_of(request))
    except PlaybookError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"The playbook {playbook} is removed. Clients keep what is applied to them.")
    return redirect(org_url(request, "playbooks"))
