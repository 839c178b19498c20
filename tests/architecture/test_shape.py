"""The shape of the tree: short files, short functions, telling names, pinned packages, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_PYTHON = "3.11.2"
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
# A name that says nothing collects everything.
FORBIDDEN_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "misc",
    "manager",
    "managers",
    "core",
    "common_utils",
    "base_utils",
}


@cache
def tracked() -> tuple[Path, ...]:
    """Files of the project, those not committed yet too; without git, all that is not made by a tool."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    else:
        made = {".venv", "var", "__pycache__", ".git"}
        paths = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    found = tuple(sorted(path for path in paths if path.is_file()))
    assert len(found) > 50, "the files of the project were not found"
    return found


def under(*folders: str, suffix: str) -> list[Path]:
    inside = [ROOT / folder for folder in folders]
    return [path for path in tracked() if path.suffix == suffix and any(folder in path.parents for folder in inside)]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def python_files() -> list[Path]:
    return [path for path in under("ztassess", "tests", "deploy", suffix=".py") if "migrations" not in path.parts]


def test_no_file_is_longer_than_400_lines():
    read = [*python_files(), ROOT / "manage.py", *under("static", suffix=".js"), *under("static", suffix=".css")]
    long = {name(path): lines for path in read if (lines := len(path.read_text().splitlines())) > MAX_FILE_LINES}
    assert long == {}


def test_no_python_function_is_longer_than_60_lines():
    long = {}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long[f"{name(path)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def javascript_functions(text: str) -> list[tuple[int, int]]:
    """(first line, number of lines) of every function with a body in braces, but for the wrapper of a whole file.

    Strings and comments are skipped.
    """
    quiet = re.sub(
        r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`",
        lambda match: re.sub(r"[^\n]", " ", match[0]),
        text,
        flags=re.DOTALL,
    )
    functions = []
    for start in re.finditer(
        r"\bfunction\b[^{}]*\{|=>\s*\{|^\s*(?:async\s+)?(?!if|for|while|switch|catch)\w+\([^(){}]*\)\s*\{",
        quiet,
        re.MULTILINE,
    ):
        depth, end = 0, start.end() - 1
        while end < len(quiet):
            depth += {"{": 1, "}": -1}.get(quiet[end], 0)
            if depth == 0:
                break
            end += 1
        first = quiet.count("\n", 0, start.start() + len(start[0]) - len(start[0].lstrip()))
        if not quiet.splitlines()[first].startswith(("(() =>", "(function", "(async")):
            functions.append((first + 1, quiet.count("\n", 0, end) - first + 1))
    return functions


def test_javascript_functions_are_measured_rightly():
    text = "(() => {\nconst a = () => {\n  if (x) {\n    b('}');\n  } // }\n};\nfunction c() { return 1; }\n})();\n"
    assert javascript_functions(text) == [(2, 5), (7, 1)]


def test_no_javascript_function_is_longer_than_60_lines():
    long = {
        f"{name(path)}:{line}": lines
        for path in under("static/js", suffix=".js")
        for line, lines in javascript_functions(path.read_text())
        if lines > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing():
    parts = {(part.removesuffix(".py"), name(path)) for path in python_files() for part in path.relative_to(ROOT).parts}
    assert sorted(path for part, path in parts if part in FORBIDDEN_NAMES) == []


def test_every_module_begins_with_one_line_that_says_what_it_owns():
    silent = [
        name(path)
        for path in under("ztassess", suffix=".py")
        if path.read_text().strip()
        and "migrations" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned(file):
    lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    loose = [
        line
        for line in lines
        if line
        and line != "-r requirements.txt"
        and not re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z0-9,]+\])?==[A-Za-z0-9.+!-]+", line)
    ]
    assert loose == []


def test_no_package_is_pinned_twice():
    names = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[.*\])?==",
        "\n".join((ROOT / f).read_text() for f in ("requirements.txt", "requirements-dev.txt")),
        re.MULTILINE,
    )
    normal = [re.sub(r"[-_.]+", "-", one).lower() for one in names]
    assert sorted({one for one in normal if normal.count(one) > 1}) == []


def test_every_package_runs_on_the_python_of_debian_12():
    """Some newest releases ask for a later patch of 3.11 than Debian has."""
    refusing = {
        f"{one.name}=={one.version}": asks
        for one in metadata.distributions()
        if (asks := one.metadata["Requires-Python"]) and not SpecifierSet(asks).contains(DEBIAN_PYTHON)
    }
    assert refusing == {}


def test_no_package_misses_another_one_on_the_python_of_debian_12():
    """Packages are installed as listed, nothing is resolved; some ask for more on an earlier patch of 3.11."""
    debian = {**default_environment(), "python_full_version": DEBIAN_PYTHON, "python_version": "3.11", "extra": ""}
    there = {canonicalize_name(one.name) for one in metadata.distributions()}
    missing = {
        f"{one.name}: {text}"
        for one in metadata.distributions()
        for text in one.requires or ()
        if (asked := Requirement(text)).marker is None or asked.marker.evaluate(debian)
        if canonicalize_name(asked.name) not in there
    }
    assert missing == set()


# Built from parts, so that this file does not find itself.
ONE_MACHINE = re.compile(
    "|".join(
        [
            "/wor" + "k/",
            "/roo" + "t/",
            r"/home/(?!user\b|you\b)[a-z]+/",
            "/Us" + "ers/[A-Za-z]+/",
            r"(?:pypi|npmjs|pythonhosted|registry\.npm)" + r"\.(?:org|com)",
            r"deb\.debian" + r"\.org",
            "/opt/py" + "pi",
            "extra-index" + "-url",
        ]
    )
)


def test_nothing_names_one_machine_or_a_package_registry():
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # a picture
        found += [
            f"{name(path)}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"
            for match in ONE_MACHINE.finditer(text)
        ]
    assert found == []


def test_files_hold_no_carriage_returns_and_end_with_a_line_end():
    kinds, foreign = {".py", ".html", ".css", ".js", ".md", ".yaml", ".toml", ".txt"}, {"vendor", "fixtures"}
    texts = [path for path in tracked() if path.suffix in kinds and not foreign & set(path.parts)]
    assert [name(path) for path in texts if path.stat().st_size and not path.read_bytes().endswith(b"\n")] == []
    assert [name(path) for path in texts if b"\r" in path.read_bytes()] == []
