"""Owns the one question of the log's page: a line that somebody noted earlier."""

from __future__ import annotations

from typing import cast

from django import forms

from ztassess.audit.verifying import line_noted


class VerifyForm(forms.Form):
    """``noted`` is cleaned to (line, hash), or None where nothing was noted."""

    noted = forms.CharField(
        label="A line you noted earlier",
        help_text="Its number, a colon, its hash. Without one, a log written anew from the start would not show.",
        max_length=100,
        required=False,
    )

    def clean_noted(self) -> tuple[int, str] | None:
        """Refuse what is no line: nothing was looked at then."""
        text = cast("str", self.cleaned_data["noted"])
        noted = line_noted(text) if text else None
        if text and noted is None:
            raise forms.ValidationError("That is no line of a log; write its number, a colon and its whole hash.")
        return noted
