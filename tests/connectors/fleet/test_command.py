"""A Fleet server in order, from the command line: exit code 0; and each exit code from an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.fleet.conftest import no_secret
from tests.connectors.fleet.fake import TOKEN, Server, host
from tests.connectors.fleet.test_upload import files
from tests.fakes.moments import lately
from tests.fakes.vendor import authority


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, dict[str, Any], str]:
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "fleet", "--json", *arguments)
    said = capsys.readouterr()
    no_secret(said.out, said.err)
    return ended.value.code, json.loads(said.out) if said.out.strip() else {}, said.err


def test_server_in_order_ends_with_0(
    server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    server.hosts = [host(each, seen_time=lately()) for each in (1, 2, 3)]
    monkeypatch.setenv("FLEET_TOKEN", TOKEN)
    code, found, complaint = run(capsys, "--set", f"base_url={server.base}", "--secret", "api_token=env:FLEET_TOKEN")
    assert code == 0, complaint
    assert [each["outcome"] for each in found["findings"]] == ["pass"]


@pytest.mark.parametrize(
    ("changed", "code", "word"),
    [
        ({}, 0, "pass"),
        ({"host_2": {"host": host(2, disk_encryption_enabled=False)}}, 1, "fail"),
        ({"host_2": None}, 2, "not_checked"),
    ],
)
def test_export_ends_with_what_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], code: int, word: str
) -> None:
    arguments: list[str] = []
    for file in files(**changed):
        (tmp_path / file.name).write_bytes(file.content)
        arguments += ["--upload", str(tmp_path / file.name)]
    ended, found, complaint = run(capsys, *arguments)
    assert ended == code, complaint
    assert [each["outcome"] for each in found["findings"]] == [word]
