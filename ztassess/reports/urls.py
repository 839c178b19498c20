"""Owns the addresses of documents made of the numbers that the pages show."""

from __future__ import annotations

from ztassess.organizations.access import org_path
from ztassess.reports import views_questionnaire

# Pages below ``/o/<slug>/``.
urlpatterns = [
    org_path("reports/questionnaire/", views_questionnaire.questionnaire, name="questionnaire"),
    org_path("reports/questionnaire.md", views_questionnaire.questionnaire_markdown, name="questionnaire_md"),
    org_path("reports/questionnaire.csv", views_questionnaire.questionnaire_csv, name="questionnaire_csv"),
    org_path("reports/questionnaire.json", views_questionnaire.questionnaire_json, name="questionnaire_json"),
]
