"""Owns the addresses of a person's organizations, and of members and settings inside one."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
org_urlpatterns: list[URLPattern] = []
