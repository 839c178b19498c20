"""Owns the question whether a person proved a moment ago that it is them, by the strongest way they have."""

from __future__ import annotations

import time
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

WITHIN = timedelta(minutes=5)
# Passkeys are recorded as "mfa" too; they are accepted with user verification only (MFA_WEBAUTHN_USER_VERIFICATION).
SECOND_FACTOR = "mfa"
USUAL = frozenset({"password", "code", SECOND_FACTOR})
STALE = (
    "This needs a proof, not older than five minutes, that it is you. Nothing of what you sent was kept or done: "
    "confirm that it is you, then do it again."
)


def is_proven(request: HttpRequest) -> bool:
    """True within five minutes of the newest proof: of the second factor where one is enrolled, a password is no proof
    there; of the usual way to sign in where none is.
    """
    return proof_left(request) > 0


def proof_left(request: HttpRequest) -> float:
    """How many seconds the newest proof still counts; 0 where there is none that does."""
    accepted = {SECOND_FACTOR} if get_adapter().is_mfa_enabled(request.user) else USUAL
    moments = [
        float(record["at"])
        for record in get_authentication_records(request, request.user)
        if record["method"] in accepted
    ]
    age = time.time() - max(moments, default=0.0)
    return max(0.0, WITHIN.total_seconds() - age) if age >= 0 else 0.0


def proof_address(then: str) -> str:
    """Where it is proven; allauth leads from there to the person's strongest way, and afterwards to ``then``."""
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': then})}"


def ask_for_proof(then: str) -> HttpResponse:
    """The answer to a stale GET: prove it, then come back."""
    return HttpResponseRedirect(proof_address(then))


def refuse_stale(request: HttpRequest, then: str) -> HttpResponse:
    """The answer to a stale POST: 403. What was posted is kept nowhere; allauth's own way would write it, and with it
    the headers, into the session row.

    Parameters:
        then: the page from which it can be done again.
    """
    context = {"why": STALE, "prove": proof_address(then)}
    return render(request, "account/step_up.html", context, status=HTTPStatus.FORBIDDEN)
