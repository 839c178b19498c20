"""The examples of README.md are what the real commands print, on a real database and on the file it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.reading import README, ROOT, blocks, prose
from tests.services.postgres import PostgresServer, PostgresUnavailable, start_postgres

SHOP = (
    "CREATE TABLE orders (id int PRIMARY KEY, total int)",
    "CREATE TABLE users (id int PRIMARY KEY, email text)",
    "CREATE ROLE reporting LOGIN PASSWORD 'reporting-password'",
    "GRANT SELECT, INSERT, UPDATE ON orders TO reporting",
    "GRANT SELECT ON users TO reporting",
    "CREATE ROLE zt_auditor LOGIN PASSWORD 'auditor-password' CONNECTION LIMIT 2",
    "GRANT CONNECT ON DATABASE shop TO zt_auditor",
)
FREE = {"taken_at", "requests"}  # they differ from run to run
CHECK_SYSTEM, SCORE = (json.loads(block) for block in blocks(README.read_text(), "json"))


def run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py as a person does, without anything of this installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "ZTASSESS_"))}
    given = {"ZTASSESS_VENV": sys.prefix, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=kept | given | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def holds(example: Any, real: Any, path: str = "") -> list[str]:
    """Where the example says something that the real output does not; each example row must be one of the real rows."""
    if isinstance(example, dict) and isinstance(real, dict):
        wrong = [f"{path}.{key} is missing" for key in example if key not in real]
        shared = [key for key in example if key in real and key not in FREE]
        return wrong + [one for key in shared for one in holds(example[key], real[key], f"{path}.{key}")]
    if isinstance(example, list) and isinstance(real, list):
        return [
            f"{path}[{number}] is none of {len(real)}"
            for number, row in enumerate(example)
            if all(holds(row, other) for other in real)
        ]
    return [] if example == real else [f"{path} is {real!r}, not {example!r}"]


def test_an_example_that_lies_would_be_noticed() -> None:
    real = {"a": [{"b": 1, "c": 2}], "d": 0.5}
    assert holds({"a": [{"b": 1}], "d": 0.5}, real) == []
    assert holds({"a": [{"b": 2}]}, real) == [".a[0] is none of 1"]
    assert holds({"e": 1}, real) == [".e is missing"]
    assert holds({"d": 0.6}, real) == [".d is 0.5, not 0.6"]


@pytest.fixture(scope="module")
def shop() -> Iterator[PostgresServer]:
    """The database of the example: `reporting` may write orders and read users, which nobody declared."""
    try:
        server = start_postgres()
    except PostgresUnavailable as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    with server.admin() as admin:
        admin.execute("CREATE DATABASE shop")
    with server.admin("shop") as admin:
        for statement in SHOP:
            admin.execute(statement)
    yield server
    server.stop()


def check_system(server: PostgresServer, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command of the README, led to the test's server."""
    (block,) = [block for block in blocks(README.read_text(), "") if "check_system postgres" in block]
    shown = shlex.split(block.replace("\\\n", " "))[2:]
    arguments = ["host=localhost" if part == "host=db.example.com" else part for part in shown]
    here = ["--set", f"port={server.port}", "--set", f"ca_certificate={server.ca_pem}"]
    settings = {"ZTASSESS_ALLOW_PRIVATE_TARGETS": "localhost", "AUDITOR_PASSWORD": "auditor-password"}
    return run([*arguments, *here, *more], **settings | environment)


@pytest.mark.postgres
def test_check_system_prints_what_the_example_shows(shop: PostgresServer) -> None:
    ran = check_system(shop)
    assert ran.returncode == 1, ran.stderr
    real = json.loads(ran.stdout)
    assert holds(CHECK_SYSTEM, real) == []
    assert list(real) == list(CHECK_SYSTEM)
    for rows in ("findings", "controls"):
        assert list(real[rows][0]) == list(CHECK_SYSTEM[rows][0])
    failed = next(row for row in real["findings"] if row["evidence"])
    assert list(failed["evidence"][0]) == list(CHECK_SYSTEM["findings"][0]["evidence"][0])


@pytest.mark.postgres
def test_a_private_target_is_refused_unless_it_is_allowed(shop: PostgresServer) -> None:
    ran = check_system(shop, ZTASSESS_ALLOW_PRIVATE_TARGETS="")
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (2, "", "Could not reach the host.")


@pytest.mark.postgres
def test_a_wrong_password_is_one_sentence_and_exit_2(shop: PostgresServer) -> None:
    ran = check_system(shop, AUDITOR_PASSWORD="another-one")
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (2, "", "Password refused for zt_auditor.")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `score` prints for the file of the README."""
    (company,) = blocks(README.read_text(), "yaml")
    path = tmp_path_factory.mktemp("score") / "company.yaml"
    path.write_text(company)
    ran = run(["score", str(path), "--json"])
    assert ran.returncode == 0, ran.stderr
    printed: dict[str, Any] = json.loads(ran.stdout)
    return printed


def test_score_prints_what_the_example_shows(scored: dict[str, Any]) -> None:
    assert holds(SCORE, scored) == []


def test_every_key_of_score_is_named(scored: dict[str, Any]) -> None:
    (sentence,) = re.findall(r"The other keys are ([^.]+)\.", " ".join(prose(README.read_text()).split()))
    assert sorted([*SCORE, *re.findall(r"`(\w+)`", sentence)]) == sorted(scored)


def test_wrong_input_of_score_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "company.yaml").write_text("today: yesterday\n")
    ran = run(["score", str(tmp_path / "company.yaml")])
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
