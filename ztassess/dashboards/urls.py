"""Owns the addresses of the dashboard inside an organization."""

from ztassess.dashboards import views
from ztassess.organizations.access import org_path

urlpatterns = [
    org_path("dashboard/", views.dashboard, name="dashboard"),
    org_path("dashboard/<slug:figure_id>.csv", views.figure_csv, name="dashboard_csv"),
    org_path("dashboard/findings/", views.findings_page, name="dashboard_findings"),
    org_path("dashboard/findings/rows.csv", views.findings_csv, name="dashboard_findings_csv"),
    org_path("dashboard/findings/rows.json", views.findings_json, name="dashboard_findings_json"),
    org_path("dashboard/controls/", views.controls_page, name="dashboard_controls"),
    org_path("dashboard/controls/rows.csv", views.controls_csv, name="dashboard_controls_csv"),
    org_path("dashboard/controls/rows.json", views.controls_json, name="dashboard_controls_json"),
]
