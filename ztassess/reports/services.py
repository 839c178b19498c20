"""Owns writes about reports: ask for one, remove one, change the branding."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent
from ztassess.audit.services import audit_record
from ztassess.domain.branding import Paper
from ztassess.organizations.models import Organization
from ztassess.reports.errors import BrandingConflict, TooManyReports
from ztassess.reports.models import Branding, Report
from ztassess.reports.selectors import branding_row

MOST_AN_HOUR = 20
HOUR = timedelta(hours=1)
ASKED = "report.ask"


def report_ask(
    *, organization: Organization, kind: str, paper: Paper, redacted: bool, since: date, actor: User
) -> Report:
    """Queue a report. The caller rings when the transaction has ended.

    Raises:
        TooManyReports: twenty were asked for within the last hour; removed ones count too.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(id=organization.id)
        # The log is counted: whoever removes a report does not get another one for it.
        asked = AuditEvent.objects.filter(organization=organization, action=ASKED, at__gt=timezone.now() - HOUR)
        if asked.count() >= MOST_AN_HOUR:
            raise TooManyReports(
                f"{MOST_AN_HOUR} reports were asked for within the last hour, which is the most. "
                "The ones that were made stand below; ask for the next one later."
            )
        report = Report.objects.create(
            organization=organization, kind=kind, paper=paper.value, redacted=redacted, since=since, made_by=actor
        )
        words = f"{actor} asked for the {report.get_kind_display().lower()}" + (", redacted" if redacted else "")
        audit_record(
            organization=organization,
            actor=actor,
            action=ASKED,
            object=f"report:{report.id}",
            summary=words,
            after={"kind": kind, "paper": paper.value, "redacted": redacted, "since": since.isoformat()},
        )
    return report


def report_remove(*, report: Report, actor: User) -> None:
    """Remove a report with its document, whatever its state; one that is being made is thrown away when it is done."""
    with transaction.atomic():
        audit_record(
            organization=report.organization,
            actor=actor,
            action="report.remove",
            object=f"report:{report.id}",
            summary=f"{actor} removed the {report.get_kind_display().lower()} of {report.created_at:%Y-%m-%d}",
            before={"kind": report.kind, "sha256": report.sha256},
        )
        report.delete()


def branding_save(
    *,
    organization: Organization,
    name: str,
    accent: str,
    footer: str,
    paper: Paper,
    logo: bytes | None,
    version: int,
    actor: User,
) -> Branding:
    """Change how reports look from now on; made ones stay as they are.

    Parameters:
        logo: a PNG as `ztassess.common.pictures.logo_png` makes it; empty takes the logo away, None keeps it.
        version: of the branding that was looked at, 0 where there was none.

    Raises:
        BrandingConflict: somebody else changed it meanwhile.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(id=organization.id)
        row = branding_row(organization)
        if row.version != version:
            raise BrandingConflict(
                "Somebody else changed the branding meanwhile. Yours was not saved; look at theirs below and try again."
            )
        before = _told(row)
        row.name, row.accent, row.footer, row.paper = name, accent.lower(), footer, paper.value
        if logo is not None:
            row.logo = logo
        row.version += 1
        row.save()
        audit_record(
            organization=organization,
            actor=actor,
            action="branding.save",
            object="branding",
            summary=f"{actor} changed the branding of reports",
            before=before,
            after=_told(row),
        )
    return row


def _told(row: Branding) -> dict[str, object]:
    return {"name": row.name, "accent": row.accent, "footer": row.footer, "paper": row.paper, "logo": bool(row.logo)}
