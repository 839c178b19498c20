"""Exported files instead of a credential: the same parsers, the same rules, no pass from a hole."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.tailscale.conftest import ENTERED, PEOPLE, no_secret
from tests.connectors.tailscale.factory import acl
from tests.connectors.tailscale.fake import TAILNET, Tailscale
from tests.fakes.vendor import NOW, context_for
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import Reading, read_upload
from ztassess.connectors.tailscale import CONNECTOR
from ztassess.connectors.tailscale.upload import COMMENTED, parse_upload
from ztassess.domain.findings import Outcome, Unavailable


def files(**changed: Any) -> list[UploadedFile]:
    """The export of the fake's tailnet; None leaves a file out."""
    made = Tailscale()
    documents: dict[str, Any] = {
        "acl": made.policy,
        "devices": {"devices": made.devices},
        "users": {"users": made.users},
        "settings": made.settings,
        "keys": {"keys": made.keys[:1]},
        "integrations": {"integrations": made.integrations},
        "changes": {"version": "1.1", "tailnet": TAILNET, "logs": made.changes},
    }
    chosen = {**documents, **changed}
    return [UploadedFile(f"{name}.json", _bytes(each)) for name, each in chosen.items() if each is not None]


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def made(tailnet: str = TAILNET, **more: Any) -> ReadContext:
    return context_for(CONNECTOR, {**ENTERED, "tailnet": tailnet}, declared=PEOPLE, for_upload=True, **more)


def outcomes(reading: Reading) -> dict[str, Outcome]:
    return {result.check.partition(".")[2]: result.outcome for result in reading.results}


def test_good_export_feeds_all_checks() -> None:
    reading = read_upload(CONNECTOR, files(), made())
    found = outcomes(reading)
    assert {name for name, each in found.items() if each is not Outcome.PASS} == {"routes_narrow", "lost_devices_gone"}
    no_secret(reading)


def test_the_four_files_of_the_minimum() -> None:
    found = outcomes(read_upload(CONNECTOR, files(users=None, integrations=None, changes=None), made()))
    assert found["no_member_to_prod"] is Outcome.PASS, "owners of other devices are not in the group"
    assert found["user_key_expiry_on"] is Outcome.PASS
    flat = files(users=None, acl={"acls": [acl(["*"], ["*:*"])]})
    assert outcomes(read_upload(CONNECTOR, flat, made()))["no_allow_all"] is Outcome.FAIL


def test_missing_files_are_not_checked() -> None:
    found = outcomes(read_upload(CONNECTOR, files(acl=None, devices=None, settings=None, keys=None), made()))
    assert set(found.values()) == {Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE}
    assert found["lost_devices_gone"] is Outcome.NOT_APPLICABLE, "nothing was reported"
    assert [name for name, each in found.items() if each is Outcome.NOT_APPLICABLE] == ["lost_devices_gone"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("acl.hujson", b"{}"),
        ("policy.hujson", b"// x\n{}"),
        ("acl.json", b'// ours\n{"acls": []}'),
        ("acl.json", b'{"acls": [], /* none */}'),
    ],
)
def test_policy_with_comments_is_refused_with_the_way_to_json(name: str, content: bytes) -> None:
    with pytest.raises(InputInvalid) as refused:
        parse_upload([UploadedFile(name, content)], made())
    assert refused.value.sentence == COMMENTED
    assert "Accept: application/json" in COMMENTED


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([UploadedFile("acl.json", b'{"acls": [')], "cut off"),
        ([UploadedFile("devices.json", b'{"devices": [{"nodeId"')], "cut off"),
        ([UploadedFile("tailnet.pdf", b"%PDF")], "not a file of an export of Tailscale"),
        ([UploadedFile("users.json", b"{}"), UploadedFile("secrets.json", b"{}")], "not a file of an export"),
        ([UploadedFile("devices.json", b'{"message": "API token invalid"}')], "error of Tailscale"),
        ([UploadedFile("acl.json", b"{}"), UploadedFile("acl-2.json", b"{}")], "upload one"),
        ([UploadedFile("acl.json", b"")], "empty"),
        ([], "No file"),
    ],
)
def test_unusable_files_are_one_sentence(given: list[UploadedFile], says: str) -> None:
    with pytest.raises(InputInvalid, match=says):
        parse_upload(given, made())


def test_another_tailnet_is_refused() -> None:
    with pytest.raises(InputInvalid, match=r"of tailnet acme\.example, the connection is of other\.example"):
        parse_upload(files(), made("other.example"))
    assert parse_upload(files(), made("-")).tailnet == "-"


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("devices", {"devices": [{"nodeId": "n1"}]}),
        ("devices", {"devices": None}),
        ("devices", []),
        ("users", {"people": []}),
        ("keys", {"keys": [{"id": "k1"}]}),
        ("settings", []),
    ],
)
def test_unknown_shape_is_a_reason_never_an_empty_list(part: str, content: Any) -> None:
    found = getattr(parse_upload(files(**{part: content}), made()), part)
    assert isinstance(found, Unavailable)
    assert found.reason == "partial_data"


def test_devices_listed_without_routes_prove_nothing_about_routes() -> None:
    short = [{"nodeId": "n1", "authorized": True, "hostname": "a", "user": "anna@acme.example"}]
    found = outcomes(read_upload(CONNECTOR, files(devices={"devices": short}), made()))
    assert found["routes_narrow"] is Outcome.NOT_CHECKED


def test_old_export_is_taken_with_its_date() -> None:
    long_ago = NOW - timedelta(days=400)
    snapshot = parse_upload(files(), made(exported_at=long_ago))
    assert snapshot.taken_at == long_ago
    with pytest.raises(InputInvalid, match="still to come"):
        parse_upload([*files(), UploadedFile("export.json", b'{"taken_at": "2031-01-01T00:00:00Z"}')], made())
