"""A small connector that reads a list in memory, so that the queue can be tested without any system."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

from ztassess.connectors import registry
from ztassess.connectors.contract import (
    Connector,
    FieldKind,
    FormField,
    Preflight,
    PreflightRow,
    ReadContext,
    UploadFormat,
)
from ztassess.connectors.errors import InputInvalid
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, failed, not_applicable, not_checked, passed
from ztassess.scans.models import Connection, Schedule
from ztassess.scans.services.connections import connection_create


@dataclass(frozen=True, slots=True)
class DoorSnapshot:
    taken_at: datetime
    doors: tuple[tuple[str, bool], ...] | Unavailable


@dataclass
class Building:
    """What the connector reads; tests change it between scans."""

    doors: tuple[tuple[str, bool], ...] | Unavailable = (("front", True), ("back", False))
    before_read: list[Callable[[ReadContext], None]] = field(default_factory=list)
    refused: str = ""
    seen_secrets: list[dict[str, str]] = field(default_factory=list)


def make_connector(building: Building) -> Connector:  # noqa: C901  a connector in one function
    checks: Checks[DoorSnapshot] = Checks("doors")

    @checks.check(
        "doors.all_locked",
        title="Every door is locked",
        verifies=(Verifies("identity.inventory", 2),),
        severity=Severity.HIGH,
        parts=("doors",),
    )
    def all_locked(snapshot: DoorSnapshot):
        if isinstance(snapshot.doors, Unavailable):
            yield not_checked("building", snapshot.doors)
            return
        if not snapshot.doors:
            yield not_applicable("building", "There are no doors.")
            return
        bad = [name for name, locked in snapshot.doors if not locked]
        for name in bad:
            yield failed(name, f"The {name} door is open.", seen=len(snapshot.doors))
        if not bad:
            yield passed("building", "All doors are locked.", seen=len(snapshot.doors))

    def collect(context: ReadContext) -> DoorSnapshot:
        building.seen_secrets.append(dict(context.secrets))
        for hook in building.before_read:
            hook(context)
        if not isinstance(building.doors, Unavailable):
            context.progress("doors", len(building.doors))
        return DoorSnapshot(context.now, building.doors)

    def preflight(context: ReadContext) -> Preflight:
        return Preflight("the janitor", (PreflightRow("doors", allowed=True),), refused=building.refused)

    def parse_upload(files: Any, context: ReadContext) -> DoorSnapshot:
        if any(not file.content.startswith(b"doors:") for file in files):
            raise InputInvalid("This is not a list of doors; nothing was judged from it.")
        names = files[0].content.decode().removeprefix("doors:").split()
        return DoorSnapshot(context.now, tuple((name, True) for name in names))

    return Connector(
        slug="doors",
        title="Doors",
        summary="Reads which doors are locked.",
        fields=(
            FormField("address", "Address", FieldKind.HOST, required=True, binds_target=True),
            FormField("key", "Key", secret=True, required=True),
        ),
        grants=(),
        checks=checks,
        collect=collect,
        preflight=preflight,
        uploads=(UploadFormat("list", "List of doors", "ls doors", (".txt",)),),
        parse_upload=parse_upload,
    )


@pytest.fixture
def building(monkeypatch) -> Iterator[Building]:
    """The registry holds the door connector alone."""
    from ztassess.assessments import selectors

    state = Building()
    module = ModuleType("ztassess.connectors.doors")
    module.CONNECTOR = make_connector(state)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ztassess.connectors.doors", module)
    monkeypatch.setattr(registry, "CONNECTORS", ("doors",))
    caches = (registry.connector, selectors.checks_by_id, selectors.checks_by_control)
    for cached in caches:
        cached.cache_clear()
    yield state
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def bells(monkeypatch) -> list[tuple[Any, Any]]:
    """Bells are counted, not rung: no broker is needed to test the queue of record."""
    from ztassess.scans import bell

    rung: list[tuple[Any, Any]] = []

    def ring_task(task: str, organization_id: Any, row_id: Any) -> bool:
        rung.append((organization_id, row_id))
        return True

    monkeypatch.setattr(bell, "ring_task", ring_task)
    return rung


@pytest.fixture
def connection(building, in_scope, owner) -> Connection:
    """A tested connection with its secret stored."""
    made = connection_create(
        organization=in_scope,
        connector=registry.connector("doors"),
        name="Our doors",
        entered={"address": "doors.example.com"},
        secrets={"key": "a-very-secret-key-1234"},
        actor=owner,
    )
    made.preflight = {"identity": "the janitor", "rows": [], "warnings": [], "refused": ""}
    made.save(update_fields=["preflight"])
    return made


@pytest.fixture
def schedule(connection) -> Schedule:
    return Schedule.objects.get(connection=connection)
