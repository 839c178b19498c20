"""Owns where a long name may break: addresses and paths have no spaces, and a break inside a word is hard to read."""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
SHORT = 24
"""Characters that fit everywhere."""
_AFTER = re.compile(r"(?<=[.@/:_\-+=])(?=[^\s.@/:_\-+=;&<])")


@register.filter
def breakable(text: object) -> SafeString:
    """`{{ account.name|breakable }}`: a long text with an opportunity to break after each mark inside an address."""
    if len(str(text)) <= SHORT:
        return conditional_escape(str(text))
    parts = (conditional_escape(part) for part in _AFTER.split(str(text)))
    return mark_safe("<wbr>".join(parts))  # noqa: S308  each part is escaped
