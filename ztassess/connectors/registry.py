"""Owns the list of connectors. Adding one is a folder and one line here; it is imported when first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ztassess.connectors.contract import Connector

CONNECTORS = (
    "aws",
    "postgres",
    "http_probe",
    "tls_probe",
    "across",
    "leavers",
    "kubernetes",
    "entra",
    "mysql",
    "okta",
    "keycloak",
    "auth0",
    "google_workspace",
    "tailscale",
    "vault",
    "oidc",
    "cloudflare",
    "scim",
    "github",
    "fleet",
    "jamf",
    "kandji",
    "jumpcloud",
)


@cache
def connector(slug: str) -> Connector:
    """The connector with this slug.

    Raises:
        KeyError: there is no such connector.
    """
    if slug not in CONNECTORS:
        raise KeyError(slug)
    found = import_module(f"ztassess.connectors.{slug}").CONNECTOR
    assert isinstance(found, Connector)  # noqa: S101  a broken folder must fail at once
    return found


def connectors() -> tuple[Connector, ...]:
    """All connectors, in gallery order."""
    return tuple(connector(slug) for slug in CONNECTORS)
