"""`check_system google_workspace` end to end: exit codes, what is printed, no secret in it."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from tests.connectors.google_workspace.counterpart import counterpart
from tests.connectors.google_workspace.test_upload import GAM
from tests.fakes.vendor import CANARY, authority


@pytest.fixture
def command(settings, monkeypatch, capsys):
    def run(system, *more, **secrets):
        settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
        settings.VENDOR_ENDPOINTS = dict(system.endpoints) if system else {}
        arguments = ["check_system", "google_workspace", *more]
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


def test_failing_customer_exits_with_1_and_names_the_unit(command):
    with counterpart() as system:
        code, out, _ = command(system, "--json")
    found = json.loads(out)
    assert code == 1
    (failing,) = [each for each in found["findings"] if each["check"].endswith("two_step_policy_on")]
    assert "Unit /sales (2 people) does not enforce 2-step verification." in failing["reason"]
    assert len({each["check"] for each in found["findings"]}) == 19
    assert CANARY not in out


def test_export_without_fails_exits_with_0(command, tmp_path):
    (tmp_path / "users.csv").write_text(GAM)
    code, out, _ = command(None, "--upload", str(tmp_path / "users.csv"))
    assert code == 0
    assert "not checked" in out


def test_refused_credential_exits_with_2_and_one_sentence(command):
    with counterpart() as system:
        code, out, complaint = command(system, access_token="ya29.wrong")
    assert (code, out) == (2, "")
    assert complaint.count("\n") == 1
    assert "The access token has ended" in complaint
    assert "ya29" not in complaint
