"""``check_system github`` from the command line, with its exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.github.answers import APP_ID, app_key
from tests.connectors.github.fake import GitHub
from tests.connectors.github.test_collect import spoil
from tests.fakes.vendor import CANARY, authority

PREFIX = "/api/v3"


@pytest.fixture
def run(github: GitHub, settings: Any, tmp_path: Path) -> Any:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    recent = f"{datetime.now(UTC) - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
    soon = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
    github.repos["shop"].keys[0].update(created_at=recent, last_used=recent)
    github.tokens[0].update(access_granted_at=recent, token_expires_at=soon)
    github.now = lambda: datetime.now(UTC)  # the command's clock is the real one
    key = tmp_path / "app.pem"
    key.write_text(app_key()[0])

    def command(*more: str) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        arguments = ["--set", "organization=acme", "--set", f"app_id={APP_ID}", "--secret", f"app_private_key=@{key}"]
        arguments += ["--set", f"api_base={github.base}{PREFIX}"]
        with pytest.raises(SystemExit) as ended:
            call_command("check_system", "github", *arguments, *more, stdout=out, stderr=err)
        return int(ended.value.code or 0), out.getvalue(), err.getvalue()

    return command


def test_failing_organization_ends_with_one(github: GitHub, run: Any) -> None:
    spoil(github)
    code, out, _ = run("--json")
    told = json.loads(out)
    assert code == 1
    assert {each["check"] for each in told["findings"]} >= {"github.owner_count", "github.workflows_use_oidc"}
    assert CANARY not in out


def test_good_organization_ends_with_zero(github: GitHub, run: Any) -> None:
    code, out, _ = run()
    assert code == 0, out
    assert "Read as App our-reader in acme" in out


def test_refused_key_and_writing_app_end_with_two(github: GitHub, run: Any) -> None:
    github.granted["contents"] = "write"
    code, _, err = run()
    assert code == 2
    assert "This credential is not used: The App installation may change Repository: Contents (write)." in err
    github.granted["contents"], github.org = "read", "other"
    code, _, err = run()
    assert code == 2
    assert "not installed in acme" in err
