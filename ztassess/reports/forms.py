"""Owns the forms of reports: ask for one, change the branding."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ztassess.common.fields import LineField
from ztassess.common.pictures import LARGEST, LARGEST_MIB, PictureRefused, logo_png
from ztassess.domain.branding import Paper, accent_problem
from ztassess.reports.content import USUAL_DAYS
from ztassess.reports.models import Branding, ReportKind

PAPERS = [(each.value, each.words) for each in Paper]
FARTHEST = timedelta(days=3 * 366)


class ReportForm(forms.Form):
    """What to make."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label="Kind", choices=ReportKind.choices, initial=ReportKind.CLIENT, widget=forms.RadioSelect
    )
    since = forms.DateField(
        label="What changed since",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Proof states and numbers are compared with the last ones recorded before this day.",
    )
    paper = forms.ChoiceField(label="Paper", choices=PAPERS, widget=forms.RadioSelect)
    redacted = forms.BooleanField(
        label="Redact names",
        required=False,
        help_text="People, accounts, hosts and resources become pseudonyms such as Person 7, the same in every "
        "redacted report of this organization.",
    )

    def __init__(self, *args: Any, paper: str, **kwargs: Any) -> None:
        usual = timezone.now().date() - timedelta(days=USUAL_DAYS)
        kwargs["initial"] = {"since": usual, "paper": paper, "kind": ReportKind.CLIENT}
        super().__init__(*args, **kwargs)

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        if since > timezone.now().date():
            raise forms.ValidationError("Choose today or an earlier day; nothing has changed since a day to come.")
        if timezone.now().date() - since > FARTHEST:
            raise forms.ValidationError("Choose a day within the last three years.")
        return since


class BrandingForm(forms.Form):
    """How reports look. ``logo`` is cleaned to a PNG that was written anew, or None where no file was chosen.

    Parameters:
        refusal: why the file did not even arrive.
    """

    use_required_attribute = False

    name = LineField(
        label="Name", max_length=80, required=False, help_text="Who prepares the reports. Empty: the organization."
    )
    logo = forms.FileField(
        label="Logo",
        required=False,
        help_text=f"PNG, JPEG or WebP, at most {LARGEST_MIB} MiB. It is written anew: pixels alone are kept.",
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.webp"}),
    )
    take_away = forms.BooleanField(label="Take the logo away", required=False)
    accent = forms.CharField(
        label="Accent color",
        max_length=7,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        help_text="Such as #4540c6. It colors words too, so it has to be dark enough for white paper.",
    )
    footer = LineField(
        label="Footer line", max_length=120, required=False, help_text="At the foot of each page. Empty: the name."
    )
    paper = forms.ChoiceField(label="Paper", choices=PAPERS, widget=forms.RadioSelect)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, row: Branding, refusal: str = "", **kwargs: Any) -> None:
        names = ("name", "accent", "footer", "paper", "version")
        kwargs["initial"] = {name: getattr(row, name) for name in names}
        super().__init__(*args, **kwargs)
        self._refusal = refusal
        if not row.logo:
            del self.fields["take_away"]

    def clean_accent(self) -> str:
        accent = str(self.cleaned_data["accent"]).strip()
        if problem := accent_problem(accent):
            raise forms.ValidationError(problem)
        return accent

    def clean_logo(self) -> bytes | None:
        upload = self.cleaned_data.get("logo")
        if self._refusal:
            raise forms.ValidationError(self._refusal)
        if not upload:
            return None
        if upload.size > LARGEST:
            raise forms.ValidationError(
                f"The picture is larger than {LARGEST_MIB} MiB; nothing was kept, choose a smaller one."
            )
        try:
            return logo_png(upload.read())
        except PictureRefused as problem:
            raise forms.ValidationError(str(problem)) from problem

    def new_logo(self) -> bytes | None:
        """The new logo; empty takes it away, None keeps what is there."""
        chosen: bytes | None = self.cleaned_data["logo"]
        return b"" if chosen is None and self.cleaned_data.get("take_away") else chosen
