"""Owns the form of an answer."""

from __future__ import annotations

from django import forms

from ztassess.assessments.models import LEVELS


class NoteField(forms.CharField):
    """Text whose lines end as the browser counts them: a posted form has two characters where the page has one."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class AnswerForm(forms.Form):
    """A level, a note, and the version of the answer that the person read."""

    level = forms.TypedChoiceField(choices=LEVELS, coerce=int, empty_value=None, required=False)
    note = NoteField(max_length=2000, required=False, strip=True)
    version = forms.IntegerField(min_value=0)
