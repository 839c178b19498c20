"""Accent colors by their contrast to white paper."""

from __future__ import annotations

import pytest

from ztassess.domain.branding import DEFAULT_ACCENT, accent_problem, contrast_on_white


@pytest.mark.parametrize(
    ("color", "contrast"),
    [("#000000", 21.0), ("#ffffff", 1.0), ("#777777", 4.48), ("#0000ff", 8.59), ("#ff0000", 4.0), ("#008000", 5.14)],
)
def test_contrast_is_the_one_of_wcag(color, contrast):
    assert contrast_on_white(color) == pytest.approx(contrast, abs=0.02)


@pytest.mark.parametrize("color", [DEFAULT_ACCENT, "#000000", "#0B6E4F", "#767676"])
def test_dark_enough_colors_are_taken(color):
    assert accent_problem(color) == ""


@pytest.mark.parametrize("color", ["#777777", "#ffcc00", "#ffffff"])
def test_light_colors_are_refused_with_their_contrast(color):
    assert f"{contrast_on_white(color):.1f}" in accent_problem(color)


@pytest.mark.parametrize("color", ["", "red", "#fff", "#12345g", "#1234567", "rgb(0,0,0)", '#"); panic'])
def test_what_is_no_color_is_refused(color):
    assert "hexadecimal" in accent_problem(color)
