"""Owns the page where a person brings an archive. It belongs to the person: there is no organization yet."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ztassess.accounts.models import User
from ztassess.common.uploads import upload_refusal
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.forms import ImportForm
from ztassess.exchange.models import Arrival
from ztassess.exchange.opening import FROM_A_PAGE, Archive
from ztassess.exchange.progress import progress_of
from ztassess.exchange.services.arriving import archive_keep, arrival_cancel
from ztassess.exchange.services.importing import Imported
from ztassess.exchange.sweeping import TAKE_IN
from ztassess.organizations.access import memberships_of
from ztassess.scans import bell

CHUNK = 1024 * 1024
STOP_POLLING = 286
SHOWN = 5
BEING_WRITTEN = "It is written at this moment and cannot be stopped. Wait until it is here; then it can be deleted."


@login_required
def import_page(request: HttpRequest) -> HttpResponse:
    """Choose an archive; posting keeps it for a worker, or says in one sentence why not."""
    person = _person(request)
    posted = request.method == "POST"
    form = ImportForm(
        request.POST if posted else None, request.FILES if posted else None, refusal=upload_refusal(request)
    )
    if posted and form.is_valid():
        upload = form.cleaned_data["archive"]
        try:
            Archive(upload.file, FROM_A_PAGE, look_only=True)
            arrival, _ = archive_keep(
                person=person, file=upload.file, name=str(upload.name), press=form.cleaned_data["press"]
            )
        except ArchiveRefused as problem:
            form.add_error("archive", str(problem))
        else:
            bell.ring_task(TAKE_IN, person.pk, arrival.id)
            return redirect("organization_import")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK
    context = {"form": form, "mib": settings.IMPORT_LIMIT // 1024 // 1024} | _arrivals(person)
    return render(request, "exchange/import.html", context, status=status)


@login_required
def import_arrivals(request: HttpRequest) -> HttpResponse:
    """The person's archives alone, asked for while one is on its way."""
    context = _arrivals(_person(request))
    status = HTTPStatus.OK if context["active"] else STOP_POLLING
    return render(request, "exchange/_arrivals.html", context, status=status)


@login_required
def import_cancel(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Stop one of the person's own; nothing of it stays."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    arrival = Arrival.objects.filter(id=arrival_id, user=_person(request)).first()
    if arrival is None:
        raise Http404
    try:
        stopped = arrival_cancel(arrival=arrival)
    except OperationalError:  # SQLite: one writes at a time, and the worker writes
        messages.error(request, BEING_WRITTEN)
    else:
        if stopped:
            messages.success(request, f"{arrival.name} is not taken in; nothing of it was kept.")
        else:
            messages.info(request, f"{arrival.name} had ended before; nothing was changed.")
    return redirect("organization_import")


def _arrivals(person: User) -> dict[str, Any]:
    rows = list(Arrival.objects.filter(user=person).select_related("organization")[:SHOWN])
    active = next((row for row in rows if row.is_active), None)
    # Who brought an organization may have left it: then it is its old file name to them, and nothing to open.
    here = {each.organization_id for each in memberships_of(person)}
    for row in rows:
        row.opens = row.organization_id in here  # type: ignore[attr-defined]  # for the template alone
    return {"arrivals": rows, "active": active, "progress": progress_of(active.id) if active else {}}


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    return request.user


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of a whole file, read piece by piece."""
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def said(found: Imported) -> str:
    """What came of it, in two sentences."""
    if not found.is_new:
        return f"{found.organization.name} was taken in already, by the first press of the button."
    return (
        f"{found.organization.name} is here with {found.rows:,} rows and {found.lines:,} lines of its old log. Its "
        "connections have no credentials and are paused."
    )
