"""Owns the error pages. The 404 is the same bytes for everybody: it must not tell a stranger what exists."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound, HttpResponseServerError
from django.template.loader import render_to_string


@cache
def _page(name: str) -> str:
    return render_to_string(name)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 without path, name, form or user data."""
    return HttpResponseNotFound(_page("404.html"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 for requests Django refuses to read."""
    return HttpResponseBadRequest(_page("400.html"))


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without any query: the database may be the reason."""
    return HttpResponseServerError(_page("500.html"))
