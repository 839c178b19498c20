"""Owns making the demo company, all of it or nothing; whether it is there; replacing it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.common.models import organization_scope
from ztassess.demo.clock import Clock, story_clock
from ztassess.demo.company import DAYS, DECLARED, EVERYONE, FACTS, LEAD, NAME, Person
from ztassess.demo.story import LAST_SCAN, STORY, SYSTEMS, epilogue
from ztassess.demo.telling import Teller, slot_times
from ztassess.organizations.models import FactSheet, Invitation, Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import facts_save, invitation_accept, invitation_create, organization_create

PASSWORD_BYTES = 12
FIRST_HOUR = time(9)


class DemoRefused(Exception):
    """The demo company is not made here; nothing was written."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """The demo company. ``password`` is of its log-in, shown once; empty if the log-in was there before."""

    organization: Organization
    password: str


def demo_organization() -> Organization | None:
    """The demo company, if it was made."""
    return Organization.objects.filter(is_demo=True).first()


def demo_seed(*, now: datetime | None = None) -> Seeded:
    """Make the demo company with its history ending now, in one transaction.

    Raises:
        DemoRefused: it is there already.
    """
    anchor = now or timezone.now()
    with transaction.atomic():
        if demo_organization() is not None:
            raise DemoRefused("The demo company is there already; nothing was changed.")
        with story_clock(_moment(anchor, DAYS, FIRST_HOUR)) as clock:
            people, password = _people(clock)
            organization = _company(people, clock)
            with organization_scope(organization):
                _tell(organization, people, clock, anchor)
        # Last, because scans of a demo company are refused: this is how its own were made.
        organization.is_demo = True
        organization.save(update_fields=["is_demo"])
    return Seeded(organization, password)


def _moment(anchor: datetime, day: int, at: time) -> datetime:
    return datetime.combine(anchor.date() - timedelta(days=day), at, tzinfo=anchor.tzinfo)


def _people(clock: Clock) -> tuple[dict[str, User], str]:
    """Users of everyone; only the lead can sign in, with a random password."""
    known = {user.email: user for user in User.objects.filter(email__in=[person.email for person in EVERYONE])}
    password = "" if LEAD.email in known else secrets.token_urlsafe(PASSWORD_BYTES)
    people: dict[str, User] = {}
    for person in EVERYONE:
        people[person.key] = known.get(person.email) or _user(person, clock, password if person is LEAD else "")
    return people, password


def _user(person: Person, clock: Clock, password: str) -> User:
    user = User.objects.create_user(
        person.email, password or None, name=person.name, date_joined=clock.now(), is_active=bool(password)
    )
    if password:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _company(people: dict[str, User], clock: Clock) -> Organization:
    lead = people[LEAD.key]
    organization = organization_create(name=NAME, owner=lead, facts=FACTS)
    organization.created_at = clock.now()
    organization.save(update_fields=["created_at"])
    with organization_scope(organization):
        Membership.objects.filter(organization=organization).update(created_at=clock.now())
        sheet = FactSheet.objects.get(organization=organization)
        clock.later(minutes=9)
        facts_save(sheet=sheet, values=FACTS, declared=DECLARED, version=sheet.version, actor=lead)
    return organization


def _join(organization: Organization, people: dict[str, User], person: Person, clock: Clock) -> None:
    invitation, _ = invitation_create(
        organization=organization,
        email=person.email,
        role=person.role,
        actor=people[LEAD.key],
        actor_role=Role.OWNER,
    )
    invited = clock.now()
    clock.later(minutes=35)
    membership = invitation_accept(invitation=invitation, user=people[person.key])
    Invitation.objects.filter(id=invitation.id).update(created_at=invited)
    Membership.objects.filter(id=membership.id).update(created_at=clock.now())


def _tell(organization: Organization, people: dict[str, User], clock: Clock, anchor: datetime) -> None:
    teller = Teller(organization, people, clock, SYSTEMS)
    for day in range(DAYS, -1, -1):
        start = _moment(anchor, day, time(0, 5))
        end = min(anchor, _moment(anchor, day - 1, time(0, 5)))
        if start > anchor:
            break
        clock.at(start)
        teller.daily_score()
        for person in EVERYONE:
            if person.joined == day and person is not LEAD:
                clock.at(_moment(anchor, day, time(10)))
                _join(organization, people, person, clock)
        beats = [(_moment(anchor, day, time.fromisoformat(each.at)), each.act) for each in STORY if each.day == day]
        slots = [
            (slot, lambda told, schedule=schedule, slug=slug: told.scheduled(schedule, slug))
            for slot, schedule, slug in slot_times(teller, start, end)
        ]
        for moment, act in sorted([*beats, *slots], key=lambda entry: entry[0]):
            clock.at(moment)
            act(teller)
    clock.at(anchor - LAST_SCAN)
    epilogue(teller)


def may_seed(*, force: bool) -> bool:
    """Only the embedded default gets an invented company; a development server if asked twice."""
    return bool(settings.EMBEDDED or (force and settings.DEBUG))
