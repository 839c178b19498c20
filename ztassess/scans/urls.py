"""Owns the addresses of connectors, connections and scans inside an organization."""

from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action
from ztassess.scans import views, views_connect

urlpatterns = [
    org_path("connectors/", views_connect.gallery_page, name="connectors"),
    org_path(
        "connectors/<slug:connector>/connect/",
        views_connect.connect,
        read=Action.MANAGE_CONNECTION,
        write=Action.MANAGE_CONNECTION,
        name="connect",
        step_up=True,
    ),
    org_path(
        "connectors/<slug:connector>/upload/",
        views_connect.upload_first,
        read=Action.RUN_SCAN,
        write=Action.RUN_SCAN,
        name="upload",
    ),
    org_path("connectors/<slug:connector>/download/<str:name>", views_connect.download, name="connector_download"),
    org_path("connections/<uuid:connection_id>/", views.connection_page, name="connection"),
    org_path("connections/<uuid:connection_id>/progress/", views.progress, name="connection_progress"),
    org_path(
        "connections/<uuid:connection_id>/scan/",
        views.scan_start,
        read=Action.RUN_SCAN,
        write=Action.RUN_SCAN,
        name="scan_start",
    ),
    org_path(
        "connections/<uuid:connection_id>/test/",
        views.test_start,
        read=Action.RUN_SCAN,
        write=Action.RUN_SCAN,
        name="test_start",
    ),
    org_path(
        "connections/<uuid:connection_id>/upload/",
        views_connect.upload_more,
        read=Action.RUN_SCAN,
        write=Action.RUN_SCAN,
        name="connection_upload",
    ),
    org_path(
        "connections/<uuid:connection_id>/edit/",
        views_connect.edit,
        read=Action.MANAGE_CONNECTION,
        write=Action.MANAGE_CONNECTION,
        name="connection_edit",
        step_up=True,
    ),
    org_path(
        "connections/<uuid:connection_id>/remove/",
        views_connect.remove,
        read=Action.MANAGE_CONNECTION,
        write=Action.MANAGE_CONNECTION,
        name="connection_remove",
        step_up=True,
    ),
    org_path(
        "connections/<uuid:connection_id>/schedule/",
        views.schedule,
        read=Action.SCHEDULE,
        write=Action.SCHEDULE,
        name="schedule",
    ),
    org_path("scans/<uuid:scan_id>/", views.scan_page, name="scan"),
    org_path(
        "scans/<uuid:scan_id>/cancel/", views.scan_stop, read=Action.RUN_SCAN, write=Action.RUN_SCAN, name="scan_cancel"
    ),
]
