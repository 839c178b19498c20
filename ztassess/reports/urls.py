"""Owns the addresses of documents made of the numbers that the pages show."""

from __future__ import annotations

from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action
from ztassess.reports import views, views_questionnaire

# Pages below ``/o/<slug>/``.
urlpatterns = [
    org_path("reports/", views.reports, write=Action.MAKE_REPORT, name="reports"),
    org_path("reports/made/", views.report_list, name="report_list"),
    org_path(
        "reports/branding/",
        views.report_branding,
        read=Action.MAKE_REPORT,
        write=Action.MAKE_REPORT,
        name="report_branding",
    ),
    org_path("reports/branding/logo.png", views.report_logo, name="report_logo"),
    org_path("reports/<uuid:report_id>/file/", views.report_file, name="report_file"),
    org_path(
        "reports/<uuid:report_id>/remove/",
        views.report_end,
        read=Action.MAKE_REPORT,
        write=Action.MAKE_REPORT,
        name="report_end",
    ),
    org_path("reports/questionnaire/", views_questionnaire.questionnaire, name="questionnaire"),
    org_path("reports/questionnaire.md", views_questionnaire.questionnaire_markdown, name="questionnaire_md"),
    org_path("reports/questionnaire.csv", views_questionnaire.questionnaire_csv, name="questionnaire_csv"),
    org_path("reports/questionnaire.json", views_questionnaire.questionnaire_json, name="questionnaire_json"),
]
