"""Evidence: filed by one, reviewed by another; nothing else ever makes a claim count more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_scopes import ScopeError

from tests.domain.test_file_kinds import PDF, PNG
from ztassess.assessments import services_evidence
from ztassess.assessments.errors import EvidenceRefused
from ztassess.assessments.evidence_vault import content_open
from ztassess.assessments.models import Answer, Artifact, ArtifactContent, ArtifactVersion, ScoreSnapshot
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.selectors_evidence import control_artifacts
from ztassess.assessments.services import answer_save
from ztassess.assessments.services_evidence import (
    Filed,
    artifact_add_version,
    artifact_file,
    artifact_review,
    artifact_withdraw,
)
from ztassess.audit.models import AuditEvent
from ztassess.common.envelope import EnvelopeError

CONTROL = "mfa.recovery"  # no check of the door connector sees it; fresh for 90 days
NEW = f"controls/{CONTROL}/evidence/"


def claim(organization, actor, level=2):
    version = getattr(Answer.objects.filter(control_id=CONTROL).first(), "version", 0)
    return answer_save(
        organization=organization, control_id=CONTROL, level=level, note="", version=version, actor=actor
    )


def file_note(organization, actor, text="Codes are in the safe.", **more):
    filed = Filed(text=text, **more)
    return artifact_file(
        organization=organization, control_id=CONTROL, kind="note", title="Safe", filed=filed, actor=actor
    )


def review(artifact, actor, *, decision="accepted", number=1, level=2, comment="Seen."):
    return artifact_review(
        artifact=artifact, number=number, level=level, decision=decision, comment=comment, actor=actor
    )


def judged(organization, now=None):
    return read_organization(organization, now=now).assessment.control(CONTROL)


@pytest.fixture
def claimed(in_scope, owner):
    claim(in_scope, owner)
    return in_scope


def test_reviewed_artifact_attests_the_claim_and_counts_as_the_method_says(claimed, owner, editor):
    assert (judged(claimed).state, judged(claimed).kc) == ("claimed", 0.6)
    review(file_note(claimed, owner), editor)
    assert (judged(claimed).state, judged(claimed).kc) == ("attested", 1.0)  # no connector sees it
    assert judged(claimed).met
    assert ScoreSnapshot.objects.order_by("-at").first().cause == "evidence"
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-2:] == ["artifact.file", "artifact.accepted"]


def test_what_a_connector_could_see_counts_less(in_scope, owner, editor, connection):
    answer_save(organization=in_scope, control_id="identity.inventory", level=2, note="", version=0, actor=owner)
    artifact = artifact_file(
        organization=in_scope,
        control_id="identity.inventory",
        kind="note",
        title="List",
        filed=Filed(text="All accounts."),
        actor=owner,
    )
    review(artifact, editor)
    each = read_organization(in_scope).assessment.control("identity.inventory")
    assert (each.state, each.kc) == ("attested", 0.8)


@pytest.mark.parametrize("decision", ["", "rejected"])
def test_unreviewed_or_rejected_artifact_moves_no_number(claimed, owner, editor, decision):
    before = judged(claimed)
    artifact = file_note(claimed, owner)
    if decision:
        review(artifact, editor, decision=decision)
    assert judged(claimed).attainment == before.attainment
    assert judged(claimed).state == "claimed"


def test_filer_never_reviews_whatever_the_role(claimed, owner):
    artifact = file_note(claimed, owner)
    for decision in ("accepted", "rejected"):
        with pytest.raises(EvidenceRefused, match="You filed this version yourself"):
            review(artifact, owner, decision=decision)
    assert not ArtifactVersion.objects.get().decision


def test_same_content_filed_again_by_a_colleague_is_still_ones_own(claimed, owner, editor):
    file_note(claimed, owner)
    with pytest.raises(EvidenceRefused, match="You filed this version yourself"):
        review(file_note(claimed, editor), owner)


def test_second_review_of_one_version_is_refused(claimed, owner, editor, admin):
    artifact = file_note(claimed, owner)
    review(artifact, editor, decision="rejected")
    with pytest.raises(EvidenceRefused, match="reviewed this version already"):
        review(artifact, admin)


def test_new_version_needs_a_new_review(claimed, owner, editor):
    artifact = file_note(claimed, owner)
    review(artifact, editor)
    artifact_add_version(artifact=artifact, after=1, filed=Filed(text="Codes moved."), actor=owner)
    assert judged(claimed).state == "claimed"
    with pytest.raises(EvidenceRefused, match="Version 2 was filed meanwhile"):
        review(artifact, editor, number=1)
    review(artifact, editor, number=2)
    assert judged(claimed).state == "attested"


def test_two_people_filing_a_version_at_once_keep_one(claimed, owner, editor):
    artifact = file_note(claimed, owner)
    artifact_add_version(artifact=artifact, after=1, filed=Filed(text="Mine."), actor=owner)
    with pytest.raises(EvidenceRefused, match="filed version 2 meanwhile"):
        artifact_add_version(artifact=artifact, after=1, filed=Filed(text="Theirs."), actor=editor)


def test_review_speaks_for_the_level_that_was_seen(claimed, owner, editor):
    artifact = file_note(claimed, owner)
    claim(claimed, owner, 3)
    with pytest.raises(EvidenceRefused, match="The claim is Optimal by now"):
        review(artifact, editor, level=2)
    claim(claimed, owner, 1)
    review(artifact, editor, level=1)
    assert judged(claimed).state == "attested"
    claim(claimed, owner, 3)
    assert judged(claimed).state == "claimed"
    (shown,) = control_artifacts(CONTROL, claimed=3, freshness_days=90)
    assert shown.word == "outgrown"


def test_without_a_claim_there_is_nothing_to_attest(in_scope, owner, editor):
    artifact = file_note(in_scope, owner)
    with pytest.raises(EvidenceRefused, match="Nobody claims a level here"):
        review(artifact, editor, level=None)


def test_attestation_goes_stale_ends_with_its_last_day_and_with_its_withdrawal(claimed, owner, editor):
    now = timezone.now()
    artifact = file_note(claimed, owner, expires_on=now.date() + timedelta(days=10))
    review(artifact, editor)
    assert judged(claimed, now + timedelta(days=9)).state == "attested"
    assert judged(claimed, now + timedelta(days=12)).state == "claimed"
    ArtifactVersion.objects.update(expires_on=None)
    assert judged(claimed, now + timedelta(days=120)).state == "stale"
    artifact_withdraw(artifact=artifact, actor=editor)
    artifact_withdraw(artifact=artifact, actor=editor)
    assert judged(claimed).state == "claimed"
    assert AuditEvent.objects.filter(action="artifact.withdraw").count() == 1
    with pytest.raises(EvidenceRefused, match="was withdrawn"):
        artifact_add_version(artifact=artifact, after=1, filed=Filed(text="Again."), actor=owner)


def test_last_day_that_is_over_is_refused_and_never_accepted(claimed, owner, editor):
    yesterday = timezone.now().date() - timedelta(days=1)
    with pytest.raises(EvidenceRefused, match="last day is over"):
        file_note(claimed, owner, expires_on=yesterday)
    artifact = file_note(claimed, owner)
    ArtifactVersion.objects.update(expires_on=yesterday)
    with pytest.raises(EvidenceRefused, match="last day is over"):
        review(artifact, editor)


def test_room_of_the_organization_has_an_end(claimed, owner, monkeypatch):
    monkeypatch.setattr(services_evidence, "QUOTA", len(PDF) + 10)
    filed = Filed(name="a.pdf", content=PDF)
    common = {"organization": claimed, "control_id": CONTROL, "kind": "file", "title": "A", "actor": owner}
    artifact_file(filed=filed, **common)
    with pytest.raises(EvidenceRefused, match="nothing was kept"):
        artifact_file(filed=filed, **common)
    assert (Artifact.objects.count(), ArtifactContent.objects.count()) == (1, 1)


def test_bytes_are_sealed_and_do_not_open_elsewhere(claimed, owner):
    artifacts = [
        artifact_file(
            organization=claimed,
            control_id=CONTROL,
            kind="file",
            title=name,
            filed=Filed(name=name, content=content),
            actor=owner,
        )
        for name, content in (("a.pdf", PDF), ("b.png", PNG))
    ]
    first, second = (ArtifactVersion.objects.get(artifact=each) for each in artifacts)
    assert content_open(first) == PDF
    stolen = ArtifactContent.objects.get(version=second)
    assert PNG not in bytes(stolen.ciphertext)
    ArtifactContent.objects.filter(version=first).update(
        ciphertext=stolen.ciphertext, wrapped_key=stolen.wrapped_key, kek_id=stolen.kek_id
    )
    with pytest.raises(EnvelopeError):
        content_open(first)


def test_unscoped_question_raises(organization):
    with pytest.raises(ScopeError):
        ArtifactVersion.objects.exists()


@pytest.fixture
def post(as_owner, home, organization, claimed):
    """Post the form of a new artifact."""

    def send(name="policy.pdf", content=PDF, **changes):
        data = {"organization": str(organization.id), "title": "Policy", "kind": "file", **changes}
        if name:
            data["upload"] = SimpleUploadedFile(name, content, "application/pdf")
        return as_owner.post(home + NEW, data)

    return send


def test_page_files_shows_and_downloads(post, as_owner, home):
    answer = post()
    assert answer.status_code == 302
    page = as_owner.get(answer["Location"]).content.decode()
    assert "You filed this version yourself" in page
    assert "Save the review" not in page
    version = ArtifactVersion.objects.get()
    download = as_owner.get(f"{home}evidence/{version.artifact_id}/versions/1/file/")
    assert download.content == PDF
    assert download["Content-Disposition"] == 'attachment; filename="policy.pdf"'
    assert download["X-Content-Type-Options"] == "nosniff"
    assert download["Content-Type"] == "application/octet-stream"
    assert as_owner.get(f"{home}evidence/{version.artifact_id}/versions/2/file/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "policy.pdf", "content": PNG}, "its content is a PNG picture"),
        ({"name": "page.pdf", "content": b"<html></html>"}, "a web page, a drawing or a script"),
        ({"name": "run.exe", "content": b"MZ"}, "of a kind that is not taken"),
        ({"name": "big.txt", "content": b"a" * (25 * 1024 * 1024 + 1)}, "larger than 25 MiB"),
        ({"name": ""}, "Choose a file."),
        ({"name": "", "kind": "link", "link": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"name": "", "kind": "link", "link": "file:///etc/passwd"}, "Enter a valid URL"),
        ({"name": "", "kind": "note"}, "Write what shows it."),
        ({"name": "", "kind": "program"}, "Select a valid choice"),
        ({"title": ""}, "This field is required"),
        ({"expires_on": "2001-01-01"}, "last day is over"),
    ],
)
def test_bad_input_is_refused_in_a_sentence_and_keeps_nothing(post, changes, words):
    answer = post(**changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Artifact.objects.exists()
    assert not ArtifactContent.objects.exists()


def test_pages_of_review_refuse_the_filer_and_take_a_second_person(post, as_owner, client, editor, home):
    address = post()["Location"]
    form = {"decision": "accepted", "number": 1, "level": 2}
    refused = as_owner.post(address + "review/", form)
    assert refused.status_code == 422
    assert "You filed this version yourself" in refused.content.decode()
    client.force_login(editor)
    page = client.get(address).content.decode()
    assert "Save the review" in page
    bare = client.post(address + "review/", form | {"decision": "rejected"})
    assert "Say what is missing" in bare.content.decode()
    assert client.post(address + "review/", form).status_code == 302
    control = client.get(home + f"controls/{CONTROL}/").content.decode()
    assert "Attested" in control
    assert re.search(r"reviewed by\s+Edo Editor", control)


def test_viewer_reads_and_files_nothing(post, client, viewer, home):
    address = post()["Location"]
    client.force_login(viewer)
    assert client.get(address).status_code == 200
    for path in (home + NEW, address + "review/", address + "versions/", address + "withdraw/"):
        assert client.post(path, {}).status_code == 403


def test_pages_do_not_ask_more_with_more_artifacts(as_owner, home, claimed, owner, django_assert_max_num_queries):
    from django.db import connection as database
    from django.test.utils import CaptureQueriesContext

    for number in range(2):
        file_note(claimed, owner, text=str(number))
    as_owner.get(home + f"controls/{CONTROL}/")
    with CaptureQueriesContext(database) as small:
        as_owner.get(home + f"controls/{CONTROL}/")
    for number in range(20):
        artifact = file_note(claimed, owner, text=f"more {number}")
        artifact_add_version(artifact=artifact, after=1, filed=Filed(text=f"again {number}"), actor=owner)
    with CaptureQueriesContext(database) as large:
        as_owner.get(home + f"controls/{CONTROL}/")
    assert len(large) <= len(small)
