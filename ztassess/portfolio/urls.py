"""Owns the addresses of a consultant's clients side by side."""

from __future__ import annotations

from django.urls import URLPattern

# Pages below ``/portfolio/``: they belong to a person, not to an organization.
urlpatterns: list[URLPattern] = []
