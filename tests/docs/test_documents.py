"""README.md and CONTRIBUTING.md name only what exists, and leave nothing out of their tables."""

from __future__ import annotations

import ast
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.docs.reading import (
    CONNECTORS,
    CONTRIBUTING,
    DOCUMENTS,
    README,
    ROOT,
    blocks,
    file_blocks,
    inline_code,
    prose,
    table,
)
from ztassess.bootstrap.gates import GATES
from ztassess.bootstrap.options import parse_up
from ztassess.bootstrap.testing import PROGRAMS
from ztassess.catalog import load_catalog
from ztassess.common.templatetags.chips import PROOF_STATES
from ztassess.connectors.registry import connectors

EXAMPLE = "acme_directory"
MADE = ("var/", ".venv", "backup.sqlite3", "company.yaml")
TOP = {path.name for path in ROOT.iterdir()}
PATH = re.compile(r"(?<![\w./:=-])((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|txt|toml|py)|\.env\.example|Procfile)(?![\w/])")
VARIABLE = re.compile(r"\b(?:ZTASSESS_[A-Z_]+|DATABASE_URL|REDIS_URL|EMAIL_URL)\b")
OURS = ("up", "test")


def without_example(text: str) -> str:
    """The text without the blocks of the worked example, whose files exist only once it is followed."""
    for block in file_blocks(text):
        text = text.replace(block.text, "")
    return text


def named_paths(text: str) -> set[str]:
    """What looks like a path of the tree: its first part stands at the top, or it has a known ending."""
    found = set(re.findall(r"\]\(([\w./-]+)\)", text))
    for code in [*inline_code(text), *blocks(text, "")]:
        found |= {path for path in PATH.findall(code) if path.split("/")[0] in TOP or "/" not in path}
    return {path for path in found if EXAMPLE not in path and not path.startswith(MADE)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_named_exists(document: Path) -> None:
    paths = named_paths(without_example(document.read_text()))
    assert len(paths) >= 8, paths
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_a_path_that_is_gone_would_be_noticed() -> None:
    assert named_paths("See `ztassess/no_such.py` and [x](docs/gone.png).") == {"ztassess/no_such.py", "docs/gone.png"}


def option_strings(command: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The options of a command of manage.py."""
    if command == "up":
        with pytest.raises(SystemExit):
            parse_up(["--help"])
        return set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_named_exists(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = document.read_text().replace("\\\n", " ")
    calls = re.findall(r"manage\.py ([a-z_]+)([^\n`]*)", text)
    assert {"up", "test", "check_system"} <= {command for command, _ in calls}
    unknown = []
    for command, rest in calls:
        if command not in OURS and command not in get_commands():
            unknown.append(command)
        elif command != "test":  # its options are pytest's
            known = option_strings(command, capsys)
            unknown += [
                f"{command} {option}" for option in re.findall(r"(?<=\s)--[a-z-]+", rest) if option not in known
            ]
    assert unknown == []


def test_every_option_of_the_two_commands_and_of_the_checks_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"--[a-z-]+", README.read_text()))
    assert option_strings("up", capsys) - {"--help"} <= named
    assert {"--set", "--secret", "--upload", "--json"} <= named & option_strings("check_system", capsys)


def read_by_settings() -> set[str]:
    """The environment variables that settings.py asks for."""
    tree = ast.parse((ROOT / "ztassess/settings.py").read_text())
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_table_of_settings_is_whole() -> None:
    listed = [row[0] for row in table(README.read_text(), "Variable")]
    assert len(set(listed)) == len(listed)
    assert read_by_settings() | {"ZTASSESS_VENV"} == set(listed)
    assert len(listed) >= 18


def test_every_variable_named_is_read_somewhere() -> None:
    readers = [ROOT / "ztassess/settings.py", *ROOT.glob("ztassess/bootstrap/*.py"), *ROOT.glob("tests/services/*.py")]
    known = "\n".join(path.read_text() for path in readers)
    for document in DOCUMENTS:
        named = set(VARIABLE.findall(document.read_text()))
        assert len(named) >= 4
        assert {name for name in named if f'"{name}"' not in known and f'"{name}=' not in known} == set()


def test_the_numbers_are_those_of_the_code() -> None:
    catalog, text = load_catalog(), " ".join(prose(README.read_text()).split())
    chosen = [control for control in catalog.controls if control.in_80_20]
    assert f"each of {len(catalog.controls)} controls" in text
    assert f"{len(chosen)} controls, {sum(control.effort_hours for control in chosen)} hours" in text
    assert f"{len(catalog.controls)} controls as data" in CONTRIBUTING.read_text()
    assert (
        f"{len(chosen)} controls and {sum(control.effort_hours for control in chosen)} hours"
        in CONTRIBUTING.read_text()
    )
    counted = {row[0]: int(row[1]) for row in table(CONNECTORS.read_text(), "Connector")}
    assert counted == {connector.slug: len(connector.checks) for connector in connectors()}


def test_the_ten_proof_states_are_those_of_the_product_worst_first() -> None:
    assert [row[0] for row in table(README.read_text(), "State")] == [words[1] for words in PROOF_STATES.values()]


def test_moto_is_named_with_the_version_that_is_pinned() -> None:
    (version,) = re.findall(r"^moto==(\S+)$", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    assert f"moto {version}" in README.read_text()


def test_what_the_tests_install_is_named() -> None:
    assert [package for package in PROGRAMS.values() if f"`{package}`" not in README.read_text()] == []


def test_the_gates_are_those_that_run() -> None:
    listed = dict(table(CONTRIBUTING.read_text(), "Gate"))
    assert list(listed) == [gate.name for gate in GATES]
    for gate in GATES:
        words = [word for word in gate.arguments if word not in ("-c", "--quiet", "--verbosity", "1")]
        if "import" in words[0]:
            assert listed[gate.name] == ".venv/bin/lint-imports"
        else:
            assert listed[gate.name] == " ".join([".venv/bin/python", *words])


def test_one_function_judges_for_pages_and_command() -> None:
    callers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "ztassess").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "assess"
    }
    assert callers == {"ztassess/assessments/selectors.py", "ztassess/common/management/commands/score.py"}


def test_packages_named_are_pinned() -> None:
    pinned = {line.split("==")[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines()}
    named = {name.strip() for row in table(CONTRIBUTING.read_text(), "Package") for name in row[0].split(",")}
    assert len(named) > 15
    assert {name for name in named if name.lower() not in pinned} == set()


def test_the_copy_of_the_embedded_database_is_whole(tmp_path: Path) -> None:
    (command,) = [block for block in blocks(README.read_text(), "") if "VACUUM INTO" in block]
    (tmp_path / "var").mkdir()
    live = sqlite3.connect(tmp_path / "var/ztassess.sqlite3", isolation_level=None)
    live.execute("PRAGMA journal_mode=WAL")
    live.execute("CREATE TABLE answers (level int)")
    live.execute("INSERT INTO answers VALUES (2)")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, env=environment, check=True, timeout=60)
    live.close()
    shutil.rmtree(tmp_path / "var")
    with sqlite3.connect(tmp_path / "backup.sqlite3") as copy:
        assert copy.execute("SELECT level FROM answers").fetchall() == [(2,)]


def test_the_readme_is_short_and_the_words_are_plain() -> None:
    assert len(README.read_text().splitlines()) < 250
    for document in (*DOCUMENTS, CONNECTORS):
        text = prose(document.read_text())
        assert [mark for mark in ("—", "–", "TODO", "@@") if mark in text] == []
        assert re.findall(r"\w+!(?!\[)", text) == []


def test_pictures_are_there_small_and_described() -> None:
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README.read_text())
    assert len(pictures) == 2
    for words, name in pictures:
        content = (ROOT / name).read_bytes()
        width, height = struct.unpack(">II", content[16:24])
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert width >= 1200
        assert 600 <= height <= 1400
        assert len(content) < 300_000
        assert len(words) > 30
