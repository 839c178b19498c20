"""Owns the addresses of a consultant's own plan presets, wording, weights and branding, applied to clients."""

from __future__ import annotations

from django.urls import URLPattern

# Pages below ``/o/<slug>/``.
urlpatterns: list[URLPattern] = []
