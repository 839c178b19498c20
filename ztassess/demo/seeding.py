"""Owns making the demo company, all of it or nothing; whether it is there; replacing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from operator import itemgetter

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.common.models import organization_scope
from ztassess.demo.clock import Clock, story_clock
from ztassess.demo.company import DAYS, DECLARED, EVERYONE, FACTS, LEAD, NAME
from ztassess.demo.people import joined, moment_of, new_password, user_made
from ztassess.demo.retiring import demo_retire
from ztassess.demo.story import LAST_SCAN, STORY, SYSTEMS, Act, epilogue
from ztassess.demo.telling import Teller
from ztassess.organizations.models import FactSheet, Membership, Organization
from ztassess.organizations.selectors import demo_organizations
from ztassess.organizations.services import facts_save, organization_create
from ztassess.scans.models import Schedule

FIRST_HOUR, DAILY_SCORE, INVITATIONS = time(9), time(0, 5), time(10)


class DemoExists(Exception):
    """The demo company is there already; nothing was written."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """The demo company. ``password`` is of its log-in, shown once; empty if the log-in was there before."""

    organization: Organization
    password: str


def may_seed(*, force: bool) -> bool:
    """Only the embedded default gets an invented company, and a development server if it is asked for twice."""
    return bool(settings.EMBEDDED or (force and settings.DEBUG))


def demo_organization() -> Organization | None:
    """The demo company, if it was made."""
    return next(iter(demo_organizations()), None)


def demo_seed(*, again: bool = False, now: datetime | None = None) -> Seeded:
    """Make the demo company with its history ending now, in one transaction: it is there as a whole or not at all.

    Parameters:
        again: replace the one that is there; its address and its log-in stay.

    Raises:
        DemoExists: it is there, and was not to be replaced.
    """
    anchor = now or timezone.now()
    with transaction.atomic():
        before = demo_organization()
        if before is not None and not again:
            raise DemoExists("The demo company is there already; nothing was changed.")
        slug = demo_retire(before) if before is not None else ""
        with story_clock(moment_of(anchor, DAYS, FIRST_HOUR)) as clock:
            people, password = _people(clock)
            organization = _company(people, clock, slug)
            with organization_scope(organization):
                _tell(organization, people, clock, anchor)
    return Seeded(organization, password)


def _people(clock: Clock) -> tuple[dict[str, User], str]:
    """Users of everyone; only the lead can sign in, with a random password."""
    password = "" if User.objects.filter(email=LEAD.email).exists() else new_password()
    people = {
        person.key: user_made(person.email, person.name, clock, password if person is LEAD else "")
        for person in EVERYONE
    }
    return people, password


def _company(people: dict[str, User], clock: Clock, slug: str) -> Organization:
    lead = people[LEAD.key]
    organization = organization_create(name=NAME, owner=lead, facts=FACTS, is_demo=True)
    organization.created_at, organization.slug = clock.now(), slug or organization.slug
    organization.save(update_fields=["created_at", "slug"])
    with organization_scope(organization):
        Membership.objects.filter(organization=organization).update(created_at=clock.now())
        sheet = FactSheet.objects.get(organization=organization)
        clock.later(minutes=9)
        facts_save(sheet=sheet, values=FACTS, declared=DECLARED, version=sheet.version, actor=lead)
    return organization


def _scheduled(schedule: Schedule, slug: str, teller: Teller) -> None:
    teller.scheduled(schedule, slug)


def _tell(organization: Organization, people: dict[str, User], clock: Clock, anchor: datetime) -> None:
    teller = Teller(organization, people, clock, SYSTEMS)
    for day in range(DAYS, -1, -1):
        start = moment_of(anchor, day, DAILY_SCORE)
        end = min(anchor, moment_of(anchor, day - 1, DAILY_SCORE))
        if start > anchor:
            break
        clock.at(start)
        teller.daily_score()
        for person in EVERYONE:
            if person.joined == day and person is not LEAD:
                clock.at(moment_of(anchor, day, INVITATIONS))
                joined(organization, people[person.key], person.role, by=people[LEAD.key], clock=clock)
        beats: list[tuple[datetime, Act]] = [
            (moment_of(anchor, day, time.fromisoformat(each.at)), each.act) for each in STORY if each.day == day
        ]
        slots: list[tuple[datetime, Act]] = [
            (slot, partial(_scheduled, schedule, slug)) for slot, schedule, slug in teller.due(start, end)
        ]
        for moment, act in sorted([*beats, *slots], key=itemgetter(0)):
            clock.at(moment)
            act(teller)
        teller.follow()
    clock.at(anchor - LAST_SCAN)
    epilogue(teller)
    teller.follow()
