"""A connection beats a tick, a contradiction comes first, and the VPN is retired with the last direct path only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ztassess.domain.retirement import AppStanding, Cell, CellState, Step, Tick, Told, Verdict, judge_step, retirement

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
YES, NO = Told("Proxy", True, "closed.", NOW), Told("Probe", False, "it answers.", NOW)
OLD_YES = Told("Proxy", True, "closed.", NOW - timedelta(days=8))
OLD_NO = Told("Probe", False, "it answers.", NOW - timedelta(days=80))
TICKED, NOT_YET = Tick(True, "Olga", NOW), Tick(False, "Olga", NOW)
LONG_AGO = Tick(True, "Olga", NOW - timedelta(days=181))


@pytest.mark.parametrize(
    ("told", "tick", "state"),
    [
        ((), None, CellState.UNANSWERED),
        ((), TICKED, CellState.CLAIMED),
        ((), NOT_YET, CellState.OPEN),
        ((), LONG_AGO, CellState.STALE),
        ((YES,), None, CellState.VERIFIED),
        ((YES,), NOT_YET, CellState.VERIFIED),
        ((NO,), None, CellState.OPEN),
        ((NO,), NOT_YET, CellState.OPEN),
        ((NO,), TICKED, CellState.CONTRADICTED),
        ((YES, NO), None, CellState.OPEN),
        ((YES, NO), TICKED, CellState.CONTRADICTED),
        ((OLD_YES,), TICKED, CellState.STALE),
        ((OLD_NO,), TICKED, CellState.CONTRADICTED),
        ((OLD_NO, YES), TICKED, CellState.CONTRADICTED),
    ],
)
def test_state_follows_who_said_what(told: tuple[Told, ...], tick: Tick | None, state: CellState) -> None:
    assert judge_step(Step.CLOSED, told, tick, today=NOW).state is state


def app(name: str, closed: CellState) -> AppStanding:
    cells = (*(Cell(step, CellState.CLAIMED, "") for step in Step if step is not Step.CLOSED),)
    return AppStanding(name, name, f"{name}.example", (*cells, Cell(Step.CLOSED, closed, "")))


@pytest.mark.parametrize(
    ("states", "unlisted", "against", "verdict"),
    [
        ((), (), (), Verdict.UNKNOWN),
        ((CellState.VERIFIED, CellState.VERIFIED), (), (), Verdict.RETIRED),
        ((CellState.VERIFIED, CellState.CLAIMED), (), (), Verdict.CLAIMED),
        ((CellState.VERIFIED, CellState.OPEN), (), (), Verdict.NOT_YET),
        ((CellState.VERIFIED, CellState.CONTRADICTED), (), (), Verdict.NOT_YET),
        ((CellState.VERIFIED, CellState.STALE), (), (), Verdict.NOT_YET),
        ((CellState.VERIFIED, CellState.UNANSWERED), (), (), Verdict.NOT_YET),
        ((CellState.VERIFIED,), ("wiki.example",), (), Verdict.NOT_YET),
        ((CellState.VERIFIED,), (), ("A check fails.",), Verdict.NOT_YET),
    ],
)
def test_vpn_is_retired_only_with_the_last_direct_path(
    states: tuple[CellState, ...], unlisted: tuple[str, ...], against: tuple[str, ...], verdict: Verdict
) -> None:
    apps = [app(f"app{at}", state) for at, state in enumerate(states)]
    assert retirement(apps, unlisted, against).verdict is verdict


def test_what_is_still_open_is_named() -> None:
    found = retirement([app("wiki", CellState.OPEN), app("ci", CellState.VERIFIED)], (), ())
    assert found.title == "1 direct path still to close"
    assert found.sentence == "1 of 2 direct paths are closed. Still open or unknown: wiki."


def test_contradicted_apps_come_first() -> None:
    apps = [app("a", CellState.VERIFIED), app("b", CellState.OPEN), app("c", CellState.CONTRADICTED)]
    assert [each.name for each in sorted(apps, key=lambda each: each.rank)] == ["c", "b", "a"]
