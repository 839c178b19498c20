"""The weekly digest: when, to whom, what it says, how it is stopped, and what a mail server that is away costs."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.conftest import member
from tests.notifications.mailbox import running_mailbox
from ztassess.assessments.services import answer_save
from ztassess.domain.weekly import Weekly
from ztassess.notifications.dispatch import digests_due
from ztassess.notifications.letters import digest_letter
from ztassess.notifications.models import Delivery, MemberChoice
from ztassess.notifications.selectors import choice_of, default_choice
from ztassess.notifications.services.choices import Wanted, choice_save
from ztassess.notifications.unsubscribing import token_for
from ztassess.notifications.work import delivery_work
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role

CONTROL = "identity.inventory"
LATER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def membership(in_scope, owner) -> Membership:
    return Membership.objects.select_related("user", "organization").get(user=owner)


@pytest.fixture
def mailbox(settings):
    with running_mailbox() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", box.port, 5
        yield box


def wants(membership: Membership, weekday: int, hour: int, zone: str, *, digest: bool = True) -> MemberChoice:
    wanted = Wanted(digest=digest, weekly=Weekly(weekday, hour, zone), alerts=())
    return choice_save(membership=membership, wanted=wanted, actor=membership.user)


def queued(membership: Membership) -> Delivery:
    """This week's digest of a member, as the scheduler queues it."""
    Membership.objects.filter(id=membership.id).update(created_at=timezone.now() - timedelta(days=30))
    MemberChoice.objects.filter(user=membership.user).update(counts_from=timezone.now() - timedelta(days=30))
    assert digests_due() >= 1
    return Delivery.objects.get(user=membership.user, kind="weekly_digest")


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("Europe/Berlin", datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 12, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC)),
    ],
)
def test_one_digest_a_week_also_when_clocks_change_and_with_two_schedulers(membership, editor, zone, first, last):
    theirs = Membership.objects.select_related("user", "organization").get(user=editor)
    members = {membership: (0, 8), theirs: (6, 2)}
    with time_machine.travel(first, tick=False):
        for each, (weekday, hour) in members.items():
            wants(each, weekday, hour, zone)
        Membership.objects.update(created_at=timezone.now())
    hours = [first + timedelta(hours=hour) for hour in range((last - first) // timedelta(hours=1))]
    sent: dict[tuple[int, str], datetime] = {}
    for moment in [moment for moment in hours for _ in range(2)]:
        before = len(sent)
        if queued := digests_due(moment):
            for row in Delivery.objects.all():
                sent.setdefault((row.user_id, row.event_key), moment)
        assert len(sent) == before + queued
    for each in members:
        moments = [moment for (user, _), moment in sent.items() if user == each.user_id]
        weeks = {(moment.isocalendar().year, moment.isocalendar().week) for moment in moments}
        assert len(moments) == len(weeks) == (last - first).days // 7


def test_moved_day_sends_nothing_for_a_moment_that_has_passed_and_never_twice_a_week(membership):
    with time_machine.travel("2026-11-18T12:00:00Z", tick=False):  # a Wednesday
        Membership.objects.update(created_at=timezone.now() - timedelta(days=90))
        wants(membership, 4, 9, "UTC")
        assert digests_due() == 0  # the Friday before it was chosen
    assert digests_due(datetime(2026, 11, 20, 9, tzinfo=UTC)) == 1
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        wants(membership, 5, 9, "UTC")
    assert digests_due(datetime(2026, 11, 21, 10, tzinfo=UTC)) == 0  # this week's is sent
    assert digests_due(datetime(2026, 11, 28, 10, tzinfo=UTC)) == 1


def test_after_an_outage_the_newest_missed_one_goes_out_alone(membership):
    with time_machine.travel("2026-10-01T12:00:00Z", tick=False):
        Membership.objects.update(created_at=timezone.now())
    assert digests_due(datetime(2026, 11, 19, 12, tzinfo=UTC)) == 1
    assert digests_due(datetime(2026, 11, 19, 13, tzinfo=UTC)) == 0


def sent_on_monday(week, connection, membership, mailbox) -> EmailMessage:
    """A week in which a door opened, and the mail about it."""
    organization = membership.organization
    week.at("2026-11-16")
    answer_save(organization=organization, control_id=CONTROL, level=2, note="", version=0, actor=membership.user)
    week.scan(connection, front=True)
    week.record(organization)
    week.at("2026-11-19")
    week.scan(connection, front=False)
    week.at("2026-11-23")
    row = queued(membership)
    Delivery.objects.filter(id=row.id).update(not_before=datetime(2026, 1, 1, tzinfo=UTC), give_up_at=LATER)
    delivery_work(organization, row.id)
    row.refresh_from_db()
    assert (row.state, row.sentence) == ("delivered", "The mail server took it.")
    (raw,) = mailbox.messages
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert message["X-Ztassess-Event-Id"] == str(row.event_id)
    return message


def test_mail_says_the_conclusion_in_text_and_html(week, connection, membership, mailbox, settings):
    settings.BASE_URL = "https://zt.example"
    message = sent_on_monday(week, connection, membership, mailbox)
    assert message["Subject"] == "Acme: 1 regression, 0 % proven"
    assert message["To"] == membership.user.email
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        body = part.get_content()
        assert "Regressed: 1" in body
        assert "before, contradicted now." in body
        assert "Seen by Our doors." in body
        assert f"https://zt.example/o/{membership.organization.slug}/controls/{CONTROL}/" in body
        assert str(message["List-Unsubscribe"]).strip(" <>") in body
        assert "front" not in body  # names of resources stay behind the sign-in
        assert not [mark for mark in ("<script", "<img", "src=", "<link", "url(") if mark in body]


def test_mail_is_stopped_by_one_click_and_not_by_looking(week, connection, membership, mailbox, client, settings):
    settings.BASE_URL = "https://zt.example"
    message = sent_on_monday(week, connection, membership, mailbox)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = str(message["List-Unsubscribe"]).strip(" <>").removeprefix("https://zt.example")
    page = client.get(path)
    assert (page.status_code, page["Cache-Control"]) == (200, "private, no-store")
    assert "Stop the weekly digest of Acme" in page.content.decode()
    assert choice_of(membership).digest
    one_click = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert not choice_of(membership).digest
    assert digests_due(datetime(2026, 12, 1, tzinfo=UTC)) == 0


def test_link_is_for_one_person_one_organization_and_one_kind(membership, client, other_organization):
    good = token_for(membership, "alerts")
    for token in ("x", good[:-1], good + "A", token_for(membership, "everything")):
        answer = client.post(f"/unsubscribe/{token}/")
        assert answer.status_code == 404
        assert "Acme" not in answer.content.decode()
    assert default_choice(membership).alerts
    assert client.post(f"/unsubscribe/{good}/").status_code == 200
    assert (choice_of(membership).alerts, choice_of(membership).digest) == ([], True)
    Membership.objects.filter(id=membership.id).update(revoked_at=timezone.now())
    assert client.post(f"/unsubscribe/{good}/").status_code == 200


def test_mail_server_that_refuses_or_is_away_is_tried_again(membership, organization, mailbox, settings):
    row = queued(membership)
    mailbox.refusal = "451 4.3.0 Try again later"
    delivery_work(organization, row.id)
    row.refresh_from_db()
    assert (row.state, row.status, mailbox.messages) == ("waiting", 451, [])
    assert "Try again later" in row.answer
    mailbox.refusal = ""
    settings.EMAIL_PORT = 9
    Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    delivery_work(organization, row.id)
    row.refresh_from_db()
    assert (row.state, row.attempt, row.sentence) == ("waiting", 2, "The mail server did not take the message.")
    settings.EMAIL_PORT = mailbox.port
    Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    delivery_work(organization, row.id)
    row.refresh_from_db()
    assert (row.state, row.attempt, len(mailbox.messages)) == ("delivered", 3, 1)


def test_who_left_or_changed_their_mind_gets_nothing_more(membership, organization, mailbox):
    leaver = member(organization, Role.VIEWER, "vera@acme.example", "Vera")
    hers = Membership.objects.select_related("user", "organization").get(user=leaver)
    Membership.objects.update(created_at=timezone.now() - timedelta(days=30))
    assert digests_due() == 2
    Membership.objects.filter(user=leaver).update(revoked_at=timezone.now())
    wants(membership, 0, 8, "UTC", digest=False)
    for row in Delivery.objects.all():
        delivery_work(organization, row.id)
    assert {row.state for row in Delivery.objects.all()} == {"dropped"}
    assert mailbox.messages == []
    assert hers.user_id != membership.user_id


def test_demo_company_gets_no_digest(membership, organization):
    Membership.objects.update(created_at=timezone.now() - timedelta(days=30))
    organization.is_demo = True
    organization.save()
    assert digests_due() == 0


def test_line_break_in_a_name_makes_no_header(membership, organization):
    organization.name = "Acme\r\nBcc: everybody@example.com"
    organization.save()
    letter = digest_letter(queued(membership), choice_of(membership), "https://zt.example/stop")
    assert letter.subject.startswith("Acme Bcc: everybody@example.com: nothing changed")
