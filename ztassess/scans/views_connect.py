"""Owns the way to a connection: the gallery, the connect form, uploads, changing and removing one."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from importlib import resources
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from ztassess.common.uploads import upload_refusal
from ztassess.connectors import registry
from ztassess.connectors.contract import Connector
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors import organization_facts
from ztassess.scans import selectors
from ztassess.scans.dispatch import ring_due
from ztassess.scans.errors import ScanError
from ztassess.scans.external_id import external_id_read, external_id_sign
from ztassess.scans.forms import ConnectForm, RemoveForm, UploadForm
from ztassess.scans.models import Connection, ConnectionSecret, Kind
from ztassess.scans.services.connections import connection_create, connection_remove, connection_update
from ztassess.scans.services.scans import scan_request, scan_upload


def connector_or_404(slug: str) -> Connector:
    """The connector with this slug; addresses use ``-`` where slugs have ``_``."""
    try:
        return registry.connector(slug.replace("-", "_"))
    except KeyError as problem:
        raise Http404 from problem


def gallery_page(request: OrgRequest) -> HttpResponse:
    """Every system that can be read, those that fit the facts first."""
    facts = organization_facts(request.organization)
    stage = request.GET.get("stage", "")
    cards = selectors.gallery(request.organization, facts)
    stages = list(dict.fromkeys(each.stage for card in cards for each in card["provable"]))
    shown = [card for card in cards if not stage or any(each.stage == stage for each in card["provable"])]
    context = {
        "fitting": [card for card in shown if card["fits"] or card["connections"]],
        "others": [card for card in shown if not card["fits"] and not card["connections"]],
        "coverage": selectors.coverage(request.organization),
        "filters": selectors.stage_filters(cards, stages, stage),
    }
    return render(request, "scans/gallery.html", context)


def connect(request: OrgRequest, connector: str) -> HttpResponse:
    """The connect form with the minimal grant to copy; saving tests the credential at once."""
    found = connector_or_404(connector)
    if found.automatic:
        raise Http404
    # By the address where a stale post was led back: the grant in the other system names it already.
    carried = request.POST.get("external") or request.GET.get("external", "")
    shown = external_id_read(request.organization, carried)
    draft = Connection(organization=request.organization, connector_slug=found.slug, external_id=shown)
    form = ConnectForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        connection = connection_create(
            organization=request.organization,
            connector=found,
            name=form.cleaned_data["connection_name"],
            entered=form.entered(),
            secrets=form.secrets(),
            actor=person_of(request),
            external_id=shown,
        )
        return _tested(request, connection)
    return _form_page(request, found, form, draft)


def _tested(request: OrgRequest, connection: Connection) -> HttpResponse:
    """Queue the test of a connection that was just saved, and go to its page."""
    try:
        scan_request(connection=connection, actor=person_of(request), kind=Kind.PREFLIGHT)
    except ScanError as problem:
        messages.error(request, str(problem))
    transaction.on_commit(partial(ring_due, request.organization.id), robust=True)
    return redirect(org_url(request, "connection", connection_id=connection.id))


def edit(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """Change a connection or replace its secret. Stored secrets are never shown."""
    connection = get_for_member(Connection, request, id=connection_id, removed_at=None, upload_only=False)
    stored = frozenset(ConnectionSecret.objects.filter(connection=connection).values_list("field", flat=True))
    initial = connection.config | {"connection_name": connection.name}
    form = ConnectForm(connection.connector, request.POST or None, initial=initial, stored=stored)
    if request.method == "POST" and form.is_valid():
        try:
            connection_update(
                connection=connection,
                name=form.cleaned_data["connection_name"],
                entered=form.entered(),
                secrets=form.secrets(),
                version=_version(request),
                actor=person_of(request),
            )
        except ScanError as problem:
            form.add_error(None, str(problem))
        else:
            return _tested(request, connection)
    return _form_page(request, connection.connector, form, connection)


def _version(request: OrgRequest) -> int:
    """The version the person read; 0, which no connection has, if the form was tampered with."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004  fits the column


def _form_page(request: OrgRequest, found: Connector, form: ConnectForm, connection: Connection) -> HttpResponse:
    shown = {
        "external_id": str(connection.external_id),
        "our_account_id": settings.AWS_ACCOUNT_ID or "ACCOUNT-OF-THIS-INSTALLATION",
    }
    grants = [
        {"title": grant.title, "note": filled(grant.note, shown), "text": filled(grant.text, shown)}
        for grant in found.grants
        if grant.text
    ]
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    context = {
        "connector": found,
        "connection": connection,
        "form": form,
        "groups": form.groups(),
        "external": external_id_sign(request.organization, connection.external_id),
        "grants": grants,
        "asks_secret": any(field.secret for field in found.fields),
        "provable": selectors.provable(found),
        "is_new": connection._state.adding,  # noqa: SLF001  Django's documented way to ask
    }
    return render(request, "scans/connect.html", context, status=status)


def filled(text: str, values: dict[str, str]) -> str:
    """A grant with our values in place of ``{name}``; other braces, as in JSON, stay."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def upload_first(request: OrgRequest, connector: str) -> HttpResponse:
    """Upload an export of a system that is not connected: makes a connection without a credential."""
    found = connector_or_404(connector)
    made = Connection.objects.filter(connector_slug=found.slug, removed_at=None).first() if found.joint else None
    return _upload(request, found, made)


def upload_more(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """Upload an export for a connection that exists."""
    connection = get_for_member(Connection, request, id=connection_id, removed_at=None)
    return _upload(request, connection.connector, connection)


def _upload(request: OrgRequest, found: Connector, connection: Connection | None) -> HttpResponse:
    if not found.uploads:
        raise Http404
    refusal = upload_refusal(request)
    posted = (request.POST, {} if refusal else request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(found, *posted, refusal=refusal)
    if request.method == "POST" and form.is_valid():
        person = person_of(request)
        try:
            target = connection or connection_create(
                organization=request.organization,
                connector=found,
                name=f"{found.title}, uploaded",
                entered={},
                secrets={},
                actor=person,
                upload_only=not found.joint,
            )
            scan_upload(
                connection=target,
                files=form.cleaned_data["exports"],
                actor=person,
                exported_at=form.cleaned_data["exported_on"],
            )
        except ScanError as problem:
            form.add_error(None, str(problem))
        else:
            transaction.on_commit(partial(ring_due, request.organization.id), robust=True)
            return redirect(org_url(request, "connection", connection_id=target.id))
    bad = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if refusal else HTTPStatus.BAD_REQUEST
    context = {"connector": found, "connection": connection, "form": form}
    return render(request, "scans/upload.html", context, status=bad if request.method == "POST" else HTTPStatus.OK)


def remove(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """Remove a connection with a reason; its secrets are deleted at once."""
    connection = get_for_member(Connection, request, id=connection_id, removed_at=None)
    form = RemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        connection_remove(connection=connection, reason=form.cleaned_data["reason"], actor=person_of(request))
        messages.success(
            request, f"{connection.name} is removed. Its credential is deleted, its findings stay as history."
        )
        return redirect(org_url(request, "connectors"))
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "scans/remove.html", {"connection": connection, "form": form}, status=status)


def download(request: OrgRequest, connector: str, name: str) -> HttpResponse:
    """A script we ship that makes an export, such as the SELECT script of postgres."""
    found = connector_or_404(connector)
    if name not in {upload.download for upload in found.uploads if upload.download}:
        raise Http404
    content = resources.files(f"ztassess.connectors.{found.slug}").joinpath(name).read_bytes()
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
