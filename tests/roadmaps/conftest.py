"""A sprint over doors: the connector proves and refutes three controls, so that a scan closes and reopens tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from types import ModuleType

import pytest
from django.utils import timezone

from ztassess.assessments import selectors
from ztassess.assessments.selectors import read_organization
from ztassess.connectors import registry
from ztassess.connectors.contract import Connector, FieldKind, FormField, Preflight, PreflightRow
from ztassess.connectors.runner import judge
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, failed, passed
from ztassess.domain.teams import TeamMember
from ztassess.organizations.models import Organization
from ztassess.roadmaps.models import RoadmapTask, Sprint
from ztassess.roadmaps.proposing import Choice, propose
from ztassess.roadmaps.selectors import tasks_of
from ztassess.roadmaps.services.sprints import sprint_start
from ztassess.scans.models import Connection, Scan, ScanState
from ztassess.scans.services.connections import connection_create
from ztassess.scans.services.results import result_store

CONTROLS = ("identity.inventory", "mfa.admins", "least-privilege.ci-scopes")


@dataclass(frozen=True, slots=True)
class DoorSnapshot:
    taken_at: datetime
    locked: dict[str, bool]


@dataclass
class Doors:
    """Which controls a scan finds in order."""

    locked: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(CONTROLS, False))


def door_connector(doors: Doors) -> Connector:
    checks: Checks[DoorSnapshot] = Checks("doors")

    def add(control: str) -> None:
        @checks.check(
            f"doors.{control.replace('.', '_').replace('-', '_')}",
            title=f"{control} is locked",
            verifies=(Verifies(control, 2),),
            severity=Severity.HIGH,
            parts=("doors",),
        )
        def rule(snapshot: DoorSnapshot):
            if snapshot.locked[control]:
                yield passed("door", f"The door of {control} is locked.", seen=1)
            else:
                yield failed("door", f"The door of {control} stands open.", seen=1)

    for control in CONTROLS:
        add(control)
    return Connector(
        slug="doors",
        title="Doors",
        summary="Reads which doors are locked.",
        fields=(FormField("address", "Address", FieldKind.HOST, required=True, binds_target=True),),
        grants=(),
        checks=checks,
        collect=lambda context: DoorSnapshot(context.now, dict(doors.locked)),
        preflight=lambda context: Preflight("the janitor", (PreflightRow("doors", allowed=True),)),
    )


@pytest.fixture
def doors(monkeypatch) -> Iterator[Doors]:
    """The registry holds the doors alone."""
    state = Doors()
    module = ModuleType("ztassess.connectors.doors")
    module.CONNECTOR = door_connector(state)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ztassess.connectors.doors", module)
    monkeypatch.setattr(registry, "CONNECTORS", ("doors",))
    caches = (registry.connector, selectors.checks_by_id, selectors.checks_by_control)
    for cached in caches:
        cached.cache_clear()
    yield state
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def today(monkeypatch) -> Callable[[str], date]:
    """Say which day it is: `today("2026-11-23")`."""
    real = timezone.now

    def set_day(text: str) -> date:
        moment = datetime.fromisoformat(f"{text}T10:00:00+00:00")
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment.date()

    yield set_day
    assert real is not None


@pytest.fixture
def connection(doors, in_scope, owner) -> Connection:
    return connection_create(
        organization=in_scope,
        connector=registry.connector("doors"),
        name="Our doors",
        entered={"address": "doors.example.com"},
        secrets={},
        actor=owner,
    )


@pytest.fixture
def scan(connection, doors) -> Callable[..., Scan]:
    """Store a scan of the doors as the worker does: in one transaction with all that follows from it."""
    from django.db import transaction

    def run(**locked: bool) -> Scan:
        for name, is_locked in locked.items():
            doors.locked[next(control for control in CONTROLS if name in control)] = is_locked
        now = timezone.now()
        number = Scan.objects.filter(connection=connection).count() + 1
        made = Scan.objects.create(
            organization=connection.organization,
            connection=connection,
            number=number,
            state=ScanState.RUNNING,
            started_at=now,
            worker="w",
            fence=1,
        )
        context_now = now.replace(microsecond=0)
        reading = judge(connection.connector, DoorSnapshot(context_now, dict(doors.locked)))
        with transaction.atomic():
            result_store(made, reading, requests=1)
        return made

    return run


def choice(*people: object, start: str = "2026-11-23", days: int = 10, hours: float = 15.0) -> Choice:
    team = tuple(TeamMember(str(person.pk), hours) for person in people)  # type: ignore[attr-defined]
    return Choice(date.fromisoformat(start), days, (0, 1, 2, 3, 4), team)


def begin(organization: Organization, chosen: Choice, actor: object) -> Sprint:
    """Look at a plan and start it."""
    proposal = propose(read_organization(organization).assessment, chosen, today=timezone.localdate())
    return sprint_start(organization=organization, choice=chosen, seen=proposal.mark, actor=actor)  # type: ignore[arg-type]


@pytest.fixture
def sprint(connection, owner, today) -> Sprint:
    """A running sprint with everything in it, begun on a Monday."""
    today("2026-11-23")
    return begin(connection.organization, choice(owner), owner)


@pytest.fixture
def tasks(sprint) -> Callable[[], dict[str, RoadmapTask]]:
    """The tasks by control, as they are now."""
    return lambda: {task.control_id: task for task in tasks_of(sprint)}


@pytest.fixture
def as_owner(client, owner, organization):
    client.force_login(owner)
    return client


@pytest.fixture
def home(organization) -> str:
    return f"/o/{organization.slug}/"
