"""Owns the forms of notifications: what a member wants by e-mail, and a webhook endpoint."""

from __future__ import annotations

from typing import Any

from django import forms

from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.netguard import webhook_url
from ztassess.domain.event_kinds import ALERTS
from ztassess.domain.weekly import WEEKDAYS, Weekly, zones
from ztassess.notifications.models import MemberChoice, WebhookEndpoint
from ztassess.notifications.services.choices import Wanted
from ztassess.scans.reading import guard

KINDS = [(kind.value, kind.words) for kind in ALERTS]
NOT_PUBLIC = (
    "Webhooks go to public https addresses, such as https://example.com/hook. This one is private, has another port "
    "than 443 or 8443, or is not an address. Nothing was saved."
)


class ChoiceForm(forms.Form):
    """What one member wants by e-mail."""

    digest = forms.BooleanField(label="Weekly digest by e-mail", required=False)
    weekday = forms.TypedChoiceField(label="Day", choices=list(enumerate(WEEKDAYS)), coerce=int)
    hour = forms.TypedChoiceField(label="Hour", choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int)
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="When clocks change, the digest keeps its hour and still comes once a week."
    )
    alerts = forms.MultipleChoiceField(
        label="Alerts by e-mail", choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, choice: MemberChoice) -> None:
        initial = {name: getattr(choice, name) for name in ("digest", "weekday", "hour", "time_zone", "alerts")}
        super().__init__(data, initial=initial)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  for the type checker
        field.choices = [(name, name.replace("_", " ")) for name in zones()]

    def wanted(self) -> Wanted:
        """What was entered; call it on a valid form only."""
        said = self.cleaned_data
        weekly = Weekly(said["weekday"], said["hour"], said["time_zone"])
        return Wanted(digest=said["digest"], weekly=weekly, alerts=tuple(said["alerts"]))


class EndpointForm(forms.Form):
    """Where a webhook goes, and what it is told."""

    url = forms.CharField(
        label="Address",
        max_length=2048,
        help_text="A public https address. It is looked up and judged at each delivery; redirects are not followed.",
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks/ztassess", "autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(
        label="Events",
        choices=KINDS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind of event."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, data: Any = None, *, endpoint: WebhookEndpoint | None = None) -> None:
        initial: dict[str, Any] = {"kinds": [kind.value for kind in ALERTS], "version": 0}
        if endpoint is not None:
            initial = {"url": endpoint.url, "kinds": endpoint.kinds, "version": endpoint.version}
        super().__init__(data, initial=initial)

    def clean_url(self) -> str:
        text = str(self.cleaned_data["url"]).strip()
        try:
            webhook_url(guard(), text)
        except ConnectorError as problem:
            raise forms.ValidationError(NOT_PUBLIC) from problem
        return text
