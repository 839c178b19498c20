"""Owns writes about break-glass accounts: name one, record its test, take it off the list."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.errors import AccountRefused
from ztassess.assessments.models_exceptions import BreakGlassAccount
from ztassess.audit.services import audit_record
from ztassess.organizations.models import Organization


def account_add(*, organization: Organization, name: str, where: str, actor: User) -> BreakGlassAccount:
    """Declare an emergency account. From the next scan on connectors leave it out by name, and say so.

    Raises:
        AccountRefused: it stands on the list already, in any case of letters.
    """
    with transaction.atomic():
        twice = f"{name} stands on the list already; nothing was changed."
        if BreakGlassAccount.objects.filter(name__iexact=name).exists():
            raise AccountRefused(twice)
        try:
            with transaction.atomic():
                row: BreakGlassAccount = BreakGlassAccount.objects.create(
                    organization=organization, name=name, where=where, created_by=actor
                )
        except IntegrityError as meanwhile:
            raise AccountRefused(twice) from meanwhile
        _audit(row, actor, "break_glass.add", f"{actor} declared the break-glass account {name}", {"where": where})
    return row


def account_tested(*, row: BreakGlassAccount, tested_on: date, note: str, actor: User) -> BreakGlassAccount:
    """Record that a person signed in with it on a day and that it works.

    Raises:
        AccountRefused: the day is still to come, or before the last test.
    """
    if tested_on > timezone.now().date():
        raise AccountRefused("That day is still to come; nothing was changed, enter the day of the test.")
    if row.last_tested_on is not None and tested_on < row.last_tested_on:
        raise AccountRefused(f"It was tested later, on {row.last_tested_on}; nothing was changed.")
    with transaction.atomic():
        row.last_tested_on, row.tested_by, row.test_note = tested_on, actor, note
        row.save(update_fields=["last_tested_on", "tested_by", "test_note"])
        summary = f"{actor} tested the break-glass account {row.name}"
        _audit(row, actor, "break_glass.test", summary, {"tested on": str(tested_on), "note": note})
    return row


def account_remove(*, row: BreakGlassAccount, actor: User) -> None:
    """Take an account off the list: from the next scan on it is judged as any other."""
    with transaction.atomic():
        _audit(row, actor, "break_glass.remove", f"{actor} took the break-glass account {row.name} off the list", {})
        row.delete()


def _audit(row: BreakGlassAccount, actor: User, action: str, summary: str, after: dict[str, str]) -> None:
    audit_record(
        organization=row.organization,
        actor=actor,
        action=action,
        object=f"break_glass:{row.name}",
        summary=summary,
        after=after,
    )
