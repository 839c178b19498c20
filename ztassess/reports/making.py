"""Owns making one report: claim, read, set, seal; and what looks after reports whose worker never came or died."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.assessments.evidence_vault import digest
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.domain.branding import Paper
from ztassess.organizations.models import Organization
from ztassess.reports.content import report_data
from ztassess.reports.documents import document
from ztassess.reports.errors import DocumentFailed
from ztassess.reports.models import ACTIVE, Report, ReportState
from ztassess.reports.selectors import branding_for
from ztassess.reports.values import ReportData
from ztassess.reports.vault import document_seal
from ztassess.scans.queue import from_now
from ztassess.scans.ringing import ring_row

log = logging.getLogger(__name__)

TASK = "reports.make_report"
LEASE = timedelta(seconds=300)
RING_AGAIN = timedelta(seconds=30)
ATTEMPTS = 3
GAVE_UP = "It was tried three times and its worker died each time. Nothing was made; ask for it again."
BROKE = "Something broke on our side ({}). Nothing was made; ask for it again, and tell the operator if it repeats."


def report_make(organization: Organization, report_id: UUID) -> bool:
    """Make one report to its end.

    Returns:
        False if it was not ours to make.
    """
    with organization_scope(organization):
        report = _claimed(organization, report_id)
        if report is None:
            return False
        try:
            _made(report)
        except (OperationalError, InterfaceError):
            # Nothing can be written now, not even a failure: the lease lapses and the report is retaken.
            log.exception("report %s lost the database", report_id)
        except DocumentFailed as problem:
            _end(report, f"{problem} Nothing was made; ask for it again, and tell the operator if it repeats.")
        except Exception as problem:
            log.exception("report %s broke", report_id)
            _end(report, BROKE.format(type(problem).__name__))
    return True


def _claimed(organization: Organization, report_id: UUID) -> Report | None:
    due = Q(state=ReportState.PENDING) | Q(state=ReportState.RUNNING, lease_until__lt=Now())
    waiting = Report.objects.filter(due, organization=organization, id=report_id, attempt__lt=ATTEMPTS)
    taken = waiting.update(
        state=ReportState.RUNNING, attempt=F("attempt") + 1, lease_until=from_now(LEASE), progress=5, step="Starting"
    )
    found: Report | None = Report.objects.select_related("organization").filter(id=report_id).first()
    return found if taken else None


def _ours(report: Report) -> Q:
    return Q(id=report.id, state=ReportState.RUNNING, attempt=report.attempt)


def _tell(report: Report, progress: int, step: str) -> None:
    Report.objects.filter(_ours(report)).update(progress=progress, step=step)


def _made(report: Report) -> None:
    _tell(report, 15, "Reading the numbers")
    now = timezone.now()
    since = datetime.combine(report.since, time.min, tzinfo=UTC)
    data = report_data(report.organization, now=now, since=since, redact=report.redacted)
    _tell(report, 55, "Setting the pages")
    content = document(report.kind, data, branding_for(report.organization), paper=Paper(report.paper))
    _tell(report, 90, "Sealing the document")
    _store(report, data, content)


def _store(report: Report, data: ReportData, content: bytes) -> None:
    with transaction.atomic():
        row = Report.objects.select_for_update().filter(_ours(report)).first()
        if row is None:
            log.info("report %s was removed, or is made by somebody else; nothing was kept", report.id)
            return
        row.organization = report.organization
        row.state, row.progress, row.step, row.lease_until = ReportState.DONE, 100, "", None
        row.size, row.sha256, row.finished_at = len(content), digest(content), timezone.now()
        row.catalog_version, row.method_version = data.catalog_version, data.method_version
        row.save()
        document_seal(row, content)
        audit_record(
            organization=report.organization,
            actor=None,
            via=Via.TASK,
            action="report.make",
            object=f"report:{report.id}",
            summary=f"The {report.get_kind_display().lower()} was made",
            after={"sha256": row.sha256, "catalog": row.catalog_version, "method": row.method_version},
        )


def _end(report: Report, sentence: str) -> None:
    with transaction.atomic():
        ended = Report.objects.filter(_ours(report)).update(
            state=ReportState.FAILED, error_sentence=sentence[:300], lease_until=None, finished_at=Now(), step=""
        )
        if ended:
            audit_record(
                organization=report.organization,
                actor=None,
                via=Via.TASK,
                action="report.fail",
                object=f"report:{report.id}",
                summary=f"The {report.get_kind_display().lower()} could not be made",
            )


def ring(report: Report) -> None:
    """Tell a worker that this report waits. A bell that is not heard is rung again by the sweep."""
    ring_row(TASK, report)


def sweep() -> int:
    """Ring what waits unheard, give up what died three times. Returns how many bells were rung."""
    with scopes_disabled():
        unheard = Q(rung_at=None) | Q(rung_at__lt=from_now(-RING_AGAIN))
        lapsed = Q(state=ReportState.RUNNING, lease_until__lt=Now())
        found = list(
            Report.objects.filter(Q(state=ReportState.PENDING) | lapsed, unheard, state__in=ACTIVE)
            .select_related("organization")
            .order_by("created_at")
        )
    rung = 0
    for report in found:
        if report.attempt >= ATTEMPTS:
            with organization_scope(report.organization):
                _end(report, GAVE_UP)
        else:
            ring(report)
            rung += 1
    return rung
