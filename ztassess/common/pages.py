"""Owns the error pages. The 404 is the same bytes for everybody: it must not tell a stranger what exists."""

from __future__ import annotations

import errno
import sys
from functools import cache
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound
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


RETRY_AFTER_SECONDS = "5"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NO_ROOM_WORDS = ("disk is full", "No space left")  # SQLite's and PostgreSQL's


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without any query; 503 if the database is away or busy, 507 if the disk is full: both pass, so try again."""
    status = status_of(sys.exception())
    response = HttpResponse(_page(f"{status}.html"), status=status)
    if status != HTTPStatus.INTERNAL_SERVER_ERROR:
        response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def status_of(problem: BaseException | None) -> int:
    """The status for an exception that no page expected."""
    if isinstance(problem, OSError) and problem.errno in NO_ROOM:
        return HTTPStatus.INSUFFICIENT_STORAGE
    if isinstance(problem, (OperationalError, InterfaceError)):
        full = any(words in str(problem) for words in NO_ROOM_WORDS)
        return HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR
