"""How numbers, moments, states and icons are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.template import engines
from django.utils import timezone

from ztassess.common.templatetags import agents, breaking, chips, figures, icons, numbers, scores, times
from ztassess.domain.findings import Outcome, Severity

NOW = datetime(2026, 11, 23, 11, 12, tzinfo=UTC)
NBSP = "\N{NO-BREAK SPACE}"


def render(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("zoe@x.io", "zoe@x.io"),  # short enough to stay in one piece
        ("a.long.name@example.com/<b>", "a.<wbr>long.<wbr>name@<wbr>example.<wbr>com/&lt;b&gt;"),
        ("arn:aws:iam::1:role/path/name", "arn:<wbr>aws:<wbr>iam::<wbr>1:<wbr>role/<wbr>path/<wbr>name"),
        ("a name of many words without marks", "a name of many words without marks"),
        ("<script>alert(1)</script>.......................x", None),
    ],
)
def test_long_addresses_break_after_their_marks_and_run_nothing(text, written):
    found = render("{{ text|breakable }}", text=text)
    assert found == breaking.breakable(text)
    assert found == written or (written is None and "<script" not in found)


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.41, 41), (0.29, 29), (0.7999, 79), (0, 0), (None, 0), (1, 100), (1.2, 100), (-0.1, 0)],
)
def test_a_fraction_becomes_a_whole_percent_rounded_down(fraction, expected):
    assert numbers.as_percent(fraction) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.share(0.417), f"41{NBSP}%"),
        (numbers.share(None), "unknown"),
        (numbers.percent(41), f"41{NBSP}%"),
        (numbers.percent(79.96), f"79{NBSP}%"),
        (numbers.percent(None), "unknown"),
        (numbers.signed(9.2), "+9.2"),
        (numbers.signed(-1.0), "\N{MINUS SIGN}1"),
        (numbers.signed(0), "0"),
        (numbers.signed(0.04), "0"),
        (numbers.signed(-0.04), "0"),
        (numbers.points(9.2), f"+9.2{NBSP}points"),
        (numbers.points(1), f"+1{NBSP}point"),
        (numbers.points(None), "unknown"),
        (numbers.hours(3), f"3{NBSP}h"),
        (numbers.hours(1.5), f"1.5{NBSP}h"),
        (numbers.hours(0.5), f"30{NBSP}min"),
        (numbers.hours(0), f"0{NBSP}h"),
        (numbers.duration(102), f"1{NBSP}min 42{NBSP}s"),
        (numbers.duration(3725), f"1{NBSP}h 2{NBSP}min"),
        (numbers.duration(0), f"0{NBSP}s"),
        (numbers.duration(None), "unknown"),
        (numbers.counted(1, "scan"), f"1{NBSP}scan"),
        (numbers.counted(3, "scan"), f"3{NBSP}scans"),
        (numbers.counted(3, "person,people"), f"3{NBSP}people"),
        (numbers.plain(1234567), "1234567"),
    ],
)
def test_numbers_carry_their_unit_and_a_real_minus(written, expected):
    assert written == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=2, minutes=59), "2 hours ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(days=-9), "in 9 days"),
    ],
)
def test_moments_are_relative_with_counts_rounded_down(before, expected):
    with time_machine.travel(NOW, tick=False):
        assert times.relative(NOW - before) == expected


def test_ago_carries_the_absolute_moment_in_the_viewers_zone():
    with time_machine.travel(NOW, tick=False), timezone.override("Europe/Berlin"):
        html = times.ago(NOW - timedelta(hours=2))
    assert 'datetime="2026-11-23T09:12:00+00:00"' in html
    assert 'title="Mon, Nov 23, 2026, 10:12 CET"' in html
    assert ">2 hours ago</time>" in html
    assert times.ago(None) == "never"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (date(2026, 11, 23), "Today"),
        (date(2026, 11, 22), "Yesterday"),
        (date(2026, 11, 24), "Tomorrow"),
        (date(2026, 11, 20), "Friday"),
        (date(2026, 11, 16), "Nov 16"),
        (date(2026, 12, 1), "Dec 1"),
        (date(2025, 11, 20), "Nov 20, 2025"),
        (None, "no date"),
    ],
)
def test_days_are_named_as_people_name_them(moment, expected):
    with time_machine.travel(NOW, tick=False):
        assert times.day(moment) == expected


def test_a_moment_late_in_the_evening_belongs_to_the_viewers_day():
    with time_machine.travel(NOW, tick=False), timezone.override("Asia/Tokyo"):
        assert ">Today, 08:30</time>" in times.when(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))


@pytest.mark.parametrize("state", chips.PROOF_STATES)
def test_a_proof_state_is_icon_word_and_class(state):
    classes, word, name = chips.PROOF_STATES[state]
    html = chips.chip(state)
    assert f'class="chip {classes}"' in html
    assert html.endswith(f"{word}</span>")
    assert icons.drawing(name) in html


def test_a_chip_says_a_count_instead_of_the_word_and_escapes_it():
    assert "3 contradicted</span>" in chips.chip("contradicted", "3 contradicted")
    assert "&lt;b&gt;" in chips.chip("stale", "<b>")


def test_states_may_be_spelled_with_hyphens_or_spaces():
    assert chips.chip("cannot-check") == chips.chip("Cannot check") == chips.chip("cannot_check")


@pytest.mark.parametrize("value", Outcome)
def test_every_outcome_has_its_mark(value):
    assert f'class="outcome {value.value.replace("_", "-")}"' in chips.outcome(value)


@pytest.mark.parametrize(("value", "bars"), [("low", 1), ("medium", 2), ("high", 3), ("critical", 4)])
def test_severity_is_bars_and_a_word(value, bars):
    html = chips.severity(Severity(value))
    assert html.count('class="on"') == bars
    assert html.endswith(f"{value.capitalize()}</span>")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Priya Raman", "PR"),
        ("Anne-Marie van der Berg", "AB"),
        ("ztassess", "ZT"),
        ("tom.ekberg@example.com", "TE"),
        ("", "?"),
    ],
)
def test_initials(name, expected):
    assert chips.initials(name) == expected


def test_a_missing_person_is_said():
    assert "Nobody yet" in chips.person("")
    assert 'data-initials="AT"' in chips.person("Aiko Tanaka")


def test_an_icon_is_hidden_from_screen_readers_unless_it_has_a_label():
    assert 'aria-hidden="true"' in icons.icon("lock")
    assert 'role="img" aria-label="Gate &lt;closed&gt;"' in icons.icon("lock", label="Gate <closed>")
    assert 'class="icon lg"' in icons.icon("lock", "lg")


def test_an_unknown_icon_is_an_error_not_a_gap():
    with pytest.raises(icons.IconMissingError, match="no-such-icon"):
        icons.icon("no-such-icon")


def test_the_gauge_draws_the_numbers_it_says():
    html = render("{% gauge 41 65 56 %}")
    label = f"80/20: 41{NBSP}% proven, 65{NBSP}% claimed, could be up to 56{NBSP}%, goal 80{NBSP}%"
    assert f'aria-label="{label}"' in html
    assert 'stroke-dasharray="41 100"' in html
    assert 'stroke-dasharray="65 100"' in html
    assert 'class="g-goal" d="M158.7 55.4L173.6 44.5"' in html
    assert 'class="g-could" d="M113.1 29.2L117.4 6.6"' in html


def test_an_empty_gauge_draws_no_arc_of_zero_length():
    html = render("{% gauge 0 0 %}")
    assert "g-proven" not in html
    assert "g-claimed" not in html
    assert "could be" not in html


def test_a_bar_says_what_it_draws_and_a_stage_that_does_not_apply_is_hatched():
    html = render('{% bar 53 71 label="Identity" %}')
    assert f'aria-label="Identity: 53{NBSP}% proven, 71{NBSP}% claimed"' in html
    assert 'width="53%"' in html
    assert 'class="bar na"' in render("{% bar_not_applicable %}")


@pytest.mark.parametrize(
    ("proven", "claimed", "steps"),
    [
        (1, 2, ["p", "c", ""]),
        (2, 2, ["p", "p", ""]),
        (None, 3, ["c", "c", "c"]),
        (None, None, ["", "", ""]),
        (3, 1, ["p"] * 3),
    ],
)
def test_level_marks_are_solid_to_the_proven_level_and_outlined_to_the_claimed_one(proven, claimed, steps):
    assert scores.pips(proven, claimed) == {"steps": steps}


def test_levels_have_their_names():
    assert [scores.level_name(level) for level in (0, 1, 2, 3, None)] == [
        "Traditional",
        "Initial",
        "Advanced",
        "Optimal",
        "no level",
    ]


def test_figure_data_cannot_end_its_script_element():
    html = figures.figure_data({"title": "</script><script>alert(1)</script>&"}, "trend")
    assert html.startswith('<script id="trend-data" type="application/json">')
    assert html.count("</script>") == 1
    assert "\\u003C/script\\u003E" in html


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.0", "Unknown browser"),
    ],
)
def test_browsers_are_named(line, expected):
    assert agents.browser(line) == expected
