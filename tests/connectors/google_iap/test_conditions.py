"""Conditions of bindings: as strong as the weakest alternative, unknown where we cannot tell."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap.factory import DEVICE
from tests.connectors.google_iap.rows import LEVEL, OFFICE, needs
from ztassess.connectors.google_iap.conditions import demands, device_demanded, level_demands_device, temporary
from ztassess.connectors.google_iap.snapshot_access import AccessLevel, LevelCondition

D = needs()
LEVELS = {LEVEL: DEVICE}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (D, True),
        (f"({D})", True),
        (f"  ( ( {D} ) )  ", True),
        (D.replace('"', "'"), True),
        (f"{D} && x == 1", True),
        (f"x == 1 && ({D} || {D})", True),
        (f"{D} || {D}", True),
        (f"{D} || x == 1", False),
        (f"(x == 1 || {D}) && y", False),
        (f"(x == 1 || y) && {D}", True),
        (f"!({D})", False),
        (f"!{D}", False),
        (needs(OFFICE), False),
        ('request.path == "a && b || c"', False),
        (f'request.path == "||" || {D}', False),
        (f'request.path == "\\"||" && {D}', True),
        (f"x ? {D} : {D}", None),
        ("request.auth.access_levels.size() > 0", None),
        (f"{D} && request.auth.access_levels.size() > 0", True),
        (f"{D} || request.auth.access_levels.size() > 0", None),
        ("true", False),
        ("", False),
        ("(" * 5000 + D + ")" * 5000, None),
        ("(" * 40 + D + ")" * 40, None),
        (f"({D}", None),
    ],
)
def test_device_demanded(expression, expected):
    assert device_demanded(expression, LEVELS) is expected


def condition(*device, levels=(), negated=False):
    return LevelCondition(device, levels, networks=False, negated=negated)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (AccessLevel("a", False, (condition("requireScreenlock"), condition())), True),
        (AccessLevel("a", True, (condition("requireScreenlock"), condition())), False),
        (AccessLevel("a", True, (condition("x"), condition("y"))), True),
        (AccessLevel("a", False, (condition("x", negated=True),)), False),
        (AccessLevel("a", False, (condition(levels=(LEVEL,)),)), True),
        (AccessLevel("a", False, (condition(levels=("gone",)),)), False),
        (AccessLevel("a", False, (condition(levels=("a",)),)), False),
        (AccessLevel("a", False, ()), False),
        (AccessLevel("a", False, (), "device.is_corp_owned_device"), None),
        (AccessLevel("a", False, (), "origin.region_code == 'CH'"), False),
    ],
)
def test_levels(level, expected):
    assert level_demands_device("a", {**LEVELS, "a": level}) is expected


@pytest.mark.parametrize(
    ("condition_", "expected"),
    [
        ('request.time < timestamp("2026-01-01T00:00:00Z")', True),
        ('timestamp("2026-01-01T00:00:00Z") > request.time', True),
        ('resource.name == "x" && request.time <= timestamp("2026-01-01T00:00:00Z")', True),
        ('request.time > timestamp("2026-01-01T00:00:00Z")', False),
        ('request.time < timestamp("2026-01-01T00:00:00Z") || true', False),
        ("", False),
    ],
)
def test_temporary(condition_, expected):
    assert temporary(condition_) is expected


def test_alternatives_of_nothing_demand_nothing():
    assert demands("a || b", lambda _: None) is None
