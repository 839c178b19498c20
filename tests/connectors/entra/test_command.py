"""The command line against the tenant: 0 where nothing failed, 1 where something did, 2 where nothing could be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from tests.connectors.entra.fake import GRAPH, LOGIN, Tenant, credential
from tests.connectors.entra.tenant import CLIENT, EMERGENCY, PEOPLE, TENANT
from tests.fakes.vendor import CANARY, NOW, authority

Run = Callable[..., tuple[int, str, str]]
DECLARED = {"people": list(PEOPLE), "leavers": ["zoe@x.io"], "tools": ["Wiki"], "sensitive_tools": ["Wiki"],
            "break_glass": list(EMERGENCY)}  # fmt: skip


@pytest.fixture
def run(tenant: Tenant, settings: Any, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("--json")``: exit code, output, complaints; the clock of the command is that of the tenant."""
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    settings.VENDOR_ENDPOINTS = {GRAPH: tenant.base, LOGIN: tenant.base}
    monkeypatch.setenv("ENTRA_KEY", credential()[0])
    module = "ztassess.scans.management.commands.check_system.datetime"
    monkeypatch.setattr(module, type("Clock", (), {"now": staticmethod(lambda _zone: NOW)}))
    declared = tmp_path / "declared.yaml"
    declared.write_text(yaml.safe_dump(DECLARED))

    def made(*more: str) -> tuple[int, str, str]:
        arguments = ["check_system", "entra", "--set", f"tenant_id={TENANT}", "--set", f"client_id={CLIENT}"]
        arguments += ["--secret", "certificate_key=env:ENTRA_KEY", "--declared", str(declared), *more]
        with pytest.raises(SystemExit) as ended:
            call_command(*arguments)
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out, said.err

    return made


def test_a_tenant_in_order_ends_with_0(run: Run) -> None:
    code, out, complaint = run("--json")
    assert (code, complaint) == (0, "")
    assert len({each["check"] for each in json.loads(out)["findings"]}) == 23
    assert CANARY not in out
    assert "PRIVATE KEY" not in out


def test_a_failure_ends_with_1_and_is_named(tenant: Tenant, run: Run) -> None:
    for policy in tenant.state["/identity/conditionalAccess/policies"]:
        policy["state"] = "enabledForReportingButNotEnforced"
    code, out, _ = run()
    assert code == 1
    assert "report-only" in out


def test_an_app_that_can_write_ends_with_2(tenant: Tenant, run: Run) -> None:
    tenant.roles = ["Directory.ReadWrite.All"]
    code, out, complaint = run()
    assert (code, out) == (2, "")
    assert "Directory.ReadWrite.All" in complaint
