"""Owns the links to the table of a page as a file."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ztassess.common.tables import FORMAT, FORMATS

register = template.Library()
LEFT_OUT = (FORMAT, "page")


@register.simple_tag(takes_context=True)
def table_files(context: template.Context, url: str = "", what: str = "this table") -> SafeString:
    """``{% table_files %}``: links to what the filters of this address show, as CSV and as JSON.

    Parameters:
        url: where another page hands the table out; this page by default.
        what: completes the names of the links for who does not see the table beside them.
    """
    asked: Any = context["request"].GET.copy()
    for name in LEFT_OUT:
        asked.pop(name, None)
    base, _, own = url.partition("?")
    query = "&".join(part for part in (own, asked.urlencode() if not own else "") if part)
    before = f"{base}?{query}&" if query else f"{base}?"
    link = '<a class="button small plain" href="{}format={}" download>{}<span class="visually-hidden"> of {}</span></a>'
    links = format_html_join("", link, ((before, name, name.upper(), what) for name in FORMATS))
    return format_html('<span class="row">{}</span>', links)
