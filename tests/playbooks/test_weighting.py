"""Other weights: a change of them moves numbers and their mark, never a proof state, a pace, a gate or a track."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.assessments.forecast import OTHER_METHOD
from ztassess.assessments.monday import _percents_before
from ztassess.assessments.overview import _moved_words
from ztassess.assessments.trend import trend_context
from ztassess.catalog import load_catalog
from ztassess.charts.trend import TrendPoint, trend
from ztassess.domain.assessing import assess
from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.controls import GATE_CONTROLS
from ztassess.domain.facts import Facts
from ztassess.domain.pace import Recorded, newest_run, pace_of
from ztassess.domain.scoring import is_weighted, unweighted
from ztassess.domain.weighting import Weights, differing, reweighted

CATALOG = load_catalog()
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
IDS = [each.id for each in CATALOG.controls if each.id not in GATE_CONTROLS]
weights = st.builds(
    Weights,
    controls=st.dictionaries(st.sampled_from(IDS), st.integers(1, 5), max_size=8),
    stages=st.sampled_from([{}, {"identity": 40, "mfa": 30, "proxy": 10, "least-privilege": 20}]),
)
levels = st.dictionaries(st.sampled_from([each.id for each in CATALOG.controls]), st.integers(0, 3), max_size=12)


def judged(catalog, claimed, verified, today):
    return assess(
        catalog,
        Facts(),
        {name: Claim(level, today) for name, level in claimed.items()},
        {name: Verified(level, 3, today, checks=("x",)) for name, level in verified.items()},
        today=today,
    )


@settings(max_examples=40, deadline=None)
@given(weights=weights, claimed=levels, verified=levels)
def test_weights_move_numbers_and_nothing_that_is_told_as_a_change(weights, claimed, verified):
    own = judged(CATALOG, claimed, verified, NOW)
    other = judged(reweighted(CATALOG, weights), claimed, verified, NOW)
    assert [each.state for each in own.controls] == [each.state for each in other.controls]
    assert own.gate == other.gate
    assert [each.met for each in own.controls] == [each.met for each in other.controls]
    changes = bool(differing(weights, CATALOG))
    assert is_weighted(other.method_version) == changes
    assert (own.method_version == other.method_version) != changes
    assert unweighted(other.method_version) == own.method_version
    assert len(other.method_version) <= 40


def test_mark_knows_the_same_weights_again_whatever_their_order():
    one = Weights({"mfa.admins": 5, "mfa.all-humans": 1})
    assert one.mark == Weights({"mfa.all-humans": 1, "mfa.admins": 5}).mark
    assert len({one.mark, Weights({"mfa.admins": 4}).mark, Weights().mark}) == 3
    assert Weights().mark == ""


def test_weights_of_the_catalog_itself_are_none():
    own = Weights(
        {each.id: each.weight for each in CATALOG.controls}, {each.id: each.weight_80_20 for each in CATALOG.stages}
    )
    assert not differing(own, CATALOG)
    assert reweighted(CATALOG, differing(own, CATALOG)) is CATALOG
    assert reweighted(CATALOG, Weights({"gone.control": 5})) is CATALOG


def test_gate_and_tracks_stay_whatever_is_asked():
    asked = Weights(dict.fromkeys(GATE_CONTROLS, 1), {"identity": 50, "mfa": 20, "perimeter": 30})
    found = reweighted(CATALOG, asked)
    assert all(found.control(name).weight == CATALOG.control(name).weight for name in GATE_CONTROLS)
    assert all(stage.weight_80_20 == 0 for stage in found.stages if stage.is_track)
    assert found.stage("identity").weight_80_20 == 50


@given(
    st.lists(st.tuples(st.integers(0, 80), st.floats(0, 100), st.sampled_from("ab")), min_size=1, max_size=30),
)
def test_pace_never_reaches_over_a_change_of_method(recorded):
    points = [
        Recorded(NOW - timedelta(days=days), proven, 90, version)
        for days, proven, version in sorted(recorded, key=lambda each: -each[0])
    ]
    run = newest_run(points)
    assert {point.version for point in run} == {points[-1].version}
    assert pace_of(points, goal=80) == pace_of(run, goal=80)
    before = [replace(point, proven=0.0) if point not in run else point for point in points]
    assert pace_of(before, goal=80) == pace_of(points, goal=80)


def test_change_of_weights_alone_is_drawn_apart_and_has_no_pace_and_no_words_of_progress():
    points = [Recorded(NOW - timedelta(days=days), 30, 60, "c, method 1") for days in range(40, 2, -1)]
    points += [Recorded(NOW - timedelta(days=days), 75, 80, "c, method 1+wab") for days in (2, 1, 0)]
    drawn = trend_context(points)
    assert drawn is not None
    assert drawn["lands"] is None
    assert not drawn["forecast"]
    assert len(drawn["proven"]) == len(drawn["claimed"]) == 2
    assert len(drawn["breaks"]) == 1
    assert "not compared" in drawn["sentence"]
    assert "gained" not in drawn["sentence"]
    figure = trend([TrendPoint(each.at, each.proven, each.claimed, each.version) for each in points])
    assert "stands still since the method changed" in figure.title
    assert "grew" not in figure.title


def test_sentences_of_the_overview_do_not_compare_two_methods():
    judged = SimpleNamespace(catalog_version="c", method_version="1+wab")
    record = SimpleNamespace(catalog_version="c", method_version="1", proven=0.3, claimed=0.5)
    baseline, reading = SimpleNamespace(record=record), SimpleNamespace(assessment=judged)
    assert _percents_before(baseline, reading) == (None, None)  # type: ignore[arg-type]  # stand-ins
    page = SimpleNamespace(method_changed=True, proven_before=None, proven=75)
    assert "not compared" in _moved_words(page, "Mon, Nov 16")  # type: ignore[arg-type]  # a stand-in
    assert "not compared" in OTHER_METHOD
