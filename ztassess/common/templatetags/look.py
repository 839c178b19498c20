"""Owns the one library that every template has without loading it (`builtins` in the settings)."""

from __future__ import annotations

from django import template

from ztassess.common.templatetags import agents, breaking, chips, fields, figures, files, icons, numbers, scores, times

register = template.Library()
for _part in (agents, breaking, chips, fields, figures, files, icons, numbers, scores, times):
    register.tags.update(_part.register.tags)
    register.filters.update(_part.register.filters)
