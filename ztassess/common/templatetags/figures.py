"""Owns how a chart's numbers get into a page: as data in a script element that no browser runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# The three characters that could end a script element or open a comment inside it (as in Django's json_script).
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def figure_data(data: Mapping[str, Any], figure_id: str) -> SafeString:
    """A plain dict for `static/js/charts.js`. orjson, because dates and large series are common here."""
    text = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS).decode().translate(ESCAPES)
    return format_html('<script id="{}-data" type="application/json">{}</script>', figure_id, mark_safe(text))  # noqa: S308  escaped above


@register.simple_tag
def figure_rows(rows: Iterable[Iterable[tuple[object, str]]]) -> SafeString:
    """The rows of a figure's table from (cell, address): the first cell names the row. One line a row, as years of
    days stand in some of them.
    """
    return format_html_join("\n", "<tr>{}</tr>", ((_cells(row),) for row in rows))


def _cells(row: Iterable[tuple[object, str]]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<td class="n">{}</td>' if place else '<th scope="row">{}</th>', _cell(cell, url)),)
            for place, (cell, url) in enumerate(row)
        ),
    )


def _cell(cell: object, url: str) -> object:
    shown = "none" if cell is None else cell
    return format_html('<a href="{}">{}</a>', url, shown) if url else shown
