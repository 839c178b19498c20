"""Owns what the mail about a deletion of the organization says: asked for, withdrawn, one day away."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import dateformat

from ztassess.domain.weekly import known_zone
from ztassess.notifications.letters import Content, Letter, Line, Section, letter_of, page_link
from ztassess.notifications.models import Delivery
from ztassess.notifications.services.deletion_news import DeletionNews
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Action, may


def deletion_overtaken(row: Delivery) -> bool:
    """True if the mail would announce a deletion that was withdrawn, or is set for another day by now."""
    due = row.organization.deletion_due_at
    announces = row.payload["news"] != DeletionNews.WITHDRAWN
    return announces and (due is None or due != datetime.fromisoformat(row.payload["due"]))


def deletion_letter(row: Delivery, membership: Membership) -> Letter:
    """The mail for this member, with moments in their time zone. A consultant gets one line: it is not theirs."""
    news, by = DeletionNews(row.payload["news"]), row.payload["by"] or "The operator"
    when = _moment(row.payload["due"], membership.user.time_zone)
    name = row.organization.name
    if news is DeletionNews.WITHDRAWN:
        headline = f"{name} is not deleted"
        lead = f"{by} withdrew the deletion that was set for {when}. Schedules go on with their next slot."
        return _of(row, "it is not deleted", headline, lead, ())
    day = when.partition(",")[0]
    subject = f"everything is deleted {'within a day' if news is DeletionNews.TOMORROW else f'on {day}'}"
    headline = f"Everything is deleted on {when}"
    if membership.is_consultant and not membership.is_steward:
        return _of(row, subject, headline, f"{by} asked for it, and your access to {name} ends with it.", ())
    lead = (
        f"{by} asked to delete {name}: its connections, findings, answers, evidence and log, for everybody in it. "
        "Nothing is read from its systems meanwhile, and share links are closed."
    )
    return _of(row, subject, headline, lead, _ways_out(membership))


def _ways_out(membership: Membership) -> tuple[Line, ...]:
    organization = membership.organization
    copy = Line("Take a copy", "An archive can be taken in again.", page_link(organization, "export"))
    if may(membership.rights, Action.DELETE_ORGANIZATION):
        keep = page_link(organization, "organization_delete")
        return Line("Keep the organization", "Any owner can, until then.", keep), copy
    return Line("An owner can keep the organization until then"), copy


def _of(row: Delivery, subject: str, headline: str, lead: str, lines: tuple[Line, ...]) -> Letter:
    organization = row.organization
    content = Content(
        subject=f"{organization.name}: {subject}",
        headline=headline,
        lead=lead,
        sections=(Section("", lines),) if lines else (),
        link=page_link(organization, "overview"),
        button=f"Open {organization.name}",
    )
    return letter_of(organization, content)


def _moment(text: str, zone: str) -> str:
    known = known_zone(zone)
    moment = datetime.fromisoformat(text).astimezone(ZoneInfo(known))
    return f"{dateformat.format(moment, 'F j, Y')} at {moment:%H:%M} ({known})"
