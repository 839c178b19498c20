"""Owns the page where a person brings an archive. It belongs to the person: there is no organization yet."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import IO

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ztassess.accounts.models import User
from ztassess.common.uploads import upload_refusal
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.forms import ImportForm
from ztassess.exchange.opening import FROM_A_PAGE, Archive
from ztassess.exchange.services.importing import Imported, organization_import

CHUNK = 1024 * 1024


@login_required
def import_page(request: HttpRequest) -> HttpResponse:
    """Choose an archive; posting makes an organization of it, or says in one sentence why not."""
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    posted = request.method == "POST"
    form = ImportForm(
        request.POST if posted else None, request.FILES if posted else None, refusal=upload_refusal(request)
    )
    if posted and form.is_valid():
        upload = form.cleaned_data["archive"]
        try:
            archive = Archive(upload.file, FROM_A_PAGE)
            found = organization_import(
                archive=archive, importer=request.user, sha256=digest_of(upload.file), press=form.cleaned_data["press"]
            )
        except ArchiveRefused as problem:
            form.add_error("archive", str(problem))
        else:
            messages.success(request, said(found))
            return redirect("org:overview", slug=found.organization.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK
    return render(request, "exchange/import.html", {"form": form}, status=status)


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
