"""An organization with open findings of known ages, in rows: what counts is how they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ztassess.common.models import organization_scope
from ztassess.scans.models import Connection, Finding, Scan, ScanState, StandingResult

# Checks of real connectors: about MFA, about the proxy, and about two stages at once (credentials, least privilege).
MFA = "google_workspace.two_step_enforced_users"
PROXY = "aws.origins_accept_proxy_only"
BOTH = "aws.database_iam_authentication"


@pytest.fixture
def as_owner(client, owner, organization):
    client.force_login(owner)
    return client


@pytest.fixture
def home(organization):
    return f"/o/{organization.slug}/dashboard/"


class Systems:
    """Writes connections, scans and findings as the services store them."""

    def __init__(self, organization: Any) -> None:
        self.organization = organization
        self.numbers: dict[Any, int] = {}

    def connection(self, slug: str, name: str) -> Connection:
        with organization_scope(self.organization):
            return Connection.objects.create(organization=self.organization, connector_slug=slug, name=name)

    def scan(
        self, connection: Connection, failing: dict[str, tuple[str, ...]], *, days: float = 0, **more: Any
    ) -> Scan:
        """A scan so many days ago with its failing resources by check; each check stands by it from then on."""
        at = timezone.now() - timedelta(days=days)
        self.numbers[connection.id] = self.numbers.get(connection.id, 0) + 1
        with organization_scope(self.organization):
            scan = Scan.objects.create(
                organization=self.organization,
                connection=connection,
                number=self.numbers[connection.id],
                state=ScanState.DONE,
                **{"taken_at": at, "started_at": at, "finished_at": at} | more,
            )
            for check, resources in failing.items():
                self._stand(scan, check, "fail" if resources else "pass", at)
                for resource in resources:
                    self.finding(scan, check, resource)
        return scan

    def finding(self, scan: Scan, check: str, resource: str, **more: Any) -> Finding:
        values: dict[str, Any] = {
            "outcome": "fail",
            "severity": "critical" if resource.startswith("root") else "medium",
            "reason": f"{resource} stands open.",
            "seen": 9,
            "taken_at": scan.taken_at,
        }
        with organization_scope(self.organization):
            return Finding.objects.create(
                organization=self.organization,
                scan=scan,
                connection=scan.connection,
                check_id=check,
                resource=resource,
                **values | more,
            )

    def cannot_look(self, connection: Connection, check: str) -> None:
        """A newer scan tried and came to no result."""
        blind = self.scan(connection, {})
        with organization_scope(self.organization):
            StandingResult.objects.filter(connection=connection, check_id=check).update(
                latest_outcome="not_checked", latest_scan=blind, latest_at=blind.taken_at
            )

    def _stand(self, scan: Scan, check: str, outcome: str, at: Any) -> None:
        StandingResult.objects.update_or_create(
            organization=self.organization,
            connection=scan.connection,
            check_id=check,
            defaults={
                "outcome": outcome,
                "taken_at": at,
                "scan": scan,
                "latest_outcome": outcome,
                "latest_at": at,
                "latest_scan": scan,
            },
        )


@pytest.fixture
def systems(organization) -> Systems:
    return Systems(organization)
