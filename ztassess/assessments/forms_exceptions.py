"""Owns the forms of exceptions and break-glass accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ztassess.assessments.forms import NoteField
from ztassess.assessments.selectors import checks_by_control
from ztassess.assessments.services_exceptions import latest_last_day
from ztassess.common.fields import LineField

SHORTEST_REASON = 10
TOO_SHORT = {"min_length": "Say it in a sentence, of at least %(limit_value)d characters."}
USUAL = timedelta(days=90)
WHOLE, OBJECT = "whole", "object"


class ExceptionForm(forms.Form):
    """A request for an exception.

    Parameters:
        control_id: of which control; one that no check looks at can be excepted as a whole only.
    """

    scope = forms.ChoiceField(
        label="What it is for",
        choices=((WHOLE, "The whole control"), (OBJECT, "One object, such as an account or a host")),
        widget=forms.RadioSelect,
        initial=WHOLE,
    )
    object = forms.CharField(
        label="Object",
        required=False,
        max_length=400,
        help_text="As the findings name it. Everything else of the control is judged as before.",
    )
    check_id = forms.ChoiceField(label="Check", required=False)
    reason = NoteField(
        label="Reason",
        min_length=SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=TOO_SHORT,
    )
    compensating = NoteField(
        label="What holds the risk down meanwhile",
        min_length=SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=TOO_SHORT,
    )
    last_day = forms.DateField(
        label="Last day", widget=forms.DateInput(attrs={"type": "date"}), help_text="Twelve months at the most."
    )

    def __init__(self, *args: Any, control_id: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        checks = [check for check, _ in checks_by_control().get(control_id, ())]
        self.fields["check_id"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", "Every check of this control"),
            *((check.id, f"{check.title} ({check.id})") for check in checks),
        ]
        today = timezone.now().date()
        self.fields["last_day"].initial = today + USUAL
        self.fields["last_day"].widget.attrs |= {"min": today.isoformat(), "max": latest_last_day(today).isoformat()}
        if not checks:
            for name in ("scope", "object", "check_id"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("scope") == OBJECT and not cleaned.get("object"):
            self.add_error("object", "Name the object, as the findings name it.")
        if cleaned.get("scope") != OBJECT:
            cleaned |= {"object": "", "check_id": ""}
        cleaned.pop("scope", None)
        return cleaned


class DecideForm(forms.Form):
    """The second person's decision."""

    decision = forms.ChoiceField(
        label="Decision", choices=(("approve", "Approve"), ("refuse", "Refuse")), widget=forms.RadioSelect
    )
    note = NoteField(label="Comment", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "refuse" and not cleaned.get("note"):
            self.add_error("note", "Say why, so that the requester knows what to do instead.")
        return cleaned


class RevokeForm(forms.Form):
    """Why an exception ends before its last day."""

    reason = NoteField(label="Why it ends now", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class AccountForm(forms.Form):
    """A break-glass account."""

    name = LineField(
        label="Account", max_length=200, help_text="As the systems name it: an address or an account name."
    )
    where = forms.CharField(
        label="Where its credentials are", required=False, max_length=200, help_text="A place, never the secret itself."
    )


class TestForm(forms.Form):
    """One test of a break-glass account."""

    tested_on = forms.DateField(label="Tested on", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label="What was tried", required=False, max_length=400)
