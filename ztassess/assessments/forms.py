"""Owns the form of an answer."""

from __future__ import annotations

from django import forms

from ztassess.assessments.models import LEVELS


class AnswerForm(forms.Form):
    """A level, a note, and the version of the answer that the person read."""

    level = forms.TypedChoiceField(choices=LEVELS, coerce=int, empty_value=None, required=False)
    note = forms.CharField(max_length=2000, required=False, strip=True)
    version = forms.IntegerField(min_value=0)
