"""Owns the figures of counts: what stands behind each control, and open findings by stage, severity and age."""

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
# (title of the bar, name of the part) -> where the part leads; an empty name is the whole bar.
Links = Mapping[tuple[str, str], str]
Counts = Mapping[str, Mapping[str, int]]


NONE_OPEN = "No finding is open"
NONE_FAILS = "Nothing that was scanned fails. Findings stand here as soon as a scan sees something that fails."
UNSEEN = "Nothing was scanned yet"
NOBODY_LOOKED = (
    "What fails in your systems stands here after the first scan. Nobody has looked yet, so none is no news."
)


def state_word(state: str) -> str:
    """``partly_verified`` becomes ``Partly verified``."""
    return state.replace("_", " ").capitalize()


def coverage(counts: Counts, links: Links | None = None) -> Figure:
    """Controls by what stands behind them, per stage.

    Parameters:
        counts: stage title -> proof state -> number of applicable controls, in the order of the path.
    """
    states = [state for state in STATE_COLORS if any(row.get(state) for row in counts.values())]
    total = sum(sum(row.get(state, 0) for state in STATE_COLORS) for row in counts.values())
    by_state = {state: sum(row.get(state, 0) for row in counts.values()) for state in states}
    proven = sum(by_state.get(state, 0) for state in EVIDENCE)
    contradicted = by_state.get("contradicted", 0)
    title = f"{proven} of {total} controls rest on evidence"
    if contradicted:
        title += f", {contradicted} {'is' if contradicted == 1 else 'are'} contradicted"
    words = ", ".join(f"{count} {state_word(state).lower()}" for state, count in by_state.items()) + "."
    return Figure(
        "coverage",
        title,
        "Applicable controls by proof state",
        words if total else "No control applies to what was chosen.",
        _stacked(counts, {state: state_word(state) for state in states}, STATE_COLORS, links),
        ("Stage", *(state_word(state) for state in states)),
        _rows(counts, states),
        tuple(key(f"state {state.replace('_', '-')}", f"{state_word(state)} {by_state[state]}") for state in states),
        links=_cell_links(counts, states, links),
    )


def findings(
    counts: Counts,
    links: Links | None = None,
    *,
    total: int | None = None,
    narrowed: str = "",
    aside: str = "",
    scanned: bool = True,
) -> Figure:
    """Open findings by stage and severity.

    Parameters:
        counts: stage title -> severity -> number of open findings.
        total: how many findings there are, each counted once although it may speak about two stages.
        narrowed: what the findings were narrowed to; aside: what is counted apart. Sentences without a final stop.
        scanned: something has been looked at; where nothing was, no finding says nothing.
    """
    totals = {name: sum(row.values()) for name, row in counts.items()}
    every = sum(totals.values()) if total is None else total
    if not every:
        title = NONE_OPEN if scanned else UNSEEN
    else:
        worst = max(totals, key=lambda name: totals[name])
        title = f"{worst} holds {totals[worst]} of {every} open finding{'' if every == 1 else 's'}"
    words = "; ".join(f"{name} {count}" for name, count in totals.items() if count) or title
    subtitle = "Failing findings that stand, by stage and severity; one may speak about two stages"
    return _of_severities(
        "findings", title, _with(subtitle, narrowed), f"{_with(words, aside)}.", counts, links, scanned=scanned
    )


def ages(counts: Counts, links: Links | None = None, *, narrowed: str = "", scanned: bool = True) -> Figure:
    """Open findings by how long they are known, and severity.

    Parameters:
        counts: age in words -> severity -> number of open findings, the youngest first.
        scanned: as in `findings`.
    """
    totals = {name: sum(row.values()) for name, row in counts.items()}
    every = sum(totals.values())
    title = NONE_OPEN if scanned else UNSEEN
    if every:
        oldest = [name for name, count in totals.items() if count][-1]
        count = totals[oldest]
        title = (
            f"{count} of {every} open finding{'' if every == 1 else 's'} {'is' if count == 1 else 'are'} "
            f"known for {oldest.lower()}"
        )
    words = "; ".join(f"{name} {count}" for name, count in totals.items() if count) or title
    subtitle = "Open findings by severity and by the oldest scan that already found them: 90, 30 or 7 days ago"
    subtitle, words = _with(subtitle, narrowed), f"{words}."
    return _of_severities("ages", title, subtitle, words, counts, links, head="Known for", scanned=scanned)


def _with(sentence: str, more: str) -> str:
    return f"{sentence}; {more}" if more else sentence


def _of_severities(
    figure_id: str,
    title: str,
    subtitle: str,
    words: str,
    counts: Counts,
    links: Links | None,
    head: str = "Stage",
    *,
    scanned: bool,
) -> Figure:
    severities = list(SEVERITY_COLORS)
    empty = not any(sum(row.values()) for row in counts.values())
    return Figure(
        figure_id,
        title,
        subtitle,
        words,
        _stacked(counts, {name: name.capitalize() for name in severities}, SEVERITY_COLORS, links),
        (head, *(severity.capitalize() for severity in severities)),
        _rows(counts, severities),
        tuple(key(f"severity {severity}", severity.capitalize()) for severity in severities),
        links=_cell_links(counts, severities, links),
        hint=(NONE_FAILS if scanned else NOBODY_LOOKED) if empty else "",
    )


def _rows(counts: Counts, parts: Sequence[str]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((name, *(row.get(part, 0) for part in parts)) for name, row in counts.items())


def _cell_links(counts: Counts, parts: Sequence[str], links: Links | None) -> tuple[tuple[str, ...], ...]:
    if links is None:
        return ()
    return tuple(
        (
            links.get((name, ""), "") if any(row.values()) else "",
            *(links.get((name, part), "") if row.get(part) else "" for part in parts),
        )
        for name, row in counts.items()
    )


def _stacked(counts: Counts, parts: Mapping[str, str], colors: Mapping[str, str], links: Links | None) -> Any:
    """Horizontal bars, one for each name, stacked of parts, with the sum at the end."""
    names = list(counts)
    sums = [sum(row.get(part, 0) for part in parts) for row in counts.values()]
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [row.get(part, 0) for row in counts.values()],
            "y": names,
            "name": word,
            "customdata": [(links or {}).get((name, part), "") for name in names],
            "marker": {"color": colors[part], "line": {"color": "var(--surface)", "width": 1}},
            "hovertemplate": f"%{{y}}: %{{x}} {word.lower()}<extra></extra>",
        }
        for part, word in parts.items()
    ]
    ends = {
        "type": "scatter",
        "mode": "text",
        "x": sums,
        "y": names,
        "text": [f" {count:,}" if count else "" for count in sums],
        "textposition": "middle right",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    return {"data": [*bars, ends], "layout": _stacked_layout(len(names), max(sums, default=0))}


def _stacked_layout(bars: int, longest: int) -> dict[str, Any]:
    return {
        "height": 60 + 36 * max(bars, 1),
        "barmode": "stack",
        "bargap": 0.5,
        "hovermode": "closest",
        "margin": {"l": 110, "r": 30},
        "xaxis": {
            "range": [0, max(longest, 4) * 1.08],
            "showgrid": False,
            # Half a finding does not exist: short axes count in ones.
            **({"dtick": 1} if longest <= SHORT_AXIS else {"nticks": 6}),
        },
        "yaxis": {"autorange": "reversed", "rangemode": "normal", "showgrid": False},
    }
