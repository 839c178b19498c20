"""The worked example of CONTRIBUTING.md is written into a copy of the tree and does what the page says."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

import ztassess.connectors
from tests.docs.reading import CONTRIBUTING, ROOT, file_blocks
from ztassess.connectors.contract import Connector, ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import parse_form, read_once
from ztassess.domain.findings import Outcome

COPIED = ("manage.py", "pyproject.toml", "ztassess", "templates")
TESTS = ("conftest.py", "environment.py")
FOLDER = "ztassess/connectors/acme_directory"
BLOCKS = file_blocks(CONTRIBUTING.read_text())
PEOPLE = [
    {"email": "anna@acme.example", "factors": ["app", "key"], "canary": "never-kept"},
    {"email": "ben@acme.example", "factors": ["app", "app"]},
]
pytestmark = pytest.mark.xdist_group("worked_example")


def write_into(checkout: Path) -> None:
    """Do what a reader does with the blocks."""
    for block in BLOCKS:
        path = checkout / block.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if block.at_end:
            path.write_text(f"{path.read_text().rstrip()}\n\n{block.text}")
        elif block.after:
            text = path.read_text()
            assert text.count(f"\n{block.after}\n") == 1, f"{block.path} has no line {block.after!r} to write under"
            path.write_text(text.replace(f"\n{block.after}\n", f"\n{block.after}\n{block.text}"))
        else:
            assert not path.exists(), f"{block.path} exists; the example would overwrite it"
            path.write_text(block.text)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with the example in it."""
    made = tmp_path_factory.mktemp("worked") / "checkout"
    made.mkdir()
    clean = shutil.ignore_patterns("__pycache__", ".mypy_cache")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, made / name, ignore=clean)
        else:
            shutil.copy2(source, made / name)
    (made / "tests").mkdir()
    for name in TESTS:
        shutil.copy2(ROOT / "tests" / name, made / "tests" / name)
    for name in ("architecture", "services"):
        shutil.copytree(ROOT / "tests" / name, made / "tests" / name, ignore=clean)
    write_into(made)
    return made


def run(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in the copy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "ZTASSESS_"))}
    given = {
        "ZTASSESS_VENV": sys.prefix,
        "ZTASSESS_DATA_DIR": str(checkout / "var"),
        "ZTASSESS_SECRET_KEY": "only-for-this-test",
        "ZTASSESS_ENCRYPTION_KEYS": os.environ["ZTASSESS_ENCRYPTION_KEYS"],
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env=kept | given | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_example_is_a_control_a_check_a_connector_and_a_test() -> None:
    paths = {block.path for block in BLOCKS}
    assert {f"{FOLDER}/{name}.py" for name in ("__init__", "client", "snapshot", "collect", "rules")} <= paths
    assert "tests/connectors/acme_directory/test_rules.py" in paths
    assert "ztassess/connectors/registry.py" in paths
    assert sum(path.startswith("ztassess/catalog/data/") for path in paths) == 2


def test_the_copy_without_the_example_knows_nothing_of_it() -> None:
    assert not (ROOT / FOLDER).exists()
    assert "acme_directory" not in (ROOT / "ztassess/connectors/registry.py").read_text()


def test_its_own_tests_are_green(checkout: Path) -> None:
    ran = run(checkout, "-m", "pytest", "tests/connectors/acme_directory", "-q", "-n0", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    assert "8 passed" in ran.stdout


def test_catalog_and_checks_obey_their_laws(checkout: Path) -> None:
    ran = run(checkout, "manage.py", "check", "--tag", "catalog", "--fail-level", "WARNING")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_check_of_an_unknown_control_would_be_noticed(checkout: Path) -> None:
    rules = checkout / FOLDER / "rules.py"
    text = rules.read_text()
    rules.write_text(text.replace("mfa.spare-factor", "mfa.no-such-control"))
    try:
        ran = run(checkout, "manage.py", "check", "--tag", "catalog", "--fail-level", "WARNING")
    finally:
        rules.write_text(text)
    assert ran.returncode != 0
    assert "mfa.no-such-control" in ran.stderr


def test_style_types_and_floors_hold(checkout: Path) -> None:
    paths = (FOLDER, "tests/connectors/acme_directory")
    for command in (("ruff", "check", *paths), ("ruff", "format", "--check", *paths), ("mypy", FOLDER)):
        ran = run(checkout, "-m", *command)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    floors = ("-m", "pytest", "tests/architecture", "-q", "-n0", "-p", "no:cacheprovider", "-k", "contracts or floors")
    ran = run(checkout, *floors)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    assert "acme_directory" in run(checkout, *floors, "--collect-only").stdout


Answer = Callable[[], tuple[int, bytes]]
Directory = Callable[[Answer], dict[str, str]]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    """Start an Acme Directory over real TLS; what a person enters and sets to read it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer: Answer) -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as line:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += line.recv(4096)
                    good = head.startswith(b"GET /v1/people HTTP/1.1\r\n") and b"Bearer secret-token" in head
                    status, body = answer() if good else (401, b"{}")
                    line.sendall(b"HTTP/1.1 %d .\r\nContent-Length: %d\r\n" % (status, len(body)))
                    line.sendall(b"Connection: close\r\n\r\n" + body)

    def start(answer: Answer) -> dict[str, str]:
        threading.Thread(target=serve, args=(answer,), daemon=True).start()
        return {
            "url": f"https://localhost:{listener.getsockname()[1]}",
            "TOKEN": "secret-token",
            "ZTASSESS_ALLOW_PRIVATE_TARGETS": "localhost",
            "ZTASSESS_EXTRA_CA_FILE": str(tmp_path / "ca.pem"),
        }

    yield start
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def shown_command() -> list[str]:
    """The command of the page, as the arguments of an interpreter."""
    (line,) = [line for line in CONTRIBUTING.read_text().splitlines() if "check_system acme_directory" in line]
    return shlex.split(line)[1:]


def people(rows: list[dict[str, Any]], total: int | None = None) -> Answer:
    body = json.dumps({"people": rows, "total": len(rows) if total is None else total}).encode()
    return lambda: (200, body)


def test_the_command_reads_a_real_server(checkout: Path, directory: Directory) -> None:
    given = directory(people(PEOPLE))
    url = given.pop("url")
    command = [part.replace("https://directory.acme.example", url) for part in shown_command()]
    ran = run(checkout, *command, "--json", **given)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    found = json.loads(ran.stdout)
    assert [finding["resource"] for finding in found["findings"]] == ["ben@acme.example"]
    assert found["controls"] == [
        {
            "control": "mfa.spare-factor",
            "verified_level": 0,
            "max_level": 2,
            "checks": ["acme_directory.everyone_has_a_spare_factor"],
        }
    ]
    assert "never-kept" not in ran.stdout
    assert "secret-token" not in ran.stdout + ran.stderr


@pytest.fixture
def connector(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connector]:
    """The example's connector, imported from the copy."""
    monkeypatch.setattr(
        ztassess.connectors, "__path__", [*ztassess.connectors.__path__, str((checkout / FOLDER).parent)]
    )
    yield importlib.import_module("ztassess.connectors.acme_directory").CONNECTOR
    for name in [name for name in sys.modules if name.startswith("ztassess.connectors.acme_directory")]:
        del sys.modules[name]


def context(connector: Connector, entered: dict[str, str]) -> ReadContext:
    """What a scan gives to the connector."""
    values, problems = parse_form(connector, {"url": entered["url"]}, {"token": entered["TOKEN"]})
    assert problems == {}
    return ReadContext(
        config=values,
        secrets={"token": entered["TOKEN"]},
        guard=Guard(("localhost",), extra_ca=entered["ZTASSESS_EXTRA_CA_FILE"]),
        budget=Budget(),
        now=datetime(2026, 11, 23, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        (people(PEOPLE[:1]), Outcome.PASS, ""),
        (people([]), Outcome.NOT_APPLICABLE, ""),
        (people(PEOPLE, total=3), Outcome.NOT_CHECKED, "partial_data"),
        (lambda: (403, b""), Outcome.NOT_CHECKED, "missing_scope"),
    ],
)
def test_what_the_server_says_decides(
    connector: Connector, directory: Directory, answer: Answer, outcome: Outcome, why: str
) -> None:
    given = context(connector, directory(answer))
    found = read_once(connector, given)
    assert [result.outcome for result in found.results] == [outcome]
    assert found.findings[0].verdict.reason_code == why
    assert [row.allowed for row in connector.preflight(given).rows] == [not why]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: (401, b""), "Acme Directory refused the token."),
        (lambda: (200, b'{"people": [{}]}'), "in a form we do not know."),
        (lambda: (200, b"<html>"), "not valid JSON"),
        (lambda: (500, b""), "answered with status 500."),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    connector: Connector, directory: Directory, answer: Answer, words: str
) -> None:
    with pytest.raises(ConnectorError) as caught:
        connector.collect(context(connector, directory(answer)))
    assert words in caught.value.sentence
