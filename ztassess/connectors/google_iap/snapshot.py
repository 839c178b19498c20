"""Owns what one reading of Google Cloud holds, and what people declared beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.connectors.google_iap.snapshot_access import (
    AccessLevel,
    Entitlement,
    OrgPolicy,
    Project,
    ProjectGrants,
    ResourcePolicy,
    ServiceAccount,
    ServiceAccountKey,
)
from ztassess.connectors.google_iap.snapshot_resources import (
    ArmorPolicy,
    Backend,
    Bucket,
    EndpointGroup,
    FirewallRule,
    Instance,
    ProjectLogin,
    Route,
    RunService,
    SqlInstance,
)
from ztassess.domain.findings import Part

PRODUCTION: Final = "production"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class DeclaredProject:
    """One entered project. ``environment`` is `PRODUCTION`, `OTHER`, or empty if nobody said."""

    id: str
    environment: str


@dataclass(frozen=True, slots=True)
class AppAddress:
    """One app and what serves it, where the URL maps cannot tell. ``serves``: a backend or Cloud Run service's name."""

    host: str
    serves: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What people declared. None: nobody has."""

    projects: tuple[DeclaredProject, ...]
    apps: tuple[AppAddress, ...] = ()
    internal_services: tuple[str, ...] = ()
    internal_hosts: tuple[str, ...] | None = None
    sensitive_tools: tuple[str, ...] | None = None
    break_glass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloudSnapshot:
    """All parts. A part over several projects of which one refused is `Unavailable`, with the others' rows in it.

    Attributes:
        scope: how findings name the whole: the organization or the projects.
        policies: of the listed projects themselves.
        ancestors: of the folders and the organization above, once for each listed project below.
        iap_policies: of every IAP resource with IAP on, of its type and of all of IAP in the project.
        run_policies: of every Cloud Run service.
        openings: firewall rules that let traffic in, disabled ones left out.
        policy_openings: the same of network firewall policies.
    """

    taken_at: datetime
    scope: str
    inputs: Inputs
    projects: Part[Project]
    policies: Part[ResourcePolicy]
    ancestors: Part[ResourcePolicy]
    grants: Part[ProjectGrants]
    service_accounts: Part[ServiceAccount]
    keys: Part[ServiceAccountKey]
    entitlements: Part[Entitlement]
    org_policies: Part[OrgPolicy]
    access_levels: Part[AccessLevel]
    backends: Part[Backend]
    routes: Part[Route]
    endpoint_groups: Part[EndpointGroup]
    iap_policies: Part[ResourcePolicy]
    run_services: Part[RunService]
    run_policies: Part[ResourcePolicy]
    instances: Part[Instance]
    project_logins: Part[ProjectLogin]
    openings: Part[FirewallRule]
    policy_openings: Part[FirewallRule]
    armor_policies: Part[ArmorPolicy]
    sql_instances: Part[SqlInstance]
    buckets: Part[Bucket]
