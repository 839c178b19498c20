"""Deletion: typed name, seven days in which everything stops and an owner can undo it, then nothing is left."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from tests.conftest import person, proven
from tests.exchange.conftest import MARK, archive_of, take_in
from tests.tenancy.seeding import contents, seed
from ztassess.accounts.models import User
from ztassess.audit.models import AuditDetail, AuditEvent, AuditHead, ChainEnd
from ztassess.common.models import organization_scope
from ztassess.exchange.services.deletion import deletion_request, deletion_undo
from ztassess.exchange.sweeping import erase_due, warn_of_due
from ztassess.notifications.models import Delivery, MemberChoice
from ztassess.notifications.work import delivery_work
from ztassess.organizations.models import Grant, GrantState, Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import organization_create
from ztassess.scans.dispatch import tick
from ztassess.scans.models import Scan, ScanState, Schedule


def tables_with(text: str) -> set[str]:
    """Every table of the database in which any cell holds the text, whatever Django knows of it."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  the database named it
            if any(text.lower() in str(cell).lower() for row in cursor.fetchall() for cell in row):
                found.add(table)
    return found


def test_nothing_is_left_but_where_the_log_ended(full, owner, stranger, settings):
    other = organization_create(name="Other", owner=stranger, facts={})
    seed(other, stranger, "NEIGHBOR")
    came = take_in(archive_of(full), stranger).organization
    before = contents(other)
    with organization_scope(full):
        marked = tables_with(MARK)
        assert len(marked) > 20  # the search sees what is there
        Organization.objects.filter(id=full.id).update(deletion_due_at=timezone.now() - timedelta(seconds=1))
    ids = {str(full.id), full.id.hex}
    assert erase_due() == 1
    with organization_scope(came):
        call_command("delete_organization", came.slug, confirm=came.name, now=True, stdout=io.StringIO())
    assert tables_with(MARK) == set()
    assert {table for each in ids for table in tables_with(each)} == {"audit_chainend"}
    assert contents(other) == before
    assert User.objects.filter(pk__in=[owner.pk, stranger.pk]).count() == 2
    assert erase_due() == 0
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields if field.related_model is Organization]
        with organization_scope(full):
            assert not any(model._default_manager.filter(**{name: full.id}).exists() for name in names)


def test_end_of_the_chain_fits_an_archive(full, owner):
    content = archive_of(full)
    with organization_scope(full):
        head = AuditHead.objects.get()
        call_command("delete_organization", full.slug, confirm="Acme", now=True, stdout=io.StringIO())
        assert not AuditEvent.objects.exists()
    end = ChainEnd.objects.get()
    found = take_in(content, owner)
    assert end.organization_id == full.id
    assert found.lines == head.seq == end.seq - 2  # it was asked for, and done


def test_seven_days_with_everything_stopped_and_undone_by_an_owner(full, owner, viewer, editor, bells):
    with organization_scope(full):
        Schedule.objects.update(is_on=True)
        finished = Scan.objects.get()
        running = Scan.objects.create(
            organization=full, connection=finished.connection, number=2, state=ScanState.RUNNING, fence=1
        )
    client, page = Client(), f"/o/{full.slug}/settings/delete/"
    proven(client, owner)
    refused = client.post(page, {"typed": "acme"})
    assert refused.status_code == 422
    assert "That is not the name of this organization" in refused.content.decode()
    client.post(page, {"typed": " Acme "})
    full.refresh_from_db()
    assert timedelta(days=6, hours=23) < full.deletion_due_at - timezone.now() <= timedelta(days=7)
    with organization_scope(full):
        running.refresh_from_db()
    assert (running.state, running.error_code) == (ScanState.CANCELED, "canceled")
    assert tick(timezone.now() + timedelta(days=2)) == 0
    assert erase_due() == 0
    start = client.post(f"/o/{full.slug}/connections/{finished.connection_id}/scan/", follow=True)
    assert "about to be deleted" in start.content.decode()
    for each in (viewer, editor, owner):
        proven(client, each)
        seen = client.get(f"/o/{full.slug}/members/").content.decode()
        assert "Olga Owner asked to delete Acme" in seen
        assert ("Undo it" in seen) is (each == owner)
    assert client.get(f"/o/{full.slug}/settings/export/").status_code == 200
    proven(client, editor)
    assert client.post(f"{page}undo/").status_code == 403
    proven(client, owner)
    assert "stays" in client.post(f"{page}undo/", follow=True).content.decode()
    assert "is not about to be deleted" in client.post(f"{page}undo/", follow=True).content.decode()
    assert "asked to delete" not in client.get(f"/o/{full.slug}/members/").content.decode()
    with organization_scope(full):
        lines = list(AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:4])
    assert [line for line in lines if line.startswith("organization.")] == [
        "organization.delete_undo",
        "organization.delete_request",
    ]


def test_undone_at_the_last_moment_it_stays(full, owner):
    client = Client()
    proven(client, owner)
    client.post(f"/o/{full.slug}/settings/delete/", {"typed": "Acme"})
    client.post(f"/o/{full.slug}/settings/delete/undo/")
    assert erase_due() == 0
    assert Organization.objects.filter(id=full.id).exists()


@pytest.mark.parametrize(("slug", "name", "words"), [("acme-0000", "Acme", "no organization"), ("", "acme", "not the")])
def test_operator_has_to_type_the_name(full, slug, name, words):
    with pytest.raises(CommandError, match=words):
        call_command("delete_organization", slug or full.slug, confirm=name, now=True)
    assert Organization.objects.get() == full


def test_demo_company_is_not_deleted_by_its_log_in(owner):
    demo = organization_create(name="Demo", owner=owner, facts={}, is_demo=True)
    client = Client()
    proven(client, owner)
    said = client.post(f"/o/{demo.slug}/settings/delete/", {"typed": "Demo"})
    assert "belongs to everybody here" in said.content.decode()


def test_firm_that_goes_gives_its_access_back_and_its_clients_keep_what_was(organization, owner, stranger):
    firm = organization_create(name="Northgate", owner=stranger, facts={})
    until = timezone.now() + timedelta(days=30)
    with organization_scope(organization):
        held, over = (
            Grant.objects.create(
                organization=organization,
                email=f"{name}@firm.example",
                for_firm=True,
                firm=firm,
                role=Role.EDITOR,
                expires_at=until,
                offer_until=until,
                token_hash=name,
                accepted_at=timezone.now(),
                ended_at=ended,
            )
            for name, ended in (("held", None), ("over", timezone.now()))
        )
        works = Membership.objects.create(
            organization=organization,
            user=stranger,
            role=Role.EDITOR,
            is_consultant=True,
            grant=held,
            expires_at=until,
        )
    with organization_scope(firm):
        call_command("delete_organization", firm.slug, confirm="Northgate", now=True, stdout=io.StringIO())
    assert not Organization.objects.filter(id=firm.id).exists()
    with organization_scope(organization):
        for grant in (held, over):
            grant.refresh_from_db()
            assert (grant.state(), grant.firm, str(grant.holder)) == (GrantState.ENDED, None, grant.email)
        works.refresh_from_db()
        assert works.revoked_at is not None
        assert AuditDetail.objects.filter(summary__contains="Northgate gave its access back").count() == 1
    assert proven(Client(), stranger).get(f"/o/{organization.slug}/").status_code == 404


def mails_sent(organization, mailoutbox) -> dict[str, str]:
    """Send every waiting mail; texts by address."""
    mailoutbox.clear()
    with organization_scope(organization):
        waiting = list(Delivery.objects.filter(state="pending").values_list("id", flat=True))
        Delivery.objects.update(not_before=Now())  # the clock of the database does not travel
    for each in waiting:
        delivery_work(organization, each)
    assert all("List-Unsubscribe" not in mail.extra_headers for mail in mailoutbox)
    return {mail.to[0]: f"{mail.subject}\n{mail.body}" for mail in mailoutbox}


def asked_twice(organization, owner):
    with organization_scope(organization):
        for _ in range(2):
            deletion_request(organization=organization, typed="Acme", actor=owner)


def test_deletion_is_mailed_when_asked_for_withdrawn_and_a_day_away(
    organization, owner, admin, editor, bells, mailoutbox
):
    """Owners and admins with the ways out, a consultant one line; whatever they chose, once, and not when stale."""
    consultant, until = person("cora@firm.example", "Cora Consultant"), timezone.now() + timedelta(days=30)
    with organization_scope(organization):
        Membership.objects.create(
            organization=organization, user=consultant, role="viewer", is_consultant=True, expires_at=until
        )
        for user in (owner, admin, consultant):
            MemberChoice.objects.create(organization=organization, user=user, digest=False, alerts=[])
    User.objects.filter(pk=owner.pk).update(time_zone="Europe/Berlin")

    sent, ask = partial(mails_sent, organization, mailoutbox), partial(asked_twice, organization, owner)
    ask()
    texts = sent()
    assert set(texts) == {owner.email, admin.email, consultant.email}
    assert "Olga Owner asked to delete Acme" in texts[owner.email]
    assert "(Europe/Berlin)" in texts[owner.email]
    assert f"/o/{organization.slug}/settings/delete/" in texts[owner.email]
    assert "An owner can keep the organization" in texts[admin.email]
    assert "settings/delete/" not in texts[admin.email] + texts[consultant.email]
    assert "Olga Owner asked for it, and your access to Acme ends with it." in texts[consultant.email]
    assert warn_of_due() == 0
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=1)):
        assert (warn_of_due(), warn_of_due()) == (1, 0)
        assert "Acme: everything is deleted within a day" in sent()[consultant.email]
        with organization_scope(organization):
            deletion_undo(organization=organization, actor=owner)
        assert "Olga Owner withdrew the deletion that was set for" in sent()[admin.email]
        assert warn_of_due() == 0
        ask()
        with organization_scope(organization):
            deletion_undo(organization=organization, actor=owner)
            texts = sent()
            assert {text.partition("\n")[0] for text in texts.values()} == {"Acme: it is not deleted"}
            stale = Delivery.objects.filter(state="dropped").values_list("sentence", flat=True)
            assert list(stale) == ["The deletion was withdrawn before this was sent."] * 3
            deletion_request(organization=organization, typed="Acme", actor=None, tell=False)
        assert sent() == {}
