"""The questionnaire of an organization: its data, its page, its files, and what it never tells."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.roadmaps.conftest import connection, doors, scan
from ztassess.assessments.models import ControlException, ExceptionState, ScoreSnapshot
from ztassess.assessments.services import answer_save
from ztassess.assessments.services_evidence import Filed, artifact_file, artifact_review
from ztassess.catalog import load_catalog
from ztassess.catalog.errors import CatalogError
from ztassess.catalog.reading import parse_document
from ztassess.domain.proof_state import ProofState
from ztassess.domain.questionnaire import Answer, Known
from ztassess.organizations.models import FactSheet
from ztassess.reports.questionnaire_data import DATA, load_wording, wording_problems
from ztassess.reports.questionnaire_files import escaped
from ztassess.reports.questionnaire_reading import read_questionnaire

__all__ = ["connection", "doors", "scan"]
PAGE = "reports/questionnaire"


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def home(organization):
    return f"/o/{organization.slug}/"


@pytest.fixture
def claim(in_scope, owner):
    def say(control, level):
        answer_save(organization=in_scope, control_id=control, level=level, note="", version=0, actor=owner)

    return say


def answers(organization):
    return {each.question.id: each for each in read_questionnaire(organization).answers}


def test_every_question_has_its_words_and_controls_that_exist():
    wording = load_wording()
    assert len(wording.questions) == 20
    known = {control.id for control in load_catalog().controls}
    for each in wording.questions:
        assert set(each.controls) <= known
        assert set(each.words) == (set(Answer) if each.controls else {Answer.YES, Answer.NO})
    # Every state that keeps a proof from being whole has its clause.
    silent = {ProofState.VERIFIED, ProofState.UNANSWERED, ProofState.NOT_APPLICABLE}
    assert set(wording.clauses) == set(ProofState) - silent


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("identity.offboarding]", "identity.nobody]", "the catalog has no control identity.nobody"),
        ("- id: leavers", "- id: secrets", "the question secrets stands twice"),
        ("topic: Leavers", "topics: Leavers", "topics"),
        ("{controls}{until}", "{controls}", "told without its end"),
        (": {exceptions}.", ".", "does not say which exceptions"),
        ('"no": No exception is in force.', '"no": no exception', "does not match"),
    ],
)
def test_broken_data_is_refused_with_file_and_line(before, after, problem, tmp_path):
    text = DATA.read_text(encoding="utf-8")
    assert before in text
    found = list(wording_problems(parse_document("questionnaire.yaml", text.replace(before, after))))
    assert any(problem in each and re.match(r"questionnaire\.yaml:\d+: ", each) for each in found), found
    broken = tmp_path / "questionnaire.yaml"
    broken.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(CatalogError):
        load_wording(broken)


def test_nothing_known_is_neither_yes_nor_no(in_scope):
    found = answers(in_scope)
    assert {each.answer for name, each in found.items() if name != "exceptions"} <= {
        Answer.NOT_KNOWN,
        Answer.NOT_APPLICABLE,
    }
    assert found["exceptions"].answer is Answer.NO
    assert found["leavers"].known[0].kind is Known.NOTHING
    assert found["leavers"].since is None


def test_claim_alone_says_so_and_proof_names_check_and_connection(claim, scan, in_scope):
    claim("mfa.all-humans", 2)
    claim("mfa.admins", 2)
    found = answers(in_scope)["mfa"]
    assert found.answer is Answer.YES
    assert "is our own statement, without proof" in found.text
    day = timezone.localdate().isoformat()
    said = [
        f"“{title}”: claim only, made on {day}"
        for title in ("Everyone uses MFA", "Administrators use MFA, no exception")
    ]
    assert [basis.words for basis in found.known] == said
    scan(admins=True)
    found = answers(in_scope)["mfa"]
    assert f"Check “mfa.admins is locked” in Our doors, which passed on {day}" in [each.words for each in found.known]
    assert "“Administrators use MFA" not in found.text
    scan(admins=False)
    found = answers(in_scope)["mfa"]
    assert found.answer is Answer.PARTLY
    assert "A check contradicts what we stated about “Administrators use MFA, no exception”" in found.text
    assert any("which failed" in basis.words for basis in found.known)


def test_document_is_told_by_the_role_of_its_reviewer_and_never_by_name(claim, in_scope, owner, admin):
    claim("identity.offboarding", 2)
    filed = artifact_file(
        organization=in_scope,
        control_id="identity.offboarding",
        kind="note",
        title="Procedure",
        filed=Filed(text="What we do."),
        actor=owner,
    )
    artifact_review(artifact=filed, number=1, level=2, decision="accepted", comment="", actor=admin)
    found = answers(in_scope)["leavers"]
    assert (found.answer, found.state) == (Answer.YES, ProofState.ATTESTED)
    assert [basis.words for basis in found.known] == ["“One switch turns a leaver off”: document, reviewed by an admin"]
    assert "a second person reviewed the document" in found.text.lower()


def test_exception_is_told_with_its_end_and_without_its_object(claim, scan, in_scope, owner, admin):
    claim("mfa.all-humans", 2)
    scan(admins=True)
    last = timezone.localdate() + timedelta(days=30)
    row = {"organization": in_scope, "reason": "Secret reason", "compensating": "c", "last_day": last}
    ControlException.objects.create(**row, control_id="mfa.admins", state=ExceptionState.APPROVED)
    ControlException.objects.create(
        **row, control_id="identity.inventory", object="zoe@x.io", state=ExceptionState.APPROVED
    )
    found = answers(in_scope)
    assert found["mfa"].answer is Answer.PARTLY
    assert f"exception is in force for “Administrators use MFA, no exception” until {last}" in found["mfa"].text
    told = found["exceptions"]
    assert told.answer is Answer.YES
    assert f"“Know every account (one object)” until {last}" in told.text
    whole = json.dumps([each.text for each in found.values()])
    assert "zoe@x.io" not in whole
    assert "Secret reason" not in whole


def test_since_is_the_oldest_of_the_unbroken_scores(claim, in_scope):
    claim("identity.offboarding", 2)
    now = timezone.now()
    ScoreSnapshot.objects.filter(organization=in_scope).delete()
    for days, state in ((90, "claimed"), (60, "unanswered"), (40, "claimed"), (1, "claimed")):
        at = now - timedelta(days=days)
        ScoreSnapshot.objects.create(
            organization=in_scope, at=at, day=at.date(), cause="daily", catalog_version="1", method_version="1",
            proven=0, claimed=0, ceiling=0, states={"identity.offboarding": state},
        )  # fmt: skip
    assert answers(in_scope)["leavers"].since == now - timedelta(days=40)


def test_page_and_files_say_the_same_and_run_nothing(claim, scan, as_owner, home, in_scope, connection):
    connection.name = "=HYPERLINK(1) <b>*x*</b>"
    connection.save(update_fields=["name"])
    scan(admins=True)
    claim("mfa.all-humans", 2)
    claim("mfa.admins", 2)
    page = as_owner.get(home + PAGE + "/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<b>*x*</b>" not in text
    assert text.count('class="card answered"') == 20
    assert 'data-copy="#a-mfa"' in text
    assert not re.search(r"<[^>]+\sstyle=|<script(?![^>]*src=)|\son\w+=", text)
    rows = list(csv.DictReader(io.StringIO(as_owner.get(home + PAGE + ".csv").content.decode())))
    told = as_owner.get(home + PAGE + ".json").json()
    marked = as_owner.get(home + PAGE + ".md")
    assert marked["Content-Type"] == "text/markdown; charset=utf-8"
    assert [row["Answer"].lower().replace(" ", "_") for row in rows] == [each["answer"] for each in told["answers"]]
    assert all(not row[name].startswith(("=", "+", "-", "@")) for row in rows for name in row)
    mfa = next(each for each in told["answers"] if each["id"] == "mfa")
    assert mfa["controls"] == {"mfa.all-humans": "claimed", "mfa.admins": "verified"}
    assert mfa["known"][1]["by"] == "check" or mfa["known"][0]["by"] == "check"
    body = marked.content.decode()
    assert body.count("\n## ") == 20
    assert "\\<b\\>\\*x\\*" in body
    assert escaped("a\n# b [c](d)") == "a \\# b \\[c\\](d)"


def test_queries_do_not_grow(as_owner, home, claim, scan, connection):
    def queries():
        with CaptureQueriesContext(database) as found:
            as_owner.get(home + PAGE + "/")
        return len(found)

    as_owner.get(home + PAGE + "/")
    before = queries()
    for control in ("mfa.admins", "identity.offboarding", "device.inventory", "identity.logging"):
        claim(control, 2)
    scan(admins=True, inventory=True)
    assert queries() == before


def test_facts_take_questions_out(in_scope):
    FactSheet.objects.update_or_create(organization=in_scope, defaults={"values": {"has_database": False}})
    found = answers(in_scope)["service-authentication"]
    assert found.answer in (Answer.NOT_KNOWN, Answer.NOT_APPLICABLE)
    database_answer = answers(in_scope)["database-access"]
    assert database_answer.answer is not Answer.YES
