"""Owns the forms of share links: make one, change one, and a visitor's passcode."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ztassess.common.fields import LineField
from ztassess.common.templatetags.times import last_day
from ztassess.reports.models import Report
from ztassess.sharing.models import MOST_DAYS, SHORTEST_PASSCODE, USUAL_DAYS, ShareLink
from ztassess.sharing.services import Wanted
from ztassess.sharing.shown import CHAPTERS

FROZEN, LIVE = "frozen", "live"


def _passcode(text: str) -> forms.CharField:
    return forms.CharField(
        label="Passcode",
        required=False,
        min_length=SHORTEST_PASSCODE,
        max_length=128,
        help_text=text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )


class TermsForm(forms.Form):
    """How a link is called, for whom it is, and its last day."""

    use_required_attribute = False

    title = LineField(label="Name", max_length=100, help_text="So that you find it again. The reader does not see it.")
    audience = LineField(
        label="For whom", max_length=200, help_text="A company or a person; the reader does not see it either."
    )
    last_day = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=f"It opens until this day is over, at most {MOST_DAYS} days after it was made.",
    )

    def clean_last_day(self) -> date:
        chosen: date = self.cleaned_data["last_day"]
        if chosen < timezone.localdate():
            raise forms.ValidationError("Choose today or a later day.")
        if chosen > self.latest:
            raise forms.ValidationError(f"Choose {self.latest:%B} {self.latest.day} or an earlier day.")
        return chosen

    @property
    def latest(self) -> date:
        """The latest last day."""
        return _latest(timezone.localdate())

    def expires_at(self) -> datetime:
        """The moment at which the last day is over."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["last_day"] + timedelta(days=1), time.min))


def _latest(made: date) -> date:
    """The day of making counts as the first one."""
    return made + timedelta(days=MOST_DAYS - 1)


class LinkForm(TermsForm):
    """A new link.

    Parameters:
        reports: those that may be put behind it.
    """

    chapters = forms.MultipleChoiceField(
        label="Pages",
        required=False,
        choices=[(each.slug, each.title) for each in CHAPTERS],
        widget=forms.CheckboxSelectMultiple,
    )
    documents = forms.MultipleChoiceField(label="Reports", required=False, widget=forms.CheckboxSelectMultiple)
    kind = forms.ChoiceField(
        label="Frozen or live",
        choices=[
            (FROZEN, "Frozen: the numbers of this moment, with its date"),
            (LIVE, "Live: the numbers of the moment at which somebody reads"),
        ],
        widget=forms.RadioSelect,
    )
    redacted = forms.BooleanField(
        label="Redact names",
        required=False,
        help_text="People, accounts, hosts and resources become pseudonyms such as Person 7, before anything leaves.",
    )
    passcode = _passcode(f"At least {SHORTEST_PASSCODE} characters. Send it another way than the link.")
    field_order = ["title", "audience", "chapters", "documents", "kind", "redacted", "last_day", "passcode"]

    def __init__(self, *args: Any, reports: Sequence[Report], **kwargs: Any) -> None:
        kwargs["initial"] = {
            "chapters": ["summary", "stages", "controls", "coverage"],
            "kind": FROZEN,
            "redacted": True,
            "last_day": timezone.localdate() + timedelta(days=USUAL_DAYS),
        }
        super().__init__(*args, **kwargs)
        self._reports = {str(each.id): each for each in reports}
        field = self.fields["documents"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  declared above
        field.choices = [(key, _report_words(each)) for key, each in self._reports.items()]
        if not reports:
            del self.fields["documents"]

    def wanted(self) -> Wanted:
        """What was entered; call it on a valid form only."""
        said = self.cleaned_data
        return Wanted(
            title=said["title"],
            audience=said["audience"],
            chapters=tuple(said["chapters"]),
            documents=tuple(self._reports[key] for key in said.get("documents", ())),
            live=said["kind"] == LIVE,
            redacted=said["redacted"],
            expires_at=self.expires_at(),
            passcode=said["passcode"],
        )


def _report_words(report: Report) -> str:
    redacted = "redacted" if report.redacted else "with names"
    return f"{report.get_kind_display()} of {report.created_at:%Y-%m-%d}, {redacted}"


class ChangeForm(TermsForm):
    """What may be changed of a link: never what it shows, which its reader was told."""

    passcode = _passcode("Empty keeps it as it is. A new one asks everybody again.")
    take_away = forms.BooleanField(label="Take the passcode away", required=False)
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, link: ShareLink, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "title": link.title,
            "audience": link.audience,
            "last_day": last_day(link.expires_at),
            "version": link.version,
        }
        super().__init__(*args, **kwargs)
        self._made = timezone.localdate(link.created_at)
        if not link.passcode:
            del self.fields["take_away"]

    @property
    def latest(self) -> date:
        return _latest(self._made)

    def new_passcode(self) -> str | None:
        """The new passcode; empty takes it away, None keeps what is there."""
        given: str = self.cleaned_data["passcode"]
        if given:
            return given
        return "" if self.cleaned_data.get("take_away") else None


class UnlockForm(forms.Form):
    """A visitor's passcode."""

    passcode = forms.CharField(
        label="Passcode",
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
