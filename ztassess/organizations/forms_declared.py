"""Owns the page of facts: all questions at once, and the lists that were declared for every connector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from ztassess.organizations.forms import (
    CloudStep,
    DatabaseStep,
    IdentityStep,
    NetworkStep,
    Number,
    PipelineStep,
    ServiceStep,
)

LONGEST = 200_000  # some thousand people
NOBODY = "none"
DECLARED = (
    "people",
    "leavers",
    "aliases",
    "break_glass",
    "tools",
    "sensitive_tools",
    "internal_hosts",
    "approved_apps",
)
KEPT = "exceptions"


class Lines(forms.CharField):
    """One entry a line."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(label=label, help_text=help_text, required=False, max_length=LONGEST)
        self.widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"})

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class AliasLines(Lines):
    """``name = address`` a line: the other names by which a person is known in some system."""

    def clean(self, value: Any) -> Any:
        lines = super().clean(value)
        for line in lines if lines != [NOBODY] else ():
            name, equals, address = (part.strip() for part in line.partition("="))
            if not (name and equals and "@" in address):
                raise forms.ValidationError(f"“{line[:60]}” is not name = address, such as anna-k = anna@example.com.")
        return lines


class KeptLines(Lines):
    """Lines that were written before there were requests: they may stay or go, and none comes new.

    Parameters:
        kept: the lines as they stand.
    """

    kept: tuple[str, ...] = ()

    def clean(self, value: Any) -> Any:
        lines = super().clean(value)
        for line in lines:
            if line not in self.kept:
                raise forms.ValidationError(
                    f"“{line[:60]}” is new here. Ask for an exception at its control, where somebody else approves it."
                )
        return lines


class FactSheetForm(IdentityStep, CloudStep, NetworkStep, DatabaseStep, ServiceStep, PipelineStep):
    """All facts on one page, with what was declared for every connector.

    Parameters:
        kept: lines of exceptions that the sheet still holds.
    """

    n_people = Number("People, contractors included")
    people = Lines("People who work here", "One e-mail address a line. Leave empty if you would rather not say.")
    leavers = Lines(
        "People who left", "One address or user name a line. Write none if nobody left in the last 90 days."
    )
    aliases = AliasLines(
        "Other names of people",
        "name = address a line, such as anna-k = anna@example.com.",
    )
    break_glass = Lines(
        "Break-glass accounts",
        "One account name or e-mail address a line. They are counted and named, never silently dropped.",
    )
    tools = Lines("Tools that people sign in to", "One name or host a line, such as grafana.example.com.")
    sensitive_tools = Lines(
        "Sensitive ones among them", "Those that reach production, payments or personal data. One a line."
    )
    internal_hosts = Lines(
        "Host names for your own people only", "One a line, such as admin.example.com. The proxy should cover each."
    )
    approved_apps = Lines(
        "Approved third-party apps", "One name or client id a line: what may read company data through an account."
    )
    exceptions = KeptLines(
        "Exceptions written here before",
        "object | last day | reason. Nobody approved them. Connectors honor each until its last day; a line may go, "
        "and new ones are asked for at their control.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    # In the order of the seven questions; what the steps declare comes in the order of inheritance else.
    field_order = (
        "n_people",
        *IdentityStep.base_fields,
        *CloudStep.base_fields,
        *NetworkStep.base_fields,
        *DatabaseStep.base_fields,
        *ServiceStep.base_fields,
        *PipelineStep.base_fields,
    )

    def __init__(self, *args: Any, kept: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kept:
            self.fields[KEPT].kept = tuple(kept)  # type: ignore[attr-defined]  # a field of ours
        else:
            del self.fields[KEPT]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in DECLARED:
            entries = cleaned.get(name) or []
            if len(entries) > 1 and NOBODY in [entry.lower() for entry in entries]:
                self.add_error(name, "“none” stands alone. Write the entries, or none, not both.")
        return cleaned

    def declared(self) -> dict[str, list[str]]:
        """The declared lists that are not empty; ``["none"]`` says that there is nothing to list."""
        return {name: self.cleaned_data[name] for name in (*DECLARED, KEPT) if self.cleaned_data.get(name)}

    def fact_fields(self) -> list[forms.BoundField]:
        """The questions."""
        return [self[name] for name in self.fields if name not in (*DECLARED, KEPT)]

    def list_fields(self) -> list[forms.BoundField]:
        """The lists."""
        return [self[name] for name in (*DECLARED, KEPT) if name in self.fields]
