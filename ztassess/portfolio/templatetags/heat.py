"""Owns the dense marks of the table of clients: rows, heat cells, why a client needs somebody, the line of a year."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ztassess.charts.sparkline import Sparkline
from ztassess.common.templatetags.icons import icon
from ztassess.domain.attention import Reason
from ztassess.portfolio.packing import StageCell
from ztassess.portfolio.pages import NEEDS, REMEMBERED, Row

register = template.Library()

STEP = 15
MOST = 6
CELL = (
    '<td class="h heat-{}{}" data-label="{}"><b>{}</b><span class="visually-hidden"> percent proven, </span>'
    '<span class="said">{}</span><span class="visually-hidden"> claimed{}</span></td>'
)
NOT_THERE = (
    '<td class="h heat-na" data-label="{}"><span aria-hidden="true">–</span>'
    '<span class="visually-hidden">{}</span></td>'
)


@register.simple_tag
@lru_cache(maxsize=REMEMBERED)
def client_row(row: Row, titles: tuple[str, ...]) -> SafeString:
    """One ``<tr>``. Remembered by all that stands in it: most clients are the same at two looks."""
    return render_to_string("portfolio/_row.html", {"row": row, "titles": titles})


@register.simple_tag
def heat_cells(row: Row, titles: tuple[str, ...]) -> SafeString:
    """One ``<td>`` a stage: proven, claimed beside it, a dot where a claim is contradicted, hatched where none is."""
    pairs = zip(row.cells, titles, strict=True)
    missing = "not shown" if row.locked_url else "not judged yet" if row.proven is None else "not applicable"
    return format_html_join("", "{}", ((_cell(cell, title, missing),) for cell, title in pairs))


def _cell(cell: StageCell | None, title: str, missing: str) -> SafeString:
    if cell is None:
        return format_html(NOT_THERE, title, missing)
    bad = cell.contradicted
    words = f", {bad} contradicted" if bad else ""
    return format_html(CELL, step(cell.proven), " flagged" if bad else "", title, cell.proven, cell.claimed, words)


def step(percent: int) -> int:
    """The ground of a percentage: 0 for the palest up to 6."""
    return min(MOST, max(0, percent // STEP))


@register.simple_tag
def need_chip(reason: Reason) -> SafeString:
    """Why a client needs somebody: icon, then words, then color."""
    classes, name, _ = NEEDS[reason.need]
    return format_html('<span class="{}">{}{}</span>', classes, icon(name), reason.words)


@register.simple_tag
def spark(line: Sparkline, name: str) -> SafeString:
    """The line of a year with its words; only words where there is no line yet."""
    if line.end is None:
        return format_html('<span class="tiny dim">{}</span>', line.words)
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" role="img" aria-label="{}: {}"><polyline class="l-proven" points="{}"/>'
        '<circle class="m-proven" cx="{}" cy="{}" r="2.5"/></svg>',
        name,
        line.words,
        line.points,
        *(f"{place:.1f}" for place in line.end),
    )
