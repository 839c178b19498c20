"""`check_system cloudflare` end to end: table, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.connectors.cloudflare.account import ACCOUNT, READING, TOKEN
from tests.connectors.cloudflare.fake import Cloudflare
from tests.connectors.cloudflare.test_upload import export
from tests.fakes.vendor import CANARY, authority
from ztassess.connectors.cloudflare.envelope import ORIGIN

ARGUMENTS = ("--set", f"account_id={ACCOUNT}", "--set", "zones=example.com", "--secret", "api_token=env:CF_TOKEN")


@pytest.fixture
def command(fake: Cloudflare, settings, monkeypatch, capsys):
    """Run the command against the fake; returns exit code and output."""
    settings.ALLOW_PRIVATE_TARGETS = "localhost,127.0.0.0/8"
    settings.EXTRA_CA_FILE = authority()[1]
    monkeypatch.setenv("CF_TOKEN", TOKEN)
    settings.VENDOR_ENDPOINTS = {ORIGIN: fake.base}

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            call_command("check_system", "cloudflare", *arguments)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


def test_nothing_fails_for_a_good_account(fake: Cloudflare, command):
    fake.token.groups = (*READING, "Account API Tokens Read")
    code, said = command(*ARGUMENTS)
    assert code == 0, said
    assert "cloudflare.no_anonymous_hole" in said
    assert "Not read: log_jobs (missing_scope: Logs Write)" in said
    assert CANARY not in said


def test_a_hole_fails(fake: Cloudflare, command):
    fake.token.groups = (*READING, "Account API Tokens Read")
    fake.state.lists["access/apps"][0]["policies"][0]["decision"] = "bypass"
    code, said = command(*ARGUMENTS, "--json")
    assert code == 1
    failing = [each for each in json.loads(said)["findings"] if each["outcome"] == "fail"]
    assert "cloudflare.no_anonymous_hole" in {each["check"] for each in failing}


def test_a_token_that_can_write_is_not_used(fake: Cloudflare, command):
    fake.token.groups = (*READING, "Account API Tokens Read", "DNS Write")
    code, said = command(*ARGUMENTS)
    assert code == 2
    assert "This token can change DNS Write." in said
    assert not fake.asked(".*/access/organizations", "POST")


def test_a_refused_token_checks_nothing(fake: Cloudflare, command):
    fake.token.value = "another"
    code, said = command(*ARGUMENTS)
    assert code == 2
    assert CANARY not in said


def test_an_export_is_judged_without_a_credential(command, tmp_path: Path):
    paths = []
    for name, value in export().items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(value))
        paths += ["--upload", str(path)]
    code, said = command(*paths)
    assert code == 0, said
    assert "pass" in said
