"""Archives that people bring: kept sealed, taken in by a worker once, canceled, given up, refused in one sentence."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from tests.exchange.conftest import MARK, archive_of, changed
from ztassess.exchange.models import Arrival, ArrivalPart
from ztassess.exchange.services import arriving
from ztassess.exchange.services.arriving import arrival_cancel, arrival_claim, arrival_work, arrivals_tidy
from ztassess.exchange.sweeping import TAKE_IN, ring_waiting
from ztassess.exchange.tasks import take_in
from ztassess.organizations.models import Organization
from ztassess.scans import bell

OVERDUE = timezone.now() - timedelta(days=1)


@pytest.fixture
def rung(monkeypatch) -> list[tuple[object, ...]]:
    heard: list[tuple[object, ...]] = []
    monkeypatch.setattr(bell, "ring_task", lambda *told: heard.append(told) or True)
    return heard


@pytest.fixture
def client(owner) -> Client:
    made = Client()
    made.force_login(owner)
    return made


def send(client, content, press=None):
    sent = {"archive": SimpleUploadedFile("acme.zip", content), "press": str(press or uuid.uuid4())}
    return client.post("/o/import/", sent, follow=True)


def brought(client, content, **more) -> Arrival:
    assert send(client, content, **more).status_code == 200
    return Arrival.objects.order_by("-created_at").first()


def slow(monkeypatch):
    """Every step is told, however fast it was."""
    monkeypatch.setattr(arriving, "TELL_SECONDS", -1)


def test_archive_waits_sealed_and_is_taken_in_once_beside_the_page(
    full, owner, client, rung, told, monkeypatch, stranger
):
    monkeypatch.setattr(arriving, "PART", 4096)
    slow(monkeypatch)
    content = archive_of(full)
    assert Client().get("/o/import/").status_code == 302
    press = client.get("/o/import/").context["form"]["press"].value()
    pages = [send(client, content, press).content.decode() for _ in range(2)]
    arrival = Arrival.objects.get()
    assert rung == [(TAKE_IN, owner.pk, arrival.id)] * 2
    assert all("Waiting" in page and "acme.zip" in page for page in pages)
    kept = b"".join(bytes(part.ciphertext) for part in ArrivalPart.objects.all())
    assert ArrivalPart.objects.count() > 2
    assert len(kept) >= len(content) == arrival.size
    assert MARK.encode() not in kept
    assert content[:200] not in kept
    assert client.get("/o/import/arrivals/").status_code == 200
    assert "on its way in already" in send(client, content).content.decode()
    rung.clear()
    assert ring_waiting() == 1

    Arrival.objects.update(state="running")
    assert "Taking in findings, 7 of 9" in client.get("/o/import/").content.decode()
    Arrival.objects.update(state="pending")
    take_in(str(owner.pk), str(arrival.id))
    take_in(str(owner.pk), str(arrival.id))
    assert Organization.objects.count() == 2
    arrival.refresh_from_db()
    assert (arrival.state, arrival.attempt) == ("done", 1)
    assert not ArrivalPart.objects.exists()
    assert {line.rsplit(" ", 1)[0] for line in told} >= {
        "Checking the archive",
        "Taking in findings",
        "Sealing evidence",
        "Trying its pages",
    }
    done = client.get("/o/import/arrivals/")
    assert done.status_code == 286
    slug = arrival.organization.slug
    for words in ("have no credentials and are paused", f"/o/{slug}/", "of its old log"):
        assert words in done.content.decode()
    for path in ("", "members/", "settings/log/", "settings/log/imported/", "exceptions/", "connectors/", "roadmap/"):
        assert client.get(f"/o/{slug}/{path}").status_code == 200, path
    assert send(client, content, press).status_code == 200, "pressed again, it is the same one"
    assert Arrival.objects.count() == 1
    other = Client()
    other.force_login(stranger)
    assert "acme.zip" not in other.get("/o/import/").content.decode()
    assert other.post(f"/o/import/{arrival.id}/cancel/").status_code == 404


def test_what_is_wrong_is_said_at_once_or_by_the_worker_and_nothing_is_kept(full, client, rung):
    content = archive_of(full)
    assert client.post("/o/import/", {"press": str(uuid.uuid4())}).status_code == 422
    refused = send(client, content[:-9])
    assert refused.status_code == 422
    assert "damaged or was cut off" in refused.content.decode()
    assert not Arrival.objects.exists()
    wrong = changed(content, "assessments.Answer.jsonl", lambda rows: rows[0].update(control_id="mfa.nowhere"))
    arrival = brought(client, wrong)
    assert arrival_work(arrival.id)
    said = client.get("/o/import/").content.decode()
    assert "which version" in said
    assert "Nothing was taken in." in said
    assert not ArrivalPart.objects.exists()
    assert Organization.objects.count() == 1
    ready = brought(client, content)
    ArrivalPart.objects.filter(arrival=ready).update(kek_id="gone")
    assert arrival_work(ready.id)
    assert "does not open any more" in client.get("/o/import/").content.decode()


@pytest.mark.parametrize("when", ["waiting", "checking", "writing"])
def test_canceled_at_any_moment_nothing_of_it_stays(full, client, rung, told, monkeypatch, when):
    slow(monkeypatch)
    arrival = brought(client, archive_of(full))
    if when != "waiting":
        words = "Checking" if when == "checking" else "Trying its pages"

        def cancels(arrival_id, told_words, done, total):
            if told_words.startswith(words):
                assert arrival_cancel(arrival=arrival)

        monkeypatch.setattr(arriving, "progress_put", cancels)
        assert arrival_work(arrival.id)
        # The test shares one connection with the worker, whose transaction takes the cancellation back with the rows.
        if when == "writing":
            arrival_cancel(arrival=arrival)
    stopped = client.post(f"/o/import/{arrival.id}/cancel/", follow=True).content.decode()
    assert ("is not taken in; nothing of it" in stopped) is (when == "waiting")
    assert ("had ended before" in stopped) is (when != "waiting")
    assert arrival_work(arrival.id) is False
    assert Organization.objects.count() == 1
    assert not ArrivalPart.objects.exists()


def test_worker_that_is_lost_leaves_nothing_and_another_takes_it_again_three_times_at_most(
    full, client, rung, monkeypatch
):
    arrival = brought(client, archive_of(full))
    lost = arrival_claim(arrival.id)
    assert arrival_claim(arrival.id) is None, "its lease stands"
    Arrival.objects.update(lease_until=OVERDUE)
    rung.clear()
    assert ring_waiting() == 1
    assert arrival_work(arrival.id)
    with pytest.raises(arriving.JobLost):
        lost.finish(arriving.Imported(full, 0, 0, 0))
    assert Organization.objects.count() == 2

    again = brought(client, archive_of(full))

    def breaks(*args, **more):
        raise DatabaseError("the server is gone")

    monkeypatch.setattr(arriving, "organization_import", breaks)
    for _ in range(3):
        Arrival.objects.filter(id=again.id).update(lease_until=OVERDUE)
        assert arrival_work(again.id)
    assert arrival_work(again.id) is False
    Arrival.objects.filter(id=again.id).update(lease_until=OVERDUE)
    assert arrivals_tidy() == 1
    again.refresh_from_db()
    assert (again.state, again.problem) == ("failed", arriving.GAVE_UP)

    cut = Arrival.objects.create(user=again.user, press=uuid.uuid4(), name="cut.zip", created_at=OVERDUE)
    assert arrivals_tidy() == 1
    cut.refresh_from_db()
    assert cut.problem == arriving.CUT
    Arrival.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert arrivals_tidy() == 3
    assert not Arrival.objects.exists()
    assert Organization.objects.count() == 2


def test_upload_may_be_larger_there_for_who_signed_in_alone(full, client, settings, rung):
    content = archive_of(full)
    settings.UPLOAD_LIMIT = len(content) // 2
    assert send(Client(), content).redirect_chain[0][0].startswith("/accounts/login/")
    brought(client, content)
    settings.UPLOAD_LARGER = {"/o/import/": len(content) // 2}
    refused = send(client, content)
    assert refused.status_code == 422
    assert "larger than 0 MiB" in refused.content.decode()
