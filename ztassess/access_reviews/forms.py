"""Owns the forms of access reviews: a decision about one account or many, and a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ztassess.access_reviews.models import DECISIONS
from ztassess.access_reviews.services.decisions import Choice
from ztassess.accounts.models import User
from ztassess.common.fields import LineField
from ztassess.domain.access_decisions import OPENING, Decision
from ztassess.organizations.models import Membership

MOST_TICKED = 200
REASON_LIMIT = 1000


class DayInput(forms.DateInput):
    """A day, chosen in the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DecisionForm(forms.Form):
    """What a reviewer says, and why. Each decision has its day: carried out by, or an exception's last one."""

    decision = forms.ChoiceField(label="Decision", choices=DECISIONS, widget=forms.RadioSelect)
    reason = forms.CharField(label="Reason", min_length=3, max_length=REASON_LIMIT, widget=forms.Textarea({"rows": 2}))
    due_on = forms.DateField(
        label="Due day",
        required=False,
        widget=DayInput(),
        help_text="For reduce and remove. Empty: the campaign's due day, or two weeks.",
    )
    until = forms.DateField(
        label="Exception ends on", required=False, widget=DayInput(), help_text="For except; twelve months at the most."
    )
    owner = forms.ChoiceField(
        label="Carried out by",
        required=False,
        help_text="For reduce and remove. Empty: the owner of the control for access reviews.",
    )

    def __init__(self, people: Sequence[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(user.pk): user for user in people}
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)  # noqa: S101  declared above
        owner.choices = [("", "As usual"), *((key, user.get_full_name()) for key, user in self._people.items())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision = cleaned.get("decision")
        if decision == Decision.EXCEPT and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", "An exception needs a last day.")
        due = cleaned.get("due_on")
        if decision in OPENING and due and due < timezone.localdate():
            self.add_error("due_on", "This day has passed already.")
        return cleaned

    def choice(self) -> Choice:
        """The decision as a value."""
        cleaned = self.cleaned_data
        return Choice(
            Decision(cleaned["decision"]),
            cleaned["reason"],
            cleaned["due_on"],
            cleaned["until"],
            self._people.get(cleaned["owner"]),
        )


class AccountForm(DecisionForm):
    """A decision about one account, with the version that the person read."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ManyForm(DecisionForm):
    """A decision about ticked accounts, or about all that fit a filter."""

    scope = forms.ChoiceField(
        label="About", choices=[("ticked", "The accounts that are ticked"), ("fitting", "All that fit the filter")]
    )
    ticked = forms.CharField(required=False)
    seen_at = forms.CharField()

    def clean_seen_at(self) -> datetime:
        found = parse_datetime(str(self.cleaned_data["seen_at"]))
        if found is None or timezone.is_naive(found):
            raise forms.ValidationError("The page is too old. Reload it and choose again.")
        return found

    def clean_ticked(self) -> list[str]:
        ticked = self.data.getlist("ticked") if hasattr(self.data, "getlist") else []
        if len(ticked) > MOST_TICKED:
            raise forms.ValidationError(f"At most {MOST_TICKED} accounts can be ticked at once; use the filter.")
        return list(ticked)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("scope") == "ticked" and not cleaned.get("ticked"):
            self.add_error(None, "No account is ticked. Tick some, or choose all that fit the filter.")
        return cleaned


class CampaignForm(forms.Form):
    """A campaign: its name, its due day and who decides in it."""

    name = LineField(label="Name", max_length=120)
    due_on = forms.DateField(label="Due day", widget=DayInput())
    reviewers = forms.MultipleChoiceField(label="Reviewers", widget=forms.CheckboxSelectMultiple)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, members: list[Membership], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._users = {str(membership.user_id): membership.user for membership in members}
        reviewers = self.fields["reviewers"]
        assert isinstance(reviewers, forms.MultipleChoiceField)  # noqa: S101  declared above
        reviewers.choices = [(key, user.get_full_name()) for key, user in self._users.items()]

    def values(self) -> dict[str, Any]:
        """Name, due day and the users who review."""
        cleaned = self.cleaned_data
        users = [self._users[key] for key in cleaned["reviewers"]]
        return {"name": cleaned["name"], "due_on": cleaned["due_on"], "reviewers": users}


class CloseForm(forms.Form):
    """Why a campaign ends before everything is decided."""

    reason = forms.CharField(label="Why it ends", max_length=400, required=False)
