"""The two documents as data: their lines, code blocks, tables and what they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
CONNECTORS = ROOT / "ztassess/connectors/README.md"
DOCUMENTS = (README, CONTRIBUTING)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE_BLOCK = re.compile(
    r"^`([\w./-]+)`(?:, (under `([^`]+)`|at its end))?:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class FileBlock:
    """A block that is a file, or lines for one: ``after`` is the line they follow, ``at_end`` that they end it."""

    path: str
    text: str
    after: str = ""
    at_end: bool = False


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language; an empty one means blocks that name none."""
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def file_blocks(text: str) -> list[FileBlock]:
    """The blocks introduced by the path of a file."""
    return [
        FileBlock(path, body, after=after, at_end=how == "at its end")
        for path, how, after, body in _FILE_BLOCK.findall(text)
    ]


def prose(text: str) -> str:
    """The text without fenced blocks."""
    return _BLOCK.sub("", text)


def inline_code(text: str) -> list[str]:
    """What stands between single backticks outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def table(text: str, first_header: str) -> list[list[str]]:
    """The rows of the table whose first header cell reads so, as cells without backticks."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(f"| {first_header} |")]
    assert len(starts) == 1, f"there must be one table that starts with {first_header!r}, not {len(starts)}"
    rows = []
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows
