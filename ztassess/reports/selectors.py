"""Owns what the page of reports reads: the reports that were made, the branding, what each kind contains."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ztassess.domain import branding as values
from ztassess.domain.playbooks import Part
from ztassess.organizations.models import Organization
from ztassess.playbooks.models import AppliedPlaybook
from ztassess.playbooks.selectors import applied_branding, applied_now
from ztassess.reports.models import Branding, Report, ReportKind

SHOWN = 50


@dataclass(frozen=True, slots=True)
class ShownKind:
    """A kind of report and what is in it."""

    value: str
    title: str
    text: str


KINDS = (
    ShownKind(
        ReportKind.SUMMARY.value,
        ReportKind.SUMMARY.label,
        "One page: the two numbers, the five stages, what to do first, and which claims are contradicted.",
    ),
    ShownKind(
        ReportKind.CLIENT.value,
        ReportKind.CLIENT.label,
        "With a cover: numbers and trend, stages with the gate, every control, contradictions, what changed, the plan, "
        "exceptions, and how far the checks could see.",
    ),
    ShownKind(
        ReportKind.EVIDENCE.value,
        ReportKind.EVIDENCE.label,
        "Every finding with how many assets were looked at and what was observed, every claim with who made it.",
    ),
)


def newest_reports(organization: Organization) -> list[Report]:
    """The newest reports with who asked for them: one query."""
    rows = Report.objects.filter(organization=organization).select_related("made_by", "organization")
    return list(rows[:SHOWN])


def branding_row(organization: Organization) -> Branding:
    """The organization's branding, a new unsaved one where nobody chose any."""
    found: Branding | None = Branding.objects.filter(organization=organization).first()
    return found or Branding(organization=organization, version=0)


def branded_by(organization: Organization) -> AppliedPlaybook | None:
    """The applied playbook whose branding reports carry instead of the organization's own; None without one."""
    found = applied_now(organization)
    return found if found is not None and Part.BRANDING in found.parts else None


def branding_for(organization: Organization) -> values.Branding:
    """The branding that a report of this organization carries: of the applied playbook, else its own.

    The one place that decides it. The paper is the organization's own choice.
    """
    own = branding_row(organization).value()
    applied = applied_branding(organization)
    return replace(applied, paper=own.paper) if applied else own
