"""Owns the loaded catalog: read once per process, refused with one sentence if it breaks a law."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ztassess.catalog.building import DATA, Index, build_catalog, build_index, read_source
from ztassess.catalog.errors import CatalogError
from ztassess.catalog.problems import loading_problems
from ztassess.domain.controls import Catalog


@cache
def _loaded(folder: Path) -> tuple[Catalog, Index]:
    source = read_source(folder)
    problems = loading_problems(source)
    if problems:
        more = f" ({len(problems) - 1} more: run manage.py check)" if len(problems) > 1 else ""
        raise CatalogError(problems[0] + more)
    return build_catalog(source), build_index(source)


def load_catalog(folder: Path = DATA) -> Catalog:
    """The catalog, read once per process.

    Raises:
        CatalogError: one sentence with file and line of the first problem, and how many more there are.
    """
    return _loaded(folder)[0]


def load_index(folder: Path = DATA) -> Index:
    """Facts, vendors and frameworks of the catalog's index, read once per process. Raises CatalogError."""
    return _loaded(folder)[1]
