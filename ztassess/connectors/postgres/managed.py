"""Owns what managed services add to every PostgreSQL: the vendor's own roles and databases, closed to customers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ManagedService:
    """One vendor's service.

    Attributes:
        marker: a role that only this service creates.
        roles: the vendor's own roles, which no customer can change.
        databases: the vendor's own databases, which no customer may connect to.
        iam_roles: members sign in with short-lived tokens of the vendor's identity service.
        force_tls: the setting that, when on, makes the server refuse plain connections.
    """

    title: str
    marker: str
    roles: frozenset[str]
    databases: frozenset[str]
    iam_roles: frozenset[str]
    force_tls: str = ""


SERVICES: Final = (
    ManagedService(
        "Amazon RDS",
        "rds_superuser",
        frozenset({"rdsadmin", "rdsrepladmin", "rds_superuser", "rds_replication", "rdstopmgr", "rdswriteforwarduser"}),
        frozenset({"rdsadmin"}),
        frozenset({"rds_iam"}),
        "rds.force_ssl",
    ),
    ManagedService(
        "Google Cloud SQL",
        "cloudsqlsuperuser",
        frozenset(
            {"cloudsqladmin", "cloudsqlagent", "cloudsqlreplica", "cloudsqlimportexport", "cloudsqlobservability"}
        ),
        frozenset({"cloudsqladmin"}),
        frozenset({"cloudsqliamuser", "cloudsqliamserviceaccount", "cloudsqliamgroupserviceaccount"}),
    ),
    ManagedService(
        "Azure Database for PostgreSQL",
        "azure_pg_admin",
        frozenset({"azuresu", "azure_pg_admin", "replication"}),
        frozenset({"azure_maintenance", "azure_sys"}),
        frozenset(),
        "require_secure_transport",
    ),
)
"""From the vendors' documentation of their predefined roles."""


def managed_service(roles: Collection[str]) -> ManagedService | None:
    """Whose service this is, by its marker role; None if it is the customer's own server."""
    return next((service for service in SERVICES if service.marker in roles), None)
