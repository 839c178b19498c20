"""A change is judged once, under the lock of the log, and all that follows from it agrees with that judgment."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from tests.faults.installation import Installation
from tests.services.postgres import start_postgres
from ztassess.assessments import selectors, services
from ztassess.assessments.models import Answer, ScoreSnapshot
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import score_record
from ztassess.audit.services import audit_lock
from ztassess.notifications.models import ToldFact
from ztassess.organizations.models import FactSheet
from ztassess.organizations.services import facts_save
from ztassess.portfolio.models import PortfolioRow
from ztassess.scans.models import Scan, ScanState
from ztassess.scans.services.results import failure_store

CONTROL = "identity.inventory"
TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')
WRITTEN = re.compile(r'^(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) "(\w+)"')


@pytest.fixture
def judgments(monkeypatch) -> list[str]:
    """Grows by one with each judgment of an organization."""
    made: list[str] = []
    real = selectors.assess

    def counted(*args, **kwargs):
        made.append("judged")
        return real(*args, **kwargs)

    monkeypatch.setattr(selectors, "assess", counted)
    return made


def test_each_change_is_judged_once_and_asks_no_more_than_it_must(
    as_owner, home, scan, tasks, connection, owner, judgments
):
    """With a running sprint and a summary, which follow it. Two numbers: judgments, and the most questions."""
    answer = f"{home}controls/{CONTROL}/answer/"
    organization = connection.organization

    def failing() -> None:
        made = Scan.objects.create(
            organization=organization, connection=connection, number=99, state=ScanState.RUNNING, worker="w", fence=1
        )
        with transaction.atomic():
            failure_store(made, code="denied", sentence="The key was refused.")

    def facts() -> None:
        sheet = FactSheet.objects.get()
        facts_save(sheet=sheet, values={"has_vpn": True}, declared={}, version=sheet.version, actor=owner)

    def said(level: int, **more: str) -> int:
        version = getattr(Answer.objects.filter(control_id=CONTROL).first(), "version", 0)
        return as_owner.post(answer, {"level": level, "note": "", "version": version}, **more).status_code

    scan()
    assert said(1) == 302
    for step, judged, most in (
        (lambda: scan(inventory=True), 1, 58),
        (scan, 1, 48),
        (lambda: said(2), 1, 44),
        # The page that answers is made of what stands after the commit, whoever changed it.
        (lambda: said(3, HTTP_HX_REQUEST="true"), 2, 66),
        (failing, 1, 46),
        (facts, 1, 38),
        (lambda: score_record(organization, cause="daily"), 1, 31),
    ):
        judgments.clear()
        with CaptureQueriesContext(database) as asked:
            step()
        assert (len(judgments), len(asked) <= most) == (judged, True), (judgments, len(asked))
    now, row, stored = read_organization(organization).assessment, PortfolioRow.objects.get(), ScoreSnapshot.objects
    assert stored.latest("at").states == {each.id: each.state.value for each in now.controls}
    assert (row.proven, row.claimed) == (now.eighty_twenty.percents.proven, now.eighty_twenty.percents.claimed)
    assert tasks()[CONTROL].state == "done"


def test_what_listeners_write_is_nothing_that_a_judgment_reads(scan, tasks, connection, monkeypatch):
    """So the judgment that they are handed is still the present one for the last of them."""
    organization = connection.organization
    scan(admins=True)
    listeners = list(services.JUDGED_LISTENERS)
    monkeypatch.setattr(services, "JUDGED_LISTENERS", [])
    scan(admins=False, inventory=True)
    with transaction.atomic():
        audit_lock(organization)
        with CaptureQueriesContext(database) as asked:
            reading = read_organization(organization)
        with CaptureQueriesContext(database) as done:
            for listener in listeners:
                listener(organization, reading)
    read = {table for each in asked for table in TABLE.findall(each["sql"])}
    written = {found[1] for each in done if (found := WRITTEN.match(each["sql"]))}
    assert {"assessments_answer", "scans_standingresult", "scans_connection", "organizations_factsheet"} <= read
    assert {"roadmaps_roadmaptask", "portfolio_portfoliorow", "notifications_toldfact"} <= written
    assert not read & written
    again = read_organization(organization, now=reading.assessment.today)
    assert again.assessment == reading.assessment
    assert (tasks()["mfa.admins"].state, tasks()[CONTROL].state) == ("reopened", "done")
    assert ToldFact.objects.filter(key__startswith="regression:mfa.admins").exists()


STORY = """
import json, threading, time
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.roadmaps.conftest import choice
from tests.volume import fill
from ztassess.accounts.models import User
from ztassess.assessments import selectors
from ztassess.assessments.models import Answer, ScoreSnapshot
from ztassess.assessments.services import answer_save, score_record
from ztassess.assessments.services_evidence import Filed, artifact_file, artifact_review
from ztassess.common.models import organization_scope
from ztassess.domain.sprints import closing_of
from ztassess.organizations.models import Membership
from ztassess.organizations.services import organization_create
from ztassess.portfolio.models import PortfolioRow, PortfolioState
from ztassess.roadmaps.models import RoadmapTask
from ztassess.roadmaps.proposing import propose
from ztassess.roadmaps.services.sprints import sprint_start

call_command("migrate", verbosity=0, skip_checks=True)
ONE, TWO = "identity.inventory", "mfa.admins"
olga, ben = (User.objects.create_user(name + "@acme.example", name=name) for name in ("olga", "ben"))
acme = organization_create(name="Acme", owner=olga, facts={})
judged, real = [], selectors.assess
selectors.assess = lambda *args, **kwargs: (judged.append(1), real(*args, **kwargs))[1]

def answer(control, level, actor):
    row = Answer.objects.filter(control_id=control).first()
    version = row.version if row else 0
    answer_save(organization=acme, control_id=control, level=level, note="", version=version, actor=actor)

def daily():
    with transaction.atomic():
        score_record(acme, cause="daily")

def waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]

def at_once(first, second):
    holding, problems = threading.Event(), []

    def lead():
        with transaction.atomic():
            first()
            holding.set()
            end = time.monotonic() + 20
            while not waits():
                assert time.monotonic() < end, "the second never waited for the first"
                time.sleep(0.01)

    def follow():
        assert holding.wait(20)
        second()

    def inside(step):
        try:
            with organization_scope(acme):
                step()
        except BaseException as problem:
            problems.append(repr(problem))
        finally:
            connection.close()

    judged.clear()
    threads = [threading.Thread(target=inside, args=(step,)) for step in (lead, follow)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count = len(judged)
    with organization_scope(acme):
        now = selectors.read_organization(acme).assessment
        states = {each.id: each.state.value for each in now.controls}
        newest, row = ScoreSnapshot.objects.latest("at"), PortfolioRow.objects.get()
        kept = dict(PortfolioState.objects.filter(kind="control").values_list("subject", "state"))
        tasks = {task.control_id: task for task in RoadmapTask.objects.all()}
        core, shown = now.eighty_twenty, now.eighty_twenty.percents
        return {
            "problems": problems,
            "judged": count,
            "snapshot": (newest.states, newest.proven, newest.claimed) == (states, core.proven, core.claimed),
            "summary": (row.proven, row.claimed, row.ceiling) == (shown.proven, shown.claimed, shown.ceiling),
            "summary of controls": kept == states,
            "sprint": all(
                (task.state == "done") == (closing_of(now.control(control)) is not None)
                for control, task in tasks.items()
            ),
            "states": [states[ONE], states[TWO], tasks[ONE].state, tasks[TWO].state],
        }

def asked(organization):
    found = []
    for path in ("", "dashboard/"):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/o/{organization.slug}/{path}").status_code == 200
        found.append(len(seen))
    return found

client = Client(SERVER_NAME="localhost")
client.force_login(olga)
asked(acme)
empty = asked(acme)
full = organization_create(name="Full", owner=olga, facts={})
with organization_scope(full):
    fill(full, olga, days=40, scans=12, findings=600)
said = [empty == asked(full)]
with organization_scope(acme):
    Membership.objects.create(organization=acme, user=ben, role="owner")
    chosen = choice(olga, start=timezone.localdate().isoformat())
    proposal = propose(selectors.read_organization(acme).assessment, chosen, today=timezone.localdate())
    sprint_start(organization=acme, choice=chosen, seen=proposal.mark, actor=olga)
    for control in (ONE, TWO):
        answer(control, 2, olga)
        filed = {"kind": "note", "title": "List", "filed": Filed(text="All of them.")}
        artifact = artifact_file(organization=acme, control_id=control, actor=olga, **filed)
        artifact_review(artifact=artifact, number=1, level=2, decision="accepted", comment="Seen.", actor=ben)
# A claim above the reviewed one takes the attestation away, and with it the task's closing.
said.append(at_once(lambda: answer(ONE, 3, olga), lambda: answer(TWO, 3, ben)))
said.append(at_once(lambda: answer(ONE, 2, olga), lambda: answer(TWO, 2, ben)))
said.append(at_once(lambda: answer(ONE, 3, olga), daily))
print("SAID " + json.dumps(said))
"""


@pytest.mark.postgres
def test_two_who_answer_at_once_leave_everything_as_a_judgment_made_afterwards(tmp_path):
    """On PostgreSQL, where the second would read while the first has not committed. Pages ask as much there, too."""
    server = start_postgres()
    url = f"postgresql://postgres:{server.password}@localhost:{server.port}/postgres"
    out, _ = Installation(tmp_path, {"DATABASE_URL": url}).popen(STORY).communicate(timeout=150)
    (line,) = [line for line in out.splitlines() if line.startswith("SAID ")] or pytest.fail(out)
    agreed = {"problems": [], "judged": 2} | dict.fromkeys(
        ("snapshot", "summary", "summary of controls", "sprint"), True
    )
    assert json.loads(line.removeprefix("SAID ")) == [
        True,
        agreed | {"states": ["claimed", "claimed", "reopened", "reopened"]},
        agreed | {"states": ["attested", "attested", "done", "done"]},
        agreed | {"states": ["claimed", "attested", "reopened", "done"]},
    ]
