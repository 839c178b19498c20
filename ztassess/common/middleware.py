"""Owns response headers that hold for whole branches of the URL tree."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PRIVATE = ("/o/", "/s/", "/api/", "/accounts/", "/invite/", "/unsubscribe/", "/portfolio/")


class PrivatePagesMiddleware:
    """Pages of organizations and accounts are never stored by a browser or a proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(PRIVATE):
            response["Cache-Control"] = "private, no-store"
        return response
