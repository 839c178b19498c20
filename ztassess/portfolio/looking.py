"""Owns whose clients a page shows: the signed-in person's, or to everybody those of the demo's consultant."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from ztassess.accounts.models import User
from ztassess.organizations.access import SAFE
from ztassess.organizations.selectors_factor import locked_slugs
from ztassess.portfolio.places import OWN, Place
from ztassess.portfolio.selectors import Eyes, demo_eyes

View = Callable[..., HttpResponse]


class LookRequest(HttpRequest):
    """A request for a page over clients. `over_clients` fills the fields; a visitor of the demo may be anonymous."""

    eyes: Eyes
    place: Place
    locked: frozenset[str]


def over_clients(view: View) -> View:
    """Wrap a page over clients. Who is not signed in is sent to sign in, except where a visitor may look.

    A visit reads and never writes; where no demo is shown, or it has no consultant, there is nothing (404).
    """

    @functools.wraps(view)
    def wrapped(request: LookRequest, *args: Any, visit: bool = False, **kwargs: Any) -> HttpResponse:
        if visit:
            eyes = demo_eyes() if settings.DEMO_AT and request.method in SAFE else None
            if eyes is None:
                raise Http404
            request.eyes, request.locked = eyes, frozenset()
            request.place = Place(is_visit=True, whose=eyes.user.get_full_name())
        elif isinstance(request.user, User):
            request.eyes, request.locked, request.place = Eyes(request.user), locked_slugs(request), OWN
        else:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return wrapped
