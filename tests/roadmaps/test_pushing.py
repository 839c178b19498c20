"""Pushing to GitHub and Jira: exactly what was listed, each task once, the token nowhere, every refusal in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from tests.fakes.vendor import Answer, Vendor, authority, running
from tests.roadmaps.test_pages import hidden
from tests.roadmaps.trackers import EMAIL, TOKEN, fake_github, fake_jira
from ztassess.audit.models import AuditEvent
from ztassess.organizations.models import IdempotencyKey
from ztassess.roadmaps.models import PushedTask
from ztassess.roadmaps.trackers.github import REPOSITORY

PLACE = "?place=acme/security"
JIRA = "?site=https://acme.atlassian.net&project=SEC&kind=Task"


def serve(vendor: Vendor, address: str, settings) -> Iterator[Vendor]:
    with running(vendor):
        settings.VENDOR_ENDPOINTS = {address: vendor.base}
        settings.ALLOW_PRIVATE_TARGETS = "localhost,127.0.0.0/8"
        settings.EXTRA_CA_FILE = authority()[1]
        yield vendor


@pytest.fixture
def github(settings) -> Iterator[Vendor]:
    yield from serve(fake_github(), "https://api.github.com", settings)


@pytest.fixture
def jira(settings) -> Iterator[Vendor]:
    yield from serve(fake_jira(), "https://acme.atlassian.net", settings)


@pytest.fixture
def push(as_owner, home, sprint):
    """Look at the list, then push it, as the page does."""

    def act(tracker: str = "github", place: str = PLACE, **fields: str):
        page = as_owner.get(f"{home}roadmap/push/{tracker}/{place}").content.decode()
        if "Nothing is left to create" in page:
            return page
        return as_owner.post(f"{home}roadmap/push/{tracker}/", hidden(page, "?") | {"token": TOKEN} | fields)

    return act


def titles_listed(page: str) -> list[str]:
    return re.findall(r'<summary class="title">([^<]+)</summary>', page)


def test_list_is_exactly_what_gets_created(as_owner, home, github, push, sprint):
    page = as_owner.get(f"{home}roadmap/push/github/{PLACE}").content.decode()
    assert github.requests == []
    listed = titles_listed(page)
    assert len(listed) == 26
    answer = push()
    assert answer.status_code == 200
    assert "26\N{NO-BREAK SPACE}issues created" in answer.content.decode()
    assert [issue["title"] for issue in github.issues] == [title.replace("&#x27;", "'") for title in listed]
    issue = github.issues[0]
    for part in ("Target: ", "Who notices: ", "How to test: ", "How to roll back: ", "/controls/", "<!-- ztassess:"):
        assert part in issue["body"]
    assert "Olga" not in json.dumps(github.issues)
    assert {request.path for request in github.asked(method="POST")} == {"/repos/acme/security/issues"}


def test_second_push_sends_nothing(github, push):
    push()
    again = push()
    assert "Nothing is left to create" in again
    assert len(github.issues) == 26
    assert (
        PushedTask.objects.exclude(key="").count()
        == AuditEvent.objects.filter(action="roadmap_task.push").count()
        == 26
    )


def test_double_click_sends_once(as_owner, home, github, sprint):
    page = as_owner.get(f"{home}roadmap/push/github/{PLACE}").content.decode()
    fields = hidden(page, "?") | {"token": TOKEN}
    first, second = (as_owner.post(f"{home}roadmap/push/github/", fields) for _ in range(2))
    assert (first.status_code, second["Idempotent-Replay"]) == (200, "true")
    assert len(github.issues) == 26


def test_press_while_the_first_still_runs_sends_nothing(as_owner, home, github, sprint, owner, organization):
    path = f"{home}roadmap/push/github/"
    fields = hidden(as_owner.get(path + PLACE).content.decode(), "?") | {"token": TOKEN}
    mine = {"organization": organization, "user": owner, "route": path, "key": fields["idempotency_key"][0]}
    IdempotencyKey.objects.create(**mine, body_sha256="0" * 64)
    answer = as_owner.post(path, fields)
    assert answer.status_code == 409
    assert "still runs" in answer.content.decode()
    assert github.requests == []


def test_lost_rows_are_found_in_the_tracker_by_their_mark(github, push, settings):
    github.issues.extend({"number": n, "body": "", "html_url": ""} for n in range(1, 131))  # more than a page
    push()
    PushedTask.objects.all().delete()
    answer = push()
    assert "0\N{NO-BREAK SPACE}issues created, 26 found there already" in answer.content.decode()
    assert len(github.issues) == 130 + 26


def test_done_tasks_are_not_pushed(github, push, scan):
    scan(inventory=True)
    push()
    assert len(github.issues) == 25


def test_list_that_changed_meanwhile_sends_nothing(as_owner, home, github, scan, sprint):
    page = as_owner.get(f"{home}roadmap/push/github/{PLACE}").content.decode()
    scan(inventory=True)
    answer = as_owner.post(f"{home}roadmap/push/github/", hidden(page, "?") | {"token": TOKEN})
    assert answer.status_code == 422
    assert "this would not create what you saw" in answer.content.decode()
    assert github.requests == []


def test_token_is_kept_nowhere_and_not_shown_again(as_owner, home, github, push, caplog):
    refused = push(token=TOKEN + "-wrong")
    assert TOKEN not in refused.content.decode()
    assert TOKEN not in push().content.decode()
    stored = json.dumps([list(model._base_manager.values()) for model in apps.get_models()], default=str)
    assert len(stored) > 10_000
    assert TOKEN not in stored
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer({}, 401), "GitHub refused the token"),
        (Answer({}, 403), "does not let this token create issues"),
        (Answer({}, 404), "has no such place, or the token may not see it"),
        (Answer({}, 410), "issues are switched off"),
        (Answer({}, 301), "has another name now"),
        (Answer({}, 429, {"retry-after": "7"}), "Push again in 7 seconds"),
        (Answer({}, 403, {"x-ratelimit-remaining": "0"}), "asks to go slower"),
        (Answer({"message": "Validation Failed", "errors": [{"field": "title"}]}, 422), "status 422 about title"),
        (Answer({}, 500), "status 500"),
        (Answer(raw=b"<html>"), "GitHub"),
    ],
)
def test_refusals_are_one_sentence_and_lose_nothing(github, push, answer, words):
    github.fault(".*", answer, after=4, times=1)
    reply = push()
    text = reply.content.decode()
    assert reply.status_code == 422
    assert words in text
    assert "3\N{NO-BREAK SPACE}issues created, 23 not sent" in text
    PushedTask.objects.filter(key="").update(claimed_at=timezone.now() - timedelta(minutes=5))
    assert push().status_code == 200
    marks = [re.search(r"ztassess:[0-9a-f-]{36}", issue["body"])[0] for issue in github.issues]
    assert len(marks) == len(set(marks)) == 26


def test_answer_that_never_came_is_looked_up_before_it_is_sent_again(github, push):
    """The issue was made, and the answer was lost: the next push finds it."""
    lost = Answer(raw=b"not json")
    github.fault(".*", after=4, times=1, change=lambda good: lost)
    first = push()
    assert "22 not sent" in first.content.decode() or "23 not sent" in first.content.decode()
    assert len(github.issues) == 4
    held = push().content.decode()
    assert "1 waits for the answer to an earlier push" in held
    PushedTask.objects.filter(key="").update(claimed_at=timezone.now() - timedelta(minutes=5))
    assert "1 found there already" in push().content.decode()
    assert len(github.issues) == 26


def test_two_places_are_two_pushes(settings, push):
    for place in ("acme/security", "acme/other"):
        for vendor in serve(fake_github(place), "https://api.github.com", settings):
            assert push(place=f"?place={place}").status_code == 200
            assert len(vendor.issues) == 26


def test_labels_may_be_dropped_without_harm(settings, push):
    for vendor in serve(fake_github(labels=False), "https://api.github.com", settings):
        push()
        PushedTask.objects.all().delete()
        assert "26 found there already" in push().content.decode()
        assert len(vendor.issues) == 26


def test_jira_gets_documents_with_a_label_for_each_task(jira, push):
    answer = push("jira", JIRA, email=EMAIL)
    assert "26\N{NO-BREAK SPACE}issues created" in answer.content.decode()
    assert len(jira.issues) == 26
    assert PushedTask.objects.filter(key="SEC-1", url="https://acme.atlassian.net/browse/SEC-1").exists()
    PushedTask.objects.all().delete()
    assert "26 found there already" in push("jira", JIRA, email=EMAIL).content.decode()
    assert len(jira.issues) == 26


def test_jira_names_the_fields_it_refuses(jira, push):
    answer = push("jira", JIRA.replace("Task", "Story"), email=EMAIL)
    assert "status 400 about issuetype" in answer.content.decode()
    assert not PushedTask.objects.exists()


def test_private_addresses_are_refused_by_the_guard(settings, push):
    settings.VENDOR_ENDPOINTS = {"https://api.github.com": "https://10.0.0.1"}
    settings.ALLOW_PRIVATE_TARGETS = ""
    answer = push()
    assert answer.status_code == 422
    assert "Could not reach the host" in answer.content.decode()


@pytest.mark.parametrize("place", ["acme", "acme/..", "acme/.", "acme/a/b", "../repos", "acme/sec?x=1", "ac me/x"])
def test_repository_cannot_lead_to_another_path(place):
    assert REPOSITORY.fullmatch(place) is None
