"""Owns the line beside numbers that were made with other weights than the catalog's."""

from __future__ import annotations

from typing import Any

from django import template

from ztassess.assessments.advice import advice_of, catalog_with

register = template.Library()


@register.inclusion_tag("assessments/_weighting.html", takes_context=True)
def weighting_line(context: template.Context) -> dict[str, Any]:
    """``{% weighting_line %}``: whose weights the numbers of this page are made with; nothing for the catalog's own.

    One query, where the page does not have the ``advice`` at hand.
    """
    advice = context["advice"] if "advice" in context else advice_of(context["request"].organization)
    weighted = advice is not None and catalog_with(advice).weighting
    return {"request": context["request"], "advice": advice if weighted else None}
