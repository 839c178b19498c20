"""Owns the figures by week: how fresh the evidence of each control was, and what stood behind the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ztassess.charts.counts import EVIDENCE, STATE_COLORS, state_word
from ztassess.charts.figure import Cell, Figure, key

DRAWN = 18
LABEL = 34
SHORT_LABEL = 17
# What a week's evidence was: (word, color, mark in the cell). The order is that of the color scale.
KINDS = {
    "none": ("No evidence", "var(--track)", ""),
    "fresh": ("Fresh", "var(--ok)", ""),
    "stale": ("Stale", "var(--warn) / 0.55", "!"),
    "blocked": ("Cannot check", "var(--warn)", "?"),
    "against": ("Contradicted", "var(--danger)", "\N{MULTIPLICATION SIGN}"),
}
KIND_OF = {
    **dict.fromkeys(EVIDENCE, "fresh"),
    "stale": "stale",
    "cannot_check": "blocked",
    "contradicted": "against",
}
# Worst first: what a person should look at stands on top.
RANK = ("against", "blocked", "stale", "fresh", "none")


@dataclass(frozen=True, slots=True)
class Week:
    """The proof states at the end of one week, by control id; ``version`` is what computed them."""

    monday: date
    states: Mapping[str, str]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A control of the heatmap; ``url`` is its page."""

    id: str
    title: str
    url: str = ""


def kind_of(state: str | None) -> str | None:
    """What a proof state says about evidence; None where nothing was recorded or the control did not apply."""
    if state is None or state in ("not_applicable", "excepted"):
        return None
    return KIND_OF.get(state, "none")


def freshness(weeks: Sequence[Week], controls: Sequence[Row]) -> Figure:
    """Control by week: whether its evidence was fresh.

    Parameters:
        weeks: oldest first, the last one as it is now; may be empty.
        controls: those to show, in the order of the path.
    """
    kinds = {row.id: [kind_of(week.states.get(row.id)) for week in weeks] for row in controls}
    telling = [row for row in controls if any(each not in (None, "none") for each in kinds[row.id])]
    ordered = sorted(telling, key=lambda row: _rank(kinds[row.id]))
    drawn = ordered[:DRAWN]
    now = Counter(kinds[row.id][-1] for row in telling)
    silent = len(controls) - len(telling)
    hint = (
        ""
        if ordered
        else "One row for each control and one square for each week stand here: whether its evidence was fresh, stale "
        "or missing. The first scan, or the first reviewed artifact, starts it."
    )
    subtitle = "Evidence by control and week, as recorded at the end of each week"
    if len(ordered) > len(drawn):
        subtitle += f"; drawn are the {len(drawn)} that need most of {len(ordered)}"
    if silent and telling:
        subtitle += f"; {silent} control{'' if silent == 1 else 's'} had no evidence at any time"
    present = [name for name in KINDS if any(name in kinds[row.id] for row in drawn)]
    return Figure(
        "freshness",
        _title(now, len(telling)),
        subtitle,
        _words(now, telling, kinds),
        _drawing(weeks, drawn, kinds),
        ("Control", *(week.monday.isoformat() for week in weeks)),
        tuple((row.title, *(_cell(each) for each in kinds[row.id])) for row in ordered),
        tuple(key(f"fresh {name}", f"{KINDS[name][0]} {KINDS[name][2]}".strip()) for name in present),
        links=tuple((row.url, *("" for _ in weeks)) for row in ordered),
        hint=hint,
    )


def _rank(kinds: Sequence[str | None]) -> tuple[int, int]:
    """The worst of now first; among equals the one that was bad for longest."""
    now = kinds[-1]
    bad = sum(each in ("against", "blocked", "stale") for each in kinds)
    return (RANK.index(now) if now else len(RANK), -bad)


def _cell(kind: str | None) -> Cell:
    return KINDS[kind][0] if kind else None


def _title(now: Counter[str | None], telling: int) -> str:
    if not telling:
        return "No evidence is recorded in this range yet"
    parts = []
    for kind, one, many in (
        ("stale", "control has gone stale", "controls have gone stale"),
        ("blocked", "cannot be checked", "cannot be checked"),
        ("against", "is contradicted", "are contradicted"),
    ):
        if now[kind]:
            parts.append(f"{now[kind]} {one if now[kind] == 1 else many}")
    if not parts:
        return f"Evidence of {now['fresh']} control{'' if now['fresh'] == 1 else 's'} is fresh, none has gone stale"
    if not now["stale"]:
        return f"No control has gone stale, {' and '.join(parts)}"
    return ", ".join(parts)


def _words(now: Counter[str | None], telling: Sequence[Row], kinds: Mapping[str, Sequence[str | None]]) -> str:
    if not telling:
        return "No evidence was recorded in this range."
    words = ", ".join(f"{now[name]} {KINDS[name][0].lower()}" for name in KINDS if now[name])
    stale = [row.title for row in telling if kinds[row.id][-1] == "stale"]
    tail = f" Stale: {', '.join(stale)}." if stale else ""
    return f"Of {len(telling)} controls that had evidence in this range, this week: {words}.{tail}"


def _drawing(weeks: Sequence[Week], drawn: Sequence[Row], kinds: Mapping[str, Sequence[str | None]]) -> dict[str, Any]:
    names = list(KINDS)
    titles = _distinct([_cut(row.title, LABEL) for row in drawn])
    steps = len(names)
    scale = [[edge / steps, KINDS[name][1]] for at, name in enumerate(names) for edge in (at, at + 1)]
    marks = [[KINDS[each][2] if each else "" for each in kinds[row.id]] for row in drawn]
    few = 14
    return {
        "data": [
            {
                "type": "heatmap",
                "x": [week.monday.isoformat() for week in weeks],
                "y": titles,
                "z": [[names.index(each) if each else None for each in kinds[row.id]] for row in drawn],
                "text": marks,
                "texttemplate": "%{text}" if len(weeks) <= 2 * few else "",
                "textfont": {"color": "var(--surface)", "size": 11},
                "customdata": [[row.url for _ in weeks] for row in drawn],
                "hovertext": [[_cell(each) or "Does not count" for each in kinds[row.id]] for row in drawn],
                "hovertemplate": "%{y}, week of %{x|%b %-d}: %{hovertext}<extra></extra>",
                "colorscale": scale,
                "zmin": -0.5,
                "zmax": steps - 0.5,
                "showscale": False,
                "xgap": 3 if len(weeks) <= 2 * few else 1,
                "ygap": 4,
            }
        ],
        "layout": {
            "height": 44 + 24 * max(len(drawn), 1),
            "hovermode": "closest",
            "margin": {"l": 40, "t": 4},
            "xaxis": {
                "type": "category",
                "tickvals": [week.monday.isoformat() for week in _ticks(weeks)],
                "ticktext": [f"{week.monday:%b} {week.monday.day}" for week in _ticks(weeks)],
                "tickangle": 0,
            },
            "yaxis": {"autorange": "reversed", "showgrid": False, "rangemode": "normal", "type": "category"},
            "meta": {
                "narrow": {
                    "yaxis": {
                        "tickvals": titles,
                        "ticktext": _distinct([_cut(row.title, SHORT_LABEL) for row in drawn]),
                        "tickfont": {"size": 11},
                    },
                    "xaxis": {
                        "tickvals": [week.monday.isoformat() for week in (*weeks[:1], *weeks[-1:])],
                        "ticktext": [f"{week.monday:%b} {week.monday.day}" for week in (*weeks[:1], *weeks[-1:])],
                    },
                }
            },
        },
    }


def _ticks(weeks: Sequence[Week], most: int = 7) -> list[Week]:
    """Some weeks, the last one among them."""
    step = max(1, -(-len(weeks) // most))
    return list(reversed(list(reversed(weeks))[::step]))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _distinct(labels: Sequence[str]) -> list[str]:
    """Two rows with one label would be drawn over each other."""
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found


def coverage_trend(weeks: Sequence[Week], stage_controls: Sequence[str]) -> Figure:
    """What stood behind the controls, week by week.

    Parameters:
        weeks: oldest first, the last one as it is now; may be empty.
        stage_controls: ids of the controls to count.
    """
    wanted = set(stage_controls)
    counts = [
        Counter(state for control, state in week.states.items() if control in wanted and state in STATE_COLORS)
        for week in weeks
    ]
    states = [state for state in STATE_COLORS if any(row[state] for row in counts)]
    return Figure(
        "coverage-trend",
        _coverage_title(weeks, counts),
        "Applicable controls by proof state, at the end of each week",
        _coverage_words(weeks, counts, states),
        _columns(weeks, counts, states),
        ("Week of", *(state_word(state) for state in states)),
        tuple(
            (week.monday.isoformat(), *(row[state] for state in states))
            for week, row in reversed(list(zip(weeks, counts, strict=True)))
        ),
        tuple(key(f"state {state.replace('_', '-')}", state_word(state)) for state in states),
        hint="" if weeks else "What stands behind the controls is counted here week by week, once it is recorded.",
    )


def _columns(weeks: Sequence[Week], counts: Sequence[Counter[str]], states: Sequence[str]) -> dict[str, Any]:
    """One column a week, stacked of states, with a line where the method changed."""
    return {
        "data": [
            {
                "type": "bar",
                "x": [week.monday.isoformat() for week in weeks],
                "y": [row[state] for row in counts],
                "name": state_word(state),
                "marker": {"color": STATE_COLORS[state], "line": {"color": "var(--surface)", "width": 1}},
                "hovertemplate": f"%{{y}} {state_word(state).lower()}<extra></extra>",
            }
            # The best stands at the bottom, so that growth is seen.
            for state in reversed(states)
        ],
        "layout": {
            "height": 340,
            "barmode": "stack",
            "bargap": 0.25,
            "xaxis": {
                "type": "category",
                "tickvals": [week.monday.isoformat() for week in _ticks(weeks, 4)],
                "ticktext": [f"{week.monday:%b} {week.monday.day}" for week in _ticks(weeks, 4)],
                "tickangle": 0,
            },
            "shapes": [
                {
                    "type": "line",
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "x0": at - 0.5,
                    "x1": at - 0.5,
                    "line": {"color": "var(--ink-3)", "width": 1, "dash": "dot"},
                }
                for at in _breaks(weeks)
            ],
        },
    }


def _breaks(weeks: Sequence[Week]) -> list[int]:
    """Where another catalog or method begins to count."""
    return [at for at in range(1, len(weeks)) if weeks[at].version != weeks[at - 1].version]


def _coverage_title(weeks: Sequence[Week], counts: Sequence[Counter[str]]) -> str:
    if not weeks:
        return "Nothing is recorded in this range yet"
    start = max([0, *_breaks(weeks)])
    before, now = (sum(row[state] for state in EVIDENCE) for row in (counts[start], counts[-1]))
    span = len(weeks) - 1 - start
    if not span:
        return f"{now} control{'' if now == 1 else 's'} rest{'s' if now == 1 else ''} on evidence this week"
    within = f"in {span} week{'' if span == 1 else 's'}"
    if now == before:
        return f"Controls on evidence stay at {now} {within}"
    return f"Controls on evidence went from {before} to {now} {within}"


def _coverage_words(weeks: Sequence[Week], counts: Sequence[Counter[str]], states: Sequence[str]) -> str:
    if not weeks:
        return "Nothing was recorded in this range."

    def told(row: Counter[str]) -> str:
        return ", ".join(f"{row[state]} {state_word(state).lower()}" for state in states if row[state])

    words = f"This week: {told(counts[-1])}."
    if len(weeks) > 1:
        words = f"Week of {weeks[0].monday:%b} {weeks[0].monday.day}: {told(counts[0])}. {words}"
    if _breaks(weeks):
        words += " The catalog or the method changed in between, so both ends are not compared."
    return words
