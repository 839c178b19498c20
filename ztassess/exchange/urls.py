"""Owns the addresses of an organization as files: export, import, OSCAL, deletion."""

from __future__ import annotations

from django.urls import URLPattern, path

from ztassess.exchange import views, views_deletion, views_import
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

# Before an organization is chosen: who brings one.
own_urlpatterns = [
    path("o/import/", views_import.import_page, name="organization_import"),
    path("o/import/arrivals/", views_import.import_arrivals, name="organization_arrivals"),
    path("o/import/<uuid:arrival_id>/cancel/", views_import.import_cancel, name="organization_import_cancel"),
]

# Pages below ``/o/<slug>/``.
urlpatterns: list[URLPattern] = [
    org_path(
        "settings/export/",
        views.export_page,
        read=Action.EXPORT_ALL,
        write=Action.EXPORT_ALL,
        name="export",
        step_up=True,
    ),
    org_path("settings/export/jobs/", views.export_jobs, read=Action.EXPORT_ALL, name="export_jobs"),
    org_path(
        "settings/export/assessment-results.json", views.oscal, read=Action.EXPORT_ALL, name="oscal", step_up=True
    ),
    org_path(
        "settings/export/<uuid:job_id>/archive.zip",
        views.export_download,  # type: ignore[arg-type]  # streams, and opens its own scope for each piece
        read=Action.EXPORT_ALL,
        name="export_download",
        step_up=True,
    ),
    org_path(
        "settings/export/<uuid:job_id>/remove/",
        views.export_remove,
        read=Action.EXPORT_ALL,
        write=Action.EXPORT_ALL,
        name="export_remove",
        step_up=True,
    ),
    org_path("settings/log/imported/", views.imported_log, read=Action.READ_AUDIT, name="imported_log"),
    org_path(
        "settings/delete/",
        views_deletion.delete_page,
        read=Action.DELETE_ORGANIZATION,
        write=Action.DELETE_ORGANIZATION,
        name="organization_delete",
        step_up=True,
    ),
    org_path(
        "settings/delete/undo/",
        views_deletion.delete_undo,
        read=Action.DELETE_ORGANIZATION,
        write=Action.DELETE_ORGANIZATION,
        name="organization_keep",
    ),
]
