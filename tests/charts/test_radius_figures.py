"""Figures of the blast radius: the title is the conclusion, ties and emptiness are told as what they are."""

from __future__ import annotations

import pytest

from ztassess.charts.graph import Link, Spot, draw
from ztassess.charts.radius import CutPoint, EntryPoint, cuts, entries

NBSP = "\N{NO-BREAK SPACE}"


def point(title: str, share: float, *, closed: bool = False) -> EntryPoint:
    return EntryPoint(title, "Breached service", share, closed, "a → b (write), 0 hops" if share else "")


@pytest.mark.parametrize(
    ("points", "title"),
    [
        ([point("a", 71.5), point("b", 20)], f"One way in exposes most, 71.5{NBSP}%: a"),
        ([point("a", 100), point("b", 100), point("c", 9)], f"2 of 3 ways in expose 100{NBSP}%, the most"),
        ([point("a", 0), point("b", 0)], "No way in reaches sensitive data"),
    ],
)
def test_title_of_entries_is_true_of_ties(points: list[EntryPoint], title: str) -> None:
    assert entries(points).title == title


def test_many_entries_are_drawn_in_part_and_listed_whole() -> None:
    figure = entries([point(f"a long name of a service {at}", 50 - at) for at in range(40)])
    assert len(figure.rows) == 40
    assert len(figure.data["data"][0]["y"]) == len(set(figure.data["data"][0]["y"])) == 15
    assert "the worst 15 of 40" in figure.subtitle
    assert figure.words.endswith("and 25 more, each at most 35.0 %.")


def test_closed_entry_says_closed_and_unreached_says_nothing() -> None:
    rows = entries([point("a", 10), point("b", 0), point("c", 0, closed=True)]).rows
    assert [row[3] for row in rows] == ["a → b (write), 0 hops", "nothing in reach", "closed"]


def test_comparison_is_in_the_title_only_where_it_is_worse() -> None:
    path = [CutPoint("x", "x", 100, 100, 100, 100), CutPoint("y", "y", 10, 20, 30, 40, reached=True)]
    worse = cuts([*path, CutPoint("z", "z", 60, 60, 60, 60, aside=True)])
    assert worse.title == (
        f"The path cuts the blast radius from 100{NBSP}% to 20{NBSP}%; a mesh over shared rights stops at 60{NBSP}%"
    )
    assert "mesh" not in cuts([*path, CutPoint("z", "z", 20, 20, 20, 20, aside=True)]).title
    assert worse.rows[1][0] == "y (in place today)"
    assert worse.data["data"][0]["error_x"]["arrayminus"] == [0, 10, 0]


def test_drawing_places_every_spot_and_cuts_long_names() -> None:
    spots = [Spot("laptop", "entry"), Spot("web", "service"), Spot("x" * 60, "store", note="personal", heavy=True)]
    links = [
        Link(("service", "web"), ("store", "x" * 60), "write", worst=True),
        Link(("entry", "laptop"), ("service", ""), "in"),
        Link(("service", "gone"), ("store", "x" * 60), "read"),
    ]
    drawing = draw(spots, links, flat=True)
    assert [box.classes for box in drawing.boxes] == ["box entry", "box service", "box store heavy"]
    assert drawing.boxes[2].label.endswith("…")
    assert drawing.boxes[2].full == f"{'x' * 60}, personal"
    assert [line.classes for line in drawing.lines] == ["edge in", "edge write worst"]
    assert drawing.frame is not None
    assert draw(spots, links, flat=False).frame is None
