"""Owns the optional `.env` file beside manage.py: settings for one installation, weaker than the real environment."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path

from ztassess.bootstrap.errors import BootstrapError

LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def load_dotenv(path: Path, environment: MutableMapping[str, str]) -> None:
    """Add what the file sets and the environment does not; BootstrapError names a line that sets nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        if match is None:
            raise BootstrapError(f"{path}, line {number}: expected NAME=value, or a comment beginning with #.")
        value = match[2]
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":  # noqa: PLR2004  # two quotes
            value = value[1:-1]
        environment.setdefault(match[1], value)
