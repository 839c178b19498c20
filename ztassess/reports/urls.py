"""Owns the addresses of documents made of the numbers that the pages show."""

from __future__ import annotations

from django.urls import URLPattern

# Pages below ``/o/<slug>/``.
urlpatterns: list[URLPattern] = []
