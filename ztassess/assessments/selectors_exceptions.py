"""Owns reading exceptions and break-glass accounts for their pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from ztassess.assessments.models_exceptions import BreakGlassAccount, ControlException
from ztassess.connectors.contract import ResourceException
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import declared_from, fact_sheet

SOON = timedelta(days=30)
TEST_EVERY = timedelta(days=90)
STANDINGS = ("active", "pending", "ended", "revoked", "refused")


@dataclass(frozen=True, slots=True)
class ShownException:
    """An exception with what stands of it today.

    Attributes:
        standing: ``pending``, ``active``, ``ended``, ``refused`` or ``revoked``.
        soon: active, and its last day is less than a month away.
    """

    row: ControlException
    standing: str
    soon: bool


def exceptions_by_end(organization: Organization, *, control_id: str = "") -> list[ShownException]:
    """Every exception of the organization or of one control, the earliest end first: one query."""
    rows = ControlException.objects.filter(organization=organization)
    if control_id:
        rows = rows.filter(control_id=control_id)
    today = timezone.now().date()
    ordered = rows.select_related("requested_by", "decided_by", "revoked_by").order_by("last_day", "requested_at")
    return [shown_exception(row, today) for row in ordered]


def shown_exception(row: ControlException, today: date | None = None) -> ShownException:
    """One exception as it stands."""
    day = today or timezone.now().date()
    standing = row.standing(day)
    return ShownException(row, standing, standing == "active" and row.last_day - day < SOON)


def declared_lines(organization: Organization) -> tuple[ResourceException, ...]:
    """Exceptions that stand as lines in the facts: nobody approved them, connectors still read them."""
    return declared_from(fact_sheet(organization).declared).exceptions


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """A break-glass account; ``row`` is None for one that stands as a line in the settings alone."""

    name: str
    row: BreakGlassAccount | None
    overdue: bool


def break_glass_accounts(organization: Organization) -> list[ShownAccount]:
    """Every break-glass account, rows and lines, those whose test is overdue (90 days) first: two queries."""
    today = timezone.now().date()
    rows = list(BreakGlassAccount.objects.filter(organization=organization).select_related("tested_by"))
    shown = [
        ShownAccount(row.name, row, row.last_tested_on is None or today - row.last_tested_on > TEST_EVERY)
        for row in rows
    ]
    known = {row.name.casefold() for row in rows}
    lines = declared_from(fact_sheet(organization).declared).break_glass
    shown += [ShownAccount(name, None, overdue=True) for name in lines if name.casefold() not in known]
    return sorted(shown, key=lambda each: (not each.overdue, each.name.casefold()))
