"""Owns the figures of counts: what stands behind each control, and open findings by stage and severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ztassess.charts.figure import Cell, Figure, key

# Worst first, with the token of its color: the order of every list, filter and stack.
STATE_COLORS = {
    "contradicted": "var(--danger)",
    "cannot_check": "var(--warn)",
    "stale": "var(--warn) / 0.55",
    "unanswered": "var(--track)",
    "claimed": "var(--claimed)",
    "partly_verified": "var(--ok-soft)",
    "attested": "var(--info)",
    "verified": "var(--ok)",
    "excepted": "var(--muted)",
}
SHORT_AXIS = 8
EVIDENCE = ("verified", "partly_verified", "attested")
SEVERITY_COLORS = {
    "critical": "var(--ink)",
    "high": "var(--ink-2)",
    "medium": "var(--ink-3) / 0.75",
    "low": "var(--ink-3) / 0.4",
}


def state_word(state: str) -> str:
    """``partly_verified`` becomes ``Partly verified``."""
    return state.replace("_", " ").capitalize()


def coverage(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """Controls by what stands behind them, per stage.

    Parameters:
        counts: stage title -> proof state -> number of applicable controls, in the order of the path.
    """
    titles = list(counts)
    states = [state for state in STATE_COLORS if any(row.get(state) for row in counts.values())]
    total = sum(sum(row.get(state, 0) for state in STATE_COLORS) for row in counts.values())
    by_state = {state: sum(row.get(state, 0) for row in counts.values()) for state in states}
    proven = sum(by_state.get(state, 0) for state in EVIDENCE)
    contradicted = by_state.get("contradicted", 0)
    title = f"{proven} of {total} controls rest on evidence"
    if contradicted:
        title += f", {contradicted} {'is' if contradicted == 1 else 'are'} contradicted"
    data = {
        "data": [
            _stack(titles, [counts[name].get(state, 0) for name in titles], state_word(state), STATE_COLORS[state])
            for state in states
        ],
        "layout": _stacked_layout(len(titles), max((sum(row.values()) for row in counts.values()), default=0)),
    }
    words = ", ".join(f"{count} {state_word(state).lower()}" for state, count in by_state.items()) + "."
    columns = ("Stage", *(state_word(state) for state in states))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *(counts[name].get(state, 0) for state in states)) for name in titles
    )
    keys = tuple(key(f"state {state.replace('_', '-')}", f"{state_word(state)} {by_state[state]}") for state in states)
    return Figure("coverage", title, "Applicable controls by proof state", words, data, columns, rows, keys)


def findings(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """Open findings by stage and severity.

    Parameters:
        counts: stage title -> severity -> number of failing findings of the newest scans.
    """
    titles = list(counts)
    severities = list(SEVERITY_COLORS)
    totals = {name: sum(row.values()) for name, row in counts.items()}
    total = sum(totals.values())
    if not total:
        title = "No finding is open"
    else:
        worst = max(totals, key=lambda name: totals[name])
        title = f"{worst} holds {totals[worst]} of {total} open findings"
    data = {
        "data": [
            _stack(
                titles,
                [counts[name].get(severity, 0) for name in titles],
                severity.capitalize(),
                SEVERITY_COLORS[severity],
            )
            for severity in severities
        ],
        "layout": _stacked_layout(len(titles), max(totals.values(), default=0)),
    }
    words = "; ".join(f"{name} {count}" for name, count in totals.items() if count) or "No finding is open"
    columns = ("Stage", *(severity.capitalize() for severity in severities))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *(counts[name].get(severity, 0) for severity in severities)) for name in titles
    )
    keys = tuple(key(f"severity {severity}", severity.capitalize()) for severity in severities)
    subtitle = "Failing findings of the newest scans, by stage and severity; one finding may speak about two stages"
    return Figure("findings", title, subtitle, words + ".", data, columns, rows, keys)


def _stack(y: Sequence[str], x: Sequence[int], name: str, color: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(x),
        "y": list(y),
        "name": name,
        "marker": {"color": color, "line": {"color": "var(--surface)", "width": 1}},
        "hovertemplate": f"%{{x}} {name.lower()}<extra></extra>",
    }


def _stacked_layout(bars: int, longest: int) -> dict[str, Any]:
    return {
        "height": 60 + 36 * max(bars, 1),
        "barmode": "stack",
        "bargap": 0.5,
        "hovermode": "y unified",
        "margin": {"l": 110},
        "xaxis": {
            "range": [0, max(longest, 4) * 1.05],
            "showgrid": False,
            # Half a finding does not exist: short axes count in ones.
            **({"dtick": 1} if longest <= SHORT_AXIS else {"nticks": 6}),
        },
        "yaxis": {"autorange": "reversed", "rangemode": "normal", "showgrid": False},
    }
