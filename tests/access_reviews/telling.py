"""Readings that tell accounts, stored the way a worker stores them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ztassess.connectors.registry import connector
from ztassess.connectors.runner import Reading
from ztassess.domain.findings import Finding, Outcome, Severity, Unavailable, Verdict
from ztassess.domain.roster import Account, AccountKind, Share
from ztassess.scans.models import Connection, Scan, ScanState, Trigger
from ztassess.scans.services.connections import connection_create
from ztassess.scans.services.results import failure_store, result_store
from ztassess.scans.services.scans import scan_request


def connected(organization, owner, slug: str, name: str) -> Connection:
    return connection_create(
        organization=organization, connector=connector(slug), name=name, entered={}, secrets={}, actor=owner
    )


def running(connection: Connection, trigger: str = Trigger.UPLOAD) -> Scan:
    scan, _ = scan_request(connection=connection, actor=None, trigger=trigger)
    Scan.objects.filter(id=scan.id).update(state=ScanState.RUNNING, started_at=timezone.now())
    scan.refresh_from_db()
    return scan


def tell(connection: Connection, *accounts: Account, authority: bool = False, at: datetime | None = None) -> None:
    """A finished reading that told exactly these accounts."""
    store(connection, Share(tuple(accounts), authority=authority), at)


def tell_nothing(connection: Connection, why: Unavailable, *, authority: bool = False) -> None:
    """A finished reading that could not list the accounts."""
    store(connection, Share(why, authority=authority), None)


def store(connection: Connection, share: Share, at: datetime | None) -> None:
    verdict = Verdict(Outcome.PASS, "all", "Good.")
    finding = Finding("aws.no_admin_roles", Severity.HIGH, at or timezone.now(), verdict)
    with transaction.atomic():
        result_store(running(connection), Reading((), (finding,), (), share), requests=1)


def fail(connection: Connection) -> None:
    """A reading that could not be made at all."""
    with transaction.atomic():
        failure_store(running(connection), code="unreachable", sentence="Nothing answered.")


def person(name: str, **told: Any) -> Account:
    email = f"{name}@x.io"
    return Account(**{"id": name, "name": email, "kind": AccountKind.PERSON, "emails": (email,), "active": True} | told)


def service(name: str, **told: Any) -> Account:
    return Account(**{"id": name, "name": name, "kind": AccountKind.SERVICE, "active": True} | told)
