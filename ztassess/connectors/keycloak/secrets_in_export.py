"""Owns finding where secrets stand in a realm export, so that a person can be told; their values are never kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

SECRET_FIELDS: Final = frozenset(
    {
        "secret",
        "clientSecret",
        "password",
        "privateKey",
        "codeSecret",
        "registrationAccessToken",
        "bindCredential",
        "keystorePassword",
        "keyPassword",
        "secretData",
        "hashedSaltedValue",
        "client.secret.rotated",
    }
)
PRIVATE_KEY: Final = ".private.key"
MASK: Final = "*"
CONFIG: Final = "config"
# What an object is called, by the field that names it.
_NAMES: Final = (("clientId", "client"), ("username", "user"), ("alias", ""), ("name", ""), ("realm", "realm"))


def secret_places(document: Any, inside: str = "", *, named: bool = True) -> Iterator[str]:
    """Where secrets stand, as ``client billing: secret``, each place once for each time it holds one.

    Keycloak writes stars in place of secrets in a partial export; those are none.

    Parameters:
        named: the document's own fields say what it is; not so a ``config``, which holds names of other things.
    """
    if isinstance(document, list):
        for each in document:
            yield from secret_places(each, inside)
    if not isinstance(document, dict):
        return
    here = (_name(document) if named else "") or inside
    for name, value in document.items():
        if (name in SECRET_FIELDS or name.endswith(PRIVATE_KEY)) and _holds_text(value):
            yield f"{here}: {name}" if here else name
        else:
            yield from secret_places(value, here, named=name != CONFIG)


def _name(document: dict[str, Any]) -> str:
    for field, word in _NAMES:
        found = document.get(field)
        if isinstance(found, str) and found:
            return f"{word} {found[:80]}".strip()
    return ""


def _holds_text(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and text.strip(MASK) != "" for text in texts)
