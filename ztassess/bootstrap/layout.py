"""Owns where things are: the checkout, the virtual environment and the data directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Absolute paths of one installation."""

    root: Path
    venv: Path
    data: Path

    @classmethod
    def of(cls, root: Path, environment: Mapping[str, str]) -> Layout:
        """From the checkout and the environment; relative values count from the checkout."""
        return cls(
            root=root,
            venv=root / (environment.get("ZTASSESS_VENV") or ".venv"),
            data=root / (environment.get("ZTASSESS_DATA_DIR") or "var"),
        )

    @property
    def python(self) -> Path:
        """The virtual environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.data / "log"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def manage(self) -> Path:
        return self.root / "manage.py"

    def make(self) -> None:
        """Create the data directories, readable by their owner only."""
        for folder in (self.data, self.logs, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.data.stat().st_mode & 0o077 and self.data.stat().st_uid == os.geteuid():
            self.data.chmod(0o700)
