"""Owns the addresses of read-only links for people without an account."""

from __future__ import annotations

from django.urls import URLPattern

# Pages below ``/o/<slug>/``.
urlpatterns: list[URLPattern] = []
