"""Owns the sealed signing secrets of endpoints: made by us, shown once, opened only to sign."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Max
from django.utils import timezone

from ztassess.common.envelope import Sealed, associated_data, keyring, seal, unseal
from ztassess.notifications.models import WebhookEndpoint, WebhookSecret
from ztassess.notifications.signing import fresh_secret


def _bound_to(secret: WebhookSecret) -> bytes:
    return associated_data("webhook", secret.organization_id, secret.endpoint_id, secret.number)


def secret_make(endpoint: WebhookEndpoint) -> str:
    """Seal a fresh secret beside those that live, and return it: nobody can read it afterwards."""
    plain = fresh_secret()
    last = WebhookSecret.objects.filter(endpoint=endpoint).aggregate(last=Max("number"))["last"]
    row = WebhookSecret(
        organization=endpoint.organization, endpoint=endpoint, number=(last or 0) + 1, last_four=plain[-4:]
    )
    sealed = seal(plain.encode(), keyring(), _bound_to(row))
    row.kek_id, row.wrapped_key, row.ciphertext = sealed.kek_id, sealed.wrapped_key, sealed.ciphertext
    row.save(force_insert=True)
    return plain


def secrets_live(endpoint: WebhookEndpoint) -> Sequence[str]:
    """The endpoint's secrets in plain text, the newest first. Raises `EnvelopeError` if one does not open."""
    rows = list(WebhookSecret.objects.filter(endpoint=endpoint).order_by("-number"))
    WebhookSecret.objects.filter(endpoint=endpoint).update(last_used_at=timezone.now())
    return [unseal(Sealed.of(row), keyring(), _bound_to(row)).decode() for row in rows]
