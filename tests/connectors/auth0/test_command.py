"""A tenant that is in order, from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.auth0.conftest import PRIVATE, no_secret
from tests.connectors.auth0.fake import CLIENT, KID, Tenant
from tests.fakes.vendor import authority


def test_tenant_in_order_ends_with_0(
    tenant: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    monkeypatch.setenv("AUTH0_KEY", PRIVATE)
    domain = tenant.base.removeprefix("https://")
    arguments = ["--set", f"tenant_domain={domain}", "--set", f"client_id={CLIENT}", "--set", f"key_id={KID}"]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "auth0", "--json", *arguments, "--secret", "private_key=env:AUTH0_KEY")
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    found = {each["check"]: each["outcome"] for each in json.loads(said.out)["findings"]}
    assert set(found.values()) == {"pass"}
    assert len(found) == 5
    no_secret(said.out, said.err)
