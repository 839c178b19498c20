"""Owns the bytes of finished documents: sealed into a row, opened for one download, checked against their digest."""

from __future__ import annotations

from ztassess.assessments.evidence_vault import digest
from ztassess.common.envelope import EnvelopeError, Sealed, associated_data, keyring, seal, unseal
from ztassess.reports.models import Report, ReportContent


def document_seal(report: Report, content: bytes) -> ReportContent:
    """Store the bytes sealed, bound to their organization and report."""
    sealed = seal(content, keyring(), _bound_to(report))
    row = ReportContent(
        organization=report.organization,
        report=report,
        **sealed.columns,
    )
    row.save(force_insert=True)
    return row


def document_open(report: Report) -> bytes:
    """The document as it was made. Raises `EnvelopeError` if it is gone, altered, moved or of another digest."""
    row = ReportContent.objects.filter(report=report).first()
    if row is None:
        raise EnvelopeError("This report holds no document.")
    sealed = Sealed.of(row)
    content = unseal(sealed, keyring(), _bound_to(report))
    if digest(content) != report.sha256:
        raise EnvelopeError("The stored document is not the one that was made: its digest is another one.")
    return content


def _bound_to(report: Report) -> bytes:
    return associated_data("report", report.organization_id, report.id)
