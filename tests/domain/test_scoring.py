"""The 80/20, the gate, the overall number and the labels, by the vectors of the method."""

from __future__ import annotations

import pytest

from ztassess.domain.controls import Catalog, Level
from ztassess.domain.maturity import overall_label, perimeter_notice, stage_label
from ztassess.domain.scoring import (
    Score,
    Sum,
    Totals,
    eighty_twenty,
    gate_factor,
    is_80_20_done,
    overall,
    percent,
    total,
)

CORE = ("identity", "mfa", "proxy", "least-privilege")


def totals(catalog: Catalog, shares: tuple[float | None, ...], gate: float) -> Totals:
    empty = {stage.id: Sum() for stage in catalog.stages}
    stages = empty | {name: Sum(share * 20, 20) for name, share in zip(CORE, shares, strict=True) if share is not None}
    return Totals(stages, stages, Sum(gate * 13, 13))


@pytest.mark.parametrize(
    ("shares", "gate", "expected"),
    [
        pytest.param((0.6, 0.6, 0.6, 0.6), 0.6, 60, id="everything only claimed at target"),
        pytest.param((0.0, 1.0, 1.0, 1.0), 0.0, 17, id="no identity, all else proven"),
        pytest.param((0.3, 1.0, 0.5, 0.4), 0.3, 37, id="weak identity"),
        pytest.param((0.8, 0.9, None, 0.5), 0.7, 73, id="proxy not applicable"),
        pytest.param((1.0, 1.0, 1.0, 1.0), 1.0, 100, id="all proven"),
        pytest.param((0.539, 0.709, 0.309, 0.336), 0.438, 41, id="the company of the mockups"),
        pytest.param((None, None, None, None), 0.0, 0, id="nothing applies"),
    ],
)
def test_eighty_twenty_of_a_company(
    catalog: Catalog, shares: tuple[float | None, ...], gate: float, expected: int
) -> None:
    assert percent(eighty_twenty(catalog.stages, totals(catalog, shares, gate))) == expected


@pytest.mark.parametrize(
    ("attained", "factor"), [(0, 0.25), (0.3, 0.625), (0.438, 0.7975), (0.6, 1.0), (1.0, 1.0), (None, 1.0)]
)
def test_gate_factor(attained: float | None, factor: float) -> None:
    assert gate_factor(attained) == pytest.approx(factor)


def test_the_overall_number_gates_tracks_too_and_leaves_out_what_does_not_apply(catalog: Catalog) -> None:
    empty = {stage.id: Sum() for stage in catalog.stages}
    stages = empty | {"identity": Sum(3, 6), "device": Sum(2, 2)}
    gate = Sum(0.3 * 13, 13)
    assert overall(catalog.stages, Totals(stages, empty, gate)) == pytest.approx((24 * 0.5 + 5 * 0.625) / (24 + 5))


def test_percent_rounds_down_but_forgives_binary_fractions() -> None:
    assert percent(0.799) == 79
    assert percent(0.1 + 0.7) == 80
    assert percent(0.29) == 29
    assert Score(1.0, 0.409, 0.566).percents.proven == 40


def test_weights_decide_inside_a_stage(make_catalog, make_control) -> None:
    controls = (make_control("mfa.a", weight=3), make_control("mfa.b", weight=1, in_80_20=False))
    sums = total(make_catalog(*controls).stages, controls, {"mfa.a": 1.0, "mfa.b": 0.2})
    assert sums.stages["mfa"].share == pytest.approx((3 + 0.2) / 4)
    assert sums.core["mfa"].share == 1.0
    assert sums.stages["proxy"].share is None
    assert sums.factor == 1.0


def test_the_badge_needs_the_score_and_every_gate_control(make_control) -> None:
    gates = [make_control("identity.single-idp", gate=True), make_control("mfa.admins", gate=True)]
    full = {"identity.single-idp": 1.0, "mfa.admins": 0.95}
    assert is_80_20_done(gates, full, 0.8)
    assert not is_80_20_done(gates, full, 0.79)
    assert not is_80_20_done(gates, full | {"mfa.admins": 0.94}, 1.0)
    assert is_80_20_done(gates, full | {"mfa.other": 0.0}, 0.9)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({}, Level.TRADITIONAL),
        ({"mfa.gate": 1}, Level.TRADITIONAL),
        ({"mfa.gate": 1, "mfa.big": 1}, Level.INITIAL),
        ({"mfa.gate": 2, "mfa.big": 1}, Level.INITIAL),
        ({"mfa.gate": 2, "mfa.big": 2}, Level.ADVANCED),
        ({"mfa.gate": 1, "mfa.big": 3, "mfa.small": 3}, Level.INITIAL),
        ({"mfa.gate": 3, "mfa.big": 3}, Level.OPTIMAL),
        ({"mfa.gate": 3, "mfa.big": 2, "mfa.small": 3}, Level.OPTIMAL),
        ({"mfa.gate": 0, "mfa.big": 3, "mfa.small": 3}, Level.TRADITIONAL),
    ],
)
def test_stage_label(make_control, levels: dict[str, int], expected: Level) -> None:
    controls = [
        make_control("mfa.gate", gate=True, weight=4),
        make_control("mfa.big", weight=4),
        make_control("mfa.small", weight=2),
    ]
    assert stage_label(controls, levels) is expected


def test_the_overall_label_weighs_stages_and_stops_at_a_missing_wall(make_stage, make_control) -> None:
    stages = (make_stage("identity", overall=24, core=30), make_stage("device", overall=5, core=0))
    by_stage = {"identity": [make_control("identity.a", gate=True)], "device": [make_control("device.a")]}
    reached = {"identity.a": 2}
    assert overall_label(stages, by_stage, reached, walled=True) is Level.ADVANCED
    assert overall_label(stages, by_stage, reached, walled=False) is Level.INITIAL
    assert overall_label(stages, by_stage, {"device.a": 3}, walled=True) is Level.TRADITIONAL
    assert overall_label(stages, by_stage | {"device": []}, {"identity.a": 3}, walled=True) is Level.OPTIMAL
    assert overall_label(stages, {}, {}, walled=True) is Level.TRADITIONAL


def test_the_guard_rail_tells_a_missing_wall_from_an_unknown_one() -> None:
    assert perimeter_notice(0.5, 0.5) is None
    assert perimeter_notice(None, None) is None
    gone = perimeter_notice(0.3, 0.3)
    assert gone is not None
    assert (gone.unknown, gone.text.startswith("You removed a wall you still need.")) == (False, True)
    unknown = perimeter_notice(0.0, 1.0)
    assert unknown is not None
    assert (unknown.unknown, "Nobody has said" in unknown.text) == (True, True)
