"""The contract of fields: what a connector reads must exist in the vendor's published description.

The description is a small data file beside the connector's tests, ``fields.json``:
``{"source": "what was published, with version and date", "kinds": {"User": ["id", "profile.login"]}}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def described(path: Path) -> dict[str, set[str]]:
    """Field names by kind; the file must say where they come from."""
    value: dict[str, Any] = json.loads(path.read_text())
    assert len(value["source"]) > 20, f"{path.name} does not say what was published, in which version"
    return {kind: set(fields) for kind, fields in value["kinds"].items()}


def undescribed(heard: Iterable[tuple[str, str]], path: Path) -> set[str]:
    """The fields that were read but are in no description, as ``Kind.field``."""
    known = described(path)
    return {f"{kind}.{field}" for kind, field in heard if not _is_known(known, kind, field)}


def _is_known(known: dict[str, set[str]], kind: str, field: str) -> bool:
    """A field of an inner object may be described under the outer one: ``Rule.actions`` has ``signon.access``."""
    if field in known.get(kind, ()):
        return True
    outer, dot, inner = kind.rpartition(".")
    return bool(dot) and _is_known(known, outer, f"{inner}.{field}")
