"""Owns the forms: the table editor's rows, a paste, what an import takes over, an app and its ticks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from ztassess.common.fields import LineField
from ztassess.domain.inventory_paste import MOST_TEXT
from ztassess.domain.inventory_tables import NAME_LENGTH, SHAPES, Table, clean_name
from ztassess.domain.retirement import Step
from ztassess.inventory.services.editing import RowEdit

MOST_ROWS = 120
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def edits_from(data: QueryDict, table: Table) -> list[RowEdit]:
    """The rows of a sent editor, in the order of the form; new rows that were left empty are none.

    A row is ``row-<place>-<column>`` for each cell, with ``-id`` and ``-version`` if it stands, and ``-remove``.
    """
    found = []
    columns = SHAPES[table].columns
    for place in range(MOST_ROWS):
        cells = {at: data.get(f"row-{place}-{at}", "") for at in range(len(columns))}
        row_id = _uuid(data.get(f"row-{place}-id", ""))
        # A choice in a new row has a value from the start; only what was typed makes it a row.
        typed = any(cells[at].strip() for at, column in enumerate(columns) if not column.words)
        if row_id is None and not typed:
            continue
        version = data.get(f"row-{place}-version", "")
        remove = bool(data.get(f"row-{place}-remove"))
        found.append(RowEdit(place, row_id, int(version) if version.isdecimal() else 0, cells, remove=remove))
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class PasteForm(forms.Form):
    """A pasted table, and whether rows that are not in it go."""

    text = forms.CharField(
        label="Rows",
        max_length=MOST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "mono", "spellcheck": "false"}),
    )
    replace = forms.BooleanField(label="Remove the rows that are not in it", required=False)

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\0", "")


class AppForm(forms.Form):
    """An internal app: its name and where people open it."""

    name = LineField(label="App", max_length=NAME_LENGTH)
    host = forms.CharField(label="Host name", max_length=300, help_text="For example grafana.acme.example.")
    note = forms.CharField(label="Note", max_length=300, required=False)

    def clean_name(self) -> str:
        return clean_name(str(self.cleaned_data["name"]))

    def clean_host(self) -> str:
        """A host as people write it (address, port, path, upper case), as a plain name."""
        host = str(self.cleaned_data["host"]).strip().lower().rpartition("://")[2].partition("/")[0]
        host = host.rpartition("@")[2].partition(":")[0].rstrip(".")
        if not _HOST.fullmatch(host):
            raise forms.ValidationError("This is not a host name; write it like grafana.acme.example.")
        return host


class AppEditForm(AppForm):
    """An app that stands already, with the version that the person read."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class TickForm(forms.Form):
    """One step of one app, as a person says it; empty takes the tick back."""

    step = forms.ChoiceField(choices=[(each.value, each.value) for each in Step])
    says = forms.TypedChoiceField(
        choices=[("yes", "Yes"), ("no", "Not yet")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
    )
    version = forms.IntegerField(min_value=1)


class ImportForm(forms.Form):
    """What is taken over of what a connection found: workloads, calls, what stores hold, whose an account is."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        workloads: Iterable[str],
        stores: Iterable[str],
        accounts: Iterable[tuple[str, str]],
        services: Iterable[str],
        calls: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(data)
        self.workload_fields = [self._add(f"w{at}", _check(name)) for at, name in enumerate(workloads)]
        self.store_fields = [self._add(f"s{at}", _sensitivity(name)) for at, name in enumerate(stores)]
        self.call_fields = [self._add(f"c{at}", _check(words, by)) for at, (words, by) in enumerate(calls)]
        listed = tuple(services)
        self.account_fields = [
            self._add(f"a{at}", _service(name, guess, listed)) for at, (name, guess) in enumerate(accounts)
        ]

    def _add(self, name: str, field: forms.Field) -> str:
        self.fields[name] = field
        return name

    @property
    def offered_workloads(self) -> list[forms.BoundField]:
        """What runs and is no service yet, to tick."""
        return [self[name] for name in self.workload_fields]

    @property
    def offered_calls(self) -> list[forms.BoundField]:
        """Calls that are not listed yet, to tick, each with the object that says so."""
        return [self[name] for name in self.call_fields]

    @property
    def offered_stores(self) -> list[forms.BoundField]:
        """Stores that are not listed yet, each with what it holds."""
        return [self[name] for name in self.store_fields]

    @property
    def offered_accounts(self) -> list[forms.BoundField]:
        """Accounts whose rights are not listed yet, each with the service that uses it."""
        return [self[name] for name in self.account_fields]

    def chosen(self, names: Iterable[str]) -> dict[str, Any]:
        """Label -> what was chosen, of those where something was."""
        return {str(self.fields[name].label): self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


NEW_SERVICE = "+"


def _check(name: str, by: str = "") -> forms.Field:
    return forms.BooleanField(label=name, required=False, initial=True, help_text=by)


def _sensitivity(name: str) -> forms.Field:
    choices = [
        ("", "Leave out"),
        ("public", "Public"),
        ("internal", "Internal"),
        ("confidential", "Confidential"),
        ("personal", "Personal or payment data"),
    ]
    return forms.ChoiceField(label=name, choices=choices, required=False)


def _service(name: str, guess: str, services: tuple[str, ...]) -> forms.Field:
    choices = [("", "Leave out"), (NEW_SERVICE, f"A new service: {guess}")] if guess else [("", "Leave out")]
    choices += [(f"={each}", each) for each in services]
    same = next((each for each in services if each.casefold() == guess.casefold()), None)
    if same is not None:
        choices = [choice for choice in choices if choice[0] != NEW_SERVICE]
    initial = f"={same}" if same is not None else ""
    return forms.ChoiceField(label=name, choices=choices, required=False, initial=initial)
