"""Owns where static files outside our tree come from: exactly one, Plotly's script, out of its installed package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage

PREFIX = "vendor"
FILE = "plotly.min.js"


class PlotlyFinder(BaseFinder):
    """Offers `vendor/plotly.min.js` and nothing else of the package's data."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(str(resources.files("plotly"))) / "package_data"
        self.storage = FileSystemStorage(location=self.folder)
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]  # how collectstatic learns the folder below STATIC_ROOT

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        if (self.folder / FILE).is_file():
            return []
        return [Error(f"The installed plotly has no {FILE}; charts cannot be drawn.", id="ztassess.E010")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        every = find_all or kwargs.get("all", False)
        found = str(self.folder / FILE) if path == f"{PREFIX}/{FILE}" else ""
        if every:
            return [found] if found else []
        return found or None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        yield FILE, self.storage
