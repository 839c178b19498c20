"""Owns the addresses of the dashboard inside an organization."""

from ztassess.dashboards import views
from ztassess.organizations.access import org_path

urlpatterns = [
    org_path("dashboard/", views.dashboard, name="dashboard"),
    org_path("dashboard/<slug:figure_id>.csv", views.figure_csv, name="dashboard_csv"),
]
