"""Catalogs for the judgment's tests: the real one, and a small one whose weights a test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ztassess.catalog import load_catalog
from ztassess.domain.controls import Catalog, Control, Stage

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The real catalog of 55 controls."""
    return load_catalog()


@pytest.fixture(scope="session")
def today() -> datetime:
    return TODAY


def _control(control_id: str, **changes: Any) -> Control:
    plain = Control(
        id=control_id,
        stage=control_id.split(".", maxsplit=1)[0],
        title=control_id.rsplit(".", maxsplit=1)[-1],
        question="",
        why="",
        levels=("", "", "", ""),
        target=2,
        in_80_20=True,
        gate=False,
        weight=1,
        weight_rationale="",
        effort_hours=4,
        prerequisites=(),
        applies_if=(),
        freshness_days=7,
        signals=(),
        fixes=(),
        who_notices="",
        how_to_test="",
        how_to_roll_back="",
        crosswalk={},
    )
    return replace(plain, **changes)


@pytest.fixture(scope="session")
def make_control() -> Callable[..., Control]:
    """A control of the stage its id names; everything else may be overridden."""
    return _control


@pytest.fixture(scope="session")
def make_catalog(catalog: Catalog) -> Callable[..., Catalog]:
    """A catalog with the real stages and these controls."""

    def make(*controls: Control) -> Catalog:
        return Catalog("test.1", catalog.stages, controls)

    return make


@pytest.fixture(scope="session")
def make_stage() -> Callable[..., Stage]:
    """A stage with these weights."""

    def make(stage_id: str, *, overall: int, core: int) -> Stage:
        return Stage(stage_id, stage_id, 1, (), overall, core, "", "")

    return make
