"""Owns the roles of engines and sign-in methods: where each kind keeps them, and what of a role is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.vault.snapshot import AppRole, CertificateRole, CloudRole, DatabaseRole, SignInRole
from ztassess.domain.moments import in_utc

ENGINES: Final[dict[str, dict[str, str]]] = {
    "database": {"roles": "roles"},
    "aws": {"roles": "roles"},
    "gcp": {
        "rolesets": "roleset",
        "static-accounts": "static-account",
        "impersonated-accounts": "impersonated-account",
    },
    "azure": {"roles": "roles"},
    "pki": {"roles": "roles"},
    "ssh": {"roles": "roles"},
}
"""Engines that issue secrets: the collections they list roles in, and where one role of each is read."""

NEWER_COLLECTIONS: Final = ("static-accounts", "impersonated-accounts")
"""Older versions of an engine do not have these; that they are unknown there means that there are none."""

STATIC_ENGINES: Final = ("database", "aws")
STATIC_ROLES: Final = "static-roles"

SIGN_IN_ROLES: Final = ("approle", "jwt", "oidc", "kubernetes", "azure", "aws", "gcp", "alicloud")
"""Methods whose roles stand below ``role``."""


def database_role(mount: str, name: str, data: Row) -> DatabaseRole:
    """What a database role issues ("Read role" of the database engine); its statements are not kept."""
    return DatabaseRole(mount, name, data.text("db_name"), data.number("default_ttl"), data.number("max_ttl"))


def cloud_role(mount: str, engine: str, name: str, collection: str, data: Row) -> CloudRole:
    """What a role of a cloud engine issues.

    AWS joins several kinds of credentials by commas. Google Cloud names one; impersonated accounts only have tokens.
    Azure's roles always issue a client secret.
    """
    if engine == "aws":
        kinds = tuple(kind.strip() for kind in data.text("credential_type").split(",") if kind.strip())
        return CloudRole(mount, engine, name, kinds, data.number("max_sts_ttl", 0))
    if engine == "gcp":
        known = "access_token" if collection == "impersonated-accounts" else data.text("secret_type")
        return CloudRole(mount, engine, name, (known,))
    return CloudRole(mount, engine, name, ("client_secret",))


def certificate_role(mount: str, name: str, data: Row) -> CertificateRole:
    """What a certificate role may sign ("Read role" of the PKI engine).

    A pattern that covers every domain is the same as `allow_any_name`.
    """
    everything = data.flag("allow_glob_domains", absent=False) and any(
        domain.strip("*.") == "" for domain in data.texts("allowed_domains", ())
    )
    end = data.text("not_after", "")
    return CertificateRole(
        mount, name, data.flag("allow_any_name") or everything, data.number("max_ttl"), _moment(end) if end else None
    )


def _moment(text: str) -> datetime:
    """A fixed end; years beyond those of Python (``9999-12-31T23:59:59Z`` fits) do not occur."""
    try:
        return in_utc(text)
    except ValueError as problem:
        raise BadAnswer("CertificateRole.not_after is not a point in time.") from problem


def sign_in_role(mount: str, method: str, name: str, data: Row) -> SignInRole:
    """The policies a role attaches; older versions call them `policies`."""
    policies = (*data.texts("token_policies", ()), *data.texts("policies", ()))
    if not data.has("token_policies") and not data.has("policies"):
        raise BadAnswer("A sign-in role came without its policies.")
    return SignInRole(mount, method, name, tuple(dict.fromkeys(policies)), data.number("token_max_ttl", 0))


def app_role(mount: str, name: str, data: Row) -> AppRole:
    """What ends the secret of an AppRole ("Read AppRole")."""
    return AppRole(
        mount,
        name,
        data.number("secret_id_ttl"),
        data.number("secret_id_num_uses"),
        data.number("token_max_ttl", 0),
        data.flag("bind_secret_id", absent=True),
    )
