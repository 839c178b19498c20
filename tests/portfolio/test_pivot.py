"""Which clients fail a check: every client has one state, nothing unread passes, and only who fails is given a task."""

from __future__ import annotations

import csv
import io

import pytest

from tests.portfolio.book import CHECK, book_of
from tests.portfolio.test_asking import form
from ztassess.common.models import organization_scope
from ztassess.portfolio.models import PortfolioRow, PortfolioState, PortfolioSystem
from ztassess.portfolio.packing import checks_text
from ztassess.portfolio.services.asking import NO_TASK

pytestmark = pytest.mark.django_db
PATH = f"/portfolio/by/check/{CHECK}/"
STATES = {
    "fail": "Fails",
    "not_checked": "Cannot check",
    "excepted": "Excepted",
    "pass": "Passes",
    "not_applicable": "Nothing to judge",
    "never_read": "Never read",
    "not_connected": "Not connected",
    "not_summed": "Not summed up yet",
}


@pytest.fixture
def clients(consultant):
    """A client in each state, named by it."""
    made = dict(zip(STATES, book_of(consultant, list(STATES)), strict=True))
    for state, one in made.items():
        with organization_scope(one):
            PortfolioState.objects.filter(kind="check").delete()
            PortfolioSystem.objects.all().delete()
            if state in ("fail", "not_checked", "excepted"):
                words = {"resources": 3, "words": "3 of 41 people have no second factor."}
                PortfolioState.objects.create(
                    organization=one, kind="check", subject=CHECK, state=state, since="2026-10-01", **words
                )
            if state not in ("not_connected", "not_summed"):
                known = {"two_step": ("pass", PortfolioRow.objects.get().started_on)}
                if state in ("pass", "not_applicable"):
                    known["two_step_enforced_users"] = (state, PortfolioRow.objects.get().started_on)
                PortfolioSystem.objects.create(
                    organization=one, connector="google_workspace", checks=checks_text(known)
                )
            if state == "not_summed":
                PortfolioRow.objects.all().delete()
    return made


def test_each_client_stands_in_one_state_on_the_page_and_in_its_files(web, clients):
    page = web.get(PATH).content.decode()
    assert (
        "1 client fails this check · 1 cannot be checked · 1 excepted · 1 pass · 1 with nothing to judge · "
        "1 never read · 1 not connected · 1 not summed up yet"
    ) in page
    listed = web.get(f"{PATH}?state=every&format=json").json()
    assert {row["Client"]: row["State"] for row in listed} == STATES
    told = {row["Client"]: row for row in listed}
    assert (told["fail"]["Since"], told["fail"]["Failing resources"]) == ("2026-10-01", 3)
    assert told["pass"]["Seen on"]
    assert told["not_connected"]["What was seen"] == "Google Workspace is not connected."
    for state in ("pass", "never_read", "not_connected"):
        rows = list(csv.DictReader(io.StringIO(web.get(f"{PATH}?state={state}&format=csv").content.decode())))
        assert [row["Client"] for row in rows] == [state]
    assert [row["Client"] for row in web.get(f"{PATH}?format=json").json()] == ["fail"]


@pytest.mark.parametrize(
    ("state", "tasks", "evidence"),
    [
        ("", True, True),
        ("every", True, True),
        ("pass", False, False),
        ("not_applicable", False, False),
        ("never_read", False, True),
        ("not_connected", False, True),
    ],
)
def test_page_offers_what_can_be_asked_in_a_state(state, tasks, evidence, web, clients):
    page = web.get(f"{PATH}?state={state}").content.decode()
    assert ("Create tasks" in page, "Request evidence" in page) == (tasks, evidence)
    assert page.count('name="ticked"') == (5 if state == "every" else int(evidence))


def test_only_who_fails_gets_a_task_and_the_unread_are_asked_for_evidence(web, clients):
    everybody = form(*clients.values())
    page = web.post(PATH, everybody).content.decode()
    assert all(words in page for words in NO_TASK.values())
    assert "Done in 4" in page, "fails, cannot be checked, excepted, or is not summed up yet"
    page = web.post(PATH, everybody | {"what": "evidence", "text": "Which policy?", "key": "k2"}).content.decode()
    assert "Done in 6" in page
    assert NO_TASK["pass"] in page
