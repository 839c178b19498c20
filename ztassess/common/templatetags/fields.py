"""Owns how a form's widget meets the design: its class, and which shape of field it wants."""

from __future__ import annotations

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget with its class. Django itself adds `aria-describedby` and `aria-invalid`."""
    classes = f"{field.field.widget.attrs.get('class', '')} {'' if shape(field) != 'input' else 'input'}".strip()
    return field.as_widget(attrs={"class": classes} if classes else None)


@register.filter
def shape(field: BoundField) -> str:
    """How the field is laid out: "check" (one box), "choices" (a group), "file" or "input"."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "input"
