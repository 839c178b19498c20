"""Owns what we change of allauth: factors are stored sealed, and there is no public user name."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from ztassess.common.envelope import Sealed, associated_data, keyring, seal, unseal

if TYPE_CHECKING:
    from ztassess.accounts.models import User

BOUND_TO = associated_data("mfa", "authenticator")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's flows on a user without a user name."""

    def populate_username(self, request: object, user: User) -> None:
        """There is nothing to populate."""

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Whoever has a second factor proves it: a password would be the weaker half of what signing in asked for."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        stronger = [method for method in found if method["id"].startswith("mfa_")]
        return stronger or found

    def is_safe_url(self, url: str | None) -> bool:
        """False for an address that is none, such as ``http://[``, where allauth would raise."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth stores TOTP secrets and recovery seeds in clear unless these two are overridden."""

    def encrypt(self, text: str) -> str:
        sealed = seal(text.encode(), keyring(), BOUND_TO)
        parts = (sealed.wrapped_key, sealed.ciphertext)
        return json.dumps([sealed.kek_id, *(base64.b64encode(part).decode() for part in parts)])

    def decrypt(self, encrypted_text: str) -> str:
        kek_id, wrapped_key, ciphertext = json.loads(encrypted_text)
        sealed = Sealed(kek_id, base64.b64decode(wrapped_key), base64.b64decode(ciphertext))
        return unseal(sealed, keyring(), BOUND_TO).decode()
