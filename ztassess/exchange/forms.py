"""Owns the forms of an archive that is brought, and of the name that is typed before a deletion."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from ztassess.organizations.models import Organization


class ImportForm(forms.Form):
    """An archive. ``press`` is one showing of the page: pressed twice, its button makes one organization."""

    archive = forms.FileField(
        label="Archive", help_text="A .zip that an installation of ztassess made under Settings, Export everything."
    )
    press = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refusal = refusal
        self.fields["archive"].error_messages["required"] = "Choose the archive first."
        self.fields["archive"].error_messages["empty"] = "The file is empty. Nothing was taken in."

    def clean(self) -> dict[str, Any]:
        """Say why the file did not arrive, where it did not."""
        if self._refusal:
            self.errors.pop("archive", None)
            self.add_error("archive", self._refusal)
        return self.cleaned_data


class DeleteForm(forms.Form):
    """The name of the organization, typed."""

    typed = forms.CharField(
        label="Name of the organization",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["typed"].help_text = f"Type “{organization.name}” to confirm."
