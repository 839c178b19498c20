"""Owns maturity labels: which of CISA's four names a stage or the company has earned, and the guard-rail on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ztassess.domain.controls import Control, Level, Stage
from ztassess.domain.scoring import ROUNDING, percent

ENOUGH = 0.8
PERIMETER = "perimeter"
PERIMETER_MINIMUM = 0.5
PERIMETER_CAP = Level.INITIAL


@dataclass(frozen=True, slots=True)
class Labels:
    """The maturity label twice: from what evidence shows, and from what is claimed at face value."""

    proven: Level
    claimed: Level


def level_mean(controls: Sequence[Control], levels: Mapping[str, int], level: int) -> float:
    """Weighted mean of min(level reached, L) / L over controls (at least one), 0 to 1. A missing level counts 0."""
    weight = sum(control.weight for control in controls)
    return sum(control.weight * min(levels.get(control.id, 0), level) for control in controls) / (level * weight)


def _gates_reach(controls: Sequence[Control], levels: Mapping[str, int], level: int) -> bool:
    return all(levels.get(control.id, 0) >= level for control in controls if control.gate)


def stage_label(controls: Sequence[Control], levels: Mapping[str, int]) -> Level:
    """The largest level that a stage reaches by 0.8 of its weight, with no gate control below it.

    Parameters:
        controls: the applicable controls of the stage, at least one.
        levels: level reached by control id, 0 to 3.
    """
    for level in (Level.OPTIMAL, Level.ADVANCED, Level.INITIAL):
        if level_mean(controls, levels, level) + ROUNDING >= ENOUGH and _gates_reach(controls, levels, level):
            return level
    return Level.TRADITIONAL


def overall_label(
    stages: Sequence[Stage], by_stage: Mapping[str, Sequence[Control]], levels: Mapping[str, int], *, walled: bool
) -> Level:
    """The same over all stages and tracks, each with its overall weight; at most Initial without a perimeter.

    Parameters:
        by_stage: the applicable controls by stage id; a stage with none leaves the mean.
        walled: False caps the label, see `PerimeterNotice`.
    """
    counted = [stage for stage in stages if by_stage.get(stage.id)]
    weight = sum(stage.overall_weight for stage in counted)
    everything = [control for stage in counted for control in by_stage[stage.id]]
    for level in (Level.OPTIMAL, Level.ADVANCED, Level.INITIAL) if weight else ():
        means = (stage.overall_weight * level_mean(by_stage[stage.id], levels, level) for stage in counted)
        if sum(means) / weight + ROUNDING >= ENOUGH and _gates_reach(everything, levels, level):
            return level if walled else min(level, PERIMETER_CAP)
    return Level.TRADITIONAL


@dataclass(frozen=True, slots=True)
class PerimeterNotice:
    """The guard-rail: zero trust does not remove the wall, and a company without one is at most Initial.

    Attributes:
        attained: proven attainment of the perimeter track, 0 to 1.
        unknown: missing answers could still bring it over the line, so nobody knows whether the wall stands.
        text: what to show.
    """

    attained: float
    unknown: bool
    text: str


def perimeter_notice(proven: float | None, ceiling: float | None) -> PerimeterNotice | None:
    """The notice if the perimeter attains under 0.5; None if it stands or is not applicable.

    Parameters:
        proven, ceiling: attainment of the perimeter track, 0 to 1; None where it is not applicable.
    """
    if proven is None or ceiling is None or proven + ROUNDING >= PERIMETER_MINIMUM:
        return None
    unknown = ceiling + ROUNDING >= PERIMETER_MINIMUM
    line = (
        f"The perimeter reaches {percent(proven)}\u00a0% of the {percent(PERIMETER_MINIMUM)}\u00a0% it needs, "
        "so the overall label stays at Initial at most. Zero trust adds checks behind the firewall, it replaces none."
    )
    opening = "You removed a wall you still need."
    if unknown:
        opening = "Nobody has said whether the wall you still need stands."
    return PerimeterNotice(proven, unknown, f"{opening} {line}")
