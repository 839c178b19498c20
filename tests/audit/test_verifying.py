"""Following a log finds each way of altering one, at the right line, and nothing where nothing was altered."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from tests.audit.test_log import record
from ztassess.audit.models import AuditDetail, AuditEvent, AuditHead
from ztassess.audit.services import CHAINED, START, chain_hash, chain_mac
from ztassess.audit.verifying import log_verify

LINES = 6


@pytest.fixture
def log(in_scope, owner):
    """An organization with a log of its own lines and `LINES` more; where the first of these stands."""
    first = AuditHead.objects.get().seq + 1
    for number in range(LINES):
        record(in_scope, owner, number)
    return in_scope, first


def lines():
    return AuditEvent.objects.order_by("seq")


def rehash(rows):
    """What somebody can do who may write to the database, and has no key."""
    before = START
    for event in rows:
        event.prev_hash = before
        before = event.hash = chain_hash(event)
        event.save()
    AuditHead.objects.update(seq=event.seq, hash=before)


def test_untouched_log_follows_with_and_without_a_noted_line_and_with_erased_words(log):
    acme, first = log
    AuditDetail.objects.filter(event__seq=first).delete()
    verdict, head = log_verify(acme), AuditHead.objects.get()
    assert (verdict.problem, verdict.lines, verdict.hash, verdict.erased_words) == ("", head.seq, head.hash, 1)
    middle = lines().get(seq=first + 2)
    assert log_verify(acme, noted=(middle.seq, middle.hash)).problem == ""


@pytest.mark.parametrize("field", [name for name in CHAINED if name not in {"organization_id", "seq", "actor_id"}])
def test_changed_field_is_found_at_its_line(log, field):
    acme, first = log
    other = lines().first().at if field == "at" else "changed"
    lines().filter(seq=first + 3).update(**{field: other})
    verdict = log_verify(acme)
    assert (verdict.problem, verdict.lines) == (f"Line {first + 3} was altered.", first + 2)


def test_every_other_way_is_found_at_its_line(log, stranger, subtests):
    acme, first = log
    at = first + 3
    head = AuditHead.objects.get()
    kept = list(lines())

    def taken_out():
        lines().filter(seq=at).delete()
        return f"Line {at} is missing."

    def swapped():
        one, two = kept[at - 1], kept[at]
        lines().filter(pk__in=(one.pk, two.pk)).delete()
        one.seq, two.seq = two.seq, one.seq
        AuditEvent.objects.bulk_create([one, two])
        return f"Line {at} does not follow from the one before."

    def by_another():
        lines().filter(seq=at).update(actor=stranger)
        return f"Line {at} was altered."

    def cut_off():
        lines().filter(seq__gt=at).delete()
        return f"Line {at + 1} is missing, and the head of the log names line {head.seq}."

    def written_anew():
        rows = list(lines())
        rows[at - 1].action = "nothing.happened"
        rehash(rows)
        return f"Line {at} was not written by this installation."

    def head_moved():
        AuditHead.objects.update(hash="f" * 64)
        return f"Line {head.seq} is another one than the head of the log names."

    def other_words():
        AuditDetail.objects.filter(event__seq=at).update(after={"n": 99})
        return f"Line {at} has other words than were written."

    for way in (taken_out, swapped, by_another, cut_off, written_anew, head_moved, other_words):
        with subtests.test(way.__name__), transaction.atomic():
            expected = way()
            assert log_verify(acme).problem == expected
            transaction.set_rollback(True)
    assert log_verify(acme).problem == ""


def test_tail_cut_off_with_its_head_shows_by_a_noted_line_alone(log):
    """Somebody who holds the keys as well leaves a chain that follows; who noted a line knows better."""
    acme, first = log
    noted = AuditHead.objects.values_list("seq", "hash").get()
    lines().filter(seq__gt=first).delete()
    rehash(lines())
    lines().update(mac="")
    for event in lines():
        lines().filter(pk=event.pk).update(mac=chain_mac(event.hash))
    assert log_verify(acme).problem == ""
    assert log_verify(acme, noted=noted).problem == f"Line {first + 1} is missing, and somebody noted line {noted[0]}."


def test_command_and_page_say_the_same(log, owner, viewer, capsys):
    acme, first = log
    seq, digest = AuditHead.objects.values_list("seq", "hash").get()
    call_command("audit_verify")
    assert capsys.readouterr().out == f"{acme.slug}: {seq} lines follow, the last is {seq}:{digest}\n"
    page, client = f"/o/{acme.slug}/settings/log/", Client()
    client.force_login(owner)
    assert f"{seq}:{digest}" in client.get(page).content.decode()
    fine = client.get(page, {"verify": "1", "noted": f" {seq}:{digest} "}).content.decode()
    assert "Nothing was altered." in fine
    assert "the line you noted is among them" in fine
    assert "That is no line of a log" in client.get(page, {"verify": "1", "noted": "7"}).content.decode()
    lines().filter(seq=first + 1).update(object="x")
    broken = client.get(page, {"verify": "1"}).content.decode()
    assert "The log was altered." in broken
    assert f"Line {first + 1} was altered." in broken
    with pytest.raises(CommandError, match="1 of 1 logs were altered"):
        call_command("audit_verify", acme.slug)
    for wrong in (["nobody-0000"], [acme.slug, "--noted", "7"], ["--noted", f"{seq}:{digest}"]):
        with pytest.raises(CommandError):
            call_command("audit_verify", *wrong)
    client.force_login(viewer)
    assert client.get(page, {"verify": "1"}).status_code == HTTPStatus.FORBIDDEN
