"""What the fault tests share: an installation of their own, hostile servers, counted bells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.conftest import serve
from tests.fakes.doors import bells, building, connection, schedule
from tests.faults.installation import Installation, copy_of, migrated_database

__all__ = ["bells", "building", "connection", "schedule", "serve"]


@pytest.fixture(scope="session")
def database_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_database(tmp_path_factory.mktemp("template"))


@pytest.fixture
def installation(database_template: Path, tmp_path: Path) -> Installation:
    """A migrated SQLite file and keys of its own."""
    return copy_of(database_template, tmp_path / "data")
