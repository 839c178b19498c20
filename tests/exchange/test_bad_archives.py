"""Archives that were cut, tampered with, made to explode or say what cannot be: one sentence, and nothing is kept."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django_scopes import scopes_disabled

from tests.exchange.conftest import archive_of, changed, files_of, take_in, with_manifest, zipped
from tests.tenancy.seeding import contents
from ztassess.accounts.models import User
from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.tasks import snapshot_due
from ztassess.catalog import load_catalog
from ztassess.domain.scoring import METHOD_VERSION
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.opening import Archive, Limits
from ztassess.organizations.models import Organization

SCORES = "assessments.ScoreSnapshot.jsonl"
FINDINGS, ANSWERS, VERSIONS = "scans.Finding.jsonl", "assessments.Answer.jsonl", "assessments.ArtifactVersion.jsonl"


def put(name, field, value):
    """An archive in which the first row of a file has another value."""
    return lambda content: changed(content, name, lambda rows: rows[0].__setitem__(field, value))


def without(name):
    def cut(content):
        files = files_of(content)
        del files[name]
        return zipped(files)

    return cut


def with_file(name, text=b"x"):
    return lambda content: zipped(files_of(content) | {name: text})


def flipped(content):
    files = files_of(content)
    files[FINDINGS] = files[FINDINGS].replace(b"high", b"low ")
    return zipped(files)


def deep(content):
    files = files_of(content)
    files["manifest.json"] = b"[" * 100_000
    return zipped(files)


def lying_header(content):
    """The directory tells less than what comes out."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out) as archive:
        entry = archive.getinfo(FINDINGS)
        real = entry.file_size
    return content.replace(real.to_bytes(4, "little"), (real // 2).to_bytes(4, "little"))


MADE = "2026-01-01T00:00:00+00:00"
NAMED = {"name": "Acme", "created_at": MADE}


def unknown_model(content):
    files = files_of(content) | {"scans.Invented.jsonl": b""}
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["scans.Invented.jsonl"] = {"sha256": "0"}
    return zipped(files | {"manifest.json": json.dumps(manifest).encode()})


def two_answers(content):
    other = "00000000-0000-4000-8000-00000000000a"
    return changed(content, ANSWERS, lambda rows: rows.append(rows[0] | {"id": other}))


def other_digest(content):
    files = files_of(content)
    (name,) = [name for name in files if name.startswith("files/")]
    manifest = json.loads(files["manifest.json"])
    other = "files/" + "0" * 64
    manifest["files"][other] = manifest["files"].pop(name)
    files[other] = files.pop(name)
    return zipped(files | {"manifest.json": json.dumps(manifest).encode()})


def running_link(content):
    linked = changed(content, "assessments.Artifact.jsonl", lambda rows: rows[0].update(kind="link"))
    return changed(linked, VERSIONS, lambda rows: rows[0].update(text="javascript:alert(1)"))


BAD = {
    "newer": (lambda c: with_manifest(c, format_version=2), "newer version of ztassess"),
    "other zip": (lambda c: zipped({"manifest.json": b"{}"}), "not an archive of an organization"),
    "no zip": (lambda c: b"hello", "damaged or was cut off"),
    "empty": (lambda c: b"", "damaged or was cut off"),
    "cut": (lambda c: c[: len(c) // 2], "damaged or was cut off"),
    "cut by one": (lambda c: c[:-1], "damaged or was cut off"),
    "lying header": (lying_header, "damaged or was cut off"),
    "flipped": (flipped, "not as the manifest says"),
    "deep": (deep, "not JSON as it should be"),
    "path": (with_file("../../etc/passwd"), "not an archive of an organization"),
    "backslash": (with_file("files\\x"), "not an archive of an organization"),
    "unknown file": (with_file("files/" + "0" * 64), "does not name files/0000"),
    "lacks a file": (without(FINDINGS), f"lacks {FINDINGS}"),
    "unknown model": (unknown_model, "which this version of ztassess does not know"),
    "id twice": (lambda c: changed(c, FINDINGS, lambda rows: rows.append(rows[0])), "is there twice"),
    "no id": (put(FINDINGS, "id", 7), "a row has no id"),
    "unknown field": (put(ANSWERS, "organization", "x"), "that this version does not know"),
    "foreign key outside": (put(FINDINGS, "scan", "00000000-0000-4000-8000-000000000000"), "not in the archive"),
    "unknown person": (put(ANSWERS, "answered_by", "p99"), "not in people.jsonl"),
    "user id instead of key": (put(ANSWERS, "answered_by", 1), "not in people.jsonl"),
    "unknown control": (put(ANSWERS, "control_id", "mfa.invented"), "does not have"),
    "unknown connector": (put("scans.Connection.jsonl", "connector_slug", "invented"), "does not know"),
    "unknown outcome": (put(FINDINGS, "outcome", "maybe"), "does not know"),
    "unknown choice": (put(ANSWERS, "level", 9), "does not know"),
    "too long": (put(ANSWERS, "control_id", "x" * 81), "does not take"),
    "wrong type": (put(FINDINGS, "seen", "3"), "seen is not a whole number"),
    "true is no number": (put(FINDINGS, "seen", True), "seen is not a whole number"),
    "negative": (put(FINDINGS, "seen", -1), "does not take"),
    "no time zone": (put(FINDINGS, "taken_at", "2026-01-01T00:00:00"), "no time zone"),
    "before the first hour": (put(FINDINGS, "taken_at", "0001-01-01T00:00:00+14:00"), "does not take"),
    "nul in an organization's name": (lambda c: with_manifest(c, organization=NAMED | {"name": "a\0b"}), "be stored"),
    "half a name": (lambda c: with_manifest(c, organization=NAMED | {"name": "\ud800"}), "be stored"),
    "nul in a person's name": (put("people.jsonl", "name", "a\0b"), "cannot be stored"),
    "half a person's name": (put("people.jsonl", "name", "a\udc00"), "cannot be stored"),
    "half a word in the log": (put("audit.jsonl", "action", "\ud800"), "cannot be stored"),
    "half a moment": (lambda c: with_manifest(c, made_at="\ud800"), "cannot be stored"),
    "no UTF-8": (lambda c: zipped(files_of(c) | {"manifest.json": "{}".encode("utf-16")}), "not JSON"),
    "no date": (put(FINDINGS, "taken_at", "yesterday"), "does not take"),
    "nul": (put(FINDINGS, "reason", "a\0b"), "cannot be stored"),
    "half a character": (put(FINDINGS, "reason", "\ud800"), "cannot be stored"),
    "JSON of another shape": (put(FINDINGS, "evidence", {"a": 1}), "evidence is not a list"),
    "not null": (put(FINDINGS, "reason", None), "reason is empty"),
    "missing": (lambda c: changed(c, FINDINGS, lambda rows: rows[0].pop("reason")), "reason is missing"),
    "two of one": (two_answers, "contradict each other"),
    "file of another digest": (other_digest, "does not have the digest in its name"),
    "evidence of nothing": (put(VERSIONS, "sha256", "0" * 64), "No evidence has the contents"),
    "evidence that is not taken": (put(VERSIONS, "file_name", "page.html"), "among the evidence is not taken"),
    "link that runs": (running_link, "no address of a web page"),
    "altered log": (put("audit.jsonl", "action", "nothing"), "its log was altered"),
    "cut log": (lambda c: changed(c, "audit.jsonl", lambda rows: rows.pop()), "does not end where"),
    "log from the middle": (lambda c: changed(c, "audit.jsonl", lambda rows: rows.pop(0)), "its log was altered"),
    "facts of another kind": (put("organizations.FactSheet.jsonl", "values", {"clouds": 5}), "cannot be judged"),
    "declared lists of another kind": (put("organizations.FactSheet.jsonl", "declared", {"people": [1]}), "the shape"),
    "evidence of another kind": (put(FINDINGS, "evidence", [1]), "evidence has not the shape"),
    "accounts of another kind": (put("scans.ConnectionShare.jsonl", "value", {"a": 1}), "value has not the shape"),
    "level that is none": (put("assessments.AnswerChange.jsonl", "level_after", 9), "does not know"),
    "states that are none": (put(SCORES, "states", {"mfa.all-humans": []}), "states has not the shape"),
    "more than everything": (put(SCORES, "proven", 1e300), "proven has not the shape"),
    "sprint without a day": (put("roadmaps.Sprint.jsonl", "days", 0), "cannot be judged"),
    "sprint at the end of time": (put("roadmaps.Sprint.jsonl", "start", "9999-12-31"), "cannot be judged"),
    "plan of another kind": (put("roadmaps.Sprint.jsonl", "first_plan", {"a": 1}), "cannot be judged"),
    "task of another kind": (put("roadmaps.RoadmapTask.jsonl", "slices", [1]), "cannot be judged"),
    "name too long": (lambda c: with_manifest(c, organization={"name": "x" * 999, "created_at": MADE}), "a name"),
    "no organization": (lambda c: with_manifest(c, organization={}), "does not say of which organization"),
}


def test_bad_archives_are_refused_in_one_sentence_and_leave_nothing(full, owner):
    """One organization for all of them: making one for each would take longer than refusing them."""
    content, before, people = archive_of(full), contents(full), User.objects.count()
    said = {}
    for name, (change, _) in BAD.items():
        try:
            take_in(change(content), owner)
        except ArchiveRefused as problem:
            said[name] = str(problem)
        assert Organization.objects.get() == full, name
        assert User.objects.count() == people, name
    assert {name: sentence for name, sentence in said.items() if BAD[name][1] not in sentence} == {}
    assert said.keys() == BAD.keys()
    assert all("othing was" in sentence for sentence in said.values())
    assert contents(full) == before


def test_control_the_untouched_archive_is_taken(full, owner):
    assert take_in(changed(archive_of(full), FINDINGS, lambda rows: None), owner).is_new


@pytest.mark.parametrize(
    "limits",
    [Limits(entries=3, expanded=10**9), Limits(entries=10**4, expanded=1_000), Limits(10**4, 10**12, ratio=50)],
    ids=["entries", "size", "ratio"],
)
def test_archive_that_would_grow_is_refused_before_it_is_read(full, limits):
    bomb = zipped(files_of(archive_of(full)) | {"files/" + "0" * 64: b"0" * 30_000_000})
    with pytest.raises(ArchiveRefused, match=r"are taken|more than is taken"):
        Archive(io.BytesIO(bomb), limits)


def test_organization_whose_score_cannot_be_compared_costs_nobody_else_their_daily_score(full, other_organization):
    """Whatever came in with an archive of an older release: one organization must not cost all others their day."""
    with scopes_disabled():
        odd = {"states": {"mfa.all-humans": []}, "cause": "proof", "method_version": METHOD_VERSION}
        assert ScoreSnapshot.objects.update(catalog_version=load_catalog().version, **odd)
        snapshot_due()
        recorded = set(ScoreSnapshot.objects.filter(cause="daily").values_list("organization_id", flat=True))
    assert recorded == {other_organization.id}, "and the odd one could not be recorded"
