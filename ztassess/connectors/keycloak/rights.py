"""Owns which roles a reading needs, which are too much, and how the roles of a token are read back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Final

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.netguard import parse_json

REALM, USERS, CLIENTS, PROVIDERS = "view-realm", "view-users", "view-clients", "view-identity-providers"
GRANTED_ROLES: Final = (REALM, USERS, "query-users", CLIENTS, PROVIDERS)
MASTER: Final = "master"
REALM_MANAGEMENT: Final = "realm-management"
_WRITING: Final = frozenset({"realm-admin", "create-client", "impersonation"})
_WRITING_EVERYWHERE: Final = frozenset({"admin", "create-realm"})


def administrative_roles(token: str, realm: str) -> frozenset[str] | None:
    """Roles that a token gives over realms (``resource_access``); None if it does not tell.

    A lightweight or opaque token names none, so that nothing named is not proof of nothing held. Roles of other
    clients, such as ``account``, are about the client's own account.

    Parameters:
        realm: the one we sign in to; in ``master`` the roles of other realms are clients' named ``acme-realm``.
    """
    claims = _claims(token)
    if claims is None:
        return None
    try:
        found = set(_over_realms(claims, realm))
        everywhere = claims.row("realm_access", None)
        if realm == MASTER and everywhere is not None:
            found |= set(everywhere.texts("roles", ())) & _WRITING_EVERYWHERE
    except BadAnswer:
        return None
    return frozenset(found) or None


def _over_realms(claims: Row, realm: str) -> Iterable[str]:
    access = claims.row("resource_access", None)
    for name in claims.keys("resource_access"):
        of_master = realm == MASTER and name.endswith("-realm")
        if access is not None and (name == REALM_MANAGEMENT or of_master):
            yield from access.row((name,)).texts("roles", ())


def _claims(token: str) -> Row | None:
    body = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004  a JWT has three parts
    try:
        return row_of(parse_json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))), "AccessTokenRepresentation")
    except (BadAnswer, binascii.Error, ValueError):
        return None


def writing(roles: Iterable[str]) -> tuple[str, ...]:
    """The roles among these that change something, sorted."""
    wrong = _WRITING | _WRITING_EVERYWHERE
    return tuple(sorted(role for role in set(roles) if role.startswith("manage-") or role in wrong))
