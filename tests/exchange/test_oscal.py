"""The assessment as OSCAL: valid by the published schema, the same for the same rows, honest about what is unknown."""

from __future__ import annotations

import copy
import hashlib
import json

import pytest
from django.test import Client

from tests.conftest import proven
from tests.exchange.conftest import FIXTURES, oscal_problems
from ztassess.assessments.selectors import read_organization
from ztassess.common.models import organization_scope
from ztassess.exchange.oscal import findings_now, oscal_results
from ztassess.scans.models import Finding


@pytest.fixture
def document(full):
    with organization_scope(full):
        Finding.objects.update(reason="  two\nlines ", resource="\tname with\nbreaks ")
        reading = read_organization(full)
        return oscal_results(full, reading, findings_now(reading))


def test_document_is_valid_and_names_the_same_things_alike(document, full):
    assert oscal_problems(document) == []
    with organization_scope(full):
        reading = read_organization(full, now=None)
        again = oscal_results(full, reading, findings_now(reading))
    assert again["assessment-results"]["uuid"] == document["assessment-results"]["uuid"]
    first, second = (each["assessment-results"]["results"][0] for each in (document, again))
    assert [each["uuid"] for each in first["observations"]] == [each["uuid"] for each in second["observations"]]


def test_the_schema_is_the_published_one_and_refuses_what_is_wrong(document):
    text = (FIXTURES / "oscal_assessment-results_schema-1.2.3.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() in (FIXTURES / "README.md").read_text()
    for path, value in ((("uuid",), "x"), (("metadata", "title"), ""), (("results", 0, "findings", 0, "target"), {})):
        wrong = copy.deepcopy(document)
        place = wrong["assessment-results"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert oscal_problems(wrong), path


def test_unknown_is_not_satisfied_and_not_a_failure(document):
    (result,) = document["assessment-results"]["results"]
    states = [each["target"]["status"] for each in result["findings"]]
    silent = [each for each in result["findings"] if "related-observations" not in each]
    assert silent
    assert all(each["target"]["status"] == {"state": "not-satisfied", "reason": "other"} for each in silent)
    assert {"satisfied"} != {each["state"] for each in states}


def test_download(full, owner, viewer):
    client = Client()
    proven(client, owner)
    answer = client.get(f"/o/{full.slug}/settings/export/assessment-results.json")
    assert oscal_problems(json.loads(answer.content)) == []
    assert answer["Content-Disposition"] == 'attachment; filename="assessment-results.json"'
    proven(client, viewer)
    assert client.get(f"/o/{full.slug}/settings/export/assessment-results.json").status_code == 403
