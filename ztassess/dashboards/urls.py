"""Owns the addresses of dashboards inside an organization."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
