"""A realm that is in order, from the command line; another that was exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.keycloak.conftest import PRIVATE, no_secret
from tests.connectors.keycloak.fake import CLIENT, Server
from tests.connectors.keycloak.realm import export, good_realm, optional
from tests.fakes.vendor import authority


def test_realm_in_order_ends_with_0(
    server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    monkeypatch.setenv("KC_KEY", PRIVATE)
    arguments = ["--set", f"base_url={server.base}", "--set", "realm=acme", "--set", f"client_id={CLIENT}"]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "keycloak", "--json", *arguments, "--secret", "private_key=env:KC_KEY")
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    found = {each["check"]: each["outcome"] for each in json.loads(said.out)["findings"]}
    assert set(found.values()) == {"pass"}
    assert len(found) == 6
    no_secret(said.out, said.err)


def test_export_of_a_new_realm_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = good_realm()
    data["executions"]["browser"] = optional()
    path = tmp_path / "realm-export.json"
    path.write_text(json.dumps(export(data)))
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "keycloak", "--json", "--upload", str(path))
    said = capsys.readouterr()
    assert ended.value.code == 1, said.err
    no_secret(said.out, said.err)
