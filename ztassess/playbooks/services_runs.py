"""Owns runs of applying a playbook: asked for as a row, claimed by a worker, one transaction for each client."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.connectors.judging import count
from ztassess.domain.playbooks import Part
from ztassess.organizations.models import Organization
from ztassess.playbooks.errors import ApplyRefused
from ztassess.playbooks.models import ApplyItem, ApplyRun, ItemState, PlaybookVersion, RunState
from ztassess.playbooks.services_apply import client_apply
from ztassess.scans.queue import from_now
from ztassess.scans.ringing import ring_row

log = logging.getLogger(__name__)

TASK = "playbooks.apply"
LEASE = timedelta(seconds=120)
TURN_SECONDS = 20.0
"""After so long a worker hands the rest back to the end of the queue: mail waits in the same one."""
ATTEMPTS = 3
BROKE = "Something broke on our side ({}). Nothing was changed there; try it again."
GAVE_UP = "The worker died three times. Nothing was changed there; try it again."
GONE = "An organization"


class _TurnOver(Exception):
    """Somebody else has the run, or did this client already; what was begun is rolled back."""


def run_ask(
    *,
    version: PlaybookVersion,
    parts: Collection[Part],
    clients: Mapping[UUID, str],
    actor: User,
    factor_shown: bool,
) -> ApplyRun:
    """Ask for a run. The caller rings when the transaction has ended, or works it off.

    Parameters:
        version: with its organization, the firm, in whose scope it runs.
        clients: ids with the names that the person saw.
        factor_shown: the person's session has shown a second factor.
    """
    firm = version.organization
    with transaction.atomic():
        run = ApplyRun.objects.create(
            organization=firm,
            version=version,
            parts=[part.value for part in Part if part in parts],
            by=actor,
            factor_shown=factor_shown,
        )
        ApplyItem.objects.bulk_create(
            ApplyItem(organization=firm, run=run, client=client, name=name or GONE) for client, name in clients.items()
        )
        audit_record(
            organization=firm,
            actor=actor,
            action="playbook.ask_to_apply",
            object=f"playbook:{version.playbook_id}",
            summary=f"{actor} asked to apply the playbook {version} to {count(len(clients), 'client')}",
            after={"clients": list(clients.values()), "parts": [part.words for part in Part if part in parts]},
        )
    assert isinstance(run, ApplyRun)  # noqa: S101  for the type checker: the manager is untyped
    return run


def run_work(firm: Organization, run_id: UUID) -> bool:
    """Do what waits of a run, for one turn; what is left after it is rung anew.

    Returns:
        False if it was not ours to work on.
    """
    with organization_scope(firm):
        run = _claimed(firm, run_id)
        if run is None:
            return False
        until = monotonic() + TURN_SECONDS
        try:
            for item in ApplyItem.objects.filter(run=run, state=ItemState.WAITING):
                _keep_lease(run)
                _one(run, item)
                if monotonic() > until:
                    return _hand_back(run)
            _end(run)
        except _TurnOver:
            log.info("run %s is worked on by somebody else, or ended", run_id)
        except (OperationalError, InterfaceError):
            # Nothing can be written now, not even a refusal: the lease lapses and the run is retaken.
            log.exception("run %s lost the database", run_id)
    return True


def _claimed(firm: Organization, run_id: UUID) -> ApplyRun | None:
    due = Q(state=RunState.PENDING) | Q(state=RunState.RUNNING, lease_until__lt=Now())
    waiting = ApplyRun.objects.filter(due, organization=firm, id=run_id, attempt__lt=ATTEMPTS)
    lease = {"lease_until": from_now(LEASE), "fence": F("fence") + 1, "attempt": F("attempt") + 1}
    if not waiting.update(state=RunState.RUNNING, **lease):
        return None
    rows = ApplyRun.objects.select_related("version__playbook", "version__organization", "by")
    found = rows.get(id=run_id)
    assert isinstance(found, ApplyRun)  # noqa: S101  for the type checker: the manager is untyped
    return found


def _ours(run: ApplyRun) -> Q:
    return Q(id=run.id, state=RunState.RUNNING, fence=run.fence)


def _keep_lease(run: ApplyRun) -> None:
    if not ApplyRun.objects.filter(_ours(run)).update(lease_until=from_now(LEASE)):
        raise _TurnOver


def _one(run: ApplyRun, item: ApplyItem) -> None:
    """One client: the change there and the word about it here stand or fall together, so none is done twice."""
    firm = run.organization_id
    parts = [Part(part) for part in run.parts]
    try:
        with transaction.atomic():
            _say(item, ItemState.DONE)
            client_apply(
                version=run.version, parts=parts, client_id=item.client, actor=run.by, factor_shown=run.factor_shown
            )
    except ApplyRefused as problem:
        _say(item, ItemState.REFUSED, str(problem))
    except (_TurnOver, OperationalError, InterfaceError):
        raise
    except Exception as problem:  # one client that breaks must not keep the others waiting
        log.exception("applying a playbook of %s to %s broke", firm, item.client)
        _say(item, ItemState.REFUSED, BROKE.format(type(problem).__name__))


def _say(item: ApplyItem, state: ItemState, problem: str = "") -> None:
    waiting = ApplyItem.objects.filter(id=item.id, state=ItemState.WAITING)
    if not waiting.update(state=state, problem=problem[:400]):
        raise _TurnOver


def _hand_back(run: ApplyRun) -> bool:
    handed = ApplyRun.objects.filter(_ours(run))
    if handed.update(state=RunState.PENDING, lease_until=None, rung_at=None, attempt=0):
        ring(run)
    return True


def _end(run: ApplyRun) -> None:
    """End a run and write what became of it into the firm's log."""
    firm = run.version.organization
    with transaction.atomic():
        ended = ApplyRun.objects.filter(_ours(run))
        if not ended.update(state=RunState.DONE, lease_until=None, finished_at=Now()):
            raise _TurnOver
        done = list(ApplyItem.objects.filter(run=run, state=ItemState.DONE).values_list("name", flat=True))
        refused = list(ApplyItem.objects.filter(run=run, state=ItemState.REFUSED).values_list("name", flat=True))
        audit_record(
            organization=firm,
            actor=run.by,
            action="playbook.apply_to",
            object=f"playbook:{run.version.playbook_id}",
            summary=f"{run.by} applied the playbook {run.version} to {count(len(done), 'client')}",
            after={"clients": done, "refused": refused, "parts": [Part(part).words for part in run.parts]},
        )


def run_give_up(*, run: ApplyRun) -> None:
    """End a run whose workers died: what waits is refused, what was done stays. Inside the firm's scope."""
    with transaction.atomic():
        dead = Q(state=RunState.RUNNING, attempt__gte=ATTEMPTS, lease_until__lt=Now())
        lapsed = ApplyRun.objects.filter(dead, id=run.id)
        if not lapsed.update(state=RunState.DONE, lease_until=None, finished_at=Now(), fence=F("fence") + 1):
            return
        ApplyItem.objects.filter(run=run, state=ItemState.WAITING).update(state=ItemState.REFUSED, problem=GAVE_UP)
        audit_record(
            organization=run.organization,
            actor=None,
            via=Via.TASK,
            action="playbook.give_up",
            object=f"playbook:{run.version.playbook_id}",
            summary=f"Applying the playbook {run.version} was given up: its worker died {ATTEMPTS} times",
        )


def ring(run: ApplyRun) -> None:
    """Tell a worker that this run waits. A bell that is not heard is rung again by the sweep."""
    ring_row(TASK, run)
