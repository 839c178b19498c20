"""Owns the addresses of an organization as files: export, import, OSCAL, deletion."""

from __future__ import annotations

from django.urls import URLPattern

# Pages below ``/o/<slug>/``.
urlpatterns: list[URLPattern] = []
