"""Owns the forms around a control: its owner and day, and a comment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from ztassess.accounts.models import User
from ztassess.assessments.forms import NoteField

FIRST_YEAR, LAST_YEAR = 2000, 2100


class AssignForm(forms.Form):
    """Who takes care of a control and until when.

    Parameters:
        people: the members who may be named.
    """

    owner = forms.ChoiceField(label="Owner", required=False)
    due = forms.DateField(label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, people: Sequence[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(user.pk): user for user in people}
        named = [(key, user.get_full_name()) for key, user in self.people.items()]
        self.fields["owner"].choices = [("", "Nobody yet"), *named]  # type: ignore[attr-defined]  # a choice field

    def clean_owner(self) -> User | None:
        return self.people.get(self.cleaned_data["owner"])

    def clean_due(self) -> date | None:
        due: date | None = self.cleaned_data["due"]
        if due is not None and not FIRST_YEAR <= due.year <= LAST_YEAR:
            raise forms.ValidationError(f"Choose a day between {FIRST_YEAR} and {LAST_YEAR}.")
        return due


class CommentForm(forms.Form):
    """One comment."""

    text = NoteField(
        label="Comment",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="@name tells a member by mail.",
    )
