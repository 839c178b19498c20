"""Owns the form of who must have a second factor."""

from __future__ import annotations

from django import forms

from ztassess.organizations.roles import FactorRule
from ztassess.organizations.selectors_factor import RULE_WORDS


class FactorForm(forms.Form):
    """One of the rules. ``version`` is the one the person saw."""

    rule = forms.ChoiceField(
        label="Who must have a second factor",
        choices=[(rule.value, words[0]) for rule, words in RULE_WORDS.items()],
        error_messages={"required": "Choose who must have a second factor."},
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def rule_chosen(self) -> FactorRule:
        """The rule that was chosen."""
        return FactorRule(self.cleaned_data["rule"])
