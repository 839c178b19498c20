"""Owns the addresses of scans inside an organization."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
