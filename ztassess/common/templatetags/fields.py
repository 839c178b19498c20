"""Owns how a form's widget meets the design: its class, and which shape of field it wants."""

from __future__ import annotations

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget with its class. Django itself adds `aria-describedby` and `aria-invalid`."""
    attrs = field.field.widget.attrs
    classes = [attrs.get("class", "")]
    if shape(field) in ("input", "file"):
        classes.append("input")
    if attrs.get("autocomplete") == "one-time-code":
        classes.append("code-entry")
    # The label stands above: a placeholder that says the same again, or a part of it, is noise.
    label, placeholder = str(field.label).lower(), str(attrs.get("placeholder", "")).lower()
    if label in placeholder or placeholder in label:
        attrs.pop("placeholder", None)
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))} if any(classes) else None)


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
