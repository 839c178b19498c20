"""Archives that were cut, tampered with, made to explode or say what cannot be: one sentence, and nothing is kept."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.exchange.conftest import archive_of, changed, files_of, take_in, with_manifest, zipped
from tests.tenancy.seeding import contents
from ztassess.accounts.models import User
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.opening import Archive, Limits
from ztassess.organizations.models import Organization

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


def test_page_takes_an_archive_once_and_says_what_was_wrong(full, owner):
    client, content = Client(), archive_of(full)
    assert client.get("/o/import/").status_code == 302
    client.force_login(owner)
    page = client.get("/o/import/")
    press = page.context["form"]["press"].value()

    def send(text):
        return client.post(
            "/o/import/", {"archive": SimpleUploadedFile("a.zip", text), "press": str(press)}, follow=True
        )

    assert client.post("/o/import/", {"press": str(press)}).status_code == 422
    refused = send(content[:-9])
    assert refused.status_code == 422
    assert "damaged or was cut off" in refused.content.decode()
    first, second = send(content), send(content)
    assert first.redirect_chain == second.redirect_chain
    assert "have no credentials and are paused" in first.content.decode()
    assert Organization.objects.count() == 2
    slug = first.redirect_chain[-1][0].split("/")[2]
    for path in ("", "members/", "settings/log/", "settings/log/imported/", "exceptions/", "connectors/", "roadmap/"):
        assert client.get(f"/o/{slug}/{path}").status_code == 200, path
