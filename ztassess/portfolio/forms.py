"""Owns the forms of the portfolio: what is asked of many clients, notes about one, a view under a name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ztassess.assessments.forms import NoteField
from ztassess.common.fields import LineField

MOST_TICKED = 100
DUE_AFTER = timedelta(days=14)
LATEST_DUE = timedelta(days=366)
FIRST_YEAR, LAST_YEAR = 2000, 2100
TASKS, EVIDENCE = "tasks", "evidence"


class DayInput(forms.DateInput):
    """A day, chosen in the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AskForm(forms.Form):
    """What is asked of the ticked clients."""

    what = forms.ChoiceField(choices=[(TASKS, "Create tasks"), (EVIDENCE, "Request evidence")])
    key = forms.CharField(max_length=64)
    due = forms.DateField(
        label="Due where no sprint runs",
        required=False,
        widget=DayInput(),
        help_text="A task needs a sprint. Without one the control gets this due day, and its owner keeps it.",
    )
    text = NoteField(
        label="Message",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Stands as a comment on the control, for everybody in the client to read.",
    )
    ticked = forms.CharField(required=False)

    def clean_ticked(self) -> list[str]:
        ticked = self.data.getlist("ticked") if hasattr(self.data, "getlist") else []
        if not ticked:
            raise forms.ValidationError("No client is ticked. Tick some and try again.")
        if len(ticked) > MOST_TICKED:
            raise forms.ValidationError(f"At most {MOST_TICKED} clients can be asked at once.")
        return list(ticked)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        due, today = cleaned.get("due"), timezone.localdate()
        if cleaned.get("what") == TASKS and "due" not in self.errors:
            if due is None:
                self.add_error("due", "Clients without a sprint need a due day.")
            elif not today <= due <= today + LATEST_DUE:
                self.add_error("due", "Choose a day from today on, within a year.")
        if cleaned.get("what") == EVIDENCE and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", "Say which evidence you need.")
        return cleaned


def usual_due(today: date) -> date:
    """Two weeks on."""
    return today + DUE_AFTER


class NoteForm(forms.Form):
    """What a person keeps about one client."""

    meeting_at = forms.DateTimeField(
        label="Next meeting",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    label = LineField(label="Group", required=False, max_length=40, help_text="For example Fintech, or Mondays.")
    text = NoteField(
        label="Notes",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 8}),
        help_text="Only you can read them: not the client, not other consultants.",
    )

    def clean_meeting_at(self) -> Any:
        found = self.cleaned_data["meeting_at"]
        if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise forms.ValidationError(f"Choose a day between {FIRST_YEAR} and {LAST_YEAR}.")
        return found


class ViewForm(forms.Form):
    """The name of a view, and the filter it keeps."""

    name = LineField(label="Name of the view", max_length=60)
    query = forms.CharField(required=False, max_length=600)
