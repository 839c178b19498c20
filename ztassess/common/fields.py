"""Owns form fields that every app's forms share."""

from __future__ import annotations

from django import forms

from ztassess.domain.lines import one_line


class LineField(forms.CharField):
    """A name: it stands inside other people's sentences, lists and log lines, so it must not turn their direction."""

    def to_python(self, value: object) -> str:
        return one_line(str(super().to_python(value)))
