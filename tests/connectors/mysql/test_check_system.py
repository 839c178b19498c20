"""`check_system mysql` end to end against the real server: what it prints, and how it exits."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.xdist_group("mariadb")
PASSWORD = "canary-7f3a-only-read"


@pytest.fixture
def command(lab: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command as a person would; returns exit code, output and errors."""
    settings.ALLOW_PRIVATE_TARGETS = "localhost"
    monkeypatch.setenv("AUDITOR_PASSWORD", PASSWORD)

    def run(*more: str) -> tuple[int, str, str]:
        server = lab.server
        target = [f"host={server.host}", f"port={server.port}", f"ca_certificate={server.ca_pem}"]
        sets = [part for value in target for part in ("--set", value)]
        out, err = StringIO(), StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(
                "check_system",
                "mysql",
                *sets,
                "--secret",
                "password=env:AUDITOR_PASSWORD",
                *more,
                stdout=out,
                stderr=err,
            )
        return int(ended.value.code or 0), out.getvalue(), err.getvalue()

    return run


def test_a_failing_server_exits_with_1_and_prints_no_secret(lab: Any, command: Any) -> None:
    world = ("CREATE DATABASE shop", "CREATE USER app@'%' IDENTIFIED BY 'canary-app'", "GRANT ALL ON shop.* TO app@'%'")
    with lab.world(*world):
        code, out, _ = command("--set", "grant_matrix=app: shop.orders=SELECT", "--json")
    assert code == 1
    printed = json.loads(out)
    assert any(row["check"] == "mysql.grants_match_matrix" and row["outcome"] == "fail" for row in printed["findings"])
    assert "canary" not in out


def test_a_server_without_failures_exits_with_0(lab: Any, command: Any) -> None:
    world = (
        "CREATE DATABASE shop",
        "CREATE TABLE shop.orders (id int)",
        "CREATE USER app@'10.1.2.3' IDENTIFIED BY 'x' REQUIRE X509",
        "GRANT SELECT ON shop.orders TO app@'10.1.2.3'",
    )
    with lab.world(*world):
        lab.server.run("SET GLOBAL require_secure_transport = ON")
        code, out, err = command("--set", "grant_matrix=app: shop.orders=SELECT", "--set", "services=checkout=app")
    assert code == 0, out + err
    assert "canary" not in out


def test_a_wrong_password_is_one_sentence_and_exits_with_2(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_PASSWORD", "canary-another")
    code, out, err = command()
    assert (code, out, err.strip()) == (2, "", "Password or host refused for zt_auditor.")


def test_an_upload_exits_by_what_it_shows(lab: Any, command: Any, tmp_path: Path) -> None:
    with lab.world("CREATE USER app@'%' IDENTIFIED BY 'x'"):
        (tmp_path / "grants.json").write_bytes(lab.export())
    code, out, _ = command("--upload", str(tmp_path / "grants.json"), "--json")
    assert code == 1
    assert json.loads(out)["findings"]
    (tmp_path / "cut.json").write_bytes((tmp_path / "grants.json").read_bytes()[:-40])
    code, out, err = command("--upload", str(tmp_path / "cut.json"))
    assert (code, out) == (2, "")
    assert "cut off" in err
