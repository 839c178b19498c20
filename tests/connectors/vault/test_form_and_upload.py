"""What a person enters or uploads: addresses, one way to sign in, exports good, foreign, cut off and forbidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.connectors.vault.fake import FakeVault
from tests.fakes.vendor import CANARY, NOW, context_for
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import judge, parse_form, read_upload
from ztassess.connectors.vault import CONNECTOR
from ztassess.domain.findings import Unavailable

STATE = FakeVault().tree


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://vault.example.com:8200", "https://vault.example.com:8200"),
        ("https://vault.example.com/", "https://vault.example.com"),
        ("https://vault.example.com:8200/ui/", "https://vault.example.com:8200"),
        ("https://example.com/vault/v1", "https://example.com/vault"),
    ],
)
def test_address_is_kept_without_what_the_browser_adds(address: str, kept: str) -> None:
    values, problems = parse_form(CONNECTOR, {"address": address, "role_id": "r"}, {"secret_id": "s"})
    assert (values["address"], problems) == (kept, {})


@pytest.mark.parametrize(
    ("entered", "secrets", "field"),
    [
        ({"address": "http://vault.example.com"}, {}, "address"),
        ({"address": "https://user:pw@vault.example.com"}, {}, "address"),
        ({"address": "https://vault.example.com?x=1"}, {}, "address"),
        ({"address": "vault.example.com"}, {}, "address"),
        ({}, {}, "role_id"),
        ({"role_id": "r"}, {}, "secret_id"),
        ({"jwt_role": "ci"}, {}, "jwt"),
        ({"role_id": "r", "jwt_role": "ci"}, {"secret_id": "s"}, ""),
        ({"role_id": "r", "namespace": "a b"}, {"secret_id": "s"}, "namespace"),
        ({"role_id": "r", "auth_mount": "../sys"}, {"secret_id": "s"}, "auth_mount"),
        ({"role_id": "r", "ca_certificate": "nonsense"}, {"secret_id": "s"}, "ca_certificate"),
    ],
)
def test_wrong_entry_is_named_at_its_field(entered: dict[str, str], secrets: dict[str, str], field: str) -> None:
    given = {"address": "https://vault.example.com", **entered}
    assert field in parse_form(CONNECTOR, given, secrets)[1]


def reply(data: Any, **more: Any) -> dict[str, Any]:
    return {"request_id": "r", "lease_id": "", "lease_duration": 0, "renewable": False, "data": data, **more}


def good() -> dict[str, Any]:
    mounts = {path: row for path, row in STATE["sys/mounts"].items() if path != "gcp/"}
    return {
        "mounts": reply(mounts),
        "auth": reply(STATE["sys/auth"]),
        "audit": reply(STATE["sys/audit"]),
        "policies": ["root", "zt-auditor"],
        "policy-zt-auditor": reply(STATE["sys/policies/acl/zt-auditor"]),
        "roles-database": ["app"],
        "role-database-app": reply(STATE["database/roles/app"]),
        "roles-aws": ["deploy"],
        "role-aws-deploy": reply(STATE["aws/roles/deploy"]),
        "roles-pki": ["web"],
        "role-pki-web": reply(STATE["pki/roles/web"]),
        "authroles-approle": ["zt-auditor"],
        "authrole-approle-zt-auditor": reply(STATE["auth/approle/role/zt-auditor"]),
    }


def files(documents: dict[str, Any]) -> list[UploadedFile]:
    return [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in documents.items()]


def outcomes(documents: dict[str, Any], **more: Any) -> dict[str, str]:
    context = context_for(CONNECTOR, {"data_stores": "shop"}, for_upload=True, **more)
    found = read_upload(CONNECTOR, files(documents), context)
    return {result.check.partition(".")[2]: result.outcome.value for result in found.results}


def test_whole_export_feeds_every_check() -> None:
    found = outcomes(good())
    assert found.pop("cloud_roles_temporary") == "not_checked"  # static roles of aws are not in it
    assert set(found.values()) == {"pass"}
    assert len(found) == 7


def test_nothing_secret_of_an_export_is_kept() -> None:
    assert CONNECTOR.parse_upload
    snapshot = CONNECTOR.parse_upload(files(good()), context_for(CONNECTOR, {}, for_upload=True))
    assert CANARY not in repr(snapshot) + repr(judge(CONNECTOR, snapshot))


@pytest.mark.parametrize(
    ("missing", "check"),
    [
        ("roles-database", "database_leases_short"),
        ("role-database-app", "database_leases_short"),
        ("audit", "audit_device_enabled"),
        ("policies", "policies_narrow"),
        ("policy-zt-auditor", "policies_narrow"),
        ("auth", "approle_secrets_bounded"),
        ("authrole-approle-zt-auditor", "approle_secrets_bounded"),
        ("role-pki-web", "pki_names_restricted"),
    ],
)
def test_incomplete_export_is_not_checked(missing: str, check: str) -> None:
    documents = good()
    del documents[missing]
    assert outcomes(documents)[check] == "not_checked"


def test_bad_role_of_an_incomplete_export_still_fails() -> None:
    documents = good()
    del documents["roles-pki"]
    documents["role-pki-web"] = reply({"allow_any_name": True, "max_ttl": 0})
    assert outcomes(documents)["pki_names_restricted"] == "fail"


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("creds-app", reply({"username": "v-app", "password": CANARY})),
        ("data-app", reply({"data": {"a": CANARY}, "metadata": {}})),
        ("role-database-app", reply({"username": "v-app", "password": CANARY})),
        ("role-database-app", reply({"db_name": "shop"}, lease_id="database/creds/app/1")),
        ("role-kv-app", reply({"data": {"password": CANARY}, "metadata": {"version": 1}})),
        ("role-pki-web", reply({"certificate": "PEM", "private_key": CANARY})),
        ("auth", {"auth": {"client_token": CANARY}, "data": {}}),
    ],
)
def test_issued_credentials_and_stored_secrets_are_rejected(name: str, document: Any) -> None:
    with pytest.raises(InputInvalid, match="Nothing was kept") as refused:
        outcomes({**good(), name: document})
    assert CANARY not in refused.value.sentence


@pytest.mark.parametrize(
    "content",
    [b"", b'{"data": {"kv/": {"type"', b"[]", b'{"users": []}', b"<html></html>", b'{"data": {}}', b'{"data": []}'],
)
def test_wrong_or_cut_off_file_is_refused(content: bytes) -> None:
    context = context_for(CONNECTOR, {}, for_upload=True)
    with pytest.raises(InputInvalid):
        read_upload(CONNECTOR, [UploadedFile("mounts.json", content)], context)
    with pytest.raises(InputInvalid):
        read_upload(CONNECTOR, [UploadedFile("users.json", content)], context)


def test_old_export_keeps_its_date_and_one_of_tomorrow_is_refused() -> None:
    old = datetime(2025, 1, 2, tzinfo=UTC)
    assert CONNECTOR.parse_upload
    documents = {**good(), "export": {"taken_at": old.isoformat(), "complete": True}}
    context = context_for(CONNECTOR, {}, for_upload=True)
    snapshot = CONNECTOR.parse_upload(files(documents), context)
    assert snapshot.taken_at == old
    assert not isinstance(snapshot.database_roles, Unavailable)
    documents["export"]["taken_at"] = (NOW + timedelta(days=1)).isoformat()
    with pytest.raises(InputInvalid, match="still to come"):
        CONNECTOR.parse_upload(files(documents), context)
