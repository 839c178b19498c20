"""Owns the addresses of assessments inside an organization."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
