"""Charts under the real policy: in the page's own colors, again when the theme changes, a table without scripts."""

from __future__ import annotations

import pytest
from django.template import engines
from playwright.sync_api import expect

from ztassess.charts.figure import Figure

pytestmark = pytest.mark.browser

FIGURE = Figure(
    id="trend",
    title="Proven grew 29 points",
    subtitle="80/20 score in percent",
    words="Proven rose from 12 to 41 percent.",
    columns=("Week", "Proven"),
    rows=(("Sep 21", 12), ("Nov 23", 41)),
    csv_url="/trend.csv",
    data={
        "data": [
            {
                "type": "scatter",
                "x": [1, 2],
                "y": [12, 41],
                "mode": "lines",
                "line": {"color": "var(--proven)"},
                "fill": "tozeroy",
                "fillcolor": "var(--claimed) / 0.38",
            }
        ],
        "layout": {"height": 220},
    },
)
SOURCE = '{% include "components/_figure.html" %}'
SCRIPTS = '{% include "components/_chart_scripts.html" %}'
LINE = ".plot .js-line"
LIGHT, DARK = "rgb(69, 64, 198)", "rgb(167, 163, 255)"


@pytest.fixture
def refused_styles() -> int:
    """Plotly tries one style element per page; the policy refuses it and the drawing does not need it."""
    return 1


@pytest.fixture
def chart(site, tab):
    html = engines["django"].from_string(SOURCE).render({"figure": FIGURE})
    site.page("/chart", "<main>{% verbatim %}" + html + "{% endverbatim %}</main>", SCRIPTS)
    tab.emulate_media(color_scheme="light")
    tab.goto(site.url + "/chart")
    tab.wait_for_selector(LINE)
    return tab


def test_a_figure_is_drawn_in_the_colors_of_the_theme_and_again_when_it_changes(chart):
    expect(chart.locator(LINE)).to_have_css("stroke", LIGHT)
    expect(chart.locator(".plot .js-fill")).to_have_css("fill-opacity", "0.38")
    chart.emulate_media(color_scheme="dark")
    expect(chart.locator(LINE)).to_have_css("stroke", DARK)


def test_numbers_are_there_as_table_as_csv_and_in_words(chart):
    expect(chart.locator(".as-table table")).to_be_hidden()
    chart.click("text=As table")
    expect(chart.locator(".as-table table")).to_contain_text("Sep 21")
    assert chart.get_attribute(".tools a", "href") == "/trend.csv"
    assert chart.get_attribute(".plot", "aria-label") == FIGURE.words


def test_without_scripts_the_table_stands_in_place_of_the_drawing(site, chart, browser):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(site.url + "/chart")
    expect(plain.locator("noscript table")).to_be_visible()
    expect(plain.locator(".plot")).to_be_hidden()
    context.close()
