"""Owns the forms about consultants: what is offered to whom, other terms, for which firm, and to whom a client goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ztassess.common.templatetags.times import last_day
from ztassess.organizations.models import Grant, Organization
from ztassess.organizations.roles import GRANTED_ROLES, Flag, Role
from ztassess.organizations.services_grants import LONGEST, Terms

USUAL = timedelta(days=90)
ROLE_WORDS = {
    Role.EDITOR: "Editor: answers, evidence, scans, roadmap, schedules",
    Role.VIEWER: "Viewer: reads",
}
FLAG_WORDS = {
    Flag.CREDENTIALS: "May connect systems and replace their credentials; nobody reads one back",
    Flag.SHARE: "May make read-only links for people without an account",
    Flag.EXPORT: "May export everything",
}


class TermsForm(forms.Form):
    """Role, last day, and what is switched on beside the role. ``version`` is the one the person saw."""

    role = forms.ChoiceField(
        label="Role", choices=[(role.value, ROLE_WORDS[role]) for role in GRANTED_ROLES], widget=forms.RadioSelect
    )
    last_day = forms.DateField(
        label="Last day",
        help_text="Access ends with this day, in open tabs too. A year at most; it can be extended.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    credentials = forms.BooleanField(label=FLAG_WORDS[Flag.CREDENTIALS], required=False)
    share = forms.BooleanField(label=FLAG_WORDS[Flag.SHARE], required=False)
    export = forms.BooleanField(label=FLAG_WORDS[Flag.EXPORT], required=False)
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        limits = {"min": today.isoformat(), "max": (today + LONGEST - timedelta(days=1)).isoformat()}
        self.fields["last_day"].widget.attrs |= limits

    def terms(self) -> Terms:
        """The terms as the service takes them: the end is the moment at which the last day is over."""
        data = self.cleaned_data
        midnight = datetime.combine(data["last_day"] + timedelta(days=1), time.min)
        flags = frozenset(flag for flag in Flag if data[flag.value])
        return Terms(Role(data["role"]), timezone.make_aware(midnight), flags)


class OfferForm(TermsForm):
    """Whom to offer access."""

    email = forms.EmailField(label="E-mail address", help_text="Of the consultant, or of an owner of the firm.")
    kind = forms.ChoiceField(
        label="For",
        choices=[
            ("person", "This person alone"),
            ("firm", "A firm, which says who of its members works for you"),
        ],
        widget=forms.RadioSelect,
    )

    field_order = ["email", "kind", "role", "last_day", *(flag.value for flag in Flag)]

    @staticmethod
    def usual() -> dict[str, Any]:
        """What is chosen before anybody chooses: one person who edits, for a quarter, with nothing beside."""
        return {"kind": "person", "role": Role.EDITOR.value, "last_day": timezone.localdate() + USUAL}


def terms_of(grant: Grant) -> dict[str, Any]:
    """A grant as the first values of `TermsForm`."""
    flags = {flag.value: flag in grant.flags for flag in Flag}
    return {"role": grant.role, "last_day": last_day(grant.expires_at), "version": grant.version, **flags}


class FirmForm(forms.Form):
    """For which of one's own organizations an offer to a firm is taken."""

    firm = forms.ChoiceField(label="Firm", widget=forms.RadioSelect)

    def __init__(self, firms: Sequence[Organization], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.firms = {str(firm.id): firm for firm in firms}
        field = self.fields["firm"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = [(key, firm.name) for key, firm in self.firms.items()]
        if len(self.firms) == 1:
            field.initial = next(iter(self.firms))

    def chosen(self) -> Organization:
        """The firm that was chosen."""
        return self.firms[self.cleaned_data["firm"]]


class StaffForm(forms.Form):
    """Which member of the firm starts or stops to work for a client."""

    member = forms.IntegerField(min_value=1)
    act = forms.ChoiceField(choices=[("assign", "assign"), ("remove", "remove")])


class HandOverForm(forms.Form):
    """Who becomes the owner of a client under stewardship."""

    email = forms.EmailField(label="E-mail address of the client’s owner")
