"""Owns the addresses of read-only links for people without an account: members' pages, and the links themselves."""

from __future__ import annotations

from django.urls import URLPattern, path

from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action
from ztassess.sharing import views, views_reader

# What visitors open. ``rest`` is last: whatever else is asked for below a link gets the headers of a link.
public_urlpatterns = [
    path("s/<str:token>/", views_reader.share_read, name="share_read"),
    path("s/<str:token>/unlock/", views_reader.share_unlock, name="share_unlock"),
    path("s/<str:token>/reports/<uuid:report_id>.pdf", views_reader.share_file, name="share_file"),
    path("s/<str:token>/<slug:page>/", views_reader.share_read, name="share_page"),
    path("s/<str:token>/<path:rest>", views_reader.share_nothing, name="share_nothing"),
]

SHARE, CHANGE = Action.SHARE, Action.ANSWER

# Pages below ``/o/<slug>/``. Revoking is open to everybody who writes; the view lets them revoke what they made.
urlpatterns: list[URLPattern] = [
    org_path("share/", views.shares, name="shares"),
    org_path("share/new/", views.share_new, read=SHARE, write=SHARE, step_up=True, name="share_new"),
    org_path("share/<uuid:share_id>/", views.share_page, name="share"),
    org_path(
        "share/<uuid:share_id>/change/", views.share_edit, read=SHARE, write=SHARE, step_up=True, name="share_change"
    ),
    org_path(
        "share/<uuid:share_id>/resume/", views.share_go_on, read=SHARE, write=SHARE, step_up=True, name="share_resume"
    ),
    org_path(
        "share/<uuid:share_id>/revoke/", views.share_end, read=CHANGE, write=CHANGE, step_up=True, name="share_revoke"
    ),
]
