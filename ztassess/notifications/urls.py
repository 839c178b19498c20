"""Owns the addresses of who hears what: the weekly digest, alerts, the signed webhook and its deliveries."""

from __future__ import annotations

from django.urls import URLPattern

# Pages below ``/o/<slug>/``.
urlpatterns: list[URLPattern] = []
