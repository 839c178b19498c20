"""The command line against a real OpenBao: exit codes, and that no secret is printed."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.connectors.vault.conftest import ISSUED, Corner
from tests.fakes.vendor import authority
from ztassess.connectors.api import Pace


def run(corner: Corner, tmp_path: Path, credential: dict[str, str], *more: str) -> tuple[int, str]:
    secret = tmp_path / "secret"
    secret.write_text(credential["secret_id"])
    out, err = StringIO(), StringIO()
    sets = {
        "address": corner.server.address,
        "namespace": corner.namespace,
        "role_id": credential["role_id"],
        "data_stores": "shop",
    }
    options = [part for name, value in sets.items() for part in ("--set", f"{name}={value}")]
    arguments = ["vault", *options, "--secret", f"secret_id=@{secret}", *more]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", *arguments, stdout=out, stderr=err)
    assert credential["secret_id"] not in out.getvalue() + err.getvalue()
    return int(ended.value.code or 0), out.getvalue() + err.getvalue()


@pytest.fixture(autouse=True)
def reachable(settings, monkeypatch) -> None:
    settings.ALLOW_PRIVATE_TARGETS = "localhost,127.0.0.0/8"
    settings.EXTRA_CA_FILE = authority()[1]
    monkeypatch.setattr("ztassess.connectors.vault.session.PACE", Pace(width=4))  # the command waits for real


def test_exit_code_says_whether_something_failed(root: Corner, tmp_path: Path) -> None:
    root.database(**ISSUED)
    code, text = run(root, tmp_path, root.auditor(), "--json")
    assert code == 0
    reading = json.loads(text)
    assert {finding["outcome"] for finding in reading["findings"]} <= {"pass", "not_applicable"}
    assert len({finding["check"] for finding in reading["findings"]}) == 8
    root.do("POST", "database/roles/app", {**ISSUED, "max_ttl": "720h"})
    code, text = run(root, tmp_path, root.auditor())
    assert code == 1
    assert "renewable up to 30 days" in text


def test_refused_credentials_and_over_privilege_end_with_two(corner: Corner, tmp_path: Path) -> None:
    code, text = run(corner, tmp_path, {"role_id": "nobody", "secret_id": "canary-wrong"})
    assert (code, "Vault refused" in text) == (2, True)
    code, text = run(corner, tmp_path, corner.auditor('path "*" { capabilities = ["read"] }'))
    assert code == 2
    assert "This credential is not used: This token can read secrets" in text
