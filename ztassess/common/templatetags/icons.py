"""Owns `{% icon "circle-check" %}`: a Lucide drawing as inline SVG, so that no page asks for an image."""

from __future__ import annotations

import functools
import re
from importlib import resources
from io import BytesIO
from zipfile import ZipFile

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_DRAWING = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


class IconMissingError(LookupError):
    """The drawing is not in the installed Lucide release."""


@functools.cache
def _drawings() -> ZipFile:
    """Lucide's archive, read once: its index of 1,700 names takes 15 ms, and a page shows dozens of icons.

    From memory, because processes that were forked would share the place in an open file.
    """
    return ZipFile(BytesIO(resources.files("lucide").joinpath("lucide.zip").read_bytes()))


@functools.cache
def drawing(name: str) -> SafeString:
    """The shapes inside Lucide's `<svg>`, on its 24 by 24 ground. Raises IconMissingError for an unknown name."""
    try:
        source = _drawings().read(f"{name}.svg").decode()
    except KeyError:
        raise IconMissingError(f"Lucide has no icon {name!r}.") from None
    shapes = _DRAWING.search(source)
    if shapes is None:
        raise IconMissingError(f"Lucide's icon {name!r} is not an SVG drawing.")
    return mark_safe(re.sub(r"\s*\n\s*", "", shapes[1]).replace(" />", "/>"))  # noqa: S308  from the installed package


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """`{% icon "lock" %}`, `{% icon "lock" "lg" %}`, or with `label` where no word stands beside it.

    Width, height and stroke stand as attributes too, so that a page whose style sheet failed does not blow up.
    """
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        f" {classes}" if classes else "",
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        drawing(name),
    )
