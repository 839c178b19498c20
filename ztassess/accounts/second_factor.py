"""Owns the question whether a person has a second factor, and whether this session was opened or confirmed with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from ztassess.accounts.models import User
from ztassess.accounts.step_up import SECOND_FACTOR

# Recovery codes stand in for a lost factor; who has nothing else has none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: User) -> bool:
    """True for who has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def with_factor(user_ids: Iterable[int]) -> frozenset[int]:
    """Who of these has a second factor. One query."""
    found = Authenticator.objects.filter(user_id__in=set(user_ids), type__in=FACTORS)
    return frozenset(found.values_list("user_id", flat=True))


def is_factor_used(request: HttpRequest) -> bool:
    """True if the person has a second factor, and this session was signed in to, or confirmed, with it at any time."""
    user = request.user
    if not isinstance(user, User):
        return False
    records = get_authentication_records(request, user)
    return any(record["method"] == SECOND_FACTOR for record in records) and has_factor(user)


def remember_added(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A factor is added by showing it, after a fresh proof of the old way: this session needs no second showing."""
    if authenticator.type in FACTORS:
        record_authentication(request, user, SECOND_FACTOR, id=authenticator.pk, type=authenticator.type)
