"""Two workers at the same rows, on PostgreSQL: an end by date is told once, an archive becomes one organization."""

from __future__ import annotations

import json

import pytest

from tests.faults.installation import Installation
from tests.services.postgres import start_postgres

STORY = """
import io, json, threading, uuid
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.exchange.models import Arrival, ArrivalPart
from ztassess.exchange.services import arriving
from ztassess.exchange.writing import archive_write
from ztassess.organizations import services_expiry
from ztassess.organizations.models import Grant, Membership, Organization
from ztassess.organizations.services import organization_create
from ztassess.organizations.services_grants import consultant_join
from ztassess.sharing.models import ShareLink
from ztassess.sharing.services_reading import opening_record

owner = User.objects.create_user("owner@acme.example", name="Olga")
acme = organization_create(name="Acme", owner=owner, facts={})
said, links = {}, []
past = timezone.now() - timedelta(seconds=1)
with organization_scope(acme):
    for number in range(6):
        user = User.objects.create_user(f"c{number}@firm.example", name=f"Consultant {number}")
        grant = Grant.objects.create(
            organization=acme, email=user.email, user=user, role="editor", token_hash=str(number), expires_at=past,
            offer_until=past, accepted_at=past,
        )
        consultant_join(grant, user)
        links.append(ShareLink.objects.create(
            organization=acme, title="t", audience="a", token_hash=f"t{number}", made_by=user,
            expires_at=timezone.now() + timedelta(days=1),
        ))

def at_once(*steps):
    gate, found = threading.Barrier(len(steps)), []
    def run(step):
        gate.wait()
        try:
            found.append(step())
        except Exception as problem:
            found.append(repr(problem))
        finally:
            connection.close()
    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return found

def open_all():
    with organization_scope(acme):
        return sum(opening_record(link=link, page="plan", network="") for link in links)

# Both read their list before either locks a row.
seen, both = services_expiry.ends_untold, threading.Barrier(2)
def slowly(now):
    rows = seen(now)
    both.wait()
    return rows
services_expiry.ends_untold = slowly
told = at_once(services_expiry.ends_notice, services_expiry.ends_notice, open_all, open_all)
services_expiry.ends_untold = seen
said["told"] = [sum(told) + services_expiry.ends_notice()] if all(isinstance(n, int) for n in told) else told
with organization_scope(acme):
    count = lambda action: AuditEvent.objects.filter(action=action).count()
    said["lines"] = [count("grant.expire"), count("membership.expire"), count("share.pause")]

out = io.BytesIO()
archive_write(acme, out, tell=lambda *_: None)
arrival, _ = arriving.archive_keep(person=owner, file=out, name="a.zip", press=uuid.uuid4())
work = lambda: arriving.arrival_work(arrival.id)
said["worked"] = sorted(at_once(work, work))
said["organizations"] = Organization.objects.count()

# The first worker is slow and loses its lease; the second takes it in; the first finds out at its last step.
second, _ = arriving.archive_keep(person=owner, file=out, name="b.zip", press=uuid.uuid4())
kept, entered, go = arriving.organization_import, threading.Event(), threading.Event()
def slow_import(**told):
    if not entered.is_set():
        entered.set()
        go.wait()
    return kept(**told)
arriving.organization_import = slow_import
slow = threading.Thread(target=lambda: (arriving.arrival_work(second.id), connection.close()))
slow.start()
entered.wait()
Arrival.objects.filter(id=second.id).update(lease_until=past)
said["second"] = arriving.arrival_work(second.id)
go.set()
slow.join()
second.refresh_from_db()
said["after"] = [second.state, second.attempt, Organization.objects.count(), ArrivalPart.objects.count()]

# Canceled while its rows are written: another connection says so, and the worker hears it.
third, _ = arriving.archive_keep(person=owner, file=out, name="c.zip", press=uuid.uuid4())
arriving.TELL_SECONDS = -1
def cancels(arrival_id, words, done, total):
    if words == "Trying its pages":
        said["cancel"] = at_once(lambda: arriving.arrival_cancel(arrival=third))
arriving.progress_put, kept_finish = cancels, arriving.Held.finish
arriving.arrival_work(third.id)
third.refresh_from_db()
said["canceled"] = [third.state, Organization.objects.count(), ArrivalPart.objects.count()]
print("SAID " + json.dumps(said))
"""


@pytest.mark.postgres
def test_two_workers_at_once_do_everything_once(tmp_path):
    server = start_postgres()
    url = f"postgresql://postgres:{server.password}@localhost:{server.port}/postgres"
    installation = Installation(tmp_path, {"DATABASE_URL": url})
    done = installation.manage("migrate", "--skip-checks", "-v0")
    assert done.returncode == 0, done.stderr
    out = installation.run(STORY)
    (line,) = [line for line in out.splitlines() if line.startswith("SAID ")] or pytest.fail(out)
    assert json.loads(line.removeprefix("SAID ")) == {
        "told": [6],
        "lines": [6, 6, 6],
        "worked": [False, True],
        "organizations": 2,
        "second": True,
        "after": ["done", 2, 3, 0],
        "cancel": [True],
        "canceled": ["canceled", 3, 0],
    }
