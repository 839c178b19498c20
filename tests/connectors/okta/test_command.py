"""An org that is in order, from the command line: nothing failed, and nothing hidden was called good."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.okta.conftest import PRIVATE, no_secret
from tests.connectors.okta.fake import CLIENT, KID, Org
from tests.fakes.vendor import authority


def test_org_in_order_ends_with_0(
    org: Org, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    monkeypatch.setenv("OKTA_KEY", PRIVATE)
    monkeypatch.setitem(org.data, "api-tokens", [])
    arguments = ["--set", f"org_url={org.base}", "--set", f"client_id={CLIENT}", "--set", f"key_id={KID}"]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "okta", "--json", *arguments, "--secret", "private_key=env:OKTA_KEY")
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    found = {each["check"]: each["outcome"] for each in json.loads(said.out)["findings"]}
    assert found["okta.mfa_required_every_app"] == "pass"
    assert found["okta.super_admin_count"] == "not_checked"
    assert found["okta.leavers_disabled"] == "not_checked"
    assert len(found) == 23
    no_secret(said.out, said.err)
