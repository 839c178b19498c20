"""Owns the pages of webhook endpoints: add, change, rotate, pause, test, remove."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from ztassess.domain.event_kinds import ALERTS
from ztassess.notifications.errors import NotificationError
from ztassess.notifications.forms import EndpointForm
from ztassess.notifications.models import WebhookEndpoint, WebhookSecret
from ztassess.notifications.recipes import NODE, PYTHON
from ztassess.notifications.selectors import LogFilter, deliveries, endpoint_target
from ztassess.notifications.services import endpoints as service
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url

NEWEST = 5
LIVE = service.LIVE_SECRETS


def webhook_new(request: OrgRequest) -> HttpResponse:
    """Add an endpoint; its secret is shown once, in the answer."""
    posted = request.POST if request.method == "POST" else None
    form = EndpointForm(posted)
    if posted is not None and form.is_valid():
        try:
            endpoint, secret = service.endpoint_create(
                organization=request.organization,
                url=form.cleaned_data["url"],
                kinds=form.cleaned_data["kinds"],
                actor=person_of(request),
            )
        except NotificationError as problem:
            form.add_error(None, str(problem))
        else:
            return _shown_once(request, endpoint, secret)
    status = HTTPStatus.BAD_REQUEST if posted is not None else HTTPStatus.OK
    return render(request, "notifications/webhook_new.html", {"form": form, "alerts": ALERTS}, status=status)


def _shown_once(request: OrgRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": secret, "live": WebhookSecret.objects.filter(endpoint=endpoint).count()}
    response = render(request, "notifications/webhook_secret.html", context)
    response.shows_secret = True  # type: ignore[attr-defined]  # read by org_view: not stored for a replay
    return response


def _endpoint(request: OrgRequest, endpoint_id: UUID) -> WebhookEndpoint:
    return get_for_member(WebhookEndpoint, request, id=endpoint_id, removed_at=None)


def webhook_page(request: OrgRequest, endpoint_id: UUID) -> HttpResponse:
    """One endpoint: address, events, secrets, newest deliveries, and how a receiver verifies them."""
    endpoint = _endpoint(request, endpoint_id)
    posted = request.POST if request.method == "POST" else None
    form = EndpointForm(posted, endpoint=endpoint)
    if posted is not None and form.is_valid():
        try:
            service.endpoint_update(
                endpoint=endpoint,
                url=form.cleaned_data["url"],
                kinds=form.cleaned_data["kinds"],
                version=form.cleaned_data["version"] or 0,
                actor=person_of(request),
            )
        except NotificationError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "Saved. It holds from the next delivery on.")
            return _back(request, endpoint)
    context = _newest(request, endpoint)
    if posted is None and request.headers.get("HX-Request"):  # the page asks for this part again while something moves
        return render(request, "notifications/_newest.html", context)
    context |= {
        "form": form,
        "secrets": list(WebhookSecret.objects.filter(endpoint=endpoint)),
        "most_secrets": LIVE,
        "alerts": ALERTS,
        "python": PYTHON,
        "node": NODE,
    }
    status = HTTPStatus.CONFLICT if form.non_field_errors() else HTTPStatus.BAD_REQUEST
    return render(request, "notifications/webhook.html", context, status=HTTPStatus.OK if posted is None else status)


def _newest(request: OrgRequest, endpoint: WebhookEndpoint) -> dict[str, Any]:
    target = endpoint_target(endpoint.id)
    newest = list(deliveries(request.organization, LogFilter(target=target))[:NEWEST])
    return {
        "endpoint": endpoint,
        "deliveries": newest,
        "moving": any(row.is_open for row in newest),
        "log_url": f"{org_url(request, 'deliveries')}?{urlencode({'target': target})}",
    }


def webhook_test(request: OrgRequest, endpoint_id: UUID) -> HttpResponse:
    """Queue a test delivery."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        service.endpoint_test(endpoint=endpoint, actor=person_of(request))
    except NotificationError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "A test delivery is on its way. It stands below.")
    return _back(request, endpoint)


def webhook_rotate(request: OrgRequest, endpoint_id: UUID) -> HttpResponse:
    """Make a second secret, shown once; both sign until the old one is retired."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        secret = service.secret_rotate(endpoint=endpoint, actor=person_of(request))
    except NotificationError as problem:
        messages.error(request, str(problem))
        return _back(request, endpoint)
    return _shown_once(request, endpoint, secret)


def webhook_retire(request: OrgRequest, endpoint_id: UUID) -> HttpResponse:
    """Delete the old secret."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if service.secret_retire(endpoint=endpoint, actor=person_of(request)):
        messages.success(request, "The old secret is deleted. The newest one signs alone.")
    else:
        messages.error(request, "There is one secret only, and it signs; nothing was deleted.")
    return _back(request, endpoint)


def webhook_pause(request: OrgRequest, endpoint_id: UUID) -> HttpResponse:
    """Pause, or resume what is paused."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if request.POST.get("to") == "resume":
        service.endpoint_resume(endpoint=endpoint, actor=person_of(request))
        messages.success(request, "Resumed. What waited goes out first.")
    else:
        service.endpoint_pause(endpoint=endpoint, actor=person_of(request))
        messages.success(request, "Paused. Nothing is sent until you resume it.")
    return _back(request, endpoint)


def webhook_remove(request: OrgRequest, endpoint_id: UUID) -> HttpResponse:
    """Ask, then remove."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method == "POST":
        service.endpoint_remove(endpoint=endpoint, actor=person_of(request))
        messages.success(request, f"The webhook {endpoint.host} is removed, and its secrets are deleted.")
        return redirect(org_url(request, "notifications"))
    return render(request, "notifications/webhook_remove.html", {"endpoint": endpoint})


def _back(request: OrgRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    return redirect(org_url(request, "webhook", endpoint_id=endpoint.id))
