"""Owns the drawings of the two numbers: gauge, bar, level mark. Arguments are whole percents or levels 0 to 3."""

from __future__ import annotations

import math
from typing import Any

from django import template

register = template.Library()

CENTER_X, CENTER_Y, RADIUS = 100, 98, 80
COULD_MARK = (70, 93)
GOAL_MARK = (72.5, 91)
GOAL_LABEL = 97.8
LEVELS = ("Traditional", "Initial", "Advanced", "Optimal")
STEPS = len(LEVELS) - 1


@register.inclusion_tag("components/_gauge.html")
def gauge(proven: int, claimed: int, could: int | None = None, goal: int = 80, keys: bool = True) -> dict[str, Any]:
    """`{% gauge 41 65 56 %}`. `could` is what the score would be if every missing answer were the best one."""
    return {
        "proven": proven,
        "claimed": claimed,
        "could": could,
        "goal": goal,
        "keys": keys,
        "could_mark": None if could is None else _tick(could, *COULD_MARK),
        "goal_mark": _tick(goal, *GOAL_MARK),
        "goal_label": _point(goal, GOAL_LABEL),
    }


@register.inclusion_tag("components/_bar.html")
def bar(proven: int, claimed: int, could: int | None = None, label: str = "", thin: bool = False) -> dict[str, Any]:
    """`{% bar 53 71 label="Identity" %}`: the same grammar as the gauge, on a line."""
    return {"proven": proven, "claimed": claimed, "could": could, "label": label, "thin": thin, "not_applicable": False}


@register.inclusion_tag("components/_bar.html")
def bar_not_applicable(thin: bool = False) -> dict[str, Any]:
    """The hatched bar: this stage does not apply here. The words stand beside it."""
    return {"not_applicable": True, "thin": thin}


@register.inclusion_tag("components/_pips.html")
def pips(proven: int | None = None, claimed: int | None = None) -> dict[str, Any]:
    """`{% pips proven=1 claimed=2 %}`: solid to the proven level, outlined to the claimed one, gray to the top."""
    reached, said = proven or 0, claimed or 0
    return {"steps": ["p" if step <= reached else "c" if step <= said else "" for step in range(1, STEPS + 1)]}


@register.filter
def level_name(level: int | None) -> str:
    """CISA's name of a maturity level; "no level" where nothing was said."""
    return "no level" if level is None else LEVELS[level]


def _point(percents: int, radius: float) -> dict[str, str]:
    """Where `percents` lies on the half circle that runs from 0 at the left over the top to 100 at the right."""
    angle = math.pi * (1 - min(100, max(0, percents)) / 100)
    return {"x": f"{CENTER_X + radius * math.cos(angle):.1f}", "y": f"{CENTER_Y - radius * math.sin(angle):.1f}"}


def _tick(percents: int, inner: float, outer: float) -> str:
    """SVG path of a short line across the arc."""
    start, end = _point(percents, inner), _point(percents, outer)
    return f"M{start['x']} {start['y']}L{end['x']} {end['y']}"
