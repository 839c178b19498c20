"""Owns the clients of the firm: who they are, what is true of them, and what happened in a few weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ztassess.demo.book.acts import LEAD, SECOND, Act, attested, excepted, refused, said, server_connected, uploaded
from ztassess.demo.book.systems import Names, cloud, database, tools, users
from ztassess.demo.systems.base import System

HEALTH, FINTECH = "Health", "Fintech"


@dataclass(frozen=True, slots=True)
class Client:
    """One client of the firm.

    Attributes:
        since: days ago it began here.
        told: (days before the present one, time of day in UTC, what happened), in order.
        group, note: the consultant's own; meets: the next meeting as days ahead and hour, None for none.
    """

    names: Names
    since: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    systems: tuple[System, ...] = ()
    told: tuple[tuple[int, str, Act], ...] = ()
    group: str = ""
    meets: tuple[int, int] | None = None
    note: str = ""


PLAIN: Final[dict[str, Any]] = {
    **dict.fromkeys(("n_services", "n_sensitive_paths", "n_trust_zones", "n_internal_tools"), 0),
    "n_platform_people": 1,
    "n_languages": 1,
    "uses_kubernetes": False,
    "mtls_mandate": False,
    **dict.fromkeys(("has_internal_tools", "has_vpn", "has_private_network", "has_database", "has_ci"), False),
    "identity_providers": ["google_workspace"],
    **{name: [] for name in ("clouds", "databases", "ci")},
}
IN_CLOUD: Final[dict[str, Any]] = {
    **PLAIN,
    "n_services": 5,
    "n_trust_zones": 1,
    "has_private_network": True,
    "has_database": True,
    "databases": ["postgres"],
    "clouds": ["aws"],
    "has_ci": True,
    "ci": ["github"],
}
TIDY: Final[dict[str, Any]] = {
    "people_keys": (),
    "trail": True,
    **dict.fromkeys(
        (
            *(
                "pipeline_key",
                "pipeline_any_branch",
                "batch_admin",
                "shared_role",
                "leaver_key",
                "root_app",
                "ssh_open",
            ),
            *("tools_open", "balancer_undeclared", "waf_counts", "old_role", "standing_admin", "bucket_shared"),
        ),
        False,
    ),
}
"""An AWS account in which everything was set right."""
TIDY_DATABASE: Final[dict[str, Any]] = {
    "browsing": (),
    **dict.fromkeys(("api_owns", "worker_shares", "public_creates", "reporting_writes"), False),
}


CLINIC: Final = Names(
    "clearwater",
    "Clearwater Clinics",
    ("Ines Caldwell", "Jonah Reyes", "Beth Oyelaran", "Carl Nyberg", "Dora Vance", "Emil Sato", "Faye Brandt"),
    "Gus Moreau",
    "210000000017",
    34,
)
PAYROLL: Final = Names(
    "pinebox",
    "Pinebox Payroll",
    ("Hanna Weiss", "Ivo Marsh", "June Adler", "Kofi Mensah"),
    "Lars Dietz",
    "210000000025",
    9,
)
PRESS: Final = Names(
    "quillmark",
    "Quillmark Press",
    ("Maya Torres", "Nils Berger", "Oona Kelly", "Pavel Novak", "Quinn Harper"),
    "Rosa Lind",
    "210000000033",
    15,
)
DENTAL: Final = Names(
    "tallowdental",
    "Tallow Dental",
    ("Sana Iqbal", "Theo Grant", "Uma Krishnan", "Viktor Hale", "Wren Abbott"),
    "Xavier Poole",
    "210000000041",
    11,
)
FREIGHT: Final = Names(
    "beaconfreight",
    "Beacon Freight",
    ("Yara Haddad", "Zane Whitfield", "Alma Ruiz", "Boris Klein", "Cleo Martin", "Dinesh Anand"),
    "Edda Frost",
    "210000000058",
    22,
)
STUDIO: Final = Names("junipersound", "Juniper Sound", ("Femi Cole", "Greta Holm"), "Hugo Bell", "210000000066", 4)

FREIGHT_PEOPLE: Final = {
    "identity": dict.fromkeys(
        (
            *("inventory", "single-idp", "sso-coverage", "offboarding", "no-shared-accounts", "admin-separation"),
            *("break-glass", "workload-identity", "group-based-access", "logging"),
        ),
        2,
    ),
    "mfa": dict.fromkeys(
        (
            "admins",
            "all-humans",
            "internal-tools",
            "root-and-orphan-accounts",
            "no-bypass",
            "phishing-resistant",
            "recovery",
        ),
        2,
    ),
    "device": dict.fromkeys(("inventory", "managed-baseline", "lost-device", "context-signals"), 2),
}
FREIGHT_SYSTEMS: Final = {
    "proxy": dict.fromkeys(
        ("inventory", "front-internal-apps", "per-request-authz", "admin-paths", "no-direct-origin", "app-policies"), 2
    ),
    "mesh": dict.fromkeys(("service-map", "service-auth"), 2),
    "least_privilege": dict.fromkeys(
        (
            *("grant-inventory", "db-user-per-service", "db-grants-minimal", "human-prod-data", "ci-scopes"),
            *("review-cadence", "just-in-time-admin", "third-party-scopes", "environment-separation"),
        ),
        2,
    )
    | {"no-wildcard-iam": 1},
    "credentials": dict.fromkeys(
        ("no-static-cloud-keys", "secrets-manager", "no-secrets-in-code", "short-access-tokens", "human-sessions"), 2
    ),
    "perimeter": dict.fromkeys(("default-deny-firewall", "waf", "private-datastores"), 2),
}
PRESS_EDGE: Final = {"default-deny-firewall": 2, "private-datastores": 2, "waf": 1}
DENTAL_REVIEWED: Final = {"grant-inventory": 2, "review-cadence": 1, "third-party-scopes": 1}
ADVANCED_PEOPLE: Final = {
    "identity": {"inventory": 2, "single-idp": 2, "sso-coverage": 1, "offboarding": 2, "no-shared-accounts": 2},
    "mfa": {"admins": 2, "all-humans": 2, "no-bypass": 1, "recovery": 1},
}
CLIENTS: Final = (
    Client(
        CLINIC,
        since=46,
        facts=IN_CLOUD,
        systems=(users(CLINIC), cloud(CLINIC)),
        told=(
            (45, "09:10", said(LEAD, **ADVANCED_PEOPLE, device={"inventory": 1, "lost-device": 1})),
            (
                44,
                "13:00",
                said(
                    SECOND,
                    least_privilege={"no-wildcard-iam": 2, "environment-separation": 2, "db-user-per-service": 1},
                    credentials={"no-static-cloud-keys": 2, "secrets-manager": 2},
                    perimeter={"default-deny-firewall": 2, "private-datastores": 2},
                ),
            ),
            (30, "10:20", uploaded(SECOND, "google_workspace", lax=("Carl Nyberg", "Emil Sato"), lingering=True)),
            (16, "14:05", uploaded(SECOND, "aws")),
            (
                8,
                "11:20",
                said(LEAD, mfa={"recovery": 2, "phishing-resistant": 1}, proxy={"inventory": 1, "admin-paths": 2}),
            ),
            (6, "09:40", uploaded(SECOND, "google_workspace", lax=("Emil Sato",), lingering=False)),
        ),
        group=HEALTH,
        meets=(1, 9),
        note="Ask Jonah for the plan to end the access keys. Ines wants one page for the board.",
    ),
    Client(
        PAYROLL,
        since=47,
        facts=PLAIN,
        systems=(users(PAYROLL),),
        told=(
            (46, "10:00", said(LEAD, identity={"inventory": 1, "single-idp": 2}, mfa={"admins": 1})),
            (40, "11:30", uploaded(SECOND, "google_workspace")),
            (27, "15:20", said(SECOND, mfa={"all-humans": 2}, credentials={"no-secrets-in-code": 1})),
        ),
        group=FINTECH,
        note="Nobody answered since the audit season began. Call Hanna.",
    ),
    Client(
        PRESS,
        since=40,
        facts=IN_CLOUD,
        systems=(users(PRESS), database(PRESS)),
        told=(
            (
                39,
                "08:50",
                said(LEAD, identity={"inventory": 1, "single-idp": 2, "offboarding": 1}, mfa={"all-humans": 2}),
            ),
            (32, "10:15", uploaded(SECOND, "google_workspace")),
            (25, "13:35", server_connected(SECOND, api_owns=False)),
            (11, "16:00", said(SECOND, least_privilege={"db-user-per-service": 1, "grant-inventory": 2})),
            (5, "10:45", uploaded(SECOND, "google_workspace")),
            (
                4,
                "11:10",
                said(
                    LEAD,
                    credentials={"secrets-manager": 2, "human-sessions": 1},
                    device={"inventory": 1},
                    perimeter=PRESS_EDGE,
                ),
            ),
            (1, "08:05", refused("postgres", "Password refused for zt_auditor.")),
        ),
        meets=(12, 13),
    ),
    Client(
        DENTAL,
        since=37,
        facts=PLAIN,
        systems=(users(DENTAL),),
        told=(
            (36, "09:00", said(LEAD, **ADVANCED_PEOPLE)),
            (35, "09:30", uploaded(SECOND, "google_workspace", lax=("Viktor Hale",))),
            (34, "12:00", excepted(DENTAL.address("Viktor Hale"), 43)),
            (26, "09:15", uploaded(SECOND, "google_workspace")),
            (
                18,
                "15:45",
                said(SECOND, device={"inventory": 1, "managed-baseline": 1}, credentials={"human-sessions": 1}),
            ),
            (6, "09:25", uploaded(SECOND, "google_workspace")),
            (
                5,
                "10:30",
                said(
                    SECOND,
                    perimeter={"waf": 2, "default-deny-firewall": 2},
                    device={"lost-device": 2},
                    least_privilege=DENTAL_REVIEWED,
                ),
            ),
        ),
        group=HEALTH,
    ),
    Client(
        FREIGHT,
        since=45,
        facts={**IN_CLOUD, "n_internal_tools": 5, "has_internal_tools": True},
        systems=(users(FREIGHT), cloud(FREIGHT), database(FREIGHT), tools(FREIGHT)),
        told=(
            (44, "09:15", said(LEAD, **FREIGHT_PEOPLE)),
            (43, "10:40", uploaded(SECOND, "google_workspace")),
            (36, "13:20", said(SECOND, **FREIGHT_SYSTEMS)),
            (24, "11:00", uploaded(SECOND, "aws", **TIDY)),
            (18, "09:20", attested("mesh.service-map", "Who calls whom", "web,orders\norders,billing\n")),
            (8, "09:50", server_connected(SECOND, **TIDY_DATABASE)),
            (
                7,
                "09:30",
                attested("device.lost-device", "What we do about a lost laptop", "Lock, wipe, rotate; drill in May."),
            ),
            (5, "14:30", uploaded(SECOND, "http_probe", strangers=(), own_pages=(), direct=(), trusting=())),
            (4, "10:05", uploaded(SECOND, "google_workspace")),
            (3, "15:10", uploaded(SECOND, "aws")),
        ),
        meets=(20, 10),
        note="At the 80/20. Next: quarterly review instead of weekly calls.",
    ),
    Client(STUDIO, since=2, facts=PLAIN, group=FINTECH, meets=(3, 15), note="Came through Pinebox. First call."),
)
