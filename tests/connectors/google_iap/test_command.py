"""`check_system google_iap` end to end: exit codes, what is printed, no secret in it."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from tests.connectors.google_iap import rows
from tests.connectors.google_iap.counterpart import counterpart
from tests.connectors.google_iap.rows import PROD
from tests.fakes.counterpart import Counterpart
from tests.fakes.vendor import CANARY, authority


@pytest.fixture
def command(settings, monkeypatch, capsys):
    def run(system, *more, **secrets):
        settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
        settings.VENDOR_ENDPOINTS = dict(system.endpoints) if system else {}
        arguments = ["check_system", "google_iap", *more]
        for name, value in (system.entered if system else {}).items():
            arguments += ["--set", f"{name}={value}"]
        for name, value in {**(system.secrets if system else {}), **secrets}.items():
            monkeypatch.setenv(name.upper(), value)
            arguments += ["--secret", f"{name}=env:{name.upper()}"]
        with pytest.raises(SystemExit) as ended:
            call_command(*arguments)
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_organization_out_of_order_exits_with_1_and_says_what(command):
    with counterpart() as system:
        code, out, _ = command(system, "--json")
    found = json.loads(out)
    failing = {each["check"].partition(".")[2] for each in found["findings"] if each["outcome"] == "fail"}
    assert code == 1
    assert failing == {"enabled_on_declared_backends", "firewall_closed", "no_user_managed_keys"}
    assert len({each["check"] for each in found["findings"]}) == 16
    assert CANARY not in out


def test_export_without_fails_exits_with_0(command, tmp_path):
    files = {f"buckets-{PROD}": [rows.bucket()], f"sql-instances-{PROD}": [], "export": {"complete": True}}
    arguments = []
    for name, value in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
        arguments += ["--upload", str(tmp_path / f"{name}.json")]
    code, out, _ = command(None, *arguments)
    assert code == 0
    assert "have no public door" in out
    assert "not checked" in out


def test_refused_credential_exits_with_2_and_one_sentence(command):
    with counterpart() as system:
        entered = {**system.entered, "auth": "impersonation"}
        wrong = Counterpart(entered=entered, secrets={"access_token": "ya29.wrong"}, endpoints=system.endpoints)
        code, out, complaint = command(wrong)
    assert (code, out) == (2, "")
    assert complaint.count("\n") == 1
    assert "The access token has ended" in complaint
    assert "ya29" not in complaint
