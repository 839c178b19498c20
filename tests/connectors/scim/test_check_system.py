"""The command line against the real service: exit codes, what is compared with, and that no token is printed."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.connectors.across.views import OKTA
from tests.fakes.vendor import authority
from tests.services.scim import READER, Tenant
from ztassess.connectors.api import Pace
from ztassess.connectors.sharing import view_json


@pytest.fixture(autouse=True)
def reachable(settings, monkeypatch) -> None:
    settings.ALLOW_PRIVATE_TARGETS = "localhost,127.0.0.0/8"
    settings.EXTRA_CA_FILE = authority()[1]
    monkeypatch.setattr("ztassess.connectors.scim.client.PACE", Pace(width=4))  # the command waits for real


def run(tenant: Tenant, folder: Path, *more: str, token: str = READER) -> tuple[int, str]:
    (folder / "token").write_text(token)
    out = StringIO()
    arguments = ["scim", "--set", f"base_url={tenant.base}", "--secret", f"bearer_token=@{folder / 'token'}", *more]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", *arguments, stdout=out, stderr=out)
    assert token not in out.getvalue()
    return int(ended.value.code or 0), out.getvalue()


def test_declared_leavers_and_what_an_identity_provider_told(tenant: Tenant, tmp_path: Path) -> None:
    declared, okta = tmp_path / "declared.yaml", tmp_path / "okta.json"
    declared.write_text("leavers: [dave@x.io]")
    okta.write_text(json.dumps(view_json(OKTA)))
    tenant.add("anna@x.io", "anna@x.io")
    cleo = tenant.add("cleo@x.io", "cleo@x.io")
    code, text = run(tenant, tmp_path, "--json")
    assert (code, {each["outcome"] for each in json.loads(text)["findings"]}) == (2, {"not_checked"})
    assert run(tenant, tmp_path, "--declared", str(declared))[0] == 0
    code, text = run(tenant, tmp_path, "--declared", str(declared), "--view", str(okta))
    assert code == 1
    assert "cleo@x.io is switched off in Okta and is still active in localhost." in text
    assert "Warning: We could not verify that this token is read-only." in text
    tenant.deactivate(cleo)
    assert run(tenant, tmp_path, "--declared", str(declared), "--view", str(okta))[0] == 0


def test_what_it_told_is_joined_with_the_identity_provider(tenant: Tenant, tmp_path: Path) -> None:
    share, okta, out = tmp_path / "scim.json", tmp_path / "okta.json", StringIO()
    okta.write_text(json.dumps(view_json(OKTA)))
    tenant.add("Cleo", "cleo@x.io")
    run(tenant, tmp_path, "--share", str(share))
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "across", "--upload", str(share), "--upload", str(okta), stdout=out)
    assert ended.value.code == 1
    assert "Cleo is switched off in the identity provider and still active in SCIM 2.0 application." in out.getvalue()
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "across", "--view", str(share), "--view", str(okta), stdout=out)
    assert ended.value.code == 1


def test_a_refused_token_and_a_view_that_is_none_end_with_two(tenant: Tenant, tmp_path: Path) -> None:
    code, text = run(tenant, tmp_path, token="canary-wrong-token")
    assert (code, text.count("\n")) == (2, 1)
    assert text.startswith("The app refused the token: ")
    other = tmp_path / "other.json"
    other.write_text("{}")
    code, text = run(tenant, tmp_path, "--view", str(other))
    assert (code, "is not what" in text) == (2, True)
    with pytest.raises(SystemExit) as ended:
        call_command(
            "check_system", "oidc", "--set", "issuer=https://a.example", "--view", str(other), stderr=StringIO()
        )
    assert ended.value.code == 2
