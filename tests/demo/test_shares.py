"""What gets out by a share link of the demo company, field by field: the allowed ones, and no name where redacted."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.demo.test_reports import made, originals
from tests.sharing.conftest import EVERY_CHAPTER, make
from ztassess.accounts.models import User
from ztassess.reports.values import as_json
from ztassess.sharing.content import link_pages
from ztassess.sharing.shown import CHAPTERS

# Written out once more on purpose: a field that is added to a chapter is added here too, or this says so.
ALLOWED = """
head: organization prepared_at redacted catalog_version method_version
summary: headline.statement headline.sentences eighty_twenty.claimed eighty_twenty.proven eighty_twenty.ceiling
 overall.claimed overall.proven overall.ceiling goal is_done missing_answers label_proven label_claimed
 gate.attained gate.needed gate.is_open gate.words coverage.states.* coverage.applicable coverage.not_applicable
stages: stages.title stages.summary stages.is_track stages.why stages.label_proven stages.label_claimed
 stages.controls stages.proven stages.missing stages.contradicted stages.score stages.score.claimed
 stages.score.proven stages.score.ceiling gate.attained gate.needed gate.is_open gate.words mesh
controls: controls.stage controls.title controls.in_80_20 controls.gate controls.state controls.claimed
 controls.proven controls.target controls.why controls.sources
contradictions: contradictions.stage contradictions.title contradictions.claimed contradictions.proven
 contradictions.sentence contradictions.carried
plan: plan.kind plan.title plan.first plan.last plan.hours plan.done plan.counted plan.sentence plan.later_count
 plan.tasks.title plan.tasks.first plan.tasks.last plan.tasks.hours plan.tasks.state plan.later.title plan.later.hours
questionnaire: questionnaire.answers.topic questionnaire.answers.question questionnaire.answers.answer
 questionnaire.answers.sentences questionnaire.answers.since questionnaire.answers.known.by
 questionnaire.answers.known.words
coverage: coverage.applicable coverage.not_applicable coverage.seen coverage.total coverage.connections.name
 coverage.connections.connector coverage.connections.last_scan coverage.connections.checks
 coverage.connections.definite coverage.connections.uploaded coverage.connections.carried coverage.gaps.connection
 coverage.gaps.checks coverage.gaps.controls mesh
"""
NEVER = ("answered_by", "owner", "requested_by", "decided_by", "missing_scope", "unread", "attested", "who_notices")


def allowed() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in re.sub(r"\n ", " ", ALLOWED).strip().splitlines():
        name, _, fields = line.partition(": ")
        found[name] = set(fields.split())
    return found


def fields_of(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {
            each
            for name, inner in value.items()
            for each in fields_of(inner, f"{path}.{'*' if path.endswith('.states') else name}".lstrip("."))
        }
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return {each for inner in value for each in fields_of(inner, path)}
    return {path}


def values_of(value: Any, names: tuple[str, ...]) -> set[str]:
    if isinstance(value, list):
        return {each for inner in value for each in values_of(inner, names)}
    if not isinstance(value, dict):
        return set()
    here = {inner for name, inner in value.items() if name in names and isinstance(inner, str) and inner}
    return here | {each for inner in value.values() for each in values_of(inner, names)}


@pytest.fixture
def read(demo):
    """All pages of a link as one text, as its reader sees them."""

    def pages(*, redacted: bool) -> str:
        lead = User.objects.get(email__startswith="demo@")
        path = make(demo.organization, lead, redacted=redacted).path
        visitor = Client()
        answers = [visitor.get(f"{path}{slug}/") for slug in EVERY_CHAPTER]
        assert {answer.status_code for answer in answers} == {200}
        return html.unescape(" ".join(answer.content.decode().split("<main", 1)[1] for answer in answers))

    return pages


def test_fields_that_get_out_are_the_allowed_ones(demo):
    lead = User.objects.get(email__startswith="demo@")
    link = make(demo.organization, lead, live=True).link
    told = link_pages(link, now=timezone.now())
    expected = allowed()
    assert fields_of(told["head"]) == expected["head"]
    assert set(told["pages"]) == set(EVERY_CHAPTER) == set(expected) - {"head"}
    for slug, page in told["pages"].items():
        assert fields_of(page) - expected[slug] == set(), slug
        # A list that is empty today tells no fields; nearly all of the demo's are full.
        assert len(expected[slug] - fields_of(page)) <= 4, slug
    seen = fields_of({"controls": [{"answered_by": "x"}]})
    assert seen == {"controls.answered_by"}, "the comparison sees a new field"


def test_pages_hold_no_value_of_a_field_that_is_not_allowed(demo, read):
    data = as_json(made(demo))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", read(redacted=False)))
    shown = {each.title for each in CHAPTERS}
    never = values_of(data, NEVER) - shown
    assert len(never) > 12
    kept = {each for each in never if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text)}
    # With names shown, the sentence of a check may name whom it is about; nothing else may.
    sentences = " ".join(values_of(data, ("why", "sentence", "sentences", "words", "statement")))
    assert {each for each in kept if each not in sentences} == set()
    assert data["controls"][0]["title"] in text
    for finding in data["findings"]:
        assert finding["check"] not in text, "findings are no page"


def test_redacted_pages_hold_no_original_name(demo, read):
    text = re.sub(r"<[^>]+>", " ", read(redacted=True))
    vendors = re.compile(r"[A-Z+]+|[\w.]+=\S+|AdministratorAccess|production|staging|management|yes")
    left = {name for name in originals(demo) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}
    assert {name for name in left if not vendors.fullmatch(name)} == set()
    assert re.search(r"(Person|Account|Host|Resource) \d+", text)
