"""Owns the address space: an organization's pages below ``/o/<slug>/``, the demo's for visitors below ``/demo/``."""

from django.urls import include, path
from django.views.generic import TemplateView

from ztassess.access_reviews.urls import urlpatterns as access_pages
from ztassess.assessments.urls import urlpatterns as assessment_pages
from ztassess.common.pages import bad_request, not_found, server_error
from ztassess.dashboards.urls import urlpatterns as dashboard_pages
from ztassess.exchange.urls import own_urlpatterns as exchange_own_pages
from ztassess.exchange.urls import urlpatterns as exchange_pages
from ztassess.inventory.urls import urlpatterns as inventory_pages
from ztassess.notifications.urls import public_urlpatterns as unsubscribe_pages
from ztassess.notifications.urls import urlpatterns as notification_pages
from ztassess.organizations.urls import org_urlpatterns as organization_pages
from ztassess.organizations.urls import urlpatterns as own_pages
from ztassess.playbooks.urls import urlpatterns as playbook_pages
from ztassess.portfolio.urls import urlpatterns as portfolio_pages
from ztassess.portfolio.urls import visit_urlpatterns as portfolio_visits
from ztassess.reports.urls import urlpatterns as report_pages
from ztassess.roadmaps.urls import urlpatterns as roadmap_pages
from ztassess.scans.urls import urlpatterns as scan_pages
from ztassess.sharing.urls import public_urlpatterns as shared_pages
from ztassess.sharing.urls import urlpatterns as sharing_pages

org_pages = [
    *assessment_pages,
    *roadmap_pages,
    *scan_pages,
    *access_pages,
    *inventory_pages,
    *dashboard_pages,
    *notification_pages,
    *playbook_pages,
    *report_pages,
    *sharing_pages,
    *exchange_pages,
    *organization_pages,
]

urlpatterns = [
    path("", TemplateView.as_view(template_name="landing.html"), name="landing"),
    path("accounts/", include("allauth.urls")),
    *own_pages,
    *exchange_own_pages,
    *portfolio_pages,
    *unsubscribe_pages,
    *shared_pages,
    *portfolio_visits,
    path("demo/clients/<slug:slug>/", include((org_pages, "demo_client"), namespace="demo_client"), {"demo": True}),
    path("demo/", include((org_pages, "demo"), namespace="demo"), {"demo": True}),
    path("o/<slug:slug>/", include((org_pages, "org"), namespace="org")),
]

handler400 = bad_request
handler404 = not_found
handler500 = server_error
