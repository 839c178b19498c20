"""An export: the same verdicts as a live reading, and never a pass from one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.okta.conftest import EVERYTHING, no_secret
from tests.connectors.okta.org import good_org
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.okta import CONNECTOR
from ztassess.connectors.okta.upload import parse_upload
from ztassess.connectors.okta.upload_format import FAMILIES, LISTS, UPLOADS
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

ABOUT = {"complete": True, "org": "https://acme.okta.com", "taken_at": "2026-11-22T08:00:00Z"}
PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED


def files(data: dict[str, Any] | None = None, about: dict[str, Any] | None = ABOUT) -> list[UploadedFile]:
    """The export of an org as a person makes it."""
    data = good_org() if data is None else data
    found: dict[str, Any] = {name: data[name] for name in LISTS if name in data} | {"deactivated": []}
    for family in FAMILIES:
        found |= {f"{family}-{key}": value for key, value in data[family].items()}
    for user in data["users"]:
        found.setdefault(f"userRoles-{user['id']}", [])
    for group in data["groups"]:
        found.setdefault(f"groupRoles-{group['id']}", [])
    if about is not None:
        found["export"] = about
    return [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in found.items()]


def context(org_url: str = "", **more: Any) -> ReadContext:
    entered = {"org_url": org_url} if org_url else {}
    return context_for(CONNECTOR, entered, declared=EVERYTHING, for_upload=True, **more)


def outcomes(uploaded: list[UploadedFile], **more: Any) -> dict[str, Outcome]:
    return {each.check: each.outcome for each in judge(CONNECTOR, parse_upload(uploaded, context(**more))).results}


def without(*names: str) -> list[UploadedFile]:
    return [file for file in files() if not file.name.startswith(names)]


def test_whole_export_passes_like_a_live_reading() -> None:
    snapshot = parse_upload(files(), context())
    found = {each.check: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert found.pop("okta.factor_resets_explained") is Outcome.NOT_APPLICABLE
    assert set(found.values()) == {PASS}, {check: word for check, word in found.items() if word is not PASS}
    assert (snapshot.org, snapshot.engine, snapshot.signed_in.by) == ("acme.okta.com", "idx", "export")
    assert snapshot.taken_at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    no_secret(snapshot)


def test_export_that_does_not_say_that_it_is_whole_passes_nothing() -> None:
    found = outcomes(files(about=None))
    assert set(found.values()) == {SKIP}


def test_failure_in_a_part_of_an_export_stays_one() -> None:
    data = good_org()
    data["rules"]["pol1"][2]["actions"]["appSignOn"] = {
        "access": "ALLOW", "verificationMethod": {"type": "ASSURANCE", "factorMode": "1FA"},
    }  # fmt: skip
    assert outcomes(files(data, about=None))["okta.mfa_required_every_app"] is FAIL


@pytest.mark.parametrize(
    ("lacking", "part", "check"),
    [
        ("rules-pol1", "access_rules", "mfa_required_every_app"),
        ("appUsers-0oa2", "assignments", "app_access_by_group"),
        ("factors-00u2", "factors", "users_enrolled_in_factor"),
        ("userRoles-00u4", "roles", "super_admin_count"),
        ("groupRoles-00g2", "roles", "api_token_not_super_admin"),
        ("groups", "roles", "super_admin_count"),
        ("serverRules-aus1-asp1", "token_rules", "access_token_lifetime"),
        ("serverPolicies", "token_rules", "access_token_lifetime"),
        ("users.json", "users", "leavers_disabled"),
        ("zones", "zones", "anonymizers_blocked"),
    ],
)
def test_file_that_is_missing_is_a_hole(lacking: str, part: str, check: str) -> None:
    snapshot = parse_upload(without(lacking), context())
    missing = getattr(snapshot, part)
    assert isinstance(missing, Unavailable)
    assert missing.reason == "input_missing"
    found = {each.check: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert found[f"okta.{check}"] is SKIP


def test_pages_of_a_list_come_together() -> None:
    users = good_org()["users"]
    pages = [UploadedFile("users.json", json.dumps(users[:2]).encode()),
             UploadedFile("users-2.json", json.dumps(users[2:]).encode())]  # fmt: skip
    snapshot = parse_upload([*without("users"), *pages], context())
    assert len(snapshot.users) == 4


def test_classic_engine_is_told_by_the_export() -> None:
    data = good_org()
    data["organization"]["pipeline"] = "v1"
    data["policies"] = [each for each in data["policies"] if each["type"] == "OKTA_SIGN_ON"]
    snapshot = parse_upload(files(data), context())
    assert isinstance(snapshot.access_policies, Unavailable)
    assert snapshot.access_policies.reason == "unsupported"


def test_old_export_is_taken_and_bears_its_date() -> None:
    old = {**ABOUT, "taken_at": "2025-01-01T00:00:00Z"}
    assert parse_upload(files(about=old), context()).taken_at.year == 2025


def changed(name: str, content: bytes) -> list[UploadedFile]:
    return [*without(name), UploadedFile(f"{name}.json", content)]


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No file"),
        ([UploadedFile("holiday.json", b"{}")], "not a file of an export of Okta"),
        ([UploadedFile("users.json", b'[{"id": "00u1", ')], "may be cut off"),
        ([UploadedFile("users.json", b"<html>Sign in</html>")], "not valid JSON"),
        ([UploadedFile("users.json", b'{"errorCode": "E0000011"}')], "nothing was judged"),
        ([UploadedFile("users.json", b'[{"id": 7}]')], "nothing was judged"),
        ([UploadedFile("users.json", b"")], "empty"),
        (changed("export", b'{"complete": true, "org": "https://other.okta.com"}'), "different orgs"),
        (without("groupUsers"), "groupUsers-00g1.json is needed"),
        (files(about={**ABOUT, "taken_at": "2031-01-01T00:00:00Z"}), "still to come"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_upload(uploaded, context())


def test_export_of_another_org_is_refused() -> None:
    with pytest.raises(InputInvalid, match=r"of acme.okta.com, but this connection is to other.okta.com"):
        parse_upload(files(), context("https://other.okta.com"))


def test_commands_name_every_file_that_is_read() -> None:
    commands = UPLOADS[0].commands
    for name in (*LISTS, *(f"{family}-" for family in FAMILIES)):
        assert name in commands
