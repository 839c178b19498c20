"""Owns the list of connectors. Adding one is a folder and one line here; it is imported when first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ztassess.connectors.contract import Connector

# In the order of the gallery: who people are, how they come in, what calls what, what they may, their devices.
CONNECTORS = (
    "google_workspace",
    "entra",
    "okta",
    "keycloak",
    "auth0",
    "jumpcloud",
    "oidc",
    "github",
    "cloudflare",
    "tailscale",
    "google_iap",
    "http_probe",
    "kubernetes",
    "tls_probe",
    "aws",
    "postgres",
    "mysql",
    "vault",
    "fleet",
    "jamf",
    "kandji",
    "scim",
    "leavers",
    "across",
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
