"""Owns the doors that IAP keeps: every binding that lets somebody through one, wherever it was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.google_iap.iap_names import iap_path
from ztassess.connectors.google_iap.judging import by_resource
from ztassess.connectors.google_iap.members import ACCESSOR
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_access import Binding, ResourcePolicy
from ztassess.connectors.google_iap.snapshot_resources import Backend, RunService
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable

NOT_READ: Final = "its IAP policy was not read"


@dataclass(frozen=True, slots=True)
class Way:
    """One binding that counts at a door. ``resource``: where it was made."""

    resource: str
    binding: Binding
    on_iap: bool

    @property
    def lets_in(self) -> bool:
        """It gives the role that IAP asks for. A custom role may, so it counts where it was given on IAP itself."""
        role = self.binding.role
        return role == ACCESSOR or (self.on_iap and not role.startswith("roles/"))


@dataclass(frozen=True, slots=True)
class Door:
    """One backend or Cloud Run service with IAP on.

    Attributes:
        id: name of its IAP resource, or of itself where its project was not read.
        read: its own policy was read.
    """

    id: str
    name: str
    thing: Backend | RunService
    ways: tuple[Way, ...]
    read: bool

    @property
    def accessors(self) -> tuple[Way, ...]:
        """The ways through it."""
        return tuple(way for way in self.ways if way.lets_in)


def doors(snapshot: CloudSnapshot) -> list[Door]:
    """Every door, as far as it was read."""
    projects = {project.id: project for project in rows_read(snapshot.projects)}
    own = by_resource(rows_read(snapshot.iap_policies))
    found = []
    for thing in guarded(snapshot):
        project = projects.get(thing.project)
        name = thing.short if isinstance(thing, RunService) else thing.name
        id_ = iap_path(project, thing) if project else name
        paths = (
            []
            if project is None
            else [
                id_,
                iap_path(project, thing, service=False),
                iap_path(project, None),
            ]
        )
        ways = [way for path in paths if path in own for way in _ways(own[path], on_iap=True)]
        for part in (snapshot.policies, snapshot.ancestors):
            for policy in rows_read(part):
                if policy.project == thing.project:
                    ways += _ways(policy, on_iap=False)
        found.append(Door(id_, name, thing, tuple(ways), id_ in own))
    return found


def guarded(snapshot: CloudSnapshot) -> list[Backend | RunService]:
    """Everything with IAP on."""
    things: list[Backend | RunService] = [*rows_read(snapshot.backends), *rows_read(snapshot.run_services)]
    return [thing for thing in things if thing.iap]


def _ways(policy: ResourcePolicy, *, on_iap: bool) -> Iterator[Way]:
    for binding in policy.bindings:
        yield Way(policy.resource, binding, on_iap)


def parts_of_doors(snapshot: CloudSnapshot) -> tuple[Part[object], ...]:
    """Everything that must be whole before a door counts as closed."""
    return (
        snapshot.projects,
        snapshot.backends,
        snapshot.run_services,
        snapshot.iap_policies,
        snapshot.policies,
        snapshot.ancestors,
    )


def unread_door(door: Door, snapshot: CloudSnapshot) -> Unavailable | None:
    """Why the policy of a door is not known; None if it is."""
    if door.read:
        return None
    part = snapshot.iap_policies
    if isinstance(part, Unavailable):
        return part
    return Unavailable("partial_data", detail=f"{door.name}: {NOT_READ}.")
