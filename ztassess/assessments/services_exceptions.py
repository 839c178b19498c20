"""Owns writes about exceptions: a request, its decision by somebody else, and its end before its last day."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.errors import ExceptionRefused
from ztassess.assessments.models import SnapshotCause
from ztassess.assessments.models_exceptions import ControlException, ExceptionState
from ztassess.assessments.selectors import checks_by_control
from ztassess.assessments.services import score_record
from ztassess.audit.services import audit_record
from ztassess.catalog import load_catalog
from ztassess.organizations.models import Organization
from ztassess.organizations.roles import Action, Rights, Role, may

LONGEST_MONTHS = 12
OWN_REQUEST = "You asked for this exception yourself, so another owner or admin decides it."


def latest_last_day(today: date | None = None) -> date:
    """Twelve months from today: the latest last day of an exception."""
    day = today or timezone.now().date()
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # February 29
        return day.replace(year=day.year + 1, day=28)


def exception_request(
    *,
    organization: Organization,
    control_id: str,
    object: str,  # noqa: A002  the field's name
    check_id: str,
    reason: str,
    compensating: str,
    last_day: date,
    actor: User,
) -> ControlException:
    """Ask for an exception. It changes nothing before somebody else approves it.

    Parameters:
        object: one object of the control's findings; empty for the whole control.
        check_id: the one check it is for; empty for every check of the control. Only together with an object.

    Raises:
        ExceptionRefused: its last day is over or too far, the check is none of the control's, or it was asked for.
    """
    _scope_is_possible(control_id, object, check_id)
    _day_is_possible(last_day)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row: ControlException = ControlException.objects.create(
                    organization=organization,
                    control_id=control_id,
                    object=object,
                    check_id=check_id,
                    reason=reason,
                    compensating=compensating,
                    last_day=last_day,
                    requested_by=actor,
                    requested_at=timezone.now(),
                )
        except IntegrityError as twice:
            raise ExceptionRefused(
                "Somebody asked for the same exception already; nothing was changed, decide that one first."
            ) from twice
        _audit(
            row, actor, "exception.request", f"{actor} asked for an exception for {scope_words(row)}", after=_shown(row)
        )
    return row


def exception_decide(*, row: ControlException, approve: bool, note: str, actor: User) -> ControlException:
    """Approve or refuse, as somebody else than the requester.

    Raises:
        ExceptionRefused: the requester decides, it was decided, or its last day is over.
    """
    with transaction.atomic():
        if row.requested_by_id == actor.pk:
            raise ExceptionRefused(f"{OWN_REQUEST} Nothing was changed.")
        if approve:
            _day_is_possible(row.last_day)
        before = _shown(row)
        state = ExceptionState.APPROVED if approve else ExceptionState.REFUSED
        taken = ControlException.objects.filter(id=row.id, state=ExceptionState.PENDING).update(
            state=state, decided_by=actor, decided_at=timezone.now(), decision_note=note
        )
        if not taken:
            raise ExceptionRefused("This exception was decided already; nothing was changed.")
        row.refresh_from_db()
        word = "approved" if approve else "refused"
        summary = f"{actor} {word} the exception for {scope_words(row)}"
        _audit(row, actor, f"exception.{word}", summary, before=before, after=_shown(row) | {"note": note})
        score_record(row.organization, cause=SnapshotCause.EVIDENCE)
    return row


def exception_revoke(*, row: ControlException, reason: str, actor: User, actor_role: Role) -> ControlException:
    """End an exception before its last day, or take back a request. Its requester may, and whoever decides.

    Raises:
        ExceptionRefused: the person is neither, or it is over already.
    """
    with transaction.atomic():
        if row.requested_by_id != actor.pk and not may(Rights(actor_role), Action.DECIDE_EXCEPTION):
            raise ExceptionRefused("Only its requester, an owner or an admin ends an exception; nothing was changed.")
        before = _shown(row)
        live = (ExceptionState.PENDING, ExceptionState.APPROVED)
        taken = ControlException.objects.filter(id=row.id, state__in=live).update(
            state=ExceptionState.REVOKED, revoked_by=actor, revoked_at=timezone.now(), revoke_reason=reason
        )
        if not taken:
            raise ExceptionRefused("This exception is over already; nothing was changed.")
        row.refresh_from_db()
        summary = f"{actor} ended the exception for {scope_words(row)}"
        _audit(row, actor, "exception.revoke", summary, before=before, after=_shown(row) | {"why": reason})
        score_record(row.organization, cause=SnapshotCause.EVIDENCE)
    return row


def scope_words(row: ControlException) -> str:
    """``anna@x.io in “Everyone uses MFA”`` or ``“Everyone uses MFA”``."""
    title = f"“{load_catalog().control(row.control_id).title}”"
    return f"{row.object} in {title}" if row.object else title


def _scope_is_possible(control_id: str, named: str, check_id: str) -> None:
    try:
        load_catalog().control(control_id)
    except KeyError as problem:
        raise ExceptionRefused(f"There is no control {control_id}; nothing was kept.") from problem
    known = {check.id for check, _ in checks_by_control().get(control_id, ())}
    if check_id and (not named or check_id not in known):
        raise ExceptionRefused(
            "That check says nothing about this control; nothing was kept, choose one of its checks."
        )
    if named and not known:
        raise ExceptionRefused("No check looks at objects of this control; nothing was kept, except the whole control.")


def _day_is_possible(last_day: date) -> None:
    today = timezone.now().date()
    if last_day < today:
        raise ExceptionRefused("Its last day is over already; nothing was changed, a day still to come is needed.")
    if last_day > latest_last_day(today):
        raise ExceptionRefused(
            f"An exception lasts {LONGEST_MONTHS} months at the most; nothing was changed, enter an earlier last day."
        )


def _shown(row: ControlException) -> dict[str, str]:
    return {
        "scope": row.object or "whole control",
        "check": row.check_id or "every check of the control",
        "reason": row.reason,
        "instead": row.compensating,
        "last day": str(row.last_day),
        "state": row.state,
    }


def _audit(
    row: ControlException,
    actor: User,
    action: str,
    summary: str,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str],
) -> None:
    audit_record(
        organization=row.organization,
        actor=actor,
        action=action,
        object=f"control:{row.control_id}",
        summary=summary,
        before=before,
        after=after,
    )
