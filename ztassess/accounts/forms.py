"""Owns what sign-up asks beside the e-mail address and the password."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest

from ztassess.accounts.models import User
from ztassess.common.fields import LineField


class NameForm(forms.Form):
    """The name a person wants to be shown with."""

    name = LineField(
        max_length=120, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name", "placeholder": ""})
    )

    field_order = ["name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account exists."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
