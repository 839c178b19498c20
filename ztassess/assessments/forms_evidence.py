"""Owns the forms of artifacts: file one, file a new version, review one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator

from ztassess.assessments.forms import NoteField
from ztassess.assessments.models_evidence import ArtifactKind, Decision
from ztassess.assessments.services_evidence import Filed
from ztassess.common.fields import LineField
from ztassess.domain.file_kinds import LARGEST, LARGEST_MIB, SUFFIXES

NEEDED = {
    ArtifactKind.FILE: ("upload", "Choose a file."),
    ArtifactKind.LINK: ("link", "Enter the address of what shows it."),
    ArtifactKind.NOTE: ("note", "Write what shows it."),
}


class VersionForm(forms.Form):
    """What one version of an artifact holds.

    Parameters:
        kind: of the artifact; only its field is asked for. Empty: all are, and ``kind`` chooses.
        refusal: why the file did not even arrive.
    """

    use_required_attribute = False

    upload = forms.FileField(
        label="File",
        required=False,
        help_text=f"PDF, picture, text or Office document without macros, at most {LARGEST_MIB} MiB. "
        "It is stored sealed and only ever downloaded.",
        widget=forms.FileInput(attrs={"accept": ",".join(f".{suffix}" for suffix in SUFFIXES)}),
    )
    link = forms.CharField(
        label="Link",
        required=False,
        max_length=1000,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text="What stands behind it can change after the review; file a copy where that matters.",
        widget=forms.URLInput(),
    )
    note = NoteField(label="Note", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4}))
    expires_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="From the day after, it attests nothing. Empty: only its review grows old.",
    )

    def __init__(self, *args: Any, kind: str = "", refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = kind or self.data.get("kind", "")
        for of, (name, sentence) in NEEDED.items():
            if kind and of != kind:
                del self.fields[name]
                continue
            # The browser shows the field of the chosen kind alone; nobody fills in the others.
            self.fields[name].required = chosen in ("", of)
            self.fields[name].error_messages["required"] = refusal or sentence

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        upload = cleaned.get("upload")
        if upload is not None and upload.size > LARGEST:
            self.add_error("upload", f"It is larger than {LARGEST_MIB} MiB; nothing was kept, file a smaller one.")
        return cleaned

    def filed(self, kind: str) -> Filed:
        """What was handed in, of the chosen kind alone."""
        expires_on, upload = self.cleaned_data["expires_on"], self.cleaned_data.get("upload")
        if kind == ArtifactKind.FILE and upload is not None:
            return Filed(name=str(upload.name), content=upload.read(), expires_on=expires_on)
        return Filed(text=self.cleaned_data[NEEDED[ArtifactKind(kind)][0]], expires_on=expires_on)


class ArtifactForm(VersionForm):
    """A new artifact with its first version."""

    title = LineField(label="What it shows", max_length=160)
    kind = forms.ChoiceField(
        label="Kind", choices=ArtifactKind.choices, initial=ArtifactKind.FILE, widget=forms.RadioSelect
    )
    field_order = ("title", "kind", "upload", "link", "note", "expires_on")


class ReviewForm(forms.Form):
    """The second person's word, with the version and the claim that they saw."""

    decision = forms.ChoiceField(label="It shows what is claimed", choices=Decision.choices, widget=forms.RadioSelect)
    comment = NoteField(
        label="Comment",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed for a rejection: what is missing?",
    )
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    level = forms.IntegerField(min_value=0, max_value=3, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == Decision.REJECTED and not cleaned.get("comment"):
            self.add_error("comment", "Say what is missing, so that the next version has it.")
        return cleaned
