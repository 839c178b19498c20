"""Owns the addresses of a consultant's clients side by side."""

from __future__ import annotations

from django.urls import URLPattern, path

from ztassess.portfolio import views, views_own, views_pivot

# Pages below ``/portfolio/``: they belong to a person, not to an organization.
urlpatterns: list[URLPattern] = [
    path("portfolio/", views.portfolio, name="portfolio"),
    path("portfolio/clients.csv", views.csv_file, name="portfolio_csv"),
    path("portfolio/clients.json", views.json_file, name="portfolio_json"),
    path("portfolio/charts/", views.charts, name="portfolio_charts"),
    path("portfolio/charts/<slug:figure_id>.csv", views.chart_file, name="portfolio_chart"),
    path("portfolio/by/", views_pivot.pivots, name="portfolio_pivots"),
    path("portfolio/by/<slug:kind>/<str:subject>/", views_pivot.pivot, name="portfolio_pivot"),
    path("portfolio/clients/<slug:slug>/", views_own.note, name="portfolio_note"),
    path("portfolio/views/", views_own.view_keep, name="portfolio_view_save"),
    path("portfolio/views/<int:view_id>/remove/", views_own.view_forget, name="portfolio_view_remove"),
]

# The same pages with the eyes of the demo's consultant: without an account, and only to read.
VISIT = {"visit": True}
visit_urlpatterns: list[URLPattern] = [
    path("demo/portfolio/", views.portfolio, VISIT, name="demo_portfolio"),
    path("demo/portfolio/clients.csv", views.csv_file, VISIT, name="demo_portfolio_csv"),
    path("demo/portfolio/clients.json", views.json_file, VISIT, name="demo_portfolio_json"),
    path("demo/portfolio/charts/", views.charts, VISIT, name="demo_portfolio_charts"),
    path("demo/portfolio/charts/<slug:figure_id>.csv", views.chart_file, VISIT, name="demo_portfolio_chart"),
    path("demo/portfolio/by/", views_pivot.pivots, VISIT, name="demo_portfolio_pivots"),
    path("demo/portfolio/by/<slug:kind>/<str:subject>/", views_pivot.pivot, VISIT, name="demo_portfolio_pivot"),
]
