"""Owns the facts of an organization: what is true of the company. None means nobody knows yet."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of one company. Every field may be unknown (None; an empty tuple means "known to be none").

    Attributes:
        n_people: head-count, people including contractors.
        n_services: separately deployed services.
        n_sensitive_paths: call paths that carry payments or personal data.
        n_trust_zones: network or account zones that should not trust each other.
        n_platform_people: people who can be on call for a mesh.
        n_languages: programming languages of the services.
        n_internal_tools: internal web tools (admin panels, dashboards).
        identity_providers, clouds, databases, ci: vendor slugs, such as ``okta``, ``aws``, ``postgres``, ``github``.
        mtls_mandate: a customer or regulator demands mutual TLS.
    """

    n_people: int | None = None
    n_services: int | None = None
    n_sensitive_paths: int | None = None
    n_trust_zones: int | None = None
    n_platform_people: int | None = None
    n_languages: int | None = None
    n_internal_tools: int | None = None
    has_internal_tools: bool | None = None
    has_vpn: bool | None = None
    has_private_network: bool | None = None
    has_database: bool | None = None
    has_ci: bool | None = None
    uses_kubernetes: bool | None = None
    mtls_mandate: bool | None = None
    identity_providers: tuple[str, ...] | None = None
    clouds: tuple[str, ...] | None = None
    databases: tuple[str, ...] | None = None
    ci: tuple[str, ...] | None = None


FACT_NAMES = tuple(field.name for field in fields(Facts))


def merge_facts(declared: Facts, observed: Facts) -> Facts:
    """What is true of the company: a fact that a connector observed beats the one that people declared."""
    seen = {name: getattr(observed, name) for name in FACT_NAMES if getattr(observed, name) is not None}
    return replace(declared, **seen)
