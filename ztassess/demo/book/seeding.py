"""Owns making the firm and its clients, all of them or none; replacing them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.demo.book import firm as told
from ztassess.demo.book.acts import LEAD, SECOND
from ztassess.demo.book.clients import CLIENTS, Client
from ztassess.demo.book.northwind import PAUSES, Scene, worked
from ztassess.demo.clock import Clock, story_clock
from ztassess.demo.people import joined, moment_of, new_password, user_made
from ztassess.demo.retiring import demo_retire
from ztassess.demo.telling import Teller
from ztassess.domain.score_history import monday
from ztassess.organizations.models import FactSheet, Grant, Membership, Organization
from ztassess.organizations.roles import Flag, Rights, Role
from ztassess.organizations.selectors import demo_organizations
from ztassess.organizations.services import facts_save, organization_create
from ztassess.organizations.services_firm import firm_assign
from ztassess.organizations.services_grants import Terms, grant_accept, grant_offer
from ztassess.portfolio.models import ClientNote
from ztassess.portfolio.services.following import row_follow
from ztassess.portfolio.services.own import note_save

MORNING, DAILY_SCORE = time(8, 30), time(0, 5)
THINKING = timedelta(minutes=20)
COMPANY_BEFORE = timedelta(minutes=100)
"""When the company itself took the firm in: after the last of its own story."""


@dataclass(frozen=True, slots=True)
class Book:
    """The firm. ``password`` is of the consultant's log-in, shown once; empty if the log-in was there before."""

    firm: Organization
    password: str


def book_seed(*, again: bool = False, now: datetime | None = None) -> Book | None:
    """Make the firm and its clients beside the demo company, in one transaction.

    Parameters:
        again: replace those that are there, after the company itself was replaced: the new one has no firm yet.

    Returns:
        None if they are there and were not to be replaced, or if there is no demo company.
    """
    anchor = now or timezone.now()
    with transaction.atomic():
        standing = list(demo_organizations())
        if not standing or (len(standing) > 1 and not (again and _is_new(standing[0]))):
            return None
        company, others = standing[0], standing[1:]
        for each in others:
            demo_retire(each)
            ClientNote.objects.filter(organization=each).delete()
        consultant, firm, password = _firm(anchor)
        # In the order in which they came: each adds a line to the firm's log.
        for client in sorted(CLIENTS, key=lambda each: -each.since):
            _client(client, consultant, firm, anchor)
        _company(company, consultant, firm, anchor)
    return Book(firm, password)


def _is_new(company: Organization) -> bool:
    with organization_scope(company):
        return not Membership.objects.filter(organization=company, user__email=told.CONSULTANT_LOGIN).exists()


def _firm(anchor: datetime) -> tuple[User, Organization, str]:
    with story_clock(moment_of(anchor, told.FOUNDED_DAYS, MORNING)) as clock:
        password = "" if User.objects.filter(email=told.CONSULTANT_LOGIN).exists() else new_password()
        consultant = user_made(told.CONSULTANT_LOGIN, told.CONSULTANT, clock, password)
        return consultant, _organization(told.NAME, consultant, told.FACTS, clock), password


def _organization(
    name: str, owner: User, facts: dict[str, object], clock: Clock, **declared: list[str]
) -> Organization:
    """An organization of the demo whose columns with a default of the real clock tell the story's."""
    organization = organization_create(name=name, owner=owner, facts=facts, is_demo=True)
    organization.created_at = clock.now()
    organization.save(update_fields=["created_at"])
    with organization_scope(organization):
        Membership.objects.filter(organization=organization).update(created_at=clock.now())
        if declared:
            sheet = FactSheet.objects.get(organization=organization)
            facts_save(sheet=sheet, values=facts, declared=declared, version=sheet.version, actor=owner)
        FactSheet.objects.filter(organization=organization).update(updated_at=clock.now())
    return organization


def _client(client: Client, consultant: User, firm: Organization, anchor: datetime) -> None:
    """One client: its people, its grant to the firm, its few weeks; then what the consultant keeps about it."""
    names = client.names
    with story_clock(moment_of(anchor, client.since, MORNING)) as clock:
        lead, second = (user_made(names.address(each), each, clock) for each in names.staff[:2])
        declared = {"people": [names.address(each) for each in names.everybody], "leavers": [names.address(names.left)]}
        facts = {**client.facts, "n_people": names.people}
        organization = _organization(names.name, lead, facts, clock, **(declared if client.told else {}))
        with organization_scope(organization):
            joined(organization, second, Role.ADMIN, by=lead, clock=clock)
            granted(organization, lead, consultant, firm, clock)
            teller = Teller(
                organization, {LEAD: lead, SECOND: second}, clock, {each.slug: each for each in client.systems}
            )
            _tell(client, teller, anchor)
            row_follow(organization)
    days, hour = client.meets or (0, 0)
    note_save(
        user=consultant,
        organization=organization,
        label=client.group,
        meeting_at=moment_of(anchor, -days, time(hour)) if client.meets else None,
        text=client.note,
    )


def granted(
    client: Organization,
    owner: User,
    consultant: User,
    firm: Organization,
    clock: Clock,
    *,
    thinking: timedelta = THINKING,
) -> None:
    """An owner offers the firm access; the consultant takes the offer for it, and works there herself."""
    terms = Terms(Role.EDITOR, clock.now() + timedelta(days=told.GRANTED_DAYS), frozenset({Flag.SHARE, Flag.EXPORT}))
    grant, _ = grant_offer(
        organization=client, email=consultant.email, for_firm=True, terms=terms, actor=owner, rights=Rights(Role.OWNER)
    )
    offered = clock.now()
    clock.at(offered + thinking)
    grant = grant_accept(grant=grant, user=consultant, firm=firm)
    with organization_scope(firm):
        made = firm_assign(firm=firm, grant=grant, member=consultant, actor=consultant)
    Grant.objects.filter(id=grant.id).update(created_at=offered)
    Membership.objects.filter(id=made.id).update(created_at=clock.now())


def _tell(client: Client, teller: Teller, anchor: datetime) -> None:
    """What happened, and the score of each week in which nothing did, so that the line of the year has no gaps."""
    busy = {monday(moment_of(anchor, each[0], MORNING).date()) for each in client.told}
    for day in range(client.since - 1, -1, -1):
        start = moment_of(anchor, day, DAILY_SCORE)
        quiet = start.weekday() == 0 and start.date() not in busy
        if client.told and (quiet or day == 0) and start <= anchor:
            teller.clock.at(start)
            teller.daily_score()
        for _, at, act in (each for each in client.told if each[0] == day):
            teller.clock.at(min(anchor, moment_of(anchor, day, time.fromisoformat(at))))
            act(teller)
            teller.follow()


@contextmanager
def _after(organization: Organization, anchor: datetime) -> Iterator[Clock]:
    """The story's clock after the last line of an organization's log."""
    last = AuditEvent.objects.filter(organization=organization).order_by("-seq").values_list("at", flat=True).first()
    start = min(anchor, max(anchor - COMPANY_BEFORE, last)) if last else anchor
    with story_clock(start) as clock:
        yield clock


def _company(company: Organization, consultant: User, firm: Organization, anchor: datetime) -> None:
    """The demo company takes the firm in too."""
    with organization_scope(company), _after(company, anchor) as clock:
        owner = Membership.objects.filter(organization=company, role=Role.OWNER).order_by("created_at")[0].user
        pause = (anchor - clock.now()) / PAUSES
        granted(company, owner, consultant, firm, clock, thinking=pause)
        worked(Scene(company, firm, consultant, clock, pause))
        row_follow(company)
    note_save(
        user=consultant,
        organization=company,
        label="Fintech",
        meeting_at=moment_of(anchor, -2, time(14)),
        text="Sprint review on Thursday: offboarding, and the second factor of contractors.",
    )
