"""Owns the addresses of who hears what: the weekly digest, alerts, the signed webhook and its deliveries."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from ztassess.notifications import views, views_log, views_webhooks
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

HERE = "settings/notifications/"


def _managed(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    """A page of owners and admins."""
    manage = Action.MANAGE_NOTIFICATIONS
    return org_path(HERE + route, view, read=manage, write=manage, name=name)


# Pages outside an organization: the link of a mail, whose reader may not be signed in.
public_urlpatterns = [path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe")]

# Pages below ``/o/<slug>/``. Everybody posts their own choices to the first one.
urlpatterns: list[URLPattern] = [
    org_path(HERE, views.notifications_page, write=Action.READ, name="notifications"),
    _managed("members/<uuid:membership_id>/", views.member_page, "member_choice"),
    _managed("webhooks/new/", views_webhooks.webhook_new, "webhook_new"),
    _managed("webhooks/<uuid:endpoint_id>/", views_webhooks.webhook_page, "webhook"),
    _managed("webhooks/<uuid:endpoint_id>/test/", views_webhooks.webhook_test, "webhook_test"),
    _managed("webhooks/<uuid:endpoint_id>/rotate/", views_webhooks.webhook_rotate, "webhook_rotate"),
    _managed("webhooks/<uuid:endpoint_id>/retire/", views_webhooks.webhook_retire, "webhook_retire"),
    _managed("webhooks/<uuid:endpoint_id>/pause/", views_webhooks.webhook_pause, "webhook_pause"),
    _managed("webhooks/<uuid:endpoint_id>/remove/", views_webhooks.webhook_remove, "webhook_remove"),
    org_path(HERE + "deliveries/", views_log.log_page, read=Action.MANAGE_NOTIFICATIONS, name="deliveries"),
    org_path(HERE + "deliveries.csv", views_log.log_csv, read=Action.MANAGE_NOTIFICATIONS, name="deliveries_csv"),
    _managed("deliveries/<uuid:delivery_id>/again/", views_log.send_again, "delivery_again"),
]
