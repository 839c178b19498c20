"""Owns what is asked of many clients at once: a task, or evidence. Each client is a transaction and a scope of its own.

A client in which the person may not do it, or in which nothing is to be done, is listed with the reason and changes
nothing elsewhere. The key of the form makes a second press harmless in each client.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction

from ztassess.accounts.models import User
from ztassess.assessments.errors import AssessmentError
from ztassess.assessments.models import ControlOwner
from ztassess.assessments.selectors import checks_by_id, read_organization
from ztassess.assessments.services_notes import comment_add, control_assign
from ztassess.audit.acting import acting
from ztassess.common.models import organization_scope
from ztassess.domain.assessment import ControlAssessment
from ztassess.organizations.access import on_behalf_of
from ztassess.organizations.models import IdempotencyKey, Membership, Organization
from ztassess.organizations.roles import Action, Role
from ztassess.organizations.selectors import members
from ztassess.portfolio.errors import AskRefused, PortfolioError
from ztassess.portfolio.models import PortfolioState
from ztassess.portfolio.rights import refused
from ztassess.portfolio.selectors import memberships_in
from ztassess.portfolio.selectors_pivot import NEVER_READ, NOT_APPLICABLE, NOT_CONNECTED, PASSES, check_state_in
from ztassess.roadmaps.errors import RoadmapError
from ztassess.roadmaps.selectors import running_sprint
from ztassess.roadmaps.services.adding import task_add, why_no_task

TWICE = "This was done already, by the first press of the button."
GONE = "It is not a client of yours any more; nothing was done there."
FAILED = "Something failed there, so nothing was done there. Try again for it alone."
OWNERS_TOLD = 3
# State of a check -> why no task is made for it. The first two are asked for no evidence either.
NO_TASK = {
    PASSES: "This check passes there, so there is nothing to ask for.",
    NOT_APPLICABLE: "This check finds nothing to judge there, so there is nothing to ask for.",
    NEVER_READ: "Nobody read this check there yet, so it does not fail. Ask for evidence instead.",
    NOT_CONNECTED: "The system of this check is not connected there, so it does not fail. Ask for evidence instead.",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one client: what was done, or why it was not. ``name`` is empty for who is no client any more."""

    name: str
    slug: str
    done: bool
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

    Attributes:
        kind, subject: a control, or a check that speaks about controls.
        key: of the form that was sent; the same key does nothing twice in one client.
        due: for a client where no sprint runs.
        text: of a request for evidence.
    """

    kind: str
    subject: str
    key: str
    due: date | None = None
    text: str = ""

    @property
    def digest(self) -> str:
        """Tells two forms with one key apart."""
        return hashlib.sha256(repr((self.kind, self.subject, self.due, self.text)).encode()).hexdigest()


Ask = Callable[[Membership, Asked, User], str]


def tasks_create(*, user: User, keys: Iterable[str], asked: Asked) -> list[Outcome]:
    """Give each client a task: in its running sprint, or a due day on the control where none runs."""
    return _each(user, keys, asked, "tasks", _task_in)


def evidence_request(*, user: User, keys: Iterable[str], asked: Asked) -> list[Outcome]:
    """Ask each client for evidence, as a comment on the control that tells its owner by mail."""
    return _each(user, keys, asked, "evidence", _evidence_in)


def _each(user: User, keys: Iterable[str], asked: Asked, what: str, ask: Ask) -> list[Outcome]:
    wanted = list(dict.fromkeys(map(_as_id, keys)))
    known = memberships_in(user, [key for key in wanted if key])
    found = [_in_one(user, membership, asked, what, ask) for membership in known.values()]
    found += [Outcome("", "", done=False, words=GONE) for key in wanted if key not in known]
    return sorted(found, key=lambda outcome: (not outcome.done, outcome.name.casefold()))


def _as_id(key: str) -> str:
    """A posted id as the database writes it; empty for what is none, which is nobody's."""
    try:
        return str(UUID(key))
    except ValueError:
        return ""


def _in_one(user: User, membership: Membership, asked: Asked, what: str, ask: Ask) -> Outcome:
    organization = membership.organization
    try:
        with organization_scope(organization), transaction.atomic():
            here = Membership.objects.active().select_related("organization", "user", "grant__firm")
            current = here.filter(id=membership.id).first()
            if current is None:
                return Outcome("", "", done=False, words=GONE)
            with acting(on_behalf_of(current)):
                _once(user, organization, asked, what)
                done, words = True, ask(current, asked, user)
    except (PortfolioError, RoadmapError, AssessmentError) as problem:
        done, words = False, str(problem)
    except Exception:  # one client's trouble must not hide what was done in the others
        log.exception("asking organization %s failed", organization.pk)
        done, words = False, FAILED
    return Outcome(organization.name, organization.slug, done, words)


def _once(user: User, organization: Organization, asked: Asked, what: str) -> None:
    """Take the key in this client; it stays only if what follows commits."""
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(
                organization=organization,
                user=user,
                route=f"/portfolio/{what}/",
                key=asked.key[:255],
                body_sha256=asked.digest,
                status=200,
            )
    except IntegrityError as twice:
        raise AskRefused(TWICE) from twice


def _task_in(membership: Membership, asked: Asked, user: User) -> str:
    organization = membership.organization
    _allowed(membership, Action.PLAN)
    _needed(organization, asked, NO_TASK)
    each = _control_in(organization, asked)
    if running_sprint(organization) is not None:
        task = task_add(organization=organization, control_id=each.id, actor=user)
        day = task.last_day
        return f"Task in the running sprint, on {day:%b} {day.day}: “{each.control.title}”." if day else ""
    _allowed(membership, Action.ASSIGN)
    if why := why_no_task(each):
        raise AskRefused(why)
    row = ControlOwner.objects.filter(control_id=each.id).select_related("owner").first()
    owner = row.owner if row else None
    if row is not None and row.due is not None:
        raise AskRefused(f"No sprint runs there, and the control is due {row.due:%b} {row.due.day} already.")
    control_assign(
        organization=organization,
        control_id=each.id,
        owner=owner,
        due=asked.due,
        version=row.version if row else 0,
        actor=user,
    )
    due = f"{asked.due:%b} {asked.due.day}" if asked.due else "no day"
    return (
        f"No sprint runs there, so no task: “{each.control.title}” is due {due}, "
        f"with {owner or 'nobody yet'}, and goes into the next sprint's plan by itself."
    )


def _evidence_in(membership: Membership, asked: Asked, user: User) -> str:
    organization = membership.organization
    _allowed(membership, Action.COMMENT)
    _needed(organization, asked, (PASSES, NOT_APPLICABLE))
    each = _control_in(organization, asked)
    told, how = _whom_to_ask(organization, each.id, user)
    names = " ".join(f"@{one.get_full_name()}" for one in told)
    text = f"{names} Evidence is asked for.\n\n{asked.text}".strip()
    comment_add(organization=organization, control_id=each.id, text=text, actor=user, also=told)
    return f"Asked {how} at “{each.control.title}”."


def _whom_to_ask(organization: Organization, control_id: str, asking: User) -> tuple[list[User], str]:
    """The control's owner while they are a member; else the owners of the organization, if it has others."""
    here = members(organization)
    row = ControlOwner.objects.filter(control_id=control_id).first()
    for member in here:
        if row is not None and row.owner_id == member.user_id:
            return [member.user], f"its owner {member.user}"
    owners = [one.user for one in here if one.role_enum is Role.OWNER and one.user_id != asking.pk][:OWNERS_TOLD]
    if not owners:
        return [], "in a comment that nobody else was told of: the client has no owner yet"
    return owners, f"{', '.join(map(str, owners))}, because nobody owns the control"


def _control_in(organization: Organization, asked: Asked) -> ControlAssessment:
    """The control that is asked about in this client: of a check, the first one it proves that applies there."""
    assessment = read_organization(organization).assessment
    if asked.kind == PortfolioState.Kind.CONTROL:
        return assessment.control(asked.subject)
    proves = [verifies.control for verifies in checks_by_id()[asked.subject].verifies if not verifies.supporting]
    found = [assessment.control(control) for control in proves]
    if not found:
        raise AskRefused("This check only supports others and proves no control, so there is nothing to ask for.")
    return next((each for each in found if each.applies), found[0])


def _needed(organization: Organization, asked: Asked, not_in: Container[str]) -> None:
    """Refuse where the check that is asked about is in one of these states."""
    state = check_state_in(organization, asked.subject) if asked.kind == PortfolioState.Kind.CHECK else ""
    if state in not_in:
        raise AskRefused(NO_TASK[state])


def _allowed(membership: Membership, action: Action) -> None:
    if why := refused(membership, action):
        raise AskRefused(why)
