"""Owns what a mail says, as text and as HTML from the same sections: an alert, and the Monday page as a digest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ztassess.assessments.monday import MondayPage, monday_page
from ztassess.assessments.monday_exceptions import EndingException
from ztassess.assessments.monday_words import ChangeWords
from ztassess.domain.ending import left_words
from ztassess.domain.event_kinds import EventKind
from ztassess.notifications.models import Delivery, MemberChoice
from ztassess.organizations.models import Organization

STOPPED = {"digest": "the weekly digest", "alerts": "all alerts"}
SHOWN = 10
CONTRADICTIONS = 5


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, ready to be sent. ``unsubscribe`` is empty for one that nobody can do without."""

    subject: str
    text: str
    html: str
    unsubscribe: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a mail: what, a second line of smaller words, and the page about it."""

    text: str
    under: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a title. ``more`` is how many are not listed."""

    title: str
    lines: tuple[Line, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What stands between greeting and foot."""

    subject: str
    headline: str
    lead: str
    sections: tuple[Section, ...]
    link: str
    button: str


def alert_letter(row: Delivery, unsubscribe: str) -> Letter:
    """The mail of one event: its facts, each with its page."""
    lines = tuple(Line(each["text"], link=each["link"]) for each in row.payload["lines"])
    conclusion = _alert_conclusion(row.event_kind, len(lines))
    content = Content(
        subject=f"{row.organization.name}: {conclusion}",
        headline=conclusion[0].upper() + conclusion[1:],
        lead="",
        sections=(Section("", lines[:SHOWN], len(lines) - SHOWN if len(lines) > SHOWN else 0),),
        link=row.payload["link"],
        button=f"Open {row.organization.name}",
    )
    return letter_of(row.organization, content, unsubscribe, f"Stop {STOPPED['alerts']}")


def digest_letter(row: Delivery, choice: MemberChoice, unsubscribe: str) -> Letter:
    """The Monday page as it stands now, of the seven days before the digest's moment, in the reader's time zone."""
    zone = ZoneInfo(choice.weekly.zone)
    with timezone.override(zone):
        moment = datetime.fromisoformat(row.payload["at"]).astimezone(zone)
        page = monday_page(row.organization, moment.date() - timedelta(days=7))
        content = _digest_content(row.organization, page)
    return letter_of(row.organization, content, unsubscribe, f"Stop {STOPPED['digest']}")


def closed_letter(organization: Organization, unsubscribe: str, stop: str) -> Letter:
    """The mail for who is let in with a second factor only and has none: neither number nor name of what is inside.

    The same for every event, so that not even its kind is told.
    """
    content = Content(
        subject=f"There is news for {organization.name}; it opens with a second factor",
        headline=f"There is news for {organization.name}",
        lead=(
            f"{organization.name} lets you in with a second factor only, and your account has none, so nothing of it "
            "stands in this mail. The page leads to where you set one up, and shows the news afterwards."
        ),
        sections=(),
        link=page_link(organization, "overview"),
        button="Set one up and read it",
    )
    return letter_of(organization, content, unsubscribe, stop)


def _alert_conclusion(kind: EventKind, count: int) -> str:
    return {
        EventKind.REGRESSION: f"{_counted(count, 'control')} regressed",
        EventKind.EXCEPTION_ENDING: f"{_counted(count, 'exception')} near or past the end",
        EventKind.CONNECTION_BROKEN: f"{_counted(count, 'connection')} could not be read twice in a row",
        EventKind.EVIDENCE_EXPIRING: f"{_counted(count, 'piece')} of evidence near or past the last day",
    }[kind]


def conclusion(page: MondayPage) -> str:
    """The week in half a sentence: ``1 regression, 58 % proven``."""
    proven = f"{page.proven} % proven"
    if page.regressed:
        return f"{_counted(len(page.regressed), 'regression')}, {proven}"
    if page.unread:
        return f"{_counted(len(page.unread), 'system')} not read, {proven}"
    if page.change_count:
        return f"{_counted(page.change_count, 'change')} and no regression, {proven}"
    return f"nothing changed, {proven}"


def _digest_content(organization: Organization, page: MondayPage) -> Content:
    short = conclusion(page)
    was = "" if page.proven_before is None else f" (was {page.proven_before} %)"
    lead = (
        f"{page.proven} % of the 80/20 is proven{was}, {page.claimed} % is claimed, "
        f"up to {page.ceiling} % is possible. {page.forecast.sentence} {page.forecast.moved}"
    )
    if page.weighting:
        lead += f" The numbers are {page.weighting}."
    sections = [
        *_change_sections(organization, page),
        _listed("Not read when due", [Line(each.sentence, each.to_do) for each in page.unread]),
        _listed("Claims that findings contradict", _contradictions(organization, page), CONTRADICTIONS),
        _listed("Most valuable next", _next(organization, page)),
    ]
    return Content(
        subject=f"{organization.name}: {short}",
        headline=short[0].upper() + short[1:],
        lead=lead.strip(),
        sections=tuple(section for section in sections if section.lines),
        link=page_link(organization, "overview"),
        button="Open the overview",
    )


def _change_sections(organization: Organization, page: MondayPage) -> list[Section]:
    return [
        _listed(
            f"{group.title}: {group.count}",
            [
                *(_change(organization, each) for each in group.changes),
                *(_exception(organization, each, page.at) for each in group.exceptions),
            ],
        )
        for group in page.groups
    ]


def _change(organization: Organization, each: ChangeWords) -> Line:
    moved = f"{_words(each.before)} before, {_words(each.state)} now." if each.state_changed else ""
    # Names of resources stay behind the sign-in; the mail says how many and where.
    failing = f"{_counted(each.failing_count, 'resource')} newly failing." if each.failing_count else ""
    said = ", ".join(dict.fromkeys(source.name for source in each.said_by))
    under = " ".join(part for part in (moved.capitalize(), failing, f"Seen by {said}." if said else "") if part)
    return Line(each.title, under, page_link(organization, "control", control_id=each.control_id))


def _exception(organization: Organization, each: EndingException, now: datetime) -> Line:
    words = "was revoked" if each.revoked else left_words(each.last_day, now.date())
    where = page_link(organization, "exception", exception_id=each.exception_id)
    return Line(f"{each.title}: the exception {words}", link=where)


def _contradictions(organization: Organization, page: MondayPage) -> list[Line]:
    return [
        Line(
            each.title,
            f"{each.points:.1f} points" + (", by a result carried forward" if each.carried else ""),
            page_link(organization, "control", control_id=each.control_id),
        )
        for each in page.contradictions
    ]


def _next(organization: Organization, page: MondayPage) -> list[Line]:
    return [
        Line(
            each.title,
            f"{each.owner or 'Nobody'}, {each.hours} h, {each.points:.1f} points",
            page_link(organization, "control", control_id=each.control_id),
        )
        for each in page.next.tasks
    ]


def _listed(title: str, lines: Sequence[Line], most: int = SHOWN) -> Section:
    return Section(title, tuple(lines[:most]), max(0, len(lines) - most))


def letter_of(organization: Organization, content: Content, unsubscribe: str = "", stop: str = "") -> Letter:
    """The mail with this content, as text and as HTML."""
    context = {
        "organization": organization,
        "content": content,
        "unsubscribe": unsubscribe,
        "stop": stop,
        "settings_link": page_link(organization, "notifications"),
    }
    return Letter(
        # A line break in a name must not begin another header.
        re.sub(r"\s+", " ", content.subject).strip(),
        render_to_string("emails/letter.txt", context),
        render_to_string("emails/letter.html", context),
        unsubscribe,
    )


def page_link(organization: Organization, name: str, **where: object) -> str:
    """The whole address of a page of the organization."""
    return settings.BASE_URL + reverse(f"org:{name}", kwargs={"slug": organization.slug, **where})


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _words(state: str) -> str:
    return state.replace("_", " ")
