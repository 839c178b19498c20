"""Owns the invented company: its name, its people, what is true of it."""

from __future__ import annotations

from dataclasses import dataclass

from ztassess.organizations.roles import Role

NAME = "Northwind Ledger"
DOMAIN = "northwind.example"  # RFC 2606: a domain that can never exist
LOGIN = f"demo@{DOMAIN}"
DAYS = 90


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works there.

    Attributes:
        key: the part of the address before the @, also their user name in systems.
        joined: days ago they became a member here; the lead made the organization.
    """

    key: str
    name: str
    role: Role
    joined: int
    email: str


def _person(key: str, name: str, role: Role, joined: int) -> Person:
    return Person(key, name, role, joined, f"{key}@{DOMAIN}")


# The lead is the one person that can sign in: with the address that `up` prints.
LEAD = Person("priya", "Priya Raman", Role.OWNER, DAYS, LOGIN)
PEOPLE = (
    LEAD,
    _person("tom", "Tom Ekberg", Role.ADMIN, 90),
    _person("marcus", "Marcus Bell", Role.ADMIN, 90),
    _person("lena", "Lena Fischer", Role.EDITOR, 90),
    _person("aiko", "Aiko Tanaka", Role.EDITOR, 89),
    _person("diego", "Diego Almeida", Role.EDITOR, 89),
    _person("ruth", "Ruth Okafor", Role.VIEWER, 88),
    _person("samir", "Samir Haddad", Role.VIEWER, 87),
    _person("nora", "Nora Lindqvist", Role.VIEWER, 87),
)
CONTRACTORS = (
    _person("jules", "Jules Moreau", Role.VIEWER, 61),
    _person("kim", "Kim Petersen", Role.VIEWER, 60),
)
EVERYONE = PEOPLE + CONTRACTORS
LEAVER = f"olu@{DOMAIN}"
BREAK_GLASS = f"emergency@{DOMAIN}"

FACTS = {
    "n_people": len(EVERYONE),
    "n_services": 7,
    "n_sensitive_paths": 2,
    "n_trust_zones": 1,
    "n_platform_people": 1,
    "n_languages": 2,
    "n_internal_tools": 5,
    "has_internal_tools": True,
    "has_vpn": True,
    "has_private_network": True,
    "has_database": True,
    "has_ci": True,
    "uses_kubernetes": False,
    "mtls_mandate": False,
    "identity_providers": ["google_workspace"],
    "clouds": ["aws"],
    "databases": ["postgres"],
    "ci": ["github"],
}
DECLARED = {
    "people": [f"{person.key}@{DOMAIN}" for person in EVERYONE],
    "leavers": [LEAVER],
}
SERVICES = ("web", "api", "orders", "billing", "ledger", "reporting", "notify")
TOOLS = ("admin", "grafana", "metabase", "wiki", "jobs")
