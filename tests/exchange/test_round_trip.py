"""Export, delete, import: the same scores, the same rows, the log as history, and nobody's account is touched."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone

from tests.exchange.conftest import MARK, UUID, archive_of, files_of, scores, take_in
from ztassess.accounts.models import User
from ztassess.assessments.evidence_vault import content_open
from ztassess.assessments.models import ArtifactVersion, ControlComment, ControlOwner
from ztassess.common.models import organization_scope
from ztassess.exchange.models import ImportedPerson
from ztassess.exchange.people import NOWHERE
from ztassess.exchange.services.deletion import organization_erase
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.services import organization_create
from ztassess.scans.errors import NotReady
from ztassess.scans.models import Connection, ConnectionSecret, Finding, Schedule
from ztassess.scans.services.scans import scan_request


def rows_of(content: bytes) -> dict[str, list[Any]]:
    """Every row of an archive without ids, in their order; the log and people apart."""
    return {
        name: [UUID.sub("id", line) for line in text.decode().splitlines()]
        for name, text in files_of(content).items()
        if name.endswith(".jsonl") and name not in ("audit.jsonl", "people.jsonl")
    }


def test_export_delete_import_gives_the_same_scores_and_rows(full, owner):
    now = timezone.now()
    before, content = scores(full, now), archive_of(full)
    organization_erase(full, due_only=False)
    assert not Organization.objects.filter(id=full.id).exists()
    found = take_in(content, owner)
    assert scores(found.organization, now) == before
    again = archive_of(found.organization)
    old, new = rows_of(content), rows_of(again)
    # What an import changes on purpose, and says so; everything else comes back as it went.
    differ = {"organizations.Membership.jsonl", "scans.Connection.jsonl", "scans.Schedule.jsonl"}
    differ |= {"exchange.ImportedLine.jsonl"}
    assert old.keys() == new.keys()
    assert [name for name in old if old[name] != new[name]] == sorted(differ, key=list(old).index)
    assert {n: c for n, c in files_of(content).items() if n.startswith("files/")}.items() <= files_of(again).items()


def test_taken_in_twice_it_is_two_organizations_and_pressed_twice_it_is_one(full, owner, stranger):
    content = archive_of(full)
    press = uuid.uuid4()
    one, two = take_in(content, owner), take_in(content, stranger, press=press)
    again = take_in(content, stranger, press=press)
    assert len({full.id, one.organization.id, two.organization.id}) == 3
    assert len({full.slug, one.organization.slug, two.organization.slug}) == 3
    assert (again.organization, again.is_new) == (two.organization, False)
    ids = []
    for each in (full, one.organization, two.organization):
        with organization_scope(each):
            ids.append({row.id for row in Finding.objects.all()})
    assert not ids[0] & ids[1]
    assert not ids[1] & ids[2]


def test_only_the_importing_person_is_a_member_and_nobody_is_taken_over(full, owner, stranger, editor):
    with organization_scope(full):
        ControlComment.objects.update(by=editor, mentioned=[str(owner.pk), str(editor.pk)])
        ControlOwner.objects.update(owner=ImportedPerson.objects.get().user)  # who came with an archive goes with one
    User.objects.filter(pk=editor.pk).update(name="\u202eEddy\n Editor")
    accounts = set(User.objects.values_list("pk", flat=True))
    found = take_in(archive_of(full), stranger).organization
    with organization_scope(found):
        (member,) = Membership.objects.active()
        assert (member.user, member.role) == (stranger, "owner")
        came = {row.email: row.user for row in ImportedPerson.objects.select_related("user")}
        comment = ControlComment.objects.get()
    # Owner and editor have accounts here; the archive names them, and their accounts have nothing to do with it.
    assert not accounts & {user.pk for user in came.values()}
    assert {owner.email, editor.email, f"{MARK.lower()}@elsewhere.example"} == came.keys()
    assert comment.by == came[editor.email]
    assert comment.by.name == "Eddy Editor", "no name turns the sentence around it"
    assert comment.mentioned == [str(came[owner.email].pk), str(came[editor.email].pk)]
    for user in came.values():
        assert user.email.endswith(f"@{NOWHERE}")
        assert not user.is_active
        assert not user.has_usable_password()
        assert authenticate(email=user.email, password="") is None
    organization_erase(found, due_only=False)
    assert set(User.objects.values_list("pk", flat=True)) == accounts


def test_importing_person_finds_the_own_words_again(full, owner):
    found = take_in(archive_of(full), owner).organization
    with organization_scope(found):
        assert ControlComment.objects.get().by == owner
        assert not ImportedPerson.objects.filter(email__iexact=owner.email).exists()


def test_connections_come_without_secrets_and_paused(full, owner):
    with organization_scope(full):
        external = Connection.objects.get().external_id
        Schedule.objects.update(is_on=True)
    content = archive_of(full)
    assert str(external).encode() not in b"".join(files_of(content).values())
    found = take_in(content, owner).organization
    with organization_scope(found):
        connection, schedule = Connection.objects.get(), Schedule.objects.get()
        assert connection.external_id != external
        assert not ConnectionSecret.objects.exists()
        assert not schedule.is_on
        assert "without a credential" in schedule.paused_reason
        with pytest.raises(NotReady, match="archives hold no credentials"):
            scan_request(connection=connection, actor=owner)


def test_archive_says_what_it_is_and_holds_no_credential(full):
    files = files_of(archive_of(full))
    manifest, readme = json.loads(files["manifest.json"]), files["README.txt"].decode()
    assert manifest["left_out"]["scans.ConnectionSecret"] == "Credentials never leave an installation."
    for label in ("scans.ConnectionSecret", "organizations.Invitation", "organizations.IdempotencyKey"):
        assert f"{label}.jsonl" not in files
        assert label in readme
    invented = MARK.ljust(64, "0")[:64].encode()  # the hash of the invitation's token
    assert invented not in b"".join(files.values())
    row = json.loads(files["scans.Finding.jsonl"])
    assert list(row) == list(manifest["files"]["scans.Finding.jsonl"]["fields"])
    assert all(field in readme for field in row)
    assert "scans.Finding.jsonl  (1 row)" in readme
    assert "(1 rows)" not in readme


def test_evidence_is_sealed_anew_and_opens(full, owner):
    found = take_in(archive_of(full), owner).organization
    with organization_scope(found):
        assert content_open(ArtifactVersion.objects.select_related("organization").get()) == f"{MARK}-content".encode()


def test_what_an_importer_already_has_stays_as_it_is(full, owner, stranger):
    other = organization_create(name="Other", owner=stranger, facts={})
    before = archive_of(other)
    take_in(archive_of(full), stranger)
    assert rows_of(archive_of(other)) == rows_of(before)
