"""Owns finding what there is to tell: regressions, exceptions and evidence near their end, broken connections.

Each fact has a key under which it is told once. Whatever caused the judgment, the same rows give the same facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from ztassess.assessments.models import ScoreSnapshot, SnapshotCause
from ztassess.assessments.models_evidence import ArtifactVersion, Decision
from ztassess.assessments.models_exceptions import ControlException, ExceptionState
from ztassess.catalog import load_catalog
from ztassess.domain.ending import REMIND_DAYS, TOLD_LATE_DAYS, left_words, reminder_due
from ztassess.domain.event_kinds import EventKind
from ztassess.domain.proof_state import ProofState
from ztassess.domain.regressing import regressions
from ztassess.domain.scoring import unweighted
from ztassess.organizations.models import Organization
from ztassess.scans.models import Connection, Kind, Scan, ScanState

FAILED_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to tell.

    Attributes:
        key: unique in the organization for ever; what was told under it is not told again.
        line: one sentence for a mail.
        path: the page about it.
        item: what a webhook says of it: ids, control ids, counts; never names or texts of the customer.
    """

    kind: EventKind
    key: str
    line: str
    path: str
    item: Mapping[str, Any] = field(default_factory=dict)


def facts_now(organization: Organization, today: date) -> list[Fact]:
    """Everything that could be told of the organization as it stands: two queries, four with the daily score."""
    snapshots = list(ScoreSnapshot.objects.filter(organization=organization).order_by("-at")[:2])
    found = [*_regressed(organization, snapshots), *_broken(organization)]
    # Last days move with the calendar and not with a scan, so they are looked at once a day.
    if snapshots and snapshots[0].cause == SnapshotCause.DAILY:
        found += [*_ending(organization, today), *_expiring(organization, today)]
    return found


def _regressed(organization: Organization, snapshots: list[ScoreSnapshot]) -> Iterator[Fact]:
    """What the newest score says against the one before. Another catalog or method is no regression.

    Other weights move numbers and no proof state, so what regressed beside them is told.
    """
    if len(snapshots) < 2:  # noqa: PLR2004  now, and before
        return
    now, before = snapshots
    if (now.catalog_version, unweighted(now.method_version)) != (
        before.catalog_version,
        unweighted(before.method_version),
    ):
        return
    for control_id, was, state in regressions(before.states, now.states):
        yield Fact(
            EventKind.REGRESSION,
            f"regression:{control_id}:{before.id}",
            f"{_title(control_id)}: {_words(was)} before, {_words(state)} now.",
            _page(organization, "control", control_id=control_id),
            {"control": control_id, "before": was.value, "now": state.value},
        )


def _broken(organization: Organization) -> Iterator[Fact]:
    """Connections whose last two scans failed, with what they read last still standing: one query."""
    done = Scan.objects.filter(connection=OuterRef("id"), kind=Kind.SCAN, state=ScanState.DONE).order_by("-number")
    since = Q(scans__kind=Kind.SCAN, scans__state=ScanState.FAILED, scans__number__gt=F("last_done"))
    rows = (
        Connection.objects.filter(organization=organization, removed_at=None)
        .annotate(last_done=Coalesce(Subquery(done.values("number")[:1]), Value(0)))
        .annotate(failures=Count("scans", filter=since))
        .filter(failures__gte=FAILED_IN_A_ROW)
        .only("id", "name")
    )
    for row in rows:
        yield Fact(
            EventKind.CONNECTION_BROKEN,
            f"broken:{row.id}:{row.last_done}",
            f"{row.name}: the last {row.failures} scans failed. What was read before stands, and grows old.",
            _page(organization, "connection", connection_id=row.id),
            {"connection": str(row.id), "failed_scans": row.failures},
        )


def _ending(organization: Organization, today: date) -> Iterator[Fact]:
    rows = ControlException.objects.filter(
        organization=organization,
        state=ExceptionState.APPROVED,
        last_day__gte=today - timedelta(days=TOLD_LATE_DAYS),
        last_day__lte=today + timedelta(days=max(REMIND_DAYS)),
    )
    for row in rows:
        due = reminder_due(row.last_day, (row.decided_at or row.requested_at).date(), today)
        if due:
            yield Fact(
                EventKind.EXCEPTION_ENDING,
                f"exception:{row.id}:{row.last_day}:{due}",
                f"{_title(row.control_id)}: the exception {left_words(row.last_day, today)}{_then(due)}",
                _page(organization, "exception", exception_id=row.id),
                {"exception": str(row.id), "control": row.control_id, "days_left": (row.last_day - today).days},
            )


def _expiring(organization: Organization, today: date) -> Iterator[Fact]:
    newer = ArtifactVersion.objects.filter(artifact=OuterRef("artifact"), number__gt=OuterRef("number"))
    rows = ArtifactVersion.objects.filter(
        ~Exists(newer),
        organization=organization,
        artifact__withdrawn_at=None,
        decision=Decision.ACCEPTED,
        expires_on__gte=today - timedelta(days=TOLD_LATE_DAYS),
        expires_on__lte=today + timedelta(days=max(REMIND_DAYS)),
    ).select_related("artifact")
    for row in rows:
        last_day = row.expires_on
        due = reminder_due(last_day, row.filed_at.date(), today) if last_day else ""
        if last_day and due:
            control_id, words = row.artifact.control_id, left_words(last_day, today, "expire")
            yield Fact(
                EventKind.EVIDENCE_EXPIRING,
                f"artifact:{row.artifact_id}:{row.number}:{due}",
                f"{row.artifact.title}, evidence of “{_title(control_id)}”, {words}.",
                _page(organization, "artifact", artifact_id=row.artifact_id),
                {"artifact": str(row.artifact_id), "control": control_id, "days_left": (last_day - today).days},
            )


def _then(due: str) -> str:
    return ". Its findings count again." if due == "over" else ". Then its findings count again."


def _title(control_id: str) -> str:
    try:
        return load_catalog().control(control_id).title
    except KeyError:  # retired from the catalog, and still in somebody's rows
        return control_id


def _words(state: ProofState) -> str:
    return state.value.replace("_", " ")


def _page(organization: Organization, name: str, **where: Any) -> str:
    return reverse(f"org:{name}", kwargs={"slug": organization.slug, **where})
