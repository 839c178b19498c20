"""Exports: the script's output judged like the live system, single lists by hand, everything else refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ztassess.connectors.github as package
from tests.connectors.github.answers import OWNER_TOKEN, refused, user
from tests.connectors.github.conftest import DECLARED, Open, judged, outcomes
from tests.connectors.github.fake import GitHub
from tests.connectors.github.test_collect import spoil
from tests.fakes.vendor import CANARY, NOW, authority, context_for
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.github import CONNECTOR
from ztassess.connectors.github.form import EXPORT_SCRIPT
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.domain.findings import Outcome, Unavailable

STAND_IN = Path(__file__).with_name("gh_stand_in.py")
SCRIPT = Path(package.__file__).with_name(EXPORT_SCRIPT)
Read = Callable[..., GitHubSnapshot]


def file(name: str, value: Any) -> UploadedFile:
    return UploadedFile(name, value if isinstance(value, bytes) else json.dumps(value).encode())


def read(*files: UploadedFile, organization: str = "acme", **more: Any) -> GitHubSnapshot:
    entered = {"organization": organization, "policy_folders": "shop:mesh/policies"}
    context = context_for(CONNECTOR, entered, declared=DECLARED, for_upload=True)
    assert CONNECTOR.parse_upload is not None
    found = CONNECTOR.parse_upload(files, replace(context, **more))
    assert isinstance(found, GitHubSnapshot)
    return found


def export(github: GitHub, tmp_path: Path) -> bytes:
    """Run our script against the fake, with the stand-in as its gh."""
    gh = tmp_path / "gh"
    gh.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{STAND_IN}" "$@"\n')
    gh.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "GH_TOKEN": OWNER_TOKEN,
        "FAKE_BASE": github.base,
        "FAKE_CA": authority()[1],
    }
    ran = subprocess.run(
        ["sh", str(SCRIPT), "acme", "shop:mesh/policies"], env=environment, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout


def test_script_s_output_is_judged_like_the_live_system(github: GitHub, opened: Open, tmp_path: Path) -> None:
    """Whole lists, refusals that are answers, rulesets, environments, workflow files; and no secret is kept."""
    github.most = 2
    spoil(github)
    del github.repos["api"]  # one repository shows it all
    live = CONNECTOR.collect(opened())
    output = export(github, tmp_path)
    told = json.loads(output)
    assert datetime.fromisoformat(told["taken_at"]).tzinfo is not None
    uploaded = read(file("github-export.json", {**told, "taken_at": NOW.isoformat()}), organization="")
    same = {each.name for each in fields(live) if getattr(live, each.name) == getattr(uploaded, each.name)}
    assert {each.name for each in fields(live)} - same == {"reading"}
    assert outcomes(uploaded) == outcomes(live)
    assert CANARY not in repr(uploaded) + repr(judged(uploaded))
    assert uploaded.reading.dropped == (
        "/orgs/acme/secret-scanning/alerts?hide_secret=true&resolution=wont_fix&state=resolved: secret",
        "/orgs/acme/secret-scanning/alerts?hide_secret=true&state=open: secret",
    )
    assert b"aws s3 sync" not in repr(uploaded).encode()


def whole(answers: dict[str, Any], **more: Any) -> UploadedFile:
    told = {"format": "ztassess-github/1", "organization": "acme", "complete": True, "answers": answers, **more}
    return file("github-export.json", told)


def test_single_lists_by_hand_leave_the_rest_unread() -> None:
    members = [[user("anna", 11), user("ben", 12)], [user("cleo", 13)]]
    repos = [
        [{"name": "shop", "private": True, "archived": False, "default_branch": "release/1", "owner": user("acme", 1)}]
    ]
    found = read(
        file("members.json", members),
        file("owners.json", [members[0]]),
        file("outside_collaborators.json", []),
        file("repos.json", repos),
        file("protection-shop.json", {"message": "Branch not protected", "status": "404"}),
        file("rules-shop.json", []),
        file("keys-shop.json", []),
    )
    told = outcomes(found)
    assert [each.login for each in found.members] == ["anna", "ben", "cleo"]
    assert told["owner_count"] is Outcome.PASS
    assert told["deploy_keys_read_only_and_fresh"] is Outcome.NOT_APPLICABLE
    assert isinstance(found.personal_tokens, Unavailable)
    assert found.personal_tokens.reason == "input_missing"
    assert told["personal_tokens_expire"] is Outcome.NOT_CHECKED


def test_further_pages_may_come_in_further_files() -> None:
    found = read(file("members.json", [user("anna", 1)]), file("members-2.json", [user("ben", 2)]))
    assert [each.login for each in found.members] == ["anna", "ben"]


def test_list_that_ends_with_a_page_is_not_whole() -> None:
    rows = [user(f"m{number}", number) for number in range(30)]
    found = read(file("members.json", rows), file("owners.json", rows[:2]))
    assert isinstance(found.members, Unavailable)
    assert found.members.reason == "partial_data"
    assert len(found.members.read) == 30


def test_list_shorter_than_its_stated_total_is_not_whole() -> None:
    found = read(file("organization_secrets.json", {"total_count": 2, "secrets": []}), file("members.json", []))
    assert isinstance(found.organization_secrets, Unavailable)
    assert found.organization_secrets.reason == "partial_data"


def test_values_of_secrets_are_dropped_and_reported() -> None:
    row = {"name": "SLACK", "value": CANARY, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    found = read(file("organization_secrets.json", {"total_count": 1, "secrets": [row]}))
    assert found.reading.dropped == ("/orgs/acme/actions/secrets: value",)
    assert CANARY not in repr(found)


def test_old_export_is_taken_with_its_date() -> None:
    found = read(whole({"/orgs/acme/members": [[user("anna", 1)]]}, taken_at="2024-02-03T04:05:06Z"))
    assert found.taken_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    stated = read(file("members.json", [user("anna", 1)]), exported_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert stated.taken_at == datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "No file"),
        ([file("users.json", [])], "not a file of an export"),
        ([file("members.json", b'[{"login": "an')], "cut off"),
        ([file("members.json", b"")], "empty"),
        ([file("members.json", b"\xff\xfe\x00")], "not"),
        ([file("github-export.json", [])], "not the output of our script"),
        ([whole({}, format="other/1")], "not the output of our script"),
        ([whole({}, complete=False)], "not complete"),
        ([whole({}, organization="other")], "organization other, not of acme"),
        ([whole({}, organization=None)], "of which organization"),
        ([whole({"/orgs/acme": {"login": "other"}})], "organization other, not of acme"),
        ([file("organization.json", {"login": "other"})], "organization other, not of acme"),
        ([file("repos.json", [{"name": "x", "owner": {"login": "other"}}])], "one of other, not of acme"),
        ([file("rules-shop.json", [])], "repos.json beside"),
        ([whole({"/x": []}, taken_at="2099-01-01T00:00:00Z")], "still to come"),
        ([whole({"/x": []}, taken_at="soon")], "no date"),
        ([whole({})], "holds no answer"),
        ([file("secret_alerts.json", {"message": "x", "status": "404"})], "No complete list"),
    ],
)
def test_wrong_file_is_refused_with_a_sentence(files: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        read(*files)


def test_organization_must_be_known() -> None:
    with pytest.raises(InputInvalid, match="of which organization"):
        read(file("members.json", []), organization="")


def test_refusals_in_an_export_are_no_empty_lists() -> None:
    answers = {
        "/orgs/acme/members": [refused(404, "Not Found").value],
        "/orgs/acme/personal-access-tokens": refused(403, "Resource not accessible").value,
        "/orgs/acme/installations": {"message": "boom", "status": "500"},
        "/orgs/acme/outside_collaborators": [[user("dora", 1)]],
    }
    found = read(whole(answers))
    reasons = [getattr(found, part).reason for part in ("members", "personal_tokens", "installations")]
    assert reasons == ["unsupported", "missing_scope", "upstream_error"]
