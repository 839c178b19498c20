"""Owns the rows about who may do what: projects, policies and their bindings, accounts, keys, entitlements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Project:
    """One project that could be read.

    Attributes:
        id: as entered, such as ``acme-prod``.
        number: the project number, digits.
        parent: ``folders/N`` or ``organizations/N``; empty for a project of no organization.
    """

    id: str
    number: str
    parent: str


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding of an allow policy.

    Attributes:
        members: such as ``user:a@example.com``, as Google writes them.
        condition: the expression in CEL; empty for a binding that always holds.
    """

    role: str
    members: tuple[str, ...]
    condition: str = ""


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The allow policy of one resource.

    Attributes:
        resource: ``projects/acme-prod``, ``folders/12``, ``organizations/34``, or the path of an IAP resource.
        project: id of the listed project that it belongs to, or that inherits it.
    """

    resource: str
    project: str
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class ProjectGrants:
    """All allow policies inside one project, from Cloud Asset Inventory.

    Attributes:
        policies: one for each resource that has bindings.
    """

    project: str
    policies: tuple[ResourcePolicy, ...]


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """One service account. Google leaves ``disabled`` out where it is false."""

    project: str
    email: str
    unique_id: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """One key that a person made. Its body never comes with the list.

    Attributes:
        id: the last part of its name.
        valid_from: when it was made.
        valid_until: None for a key that never ends.
    """

    project: str
    account: str
    id: str
    valid_from: datetime | None
    valid_until: datetime | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What may be requested for a while (Privileged Access Manager).

    Attributes:
        roles: what a grant gives.
        approvals: how many people have to agree at the least, over all steps; 0 if nobody has to.
        available: it can be requested now.
    """

    project: str
    name: str
    roles: tuple[str, ...]
    approvals: int
    available: bool


@dataclass(frozen=True, slots=True)
class OrgPolicy:
    """The effective organization policy of one constraint on one project.

    Attributes:
        constraint: such as ``sql.restrictPublicIp``.
        enforced: without any condition; dry runs do not count.
    """

    project: str
    constraint: str
    enforced: bool


@dataclass(frozen=True, slots=True)
class LevelCondition:
    """One condition of a basic level.

    Attributes:
        device: names of the demands on the device that are on, such as ``requireScreenlock``.
        levels: names of levels that must hold too.
        networks: it names address ranges or networks.
        negated: it holds where its contents do not.
    """

    device: tuple[str, ...]
    levels: tuple[str, ...]
    networks: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class AccessLevel:
    """One access level.

    Attributes:
        name: ``accessPolicies/1/accessLevels/managed``.
        any_of: one of the conditions is enough; else all of them must hold.
        conditions: empty for a custom level.
        expression: of a custom level; empty for a basic one.
    """

    name: str
    any_of: bool
    conditions: tuple[LevelCondition, ...]
    expression: str = ""
