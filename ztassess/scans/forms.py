"""Owns the forms about connections; the connect form is made from what the connector declares."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile as DjangoUpload
from django.utils import timezone
from django.utils.html import escape

from ztassess.common.fields import LineField
from ztassess.connectors.contract import Connector, FieldKind, FormField, UploadedFile
from ztassess.connectors.runner import parse_form

LONGEST_NAME = 200
OLDEST_EXPORT = timedelta(days=730)
EVERY_HOURS = [(6, "Every 6 hours"), (12, "Every 12 hours"), (24, "Every day"), (168, "Every week")]


class ConnectForm(forms.Form):
    """A connector's own fields, and a name. Stored secrets are never shown; an empty secret field keeps what is stored.

    Parameters:
        stored: names of secret fields that are set already.
    """

    def __init__(self, connector: Connector, *args: Any, stored: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connector, self.stored = connector, stored
        self.fields["connection_name"] = LineField(
            label="Name", max_length=120, initial=connector.title, help_text="What you call it here."
        )
        for field in connector.fields:
            if field.kind is not FieldKind.SHOWN:
                self.fields[field.name] = _form_field(field, is_stored=field.name in stored)
        self.values: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        entered, secrets = self.entered(), self.secrets()
        kept = {name: "(stored)" for name in self.stored if not secrets.get(name)}
        self.values, problems = parse_form(self.connector, entered, secrets | kept)
        for name, sentence in problems.items():
            # The connector's sentence says more than "this field is required"; one of them is enough.
            self.errors.pop(name, None)
            self.add_error(name if name in self.fields else None, sentence)
        return cleaned

    def groups(self) -> list[dict[str, Any]]:
        """The fields as the connector groups them, in order; a group opens where something needs a look."""
        groups: dict[str, list[forms.BoundField]] = {"": [self["connection_name"]]}
        for field in self.connector.fields:
            if self._asked(field):
                groups.setdefault(field.group, []).append(self[field.name])
        return [
            {
                "title": title,
                "fields": fields,
                "open": place == 1 or any(field.errors or field.value() for field in fields),
            }
            for place, (title, fields) in enumerate(groups.items())
        ]

    def entered(self) -> dict[str, str]:
        """Text of the non-secret fields by name, as the person typed it."""
        return {
            field.name: self._text(field) for field in self.connector.fields if self._asked(field) and not field.secret
        }

    def secrets(self) -> dict[str, str]:
        """Text of the secret fields by name; empty where nothing was typed."""
        return {field.name: self._text(field) for field in self.connector.fields if self._asked(field) and field.secret}

    def _asked(self, field: FormField) -> bool:
        return field.kind is not FieldKind.SHOWN

    def _text(self, field: FormField) -> str:
        value = self.cleaned_data.get(field.name)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (list, tuple)):
            return "\n".join(value)
        return str(value or "").replace("\r\n", "\n").strip()


def _form_field(field: FormField, *, is_stored: bool) -> forms.Field:
    help_text: str = escape(field.help)
    if field.secret and is_stored:
        help_text += " Stored; leave empty to keep it."
    common: dict[str, Any] = {
        "label": field.label,
        "help_text": help_text,
        "required": field.required and not is_stored,
    }
    if field.secret:
        return _secret_field(field, common)
    common["initial"] = field.default
    if field.kind is FieldKind.BOOL:
        common["initial"] = field.default in ("yes", "true", "1")
        return forms.BooleanField(**(common | {"required": False}))
    if field.kind is FieldKind.CHOICE:
        return forms.ChoiceField(choices=field.choices, **common)
    if field.kind is FieldKind.MULTICHOICE:
        common["initial"] = [entry for entry in field.default.replace("\n", ",").split(",") if entry]
        return forms.MultipleChoiceField(choices=field.choices, **(common | {"required": False}))
    if field.kind in (FieldKind.LINES, FieldKind.PEM):
        rows = 4 if field.kind is FieldKind.LINES else 6
        widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "class": "mono"})
        return forms.CharField(widget=widget, max_length=100_000, **common)
    return forms.CharField(
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}), max_length=2048, **common
    )


def _secret_field(field: FormField, common: dict[str, Any]) -> forms.Field:
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    if field.kind is FieldKind.PEM:
        return forms.CharField(
            widget=forms.Textarea(attrs=attrs | {"rows": 6, "class": "mono"}), max_length=100_000, **common
        )
    widget = forms.PasswordInput(attrs=attrs | {"autocomplete": "new-password"})
    return forms.CharField(widget=widget, max_length=20_000, strip=True, **common)


class MultipleFileInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Several files at once."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> list[DjangoUpload[Any]]:
        files = data if isinstance(data, (list, tuple)) and data else [data or None]
        return [super(MultipleFileField, self).clean(each, initial) for each in files]


class UploadForm(forms.Form):
    """Exported files for one reading.

    Parameters:
        refusal: why the files did not even arrive.
    """

    exports = MultipleFileField(label="Files", error_messages={"required": "Choose the file that the command made."})
    exported_on = forms.DateField(
        label="Made on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The day of the export, if it does not say so itself. Empty means now. Its findings carry this date.",
    )

    def __init__(self, connector: Connector, *args: Any, refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if refusal:
            self.fields["exports"].error_messages["required"] = refusal
        suffixes = sorted({suffix for upload in connector.uploads for suffix in upload.suffixes})
        self.suffixes = tuple(suffixes)
        self.fields["exports"].widget.attrs["accept"] = ",".join(suffixes)
        limit = settings.UPLOAD_LIMIT // 1024 // 1024
        self.fields["exports"].help_text = f"{', '.join(suffixes)}, together at most {limit} MiB."

    def clean_exported_on(self) -> datetime | None:
        """The end of that day, or now if that comes first."""
        day: date | None = self.cleaned_data["exported_on"]
        if day is None:
            return None
        now = timezone.now()
        if day > now.date():
            raise forms.ValidationError("That day is still to come. Nothing was kept; enter the day of the export.")
        if now.date() - day > OLDEST_EXPORT:
            raise forms.ValidationError("That is more than two years ago. Nothing was kept; make a new export.")
        return min(now, datetime.combine(day, time.max, UTC))

    def clean_exports(self) -> list[UploadedFile]:
        files: list[DjangoUpload[Any]] = self.cleaned_data["exports"]
        names = [str(file.name) for file in files]
        long = [name for name in names if len(name) > LONGEST_NAME]
        if long:
            raise forms.ValidationError(
                f"{long[0][:40]}… has a name of more than {LONGEST_NAME} characters. Nothing was kept; rename it."
            )
        wrong = [name for name in names if not name.lower().endswith(self.suffixes)]
        if wrong:
            raise forms.ValidationError(f"{wrong[0]} is not one of {', '.join(self.suffixes)}. Nothing was kept.")
        if len(set(names)) < len(names):
            raise forms.ValidationError("Two of the files have the same name. Nothing was kept; rename one of them.")
        return [UploadedFile(str(file.name), file.read()) for file in files]


class ScheduleForm(forms.Form):
    """How often a connection is read by itself."""

    is_on = forms.BooleanField(label="Scan by itself", required=False)
    every_hours = forms.TypedChoiceField(label="How often", choices=EVERY_HOURS, coerce=int, initial=24)


class RemoveForm(forms.Form):
    """Why a connection goes."""

    reason = forms.CharField(
        label="Why",
        max_length=400,
        help_text="Kept in the audit log. Findings stay as history; the credential is deleted.",
    )
