"""Owns one attempt at a mail: who still gets it, what it says, and what the mail server made of it."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from ztassess.common.redaction import redact
from ztassess.domain.event_kinds import EventKind
from ztassess.notifications.letters import STOPPED, Letter, alert_letter, closed_letter, digest_letter
from ztassess.notifications.letters_deletion import deletion_letter, deletion_overtaken
from ztassess.notifications.models import Delivery, DeliveryState
from ztassess.notifications.selectors import choice_of
from ztassess.notifications.services.outcomes import Outcome
from ztassess.notifications.signing import EVENT_HEADER
from ztassess.notifications.unsubscribing import token_for
from ztassess.organizations.models import Membership
from ztassess.organizations.selectors_factor import is_shut_out

NOT_A_MEMBER = "This person is not a member any more, so nothing was sent."
NOT_WANTED = "This person does not want this mail any more, so nothing was sent."
OVERTAKEN = "The deletion was withdrawn before this was sent."
SERVER = "The mail server did not take the message."


def letter_for(row: Delivery) -> Letter | Outcome:
    """What the mail says, or why it is not sent: the queries of a mail, without the mail server.

    Asked when it is sent: what a person may see then counts, not what they might when it was queued.
    """
    members = Membership.objects.active().filter(organization=row.organization, user=row.user, user__is_active=True)
    membership = members.select_related("user", "organization", "grant").first()
    if membership is None or row.organization.is_demo:
        return Outcome(DeliveryState.DROPPED, NOT_A_MEMBER)
    if row.event_kind is EventKind.DELETION:
        return (
            Outcome(DeliveryState.DROPPED, OVERTAKEN) if deletion_overtaken(row) else deletion_letter(row, membership)
        )
    choice = choice_of(membership)
    digest = row.event_kind is EventKind.DIGEST
    if not (choice.digest if digest else row.kind in choice.alerts):
        return Outcome(DeliveryState.DROPPED, NOT_WANTED)
    what = "digest" if digest else "alerts"
    stop = settings.BASE_URL + reverse("unsubscribe", kwargs={"token": token_for(membership, what)})
    if is_shut_out(membership):
        return closed_letter(row.organization, stop, f"Stop {STOPPED[what]}")
    return digest_letter(row, choice, stop) if digest else alert_letter(row, stop)


def send(row: Delivery, letter: Letter) -> Outcome:
    """Hand a mail to the mail server once. Never raises for what the server does."""
    assert row.user is not None  # noqa: S101  a mail has a reader
    # RFC 8058: one click, which posts.
    stop = {
        "List-Unsubscribe": f"<{letter.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[row.user.email],
        headers={
            **(stop if letter.unsubscribe else {}),
            "Auto-Submitted": "auto-generated",
            EVENT_HEADER: str(row.event_id),
            # The same in every attempt, so that a mail program shows a repeat as one message.
            "Message-ID": f"<{row.event_id}.{row.user_id}@ztassess>",
        },
    )
    message.attach_alternative(letter.html, "text/html")
    try:
        taken = message.send()
    except OSError as problem:  # every error of smtplib is one
        return Outcome(DeliveryState.WAITING, SERVER, _code(problem), redact(str(problem))[:200])
    if not taken:
        return Outcome(DeliveryState.WAITING, SERVER)
    return Outcome(DeliveryState.DELIVERED, "The mail server took it.")


def _code(problem: OSError) -> int | None:
    code = getattr(problem, "smtp_code", None)
    return code if isinstance(code, int) and 0 < code < 1000 else None  # noqa: PLR2004  three digits (RFC 5321)
