"""Owns the clients of the firm: who they are, what is true of them, and what happened in a few weeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from ztassess.assessments.models import Answer
from ztassess.assessments.models_evidence import Artifact, ArtifactKind, Decision
from ztassess.assessments.services_evidence import Filed, artifact_file, artifact_review
from ztassess.assessments.services_exceptions import exception_decide, exception_request
from ztassess.demo.book.systems import Names, cloud, database, tools, users
from ztassess.demo.systems.base import System
from ztassess.demo.telling import Teller

LEAD, SECOND = "lead", "second"
SCHEDULED = 168, 5 * 60 + 20
HEALTH, FINTECH = "Health", "Fintech"
Act = Callable[[Teller], None]


@dataclass(frozen=True, slots=True)
class Client:
    """One client of the firm.

    Attributes:
        people: how many work there; only a few of them stand in its systems.
        since: days ago it began here.
        told: (days before the present one, time of day in UTC, what happened), in order.
        group, note: the consultant's own; meets: the next meeting as days ahead and hour, None for none.
    """

    names: Names
    people: int
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


def _said(who: str, **levels: Mapping[str, int]) -> Act:
    """Somebody answers many questions in one sitting: by stage, control by level."""
    said = {
        f"{stage.replace('_', '-')}.{control}": (level, "")
        for stage, of in levels.items()
        for control, level in of.items()
    }
    return lambda told: told.claims(who, said)


def _connected(who: str, slug: str) -> Act:
    every_hours, minute = SCHEDULED
    return lambda told: told.connect(who, slug, every_hours=every_hours, minute=minute)


def _uploaded(who: str, slug: str, **state: Any) -> Act:
    """Somebody uploads an export; the first one makes the connection."""

    def act(told: Teller) -> None:
        told.change(slug, **state)
        if slug not in told.connections:
            _connected(who, slug)(told)
            told.clock.later(minutes=3)
        told.upload(who, slug)

    return act


def _database(who: str, **state: Any) -> Act:
    """Somebody connects the database server; its first scan follows at once."""

    def act(told: Teller) -> None:
        told.change("postgres", **state)
        _connected(who, "postgres")(told)

    return act


def _refused(slug: str, sentence: str) -> Act:
    """A system takes our credential no more, and the next scan says so."""

    def act(told: Teller) -> None:
        told.break_credential(slug, "auth_failed", sentence)
        told.scan(SECOND, slug)

    return act


def _attested(control: str, title: str, content: str) -> Act:
    """Somebody files what no connector sees; a second person accepts it."""

    def act(told: Teller) -> None:
        filed = Filed(
            name="note.txt", content=content.encode(), expires_on=told.clock.now().date() + timedelta(days=90)
        )
        artifact_file(
            organization=told.organization,
            control_id=control,
            kind=ArtifactKind.FILE,
            title=title,
            filed=filed,
            actor=told.people[SECOND],
        )
        told.clock.later(hours=2)
        artifact_review(
            artifact=Artifact.objects.get(organization=told.organization, control_id=control),
            number=1,
            level=Answer.objects.get(organization=told.organization, control_id=control).level,
            decision=Decision.ACCEPTED,
            comment="Read and compared with what I know.",
            actor=told.people[LEAD],
        )

    return act


def _excepted(name: str, days: int) -> Act:
    """An exception for one person that ends soon."""

    def act(told: Teller) -> None:
        row = exception_request(
            organization=told.organization,
            control_id="mfa.all-humans",
            object=name,
            check_id="google_workspace.two_step_enforced_users",
            reason="Waits for a hardware key; phones stay out of the treatment rooms.",
            compensating="Signs in at one shared desk only, and Friday's list of sign-ins is read.",
            last_day=told.clock.now().date() + timedelta(days=days),
            actor=told.people[SECOND],
        )
        told.clock.later(minutes=30)
        exception_decide(row=row, approve=True, note="Until the key is here.", actor=told.people[LEAD])

    return act


CLINIC: Final = Names(
    "clearwater",
    "Clearwater Clinics",
    ("Ines Caldwell", "Jonah Reyes", "Beth Oyelaran", "Carl Nyberg", "Dora Vance", "Emil Sato", "Faye Brandt"),
    "Gus Moreau",
    "210000000017",
)
PAYROLL: Final = Names(
    "pinebox",
    "Pinebox Payroll",
    ("Hanna Weiss", "Ivo Marsh", "June Adler", "Kofi Mensah"),
    "Lars Dietz",
    "210000000025",
)
PRESS: Final = Names(
    "quillmark",
    "Quillmark Press",
    ("Maya Torres", "Nils Berger", "Oona Kelly", "Pavel Novak", "Quinn Harper"),
    "Rosa Lind",
    "210000000033",
)
DENTAL: Final = Names(
    "tallowdental",
    "Tallow Dental",
    ("Sana Iqbal", "Theo Grant", "Uma Krishnan", "Viktor Hale", "Wren Abbott"),
    "Xavier Poole",
    "210000000041",
)
FREIGHT: Final = Names(
    "beaconfreight",
    "Beacon Freight",
    ("Yara Haddad", "Zane Whitfield", "Alma Ruiz", "Boris Klein", "Cleo Martin", "Dinesh Anand"),
    "Edda Frost",
    "210000000058",
)
STUDIO: Final = Names("junipersound", "Juniper Sound", ("Femi Cole", "Greta Holm"), "Hugo Bell", "210000000066")

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
        people=34,
        since=46,
        facts=IN_CLOUD,
        systems=(users(CLINIC), cloud(CLINIC)),
        told=(
            (45, "09:10", _said(LEAD, **ADVANCED_PEOPLE, device={"inventory": 1, "lost-device": 1})),
            (
                44,
                "13:00",
                _said(
                    SECOND,
                    least_privilege={"no-wildcard-iam": 2, "environment-separation": 2, "db-user-per-service": 1},
                    credentials={"no-static-cloud-keys": 2, "secrets-manager": 2},
                    perimeter={"default-deny-firewall": 2, "private-datastores": 2},
                ),
            ),
            (30, "10:20", _uploaded(SECOND, "google_workspace", lax=("Carl Nyberg", "Emil Sato"), lingering=True)),
            (16, "14:05", _uploaded(SECOND, "aws")),
            (
                8,
                "11:20",
                _said(LEAD, mfa={"recovery": 2, "phishing-resistant": 1}, proxy={"inventory": 1, "admin-paths": 2}),
            ),
            (6, "09:40", _uploaded(SECOND, "google_workspace", lax=("Emil Sato",), lingering=False)),
        ),
        group=HEALTH,
        meets=(1, 9),
        note="Ask Jonah for the plan to end the access keys. Ines wants one page for the board.",
    ),
    Client(
        PAYROLL,
        people=9,
        since=47,
        facts=PLAIN,
        systems=(users(PAYROLL),),
        told=(
            (46, "10:00", _said(LEAD, identity={"inventory": 1, "single-idp": 2}, mfa={"admins": 1})),
            (40, "11:30", _uploaded(SECOND, "google_workspace")),
            (27, "15:20", _said(SECOND, mfa={"all-humans": 2}, credentials={"no-secrets-in-code": 1})),
        ),
        group=FINTECH,
        note="Nobody answered since the audit season began. Call Hanna.",
    ),
    Client(
        PRESS,
        people=15,
        since=40,
        facts=IN_CLOUD,
        systems=(users(PRESS), database(PRESS)),
        told=(
            (
                39,
                "08:50",
                _said(LEAD, identity={"inventory": 1, "single-idp": 2, "offboarding": 1}, mfa={"all-humans": 2}),
            ),
            (32, "10:15", _uploaded(SECOND, "google_workspace")),
            (25, "13:35", _database(SECOND, api_owns=False)),
            (11, "16:00", _said(SECOND, least_privilege={"db-user-per-service": 1, "grant-inventory": 2})),
            (5, "10:45", _uploaded(SECOND, "google_workspace")),
            (
                4,
                "11:10",
                _said(
                    LEAD,
                    credentials={"secrets-manager": 2, "human-sessions": 1},
                    device={"inventory": 1},
                    perimeter=PRESS_EDGE,
                ),
            ),
            (1, "08:05", _refused("postgres", "Password refused for zt_auditor.")),
        ),
        meets=(12, 13),
    ),
    Client(
        DENTAL,
        people=11,
        since=37,
        facts=PLAIN,
        systems=(users(DENTAL),),
        told=(
            (36, "09:00", _said(LEAD, **ADVANCED_PEOPLE)),
            (35, "09:30", _uploaded(SECOND, "google_workspace", lax=("Viktor Hale",))),
            (34, "12:00", _excepted(DENTAL.address("Viktor Hale"), 43)),
            (26, "09:15", _uploaded(SECOND, "google_workspace")),
            (
                18,
                "15:45",
                _said(SECOND, device={"inventory": 1, "managed-baseline": 1}, credentials={"human-sessions": 1}),
            ),
            (6, "09:25", _uploaded(SECOND, "google_workspace")),
            (
                5,
                "10:30",
                _said(
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
        people=22,
        since=45,
        facts={**IN_CLOUD, "n_internal_tools": 5, "has_internal_tools": True},
        systems=(users(FREIGHT), cloud(FREIGHT), database(FREIGHT), tools(FREIGHT)),
        told=(
            (44, "09:15", _said(LEAD, **FREIGHT_PEOPLE)),
            (43, "10:40", _uploaded(SECOND, "google_workspace")),
            (36, "13:20", _said(SECOND, **FREIGHT_SYSTEMS)),
            (24, "11:00", _uploaded(SECOND, "aws", **TIDY)),
            (18, "09:20", _attested("mesh.service-map", "Who calls whom", "web,orders\norders,billing\n")),
            (8, "09:50", _database(SECOND, **TIDY_DATABASE)),
            (
                7,
                "09:30",
                _attested("device.lost-device", "What we do about a lost laptop", "Lock, wipe, rotate; drill in May."),
            ),
            (5, "14:30", _uploaded(SECOND, "http_probe", strangers=(), own_pages=(), direct=(), trusting=())),
            (4, "10:05", _uploaded(SECOND, "google_workspace")),
            (3, "15:10", _uploaded(SECOND, "aws")),
        ),
        meets=(20, 10),
        note="At the 80/20. Next: quarterly review instead of weekly calls.",
    ),
    Client(
        STUDIO, people=4, since=2, facts=PLAIN, group=FINTECH, meets=(3, 15), note="Came through Pinebox. First call."
    ),
)
